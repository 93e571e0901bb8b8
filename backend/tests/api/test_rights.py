"""Beyond loopback every call asks for a token that has the right to it, and only allowed names are answered."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from backend import access
from backend.access import Right
from backend.api.rights import right_of
from backend.tests.api.document import DOCUMENT, OPERATIONS
from backend.tests.api.test_live import close_code
from backend.tests.server import Server, running_server, serve
from backend.tests.traffic import series_csv

TOKENS = {"SCALEOPS_READ_TOKEN": "reads", "SCALEOPS_WRITE_TOKEN": "writes", "SCALEOPS_API_TOKEN": "changes"}
SCHEMES = {
    Right.READ: {"read_token", "api_token", "session"},
    Right.WRITE: {"write_token", "api_token", "session"},
    Right.CHANGE: {"api_token", "session"},
    None: set(),
}
UNDOCUMENTED = [("get", "/openapi.json"), ("get", "/api/openapi.json"), ("get", "/docs"), ("get", "/api/docs/")]


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that other machines can reach."""
    folder = tmp_path_factory.mktemp("public")
    (folder / "page").mkdir()
    (folder / "page" / "index.html").write_text("the page")
    settings = TOKENS | {
        "SCALEOPS_HOST": "0.0.0.0",
        "SCALEOPS_ALLOWED_HOSTS": "ops.example Other.example",
        "SCALEOPS_FRONTEND_PATH": str(folder / "page"),
    }
    with running_server(folder, **settings) as server:
        upload = server.upload("traffic.csv", series_csv(300), headers={"Authorization": "Bearer changes"})
        upload.raise_for_status()
        yield server


def call(server: Server, method: str, path: str, **headers: str) -> httpx.Response:
    return httpx.request(method, server.url + re.sub(r"\{\w+\}", "none", path), headers=headers)


@pytest.mark.parametrize(("method", "path"), [*OPERATIONS, *UNDOCUMENTED])
def test_every_call_but_liveness_and_the_sign_in_asks_for_a_token(public: Server, method: str, path: str) -> None:
    answer = call(public, method, path)
    if path in ("/api/health", "/api/session"):
        assert answer.status_code in (200, 204, 422)
    else:
        assert answer.status_code == 401
        assert "SCALEOPS_API_TOKEN" in answer.text
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize(("token", "right"), [("reads", Right.READ), ("writes", Right.WRITE)])
def test_a_token_without_the_right_is_forbidden_what_needs_it(
    public: Server, method: str, path: str, token: str, right: Right
) -> None:
    answer = call(public, method, path, Authorization=f"Bearer {token}")
    may = right_of(method.upper(), path) in (None, right)
    assert (answer.status_code == 403) == (not may), answer.text


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_document_names_the_tokens_that_have_the_right_to_a_call(method: str, path: str) -> None:
    right = right_of(method.upper(), path)
    declared = [next(iter(needed.items())) for needed in DOCUMENT["paths"][path][method].get("security", [])]
    assert {name for name, _ in declared} == SCHEMES[right]
    assert all(roles == [right] for _, roles in declared)
    assert SCHEMES[right] <= DOCUMENT["components"]["securitySchemes"].keys()


def test_the_page_s_own_files_are_for_everybody(public: Server) -> None:
    assert call(public, "GET", "/").text == "the page"


@pytest.mark.parametrize("token", [None, "Bearer writes", "Bearer wrong", "Basic changes"])
def test_the_live_connection_asks_for_a_token_that_may_read(public: Server, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": token}
    with pytest.raises(InvalidStatus) as refused, connect(public.websocket_url, additional_headers=headers):
        pass
    assert refused.value.response.status_code == (403 if token == "Bearer writes" else 401)


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer"])
def test_the_live_connection_takes_a_token_that_may_read(public: Server, scheme: str) -> None:
    with connect(public.websocket_url, additional_headers={"Authorization": f"{scheme} reads"}) as live:
        assert json.loads(live.recv(timeout=60))["type"] == "snapshot"


@pytest.mark.parametrize("host", ["evil.example", "ops.example.evil.example", "", "localhost.evil.example"])
def test_a_name_that_is_not_allowed_is_refused_also_with_the_token(public: Server, host: str) -> None:
    for path in ("/api/series", "/api/health"):
        answer = call(public, "GET", path, Host=host, Authorization="Bearer reads")
        assert answer.status_code == 403
        assert "SCALEOPS_ALLOWED_HOSTS" in answer.json()["detail"]


def test_a_live_connection_by_a_name_that_is_not_allowed_is_refused(public: Server) -> None:
    reached = socket.create_connection(("127.0.0.1", public.port))
    url = f"ws://evil.example:{public.port}/ws/live"
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(url, sock=reached, additional_headers={"Authorization": "Bearer reads"}),
    ):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("host", ["ops.example", "OPS.example:8000", "other.example", "localhost", "192.0.2.7:8000"])
