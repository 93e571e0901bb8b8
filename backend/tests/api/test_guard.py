"""Who may call the server, and the headers of its answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.tests.server import Server, running_server
from backend.tests.traffic import series_csv

PAGE_HEADERS = ("content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy")


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
    assert set(PAGE_HEADERS) <= set(headers)
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert "server" not in headers


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
    assert answer.headers["content-type"] == "application/problem+json"


def test_with_the_token_changes_are_made_and_reading_needs_none(guarded: Server) -> None:
    headers = {"Authorization": "Bearer secret"}
    assert guarded.upload("traffic.csv", series_csv(100), headers=headers).status_code == 201
    assert guarded.get("/api/series")


def test_an_allowed_origin_may_change_data(guarded: Server) -> None:
    headers = {"Authorization": "Bearer secret", "Origin": "https://ops.example", "Host": "ops.example"}
    assert guarded.upload("traffic.csv", series_csv(100), headers=headers).status_code == 201
