"""Nothing in a query, a form or a body is passed over."""

from typing import Any

import pytest

from backend.tests.api.document import OPERATIONS, WRITE
from backend.tests.server import Server
from backend.tests.traffic import series_csv

CALLS = [(method, path) for method, path in OPERATIONS if path.startswith("/api") and (method, path) != WRITE]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_call_refuses_a_parameter_that_it_does_not_take(server: Server, method: str, path: str) -> None:
    answer = server.client.request(method, path, params={"nonsense": 1})
    assert answer.status_code == 422
    assert answer.json()["fields"] == ["nonsense"]


def test_a_misspelt_parameter_names_those_that_there_are(server: Server) -> None:
    server.upload("web.csv", series_csv(60))
    detail = server.client.get("/api/forecast", params={"series": "shop"}).json()["detail"]
    assert detail == "No such parameter: series. The call takes: filename."


def test_a_parameter_that_is_there_twice_is_refused(server: Server) -> None:
    answer = server.client.get("/api/history?range=1h&range=24h")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "Twice in the query: range. Name each once."


def test_the_write_call_passes_over_what_other_clients_of_influxdb_send(server: Server) -> None:
    answer = server.client.post("/api/v2/write?org=a&bucket=b&consistency=all", content="web,host=a requests=1i")
    assert answer.status_code == 204


@pytest.mark.parametrize("path", ["/api/upload", "/api/uploads/inspect"])
def test_a_misspelt_form_field_is_refused_with_those_that_there_are(server: Server, path: str) -> None:
    answer = server.client.post(path, files={"file": ("a.csv", series_csv(60))}, data={"time_zone": "Europe/Berlin"})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("There is no form field time_zone. There are: file, kind, ")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/api/uploads/one/read", {"time_zone": "Europe/Berlin"}),
        ("post", "/api/replay", {"filename": "web.csv", "from": "2026-01-05"}),
        ("post", "/api/session", {"token": "secret", "user": "me"}),
        ("post", "/api/simulations", {"filename": "web.csv", "headroom": 2}),
        ("put", "/api/policies/web.csv", {"rps_per_replica": 10, "headrom": 2}),
    ],
)
def test_a_misspelt_member_of_a_body_is_refused(server: Server, method: str, path: str, body: dict[str, Any]) -> None:
    server.upload("web.csv", series_csv(600))
    answer = server.client.request(method, path, json=body)
    assert answer.status_code == 422
    assert "There is none of this name" in answer.json()["detail"]