def test_allowed_names_and_addresses_are_answered(public: Server, host: str) -> None:
    assert call(public, "GET", "/api/series", Host=host, Authorization="Bearer reads").status_code == 200


def test_a_wrong_token_is_logged_with_its_address_and_without_itself(public: Server) -> None:
    call(public, "GET", "/api/series", Authorization="Bearer guessed-wrong")
    lines = [json.loads(line) for line in (public.folder / "server.log").read_text().splitlines() if "{" in line]
    (line,) = [line for line in lines if line["event"] == "wrong_token"][-1:]
    assert line["address"] == "127.0.0.1"
    assert "guessed-wrong" not in (public.folder / "server.log").read_text()


@contextmanager
def sign_in(server: Server, token: str) -> Iterator[httpx.Client]:
    """A browser that has signed in: nothing but a cookie goes with its requests."""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        client.post("/api/session", json={"token": token}).raise_for_status()
        yield client


def test_a_signed_in_page_reads_watches_and_changes(public: Server) -> None:
    with sign_in(public, "changes") as page:
        assert page.get("/api/session").json() == {"rights": ["change", "read", "write"]}
        assert page.get("/api/series").status_code == 200
        assert page.delete("/api/series/none").status_code == 404
        cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
        with connect(public.websocket_url, additional_headers={"Cookie": cookie, "Origin": public.url}) as live:
            assert json.loads(live.recv(timeout=60))["type"] == "snapshot"


def test_a_page_signed_in_to_look_changes_nothing(public: Server) -> None:
    with sign_in(public, "reads") as page:
        assert page.get("/api/series").status_code == 200
        answer = page.delete("/api/series/traffic.csv")
        assert answer.status_code == 403
        assert "SCALEOPS_API_TOKEN" in answer.json()["detail"]


def test_a_page_that_signed_out_has_no_session(public: Server) -> None:
    with sign_in(public, "reads") as page:
        assert page.delete("/api/session").status_code == 204
        assert page.get("/api/session").json() == {"rights": []}
        assert page.get("/api/series").status_code == 401


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(public: Server, scheme: str) -> None:
    origin = public.url.replace("http:", f"{scheme}:")
    answer = httpx.post(f"{public.url}/api/session", json={"token": "reads"}, headers={"Origin": origin})
    (cookie,) = answer.headers.get_list("set-cookie")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "max-age=43200", "path=/"} <= attributes
    assert ("secure" in attributes) == (scheme == "https")
    assert "reads" not in cookie


def test_a_page_of_another_origin_cannot_use_the_session(public: Server) -> None:
    """As from another port of the same host, where SameSite does not hold the cookie back."""
    with sign_in(public, "changes") as page:
        page.headers["Origin"] = "http://127.0.0.1:1"
        assert page.delete("/api/series/traffic.csv").status_code == 403
        assert page.post("/api/session", json={"token": "reads"}).status_code == 403
        assert "access-control-allow-origin" not in page.get("/api/series").headers


def test_a_wrong_token_gives_no_session(public: Server) -> None:
    answer = httpx.post(f"{public.url}/api/session", json={"token": "wrong"}, timeout=60)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def serve_short_sessions() -> None:
    with patch.object(access, "SESSION_SECONDS", 5):
        serve()


@pytest.mark.long
def test_a_live_connection_ends_with_its_session(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = {"SCALEOPS_HOST": "0.0.0.0", "SCALEOPS_API_TOKEN": "changes"}
    with running_server(tmp_path_factory.mktemp("short"), serve_short_sessions, **settings) as server:
        with sign_in(server, "changes") as page:
            cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
        with connect(server.websocket_url, additional_headers={"Cookie": cookie}) as live:
            assert close_code(live) == 1008
