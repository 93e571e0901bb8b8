"""nginx as docker compose runs it, before a real backend: it passes on who calls, and lends nobody a token."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from backend.config import ROOT
from backend.tests.feeding import until
from backend.tests.programs import adapted, answers, running
from backend.tests.scripts import find_program
from backend.tests.server import Server, reserved_port, running_server
from backend.tests.traffic import series_csv

pytestmark = pytest.mark.programs

TEMPLATE = (ROOT / "frontend" / "nginx" / "default.conf.template").read_text()
HOSTS = "ops.example"
CONFIG = """
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {page}
}}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {
        "SCALEOPS_HOST": "0.0.0.0",
        "SCALEOPS_ALLOWED_HOSTS": HOSTS,
        "SCALEOPS_API_TOKEN": "secret",
        "FORWARDED_ALLOW_IPS": "*",
    }
    with running_server(tmp_path_factory.mktemp("backend"), **settings) as started:
        yield started


@pytest.fixture(scope="module")
def page(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an nginx with the page's configuration."""
    folder: Path = tmp_path_factory.mktemp("nginx")
    (folder / "index.html").write_text("the page")
    with reserved_port() as port:
        replacements = {
            "listen 8080": f"listen 127.0.0.1:{port}",
            "http://backend:8000": server.url,
            "/usr/share/nginx/html": str(folder),
            "${SCALEOPS_ALLOWED_HOSTS}": HOSTS,
            "${SCALEOPS_MAX_UPLOAD_MB}": "1024",
            "${SCALEOPS_CLIENT_TIMEOUT_SECONDS}": "30",
        }
        config = folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=folder, page=adapted(TEMPLATE, **replacements)))
        command = [find_program("ensure-program", "nginx"), "-e", f"{folder}/error.log", "-c", str(config)]
        with running(command, folder / "nginx.out"):
            url = f"http://127.0.0.1:{port}"
            until(lambda: answers(url))
            yield url


@pytest.mark.parametrize("headers", [{}, {"Origin": "own"}, {"Referer": "own"}])
def test_what_looks_like_the_page_s_own_request_has_no_right_by_that(page: str, headers: dict[str, str]) -> None:
    claims = dict.fromkeys(headers, page)
    assert httpx.get(f"{page}/api/series", headers=claims).status_code == 401
    assert httpx.delete(f"{page}/api/series/none", headers=claims).status_code == 401


def test_the_page_signs_in_reads_watches_and_changes(page: str) -> None:
    with httpx.Client(base_url=page, headers={"Origin": page}, timeout=60) as browser:
        assert browser.post("/api/session", json={"token": "secret"}).status_code == 204
        assert browser.post("/api/upload", files={"file": ("traffic.csv", series_csv(300))}).status_code == 201
        assert [series["filename"] for series in browser.get("/api/series").json()] == ["traffic.csv"]
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        url = page.replace("http:", "ws:") + "/ws/live"
        with connect(url, additional_headers={"Cookie": cookie, "Origin": page}) as live:
            assert json.loads(live.recv(timeout=60))["type"] == "snapshot"


def test_scripts_bring_their_token(page: str) -> None:
    answer = httpx.post(f"{page}/api/v2/write", content="web count=1i", headers={"Authorization": "Token secret"})
    assert answer.status_code == 204


@pytest.mark.parametrize("host", ["ops.example", "localhost:8080", "192.0.2.7", "[2001:db8::1]:8080"])
def test_allowed_names_and_addresses_reach_the_page_and_the_backend(page: str, host: str) -> None:
    headers = {"Host": host, "Authorization": "Bearer secret"}
    assert httpx.get(f"{page}/", headers=headers).text == "the page"
    assert httpx.get(f"{page}/api/series", headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "192.0.2.7.evil.example", "localhost.evil.example"])
def test_other_names_reach_neither(page: str, host: str) -> None:
    for path in ("/", "/api/health"):
        answer = httpx.get(page + path, headers={"Host": host})
        assert answer.status_code == 421
        assert "SCALEOPS_ALLOWED_HOSTS" in answer.json()["detail"]


def test_a_wrong_token_is_logged_with_the_address_that_nginx_saw(page: str, server: Server) -> None:
    headers = {"Authorization": "Bearer wrong", "X-Forwarded-For": "203.0.113.9"}
    assert httpx.get(f"{page}/api/series", headers=headers, timeout=60).status_code == 401
    (line,) = [line for line in (server.folder / "server.log").read_text().splitlines() if "wrong_token" in line][-1:]
    assert json.loads(line)["address"] == "127.0.0.1"
