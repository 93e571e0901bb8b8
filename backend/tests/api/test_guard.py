"""Who may call the server, and the headers of its answers."""

import email
import socket
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from backend.api import system
from backend.api.guard import SECURITY_HEADERS
from backend.tests.server import Server, running_server, serve
from backend.tests.traffic import series_csv

PAGE_HEADERS = {name.lower() for name in SECURITY_HEADERS}
MALFORMED = [
    {"Host": "["},
    {"Host": "[::1"},
    {"Host": "127.0.0.1:port"},
    {"Host": "127.0.0.1/path"},
    {"Origin": "http://["},
    {"Origin": "http://127.0.0.1:99999"},
]


def serve_crashing() -> None:
    """A server whose call of the limits crashes: nothing can be listed."""
    with patch.object(system, "BASELINES", None):
        serve()


def test_a_form_of_a_foreign_page_stores_nothing(server: Server) -> None:
    answer = server.upload("traffic.csv", series_csv(100), headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert server.get("/api/series") == []


def test_the_own_page_may_upload(server: Server) -> None:
    answer = server.upload("traffic.csv", series_csv(100), headers={"Origin": server.url})
    assert answer.status_code == 201


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "", "127.0.0.1.evil.example"])
def test_a_host_name_rebound_to_this_machine_is_refused(server: Server, host: str) -> None:
    answer = server.client.get("/api/series", headers={"Host": host})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/history", "/nothing.js", "/api/series/nothing"])
def test_every_answer_has_the_security_headers(server: Server, path: str) -> None:
    headers = server.client.get(path).headers
    assert set(headers) >= PAGE_HEADERS
    assert len(headers.get_list("content-security-policy")) == 1
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert "server" not in headers


@pytest.mark.parametrize("headers", MALFORMED, ids=str)
def test_a_malformed_host_or_origin_is_a_bad_request(server: Server, headers: dict[str, str]) -> None:
    log = server.folder / "server.log"
    written = log.stat().st_size
    answer = server.client.delete("/api/series/nothing", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:scaleops:problem:bad-request")
    assert set(answer.headers) >= PAGE_HEADERS
    status, names = handshake(server, {"Host": "127.0.0.1"} | headers)
    assert status == 400
    assert names >= PAGE_HEADERS
    assert "Traceback" not in log.read_text()[written:]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/ws/live", {}, 101),
        ("/ws/live", {"Origin": "https://evil.example"}, 403),
        ("/ws/nothing", {}, 403),
        ("/ws/live?after=nothing", {}, 403),
    ],
)
def test_every_answer_to_a_handshake_has_the_security_headers(
    server: Server, path: str, headers: dict[str, str], status: int
) -> None:
    answered, names = handshake(server, {"Host": "127.0.0.1"} | headers, path)
    assert (answered, names & PAGE_HEADERS) == (status, PAGE_HEADERS)


def handshake(server: Server, headers: dict[str, str], path: str = "/ws/live") -> tuple[int, set[str]]:
    """Ask for a WebSocket: the answer's status and the names of its headers. A client of a library's sends no such."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in (upgrade | headers).items())
    with socket.create_connection(("127.0.0.1", server.port)) as connection, connection.makefile("rb") as answer:
        connection.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        status = int(answer.readline().split()[1])
        return status, {name.lower() for name in email.message_from_bytes(b"".join(iter(answer.readline, b"\r\n")))}


def test_a_request_that_is_none_and_one_that_crashes_have_the_security_headers(tmp_path: Path) -> None:
    with running_server(tmp_path, serve_crashing) as server:
        crashed = server.client.get("/api/limits")
        assert (crashed.status_code, set(crashed.headers) >= PAGE_HEADERS) == (500, True)
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(b"this is no HTTP\r\n\r\n")
            answer = connection.makefile("rb").read().decode().lower()
    assert answer.startswith("http/1.1 400")
    assert all(f"{name}:" in answer for name in PAGE_HEADERS)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("guarded")
    settings = {"SCALEOPS_API_TOKEN": "secret", "SCALEOPS_ALLOWED_ORIGINS": '["https://ops.example"]'}
    with running_server(folder, **settings) as server:
        yield server


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic secret", "secret"])
def test_with_a_token_set_changes_need_it(guarded: Server, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for answer in (
        guarded.upload("traffic.csv", series_csv(100), headers=headers),
        guarded.client.delete("/api/series/traffic.csv", headers=headers),
        guarded.client.post("/api/replay", json={"filename": "traffic.csv"}, headers=headers),
    ):
        assert answer.status_code == 401
        assert "SCALEOPS_API_TOKEN" in answer.json()["detail"]


def test_a_method_that_a_call_does_not_have_is_405_with_those_it_has_and_asks_for_no_token(guarded: Server) -> None:
    answer = guarded.client.request("PATCH", "/api/replay")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, POST")
    assert answer.json()["detail"] == "/api/replay has no PATCH; it has DELETE, GET, POST."
    assert answer.headers["content-type"] == "application/problem+json"


def test_with_the_token_changes_are_made_and_reading_needs_none(guarded: Server) -> None:
    headers = {"Authorization": "Bearer secret"}
    assert guarded.upload("traffic.csv", series_csv(100), headers=headers).status_code == 201
    assert guarded.get("/api/series")


def test_an_allowed_origin_may_change_data(guarded: Server) -> None:
    headers = {"Authorization": "Bearer secret", "Origin": "https://ops.example", "Host": "ops.example"}
    assert guarded.upload("traffic.csv", series_csv(100), headers=headers).status_code == 201
