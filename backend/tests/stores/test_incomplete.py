"""An import that a server is killed under, over InfluxDB: what is left says so, is never shown as whole, and heals."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from backend.errors import StoreUnavailableError
from backend.measurements import FORECASTS, MEASUREMENTS, POINTS, points_table
from backend.stores import SeriesKey, SeriesRecord, Span
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.tests.influxd import ORG, Influxd
from backend.tests.proxy import Proxy, Request, proxy_to
from backend.tests.server import running_server
from backend.tests.stores.samples import forecasts, info, points, write_points

pytestmark = pytest.mark.programs
KEY = SeriesKey("traffic.csv", "lgbm_v1")
COUNT = 30_000


@pytest.fixture
def proxy(mortal: Influxd) -> Iterator[Proxy]:
    with proxy_to(mortal.url) as passing:
        yield passing


@pytest.fixture
def store(mortal: Influxd, proxy: Proxy) -> InfluxStore:
    token = mortal.make_bucket("metrics")
    return InfluxStore(InfluxClient(proxy.url, ORG, "metrics", token), MEASUREMENTS)


def write_killed(store: InfluxStore, mortal: Influxd, proxy: Proxy, replace: bool = False) -> None:
    """Import a large file whose server is killed after some of its points, and start the server again."""

    def kill(request: Request) -> None:
        if "/write" in request.path and len(proxy.writes()) >= 4 and mortal.process is not None:
            mortal.stop(signal.SIGKILL)

    proxy.requests.clear()
    proxy.instead = kill
    with pytest.raises(StoreUnavailableError):
        whole(store, replace)
    proxy.instead = lambda _: None
    mortal.start()


def whole(store: InfluxStore, replace: bool = False) -> None:
    issued = forecasts(KEY, "2026-01-01T00:01:00Z", count=1_000)
    store.write({POINTS: points_table(KEY, points(COUNT)), FORECASTS: issued}, [info(KEY)], replace=replace)


def tear(request: Request, mortal: Influxd) -> None:
    """Store of a request what is in the shard of the records, and kill the server: each shard has a log of its own."""
    records = [line for line in request.lines if line.startswith("series,")]
    if records:
        headers = {"Authorization": request.headers["Authorization"]}
        httpx.post(mortal.url + request.path, content="\n".join(records), headers=headers).raise_for_status()
    mortal.stop(signal.SIGKILL)


def span() -> Span:
    index = points(COUNT).index
    return Span(index[0].to_pydatetime(), index[-1].to_pydatetime())


def test_what_a_kill_left_is_incomplete_and_whole_once_it_is_sent_again(
    store: InfluxStore, mortal: Influxd, proxy: Proxy
) -> None:
    write_killed(store, mortal, proxy)
    record = store.find(KEY.name)
    assert record is not None
    assert (record.points, record.incomplete) == (0, span())
    whole(store)
    record = store.find(KEY.name)
    assert record is not None
    assert (record.points, record.incomplete) == (COUNT, None)


def test_of_a_series_that_was_there_the_span_that_is_mixed_is_told(
    store: InfluxStore, mortal: Influxd, proxy: Proxy
) -> None:
    before = points(100, start="2025-12-31T00:00:00Z")
    write_points(store, KEY, before)
    write_killed(store, mortal, proxy)
    record = store.find(KEY.name)
    assert record is not None
    assert (record.points, record.last, record.incomplete) == (100, before.index[-1], span())
    whole(store)
    record = store.find(KEY.name)
    assert record is not None
    assert (record.points, record.incomplete) == (100 + COUNT, None)


def test_a_replacement_that_a_kill_interrupted_says_so_until_it_is_made_again(
    store: InfluxStore, mortal: Influxd, proxy: Proxy
) -> None:
    write_points(store, KEY, points(100, step=300, start="2025-12-31T00:00:00Z"), 300)
    write_killed(store, mortal, proxy, replace=True)
    record = store.find(KEY.name)
    assert record is not None
    assert (record.window_seconds, record.points, record.incomplete) == (60, 0, span())
    whole(store, replace=True)
    record = store.find(KEY.name)
    assert record is not None
    assert (record.points, record.first, record.incomplete) == (COUNT, span().first, None)


@pytest.mark.parametrize("killed", [1, 2, 3])
def test_a_small_import_that_a_kill_tore_is_not_told_as_whole_and_heals(
    store: InfluxStore, mortal: Influxd, proxy: Proxy, killed: int
) -> None:
    def kill(request: Request) -> None:
        if "/write" in request.path and len(proxy.writes()) == killed and mortal.process is not None:
            tear(request, mortal)

    proxy.instead = kill
    with pytest.raises(StoreUnavailableError):
        write_points(store, KEY, points(500))
    proxy.instead = lambda _: None
    mortal.start()
    record = store.find(KEY.name)
    assert record is not None
    whole = record.points == len(store.read(POINTS, KEY.tags)) == 500
    assert whole or record.incomplete
    write_points(store, KEY, points(500))
    record = store.find(KEY.name)
    assert record is not None
    assert (record.points, record.incomplete) == (500, None)


def test_a_feed_whose_windows_take_several_requests_is_never_told_as_incomplete(
    store: InfluxStore, mortal: Influxd, proxy: Proxy
) -> None:
    token = store._client._client.token
    beside = InfluxStore(InfluxClient(mortal.url, ORG, "metrics", token), MEASUREMENTS)
    feed = replace(info(KEY), origin="feed")
    store.write({POINTS: points_table(KEY, points(10))}, [feed])
    told: list[SeriesRecord | None] = []

    def look(request: Request) -> None:
        if "/write" in request.path:
            told.append(beside.find(KEY.name))

    proxy.instead = look
    store.write({POINTS: points_table(KEY, points(COUNT))}, [feed])
    assert len(told) > COUNT // 5_000
    assert all(record is not None and record.incomplete is None for record in told)


def test_what_a_kill_left_can_be_deleted(store: InfluxStore, mortal: Influxd, proxy: Proxy) -> None:
    write_killed(store, mortal, proxy)
    store.delete_series(KEY.name)
    assert store.list_series() == []
    assert store.read(POINTS, KEY.tags).empty


def test_the_product_lists_it_as_incomplete_and_does_not_chart_it(
    store: InfluxStore, mortal: Influxd, proxy: Proxy, tmp_path: Path
) -> None:
    write_killed(store, mortal, proxy)
    settings = mortal.settings("metrics", store._client._client.token)
    with running_server(tmp_path, **settings) as server:
        (series,) = server.get("/api/series")
        first, last = (moment.isoformat().replace("+00:00", "Z") for moment in (span().first, span().last))
        assert series["incomplete"] == {"first": first, "last": last}
        answer = server.client.get("/api/history", params={"range": "1h", "filename": KEY.name})
        assert answer.status_code == 409
        assert "Send the file again, or delete" in answer.json()["detail"]
        assert server.client.get("/api/history", params={"range": "1h"}).status_code == 404
