"""What only a server can promise: its answers, its bucket, its rights. On a real InfluxDB."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pandas as pd
import pytest

from backend.errors import ConflictError, StoreUnavailableError
from backend.measurements import FORECASTS, MEASUREMENTS, SAMPLES, read_points
from backend.stores import SeriesKey, influx_client
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient, InfluxUnreachableError
from backend.tests.influxd import ORG, Influxd
from backend.tests.proxy import Answer, Proxy, Request, proxy_to
from backend.tests.stores.samples import forecasts, points, write_forecasts, write_points

KEY = SeriesKey("traffic.csv", "lgbm_v1")
MONTH = 30 * 86_400
Bucket = Callable[..., tuple[str, str]]


@pytest.fixture
def store(influxdb_store: InfluxStore) -> InfluxStore:
    return influxdb_store


@pytest.fixture
def proxy(influxd: Influxd) -> Iterator[Proxy]:
    with proxy_to(influxd.url) as passing:
        yield passing


@pytest.fixture
def proxied(proxy: Proxy, bucket: Bucket) -> InfluxStore:
    """A store whose every request goes through the proxy."""
    return InfluxStore(InfluxClient(proxy.url, ORG, *bucket()), MEASUREMENTS)


def opened(influxd: Influxd, bucket: str, token: str) -> InfluxStore:
    return InfluxStore(InfluxClient(influxd.url, ORG, bucket, token), MEASUREMENTS)


def test_a_token_that_is_not_known_is_said_to_be_the_token(influxd: Influxd, bucket: Bucket) -> None:
    name, _ = bucket()
    with pytest.raises(StoreUnavailableError, match=r"unauthorized.*INFLUXDB_TOKEN"):
        opened(influxd, name, "not-a-token").check()


def test_a_bucket_that_is_not_there_is_named(influxd: Influxd, bucket: Bucket) -> None:
    _, token = bucket()
    with pytest.raises(StoreUnavailableError, match=r"no bucket \"elsewhere\".*INFLUXDB_BUCKET"):
        opened(influxd, "elsewhere", token).check()


def test_an_organization_that_is_not_there_is_said(influxd: Influxd, bucket: Bucket) -> None:
    name, token = bucket()
    with pytest.raises(StoreUnavailableError, match="INFLUXDB_ORG"):
        InfluxStore(InfluxClient(influxd.url, "nobody", name, token), MEASUREMENTS).check()


def test_a_bucket_that_forgets_is_refused(influxd: Influxd, bucket: Bucket) -> None:
    with pytest.raises(StoreUnavailableError, match=r"30 days.*limit"):
        opened(influxd, *bucket(retention_seconds=MONTH)).check()


def test_points_too_old_for_their_bucket_are_refused_with_the_servers_reason(influxd: Influxd, bucket: Bucket) -> None:
    forgetful = opened(influxd, *bucket(retention_seconds=MONTH))
    with pytest.raises(ConflictError, match=r"retention"):
        write_points(forgetful, KEY, points(100, start="1995-07-01T00:00:00Z"))
    assert forgetful.list_series() == []


def test_a_token_of_one_bucket_reaches_no_other(influxd: Influxd, bucket: Bucket) -> None:
    (mine, token), (other, other_token) = bucket(), bucket()
    theirs = opened(influxd, other, other_token)
    write_points(theirs, KEY, points(5))
    intruder = opened(influxd, other, token)
    for attempt in (
        lambda: read_points(intruder, KEY, None, None),
        lambda: write_points(intruder, KEY, points(5) * 2),
        lambda: intruder.delete_series(KEY.name),
    ):
        with pytest.raises(StoreUnavailableError):
            attempt()
    assert len(read_points(theirs, KEY, None, None)) == 5
    opened(influxd, mine, token).check()


def test_a_field_of_another_type_is_named(influxd: Influxd, bucket: Bucket) -> None:
    name, token = bucket()
    line = "inference_metrics,filename=traffic.csv,version=lgbm_v1 actual_rps=1i 1767225600"
    influxd.call("POST", "write", params={"org": ORG, "bucket": name, "precision": "s"}, content=line)
    with pytest.raises(ConflictError, match=r"actual_rps.*integer"):
        write_points(opened(influxd, name, token), KEY, points(5))


def test_what_is_half_written_or_half_deleted_is_not_there(influxd: Influxd, bucket: Bucket) -> None:
    name, token = bucket()
    lines = [
        "series,filename=half.csv,version=lgbm_v1 window_seconds=60 0",
        "series,filename=traffic.csv,version=lgbm_v1 window_seconds=60,written_at=1 0",
        "inference_metrics,filename=traffic.csv,version=lgbm_v1 predicted_rps_model1=1 1767225600",
        "samples,filename=traffic.csv,source=host\\=a value=1 1767225600",
    ]
    influxd.call("POST", "write", params={"org": ORG, "bucket": name, "precision": "s"}, content="\n".join(lines))
    half = opened(influxd, name, token)
    assert half.list_series() == []
    assert read_points(half, KEY, None, None).empty
    assert half.read(SAMPLES, {}, datetime(2026, 1, 1, tzinfo=UTC)).empty


def test_times_from_1900_to_2100_are_kept(store: InfluxStore) -> None:
    for year in (1900, 1969, 2100):
        write_points(store, SeriesKey(f"{year}.csv", "lgbm_v1"), points(3, start=f"{year}-06-01T00:00:00Z"))
    assert {series.first.year for series in store.list_series()} == {1900, 1969, 2100}
    read = read_points(store, SeriesKey("2100.csv", "lgbm_v1"), datetime(2100, 1, 1, tzinfo=UTC), None)
    assert len(read) == 3


def test_a_bucket_begins_on_the_grid_where_the_range_does_not(store: InfluxStore) -> None:
    written = points(10)
    write_points(store, KEY, written)
    read = read_points(store, KEY, written.index[2].to_pydatetime(), None, every=300)
    assert list(read.index) == [written.index[0], written.index[5]]


def test_what_another_process_wrote_or_deleted_is_listed(influxd: Influxd, bucket: Bucket) -> None:
    name, token = bucket()
    one, other = opened(influxd, name, token), opened(influxd, name, token)
    write_points(one, KEY, points(5))
    assert [series.points for series in other.list_series()] == [5]
    write_points(one, KEY, points(9))
    assert [series.points for series in other.list_series()] == [9]
    one.delete_series(KEY.name)
    assert other.list_series() == []


def test_a_list_is_one_query_however_many_series_there_are(proxied: InfluxStore, proxy: Proxy) -> None:
    for number in range(6):
        write_points(proxied, SeriesKey(f"{number}.csv", "lgbm_v1"), points(5))
    before = len(proxy.requests)
    assert [record.points for record in proxied.list_series()] == [5] * 6
    assert proxied.find("3.csv") is not None
    assert len(proxy.requests) == before + 2


def test_a_live_tick_is_one_query(proxied: InfluxStore, proxy: Proxy) -> None:
    write_points(proxied, KEY, points(5))
    before = len(proxy.requests)
    read_points(proxied, KEY, points(5).index[-1].to_pydatetime(), None)
    assert len(proxy.requests) == before + 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_after_the_time_it_names(proxied: InfluxStore, proxy: Proxy, status: int) -> None:
    proxy.instead = first_write(Answer(status, {"Retry-After": "1"}))
    assert write_points(proxied, KEY, points(5)) == set()
    first, second, *_ = proxy.writes()
    assert second.body == first.body
    assert second.at - first.at >= 1


def test_a_server_that_goes_on_failing_is_given_up_with_when_to_come_back(
    proxied: InfluxStore, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = influx_client.WRITE_RETRY.new(total=2, backoff_factor=0, backoff_jitter=0)
    monkeypatch.setattr(influx_client, "WRITE_RETRY", impatient)
    proxy.instead = lambda request: Answer(500) if "/write" in request.path else None
    with pytest.raises(InfluxUnreachableError, match="said by the test") as error:
        write_points(proxied, KEY, points(5))
    assert error.value.headers == {"Retry-After": "5"}
    assert len(proxy.writes()) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_said_at_once_and_not_repeated(proxied: InfluxStore, proxy: Proxy, status: int) -> None:
    proxy.instead = first_write(Answer(status))
    with pytest.raises((ConflictError, StoreUnavailableError), match="said by the test"):
        write_points(proxied, KEY, points(5))
    assert len(proxy.writes()) == 1


def test_what_is_too_large_for_the_server_is_sent_in_parts(proxied: InfluxStore, proxy: Proxy) -> None:
    proxy.instead = lambda request: Answer(413) if "/write" in request.path and len(request.lines) > 300 else None
    written = points(2_000)
    assert write_points(proxied, KEY, written) == set()
    read = read_points(proxied, KEY, None, None)
    pd.testing.assert_frame_equal(read, written, check_freq=False, check_names=False)


def test_points_that_the_server_takes_and_does_not_keep_are_no_success(
    proxied: InfluxStore, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.stores.influx.CONFIRM_PAUSE_SECONDS", 0)
    proxy.instead = lambda request: Answer(204, body=b"") if has_points(request) else None
    with pytest.raises(StoreUnavailableError, match=r"accepted 5 points but returns 0"):
        write_points(proxied, KEY, points(5))


def test_a_query_that_takes_too_long_is_the_store_not_answering(
    proxy: Proxy, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(influx_client, "READ_MS", 200)
    slow = InfluxStore(InfluxClient(proxy.url, ORG, *bucket()), MEASUREMENTS)
    proxy.delay_seconds = 1
    with pytest.raises(InfluxUnreachableError, match="does not answer"):
        slow.list_series()


def test_a_query_that_fails_halfway_is_an_error_and_not_a_short_answer(proxied: InfluxStore, proxy: Proxy) -> None:
    write_points(proxied, KEY, points(5))
    table = b",result,table,_time,_field,_value\r\n,_result,0,2026-01-01T00:00:00Z,actual_rps,1\r\n\r\n"
    failed = Answer(200, {"Content-Type": "text/csv"}, table + b"error,reference\r\nout of memory,\r\n\r\n")
    proxy.instead = lambda request: failed if "/query" in request.path else None
    with pytest.raises(StoreUnavailableError, match="out of memory"):
        read_points(proxied, KEY, None, None)


@pytest.mark.parametrize(
    "name",
    ['") |> drop(columns: ["_value"]) //', '" or true or r.filename == "', "${bucket}", 'x" OR filename!="', "\\"],
)
def test_names_reach_flux_and_predicates_as_values_only(proxied: InfluxStore, proxy: Proxy, name: str) -> None:
    def flux_of(asked: SeriesKey) -> list[str]:
        before = len(proxy.requests)
        write_points(proxied, asked, points(3))
        write_forecasts(proxied, forecasts(asked, "2026-01-01T00:03:00Z"))
        read_points(proxied, asked, None, None)
        read_points(proxied, asked, None, None, every=300)
        proxied.read(FORECASTS, asked.tags)
        return [flux(request) for request in proxy.requests[before:] if "/query" in request.path]

    assert flux_of(SeriesKey(name, name)) == flux_of(KEY)
    assert proxied.delete_series(name) == 3
    assert len(read_points(proxied, KEY, None, None)) == 3
    assert len(proxied.read(FORECASTS, KEY.tags)) == 2


def first_write(answer: Answer) -> Callable[[Request], Answer | None]:
    """Give this answer to the first write, and let all else through."""
    left = [answer]
    return lambda request: left.pop() if left and "/write" in request.path else None


def has_points(request: Request) -> bool:
    return "/write" in request.path and request.lines[0].startswith("inference_metrics,")


def flux(request: Request) -> str:
    """The query's text, without its parameters."""
    return str(json.loads(request.body)["query"])
