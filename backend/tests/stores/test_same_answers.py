"""The API says the same over every store."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.sync.client import connect

from backend.tests.influxd import Influxd
from backend.tests.server import Server, running_server
from backend.tests.stores.test_influx_faults import until
from backend.tests.traffic import raw_parquet, series_csv

LIVE = {"SCALEOPS_LIVE_INTERVAL_SECONDS": "0.2"}


@pytest.fixture(scope="module")
def servers(
    influxd: Influxd, bucket: Callable[..., tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server]]:
    """The same files uploaded to a server over SQLite and to one over InfluxDB."""
    settings = influxd.settings(*bucket())
    with (
        running_server(tmp_path_factory.mktemp("sqlite"), **LIVE) as sqlite,
        running_server(tmp_path_factory.mktemp("influxdb"), **LIVE, **settings) as influxdb,
    ):
        for server in (sqlite, influxdb):
            for name, content in (
                ("minutes.csv", series_csv(3_000, missing=slice(1_900, 2_000))),
                ("requests.parquet", raw_parquet(400)),
                ("a name, with = signs & ünïcödé.csv", series_csv(500, step=300)),
            ):
                assert server.upload(name, content).status_code == 201
        yield sqlite, influxdb


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        *[("/api/history", {"range": span, "filename": "minutes.csv"}) for span in ("1h", "6h", "24h")],
        ("/api/history", {"range": "24h", "filename": "a name, with = signs & ünïcödé.csv"}),
        ("/api/history", {"range": "1h"}),
        ("/api/history", {"range": "6h", "filename": "minutes.csv", "anchor": "now"}),
        ("/api/forecast", {"filename": "minutes.csv"}),
        ("/api/forecast", {}),
        ("/api/accuracy", {"filename": "minutes.csv", "span": "24h"}),
        ("/api/forecast/past", {"filename": "minutes.csv", "horizon": 15, "range": "6h"}),
        ("/api/series", {}),
    ],
)
def test_an_answer_is_the_same_over_both_stores(
    servers: tuple[Server, Server], path: str, parameters: dict[str, str]
) -> None:
    sqlite, influxdb = (comparable(server.get(path, **parameters)) for server in servers)
    assert influxdb == sqlite


def test_an_upload_is_answered_the_same_over_both_stores(servers: tuple[Server, Server]) -> None:
    sqlite, influxdb = (server.upload("again.csv", series_csv(700)).json() for server in servers)
    assert comparable(influxdb) == comparable(sqlite)


def test_a_replay_is_seen_live_and_gone_once_stopped(servers: tuple[Server, Server]) -> None:
    _, server = servers
    before = {series["filename"] for series in server.get("/api/series")}
    with connect(server.websocket_url) as socket:
        server.client.post("/api/replay", json={"filename": "minutes.csv", "speed": 20}).raise_for_status()
        until(socket, has_filename("replay of minutes.csv", "points"))
        until(socket, has_filename("replay of minutes.csv", "points"))
        server.client.delete("/api/replay")
        until(socket, lambda message: message["type"] == "status" and message["data"]["replay"] is None)
    assert {series["filename"] for series in server.get("/api/series")} == before


def has_filename(filename: str, kind: str) -> Callable[[Any], bool]:
    return lambda message: message["type"] == kind and message["data"]["filename"] == filename


def comparable(answer: Any) -> Any:
    """Without the moment of writing and the id of an upload, and numbers to twelve digits: the stores add up in
    another order."""
    if isinstance(answer, dict):
        return {name: comparable(value) for name, value in answer.items() if name not in ("written_at", "id")}
    if isinstance(answer, list):
        return [comparable(value) for value in answer]
    return float(f"{answer:.12g}") if isinstance(answer, float) else answer
