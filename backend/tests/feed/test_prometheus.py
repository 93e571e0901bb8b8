"""A real Prometheus, polled by a real server as docs/feeds.md says."""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from dotenv import dotenv_values

from backend.errors import PrometheusError
from backend.feed import poller
from backend.feed.intake import Intake
from backend.feed.poller import Poller
from backend.feed.prometheus import Prometheus, value_at
from backend.feed.samples import SampleReader
from backend.feed.tracker import FeedTracker
from backend.measurements import MEASUREMENTS, SAMPLES, read_points
from backend.stores import SeriesKey
from backend.stores.sqlite import SqliteStore
from backend.tests.feeding import fast_server, until
from backend.tests.programs import SCALEOPS, adapted, running_exporter, running_prometheus, stanzas
from backend.tests.proxy import Answer, proxy_to
from backend.tests.server import Server, reserved_port

WINDOW = 2


@dataclass
class Scraped:
    """A Prometheus that has scraped for a few windows."""

    url: str

    def rate(self, window: int) -> float | None:
        """What it says itself of a window, None where it has too little to say."""
        parameters = {"query": f"sum(rate(http_requests_total[{WINDOW}s]))", "time": str((window + 1) * WINDOW)}
        result = httpx.get(f"{self.url}/api/v1/query", params=parameters).json()["data"]["result"]
        return float(result[0]["value"][1]) if result else None


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    folder = tmp_path_factory.mktemp("prometheus")
    with running_exporter() as exporter, reserved_port() as port, running_prometheus(folder, exporter, port) as url:
        time.sleep(3 * WINDOW)
        yield Scraped(url)


def settings(url: str, queries: dict[str, str] | None = None, **others: str) -> dict[str, str]:
    """Those of docs/feeds.md, for this Prometheus and windows of two seconds."""
    (stanza,) = stanzas("ini")
    text = adapted(stanza, **{"http://127.0.0.1:9090": url, "1m": f"{WINDOW}s"})
    named = {name: str(value) for name, value in dotenv_values(stream=StringIO(text)).items()}
    if queries is not None:
        named["SCALEOPS_PROMETHEUS_QUERIES"] = json.dumps(queries)
    return named | {"SCALEOPS_LATE_SECONDS": "1"} | others


def windows(server: Server, name: str = "shop") -> dict[int, float]:
    """Rates by number of the window."""
    store = SqliteStore(server.folder / "store.sqlite", MEASUREMENTS)
    points = read_points(store, SeriesKey(name, "lgbm_v1"), None, None)
    store.close()
    return {int(at.timestamp()) // WINDOW: rate for at, rate in points["actual_rps"].items()}  # type: ignore[attr-defined]


def newest_window() -> int:
    return int(time.time()) // WINDOW - 1


def problem(server: Server, name: str = "shop") -> str | None:
    failing = {query["filename"]: query["problem"] for query in server.get("/api/ready")["failing_queries"]}
    return failing.get(name)


def test_windows_have_the_rate_that_was_scraped_also_those_before_the_start(scraped: Scraped, tmp_path: Path) -> None:
    begun = newest_window()
    with fast_server(tmp_path, **settings(scraped.url)) as server:
        until(lambda: max(windows(server), default=0) >= begun + 4)
        newest = max(windows(server))
        # A scrape that came late corrects what was asked for before it.
        until(lambda: windows(server)[newest] == scraped.rate(newest))
        until(lambda: [series["status"] for series in server.get("/api/series")] == ["live"])
        until(lambda: problem(server) is None)
        until(lambda: min(windows(server)) < begun)
        rates = windows(server)
    expected = {window: scraped.rate(window) for window in range(begun - 1, newest + 1)}
    assert {window: rates.get(window) for window in expected} == expected
    assert len(set(expected.values())) == len(expected)


def test_what_was_missed_while_the_product_was_down_is_filled(scraped: Scraped, tmp_path: Path) -> None:
    chosen = settings(scraped.url)
    with fast_server(tmp_path, **chosen) as server:
        until(lambda: windows(server))
        server.process.kill()
        server.process.wait()
    down = newest_window()
    time.sleep(3 * WINDOW)
    with fast_server(tmp_path, **chosen) as server:
        until(lambda: set(range(down, down + 4)) <= set(windows(server)))


def test_what_was_missed_while_prometheus_was_out_of_reach_is_filled_and_said(scraped: Scraped, tmp_path: Path) -> None:
    with proxy_to(scraped.url) as proxy, fast_server(tmp_path, **settings(proxy.url)) as server:
        until(lambda: windows(server))
        proxy.instead = lambda _: Answer(503, body=b"<html>try later</html>")
        down = newest_window()
        assert "answered 503, but not as Prometheus does" in until(lambda: problem(server))
        time.sleep(2 * WINDOW)
        proxy.instead = lambda _: None
        until(lambda: set(range(down, down + 3)) <= set(windows(server)))
        until(lambda: problem(server) is None)


@pytest.mark.programs
def test_a_prometheus_that_was_away_and_its_windows_stay_unknown(tmp_path: Path) -> None:
    with (
        running_exporter() as exporter,
        reserved_port() as port,
        fast_server(tmp_path, **settings(f"http://127.0.0.1:{port}")) as server,
    ):
        said = until(lambda: problem(server))
        assert f"Prometheus at http://127.0.0.1:{port} cannot be reached" in said
        assert "SCALEOPS_PROMETHEUS_URL" in said
        with running_prometheus(tmp_path, exporter, port):
            until(lambda: windows(server))
        down = newest_window()
        until(lambda: problem(server))
        until(lambda: newest_window() >= down + 3)
        back = newest_window()
        with running_prometheus(tmp_path, exporter, port):
            until(lambda: max(windows(server)) > back)
        assert set(windows(server)) & set(range(down + 2, back + 1)) == set()


QUERIES = {
    "misspelt": "sum(rate(http_requests_total[2s])",
    "several": "rate(http_requests_total[2s])",
    "nothing": "sum(rate(http_request_total[2s]))",
    "divided": "0 * sum(rate(http_requests_total[2s])) / 0",
    "negative": "-sum(rate(http_requests_total[2s]))",
}


def test_a_query_that_gives_no_traffic_is_named_with_its_fix(scraped: Scraped, tmp_path: Path) -> None:
    with fast_server(tmp_path, **settings(scraped.url, QUERIES)) as server:
        until(lambda: len(server.get("/api/ready")["failing_queries"]) == len(QUERIES))
        said = {name: str(problem(server, name)) for name in QUERIES}
        assert server.get("/api/series") == []
    assert "rejected the query (bad_data)" in said["misspelt"]
    assert "parse error" in said["misspelt"]  # in Prometheus's own words
    assert "returned 2 series" in said["several"]
    assert "'code': '404'" in said["several"]
    assert "sum( )" in said["several"]
    assert "no such metric" in said["nothing"]
    assert "returned nan" in said["divided"]
    assert "cannot be negative" in said["negative"]
    assert "parse error" in (tmp_path / "server.log").read_text()


def test_doctor_says_what_a_query_gives_or_what_is_wrong_with_it(scraped: Scraped, tmp_path: Path) -> None:
    queries = QUERIES | {"shop": "sum(rate(http_requests_total[2s]))"}
    environment = (
        os.environ
        | settings(scraped.url, queries)
        | {
            "COLUMNS": "400",
            "SCALEOPS_SQLITE_PATH": str(tmp_path / "store.sqlite"),
            "SCALEOPS_WINDOW_SECONDS": str(WINDOW),
        }
    )
    said = subprocess.run([*SCALEOPS, "doctor"], env=environment, capture_output=True, text=True).stdout
    assert "requests per second" in said
    assert "put sum( ) around it" in said
    assert "parse error" in said


def test_what_is_not_prometheus_is_said(scraped: Scraped) -> None:
    with pytest.raises(PrometheusError, match="without /api/v1 or /graph"):
        value_at(f"{scraped.url}/graph", "", "up", 0)


@pytest.mark.parametrize(
    ("userinfo", "token", "sent"), [("", "secret", "Bearer secret"), ("me:pass@", "", "Basic bWU6cGFzcw==")]
)
def test_a_token_or_a_password_is_sent_and_never_shown(userinfo: str, token: str, sent: str) -> None:
    with proxy_to("nowhere") as proxy:
        proxy.instead = lambda _: Answer(401)
        with pytest.raises(PrometheusError) as error:
            value_at(proxy.url.replace("://", f"://{userinfo}"), token, "up", 0)
    assert {request.headers["Authorization"] for request in proxy.requests} == {sent}
    assert "SCALEOPS_PROMETHEUS_TOKEN" in error.value.detail
    assert "pass@" not in error.value.detail


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"status": "success", "data": {"result": []}, "warnings": ["a store is away"]}', "a store is away"),
        (b"[" * 2_000_000, "larger than 1,048,576 bytes"),
        (b'{"status": "success", "data": {}}', "not as Prometheus does"),
        (b'["status"]', "not as Prometheus does"),
    ],
    ids=["partial", "too large", "no result", "other json"],
)
def test_an_answer_that_cannot_be_trusted_is_none(body: bytes, said: str) -> None:
    with proxy_to("nowhere") as proxy:
        proxy.instead = lambda _: Answer(200, body=body)
        with pytest.raises(PrometheusError, match=said):
            value_at(proxy.url, "", "up", 0)


class Remembering(Prometheus):
    """Has a value for everything, and remembers what it was asked: the numbers of the windows."""

    def __init__(self) -> None:
        super().__init__("", "")
        self.asked: list[range] = []

    async def values(self, query: str, start: int, stop: int, step: int) -> dict[int, float]:  # noqa: ARG002
        self.asked.append(range(start // step - 1, stop // step))
        return dict.fromkeys(range(start, stop + 1, step), 1.0)


def test_of_the_last_day_what_is_not_stored_is_asked_for_the_newest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(poller, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(poller, "time", SimpleNamespace(time=lambda: now))
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    intake = Intake(store, FeedTracker(60), SampleReader({}), 200)
    newest = int(now) // 60 - 1
    stored = range(newest - 700, newest - 100)
    intake.write_rows([("shop", poller.SOURCE, "rate", (window + 1) * 60 * 10**9 - 1, 2.0) for window in stored])
    missing = set(range(newest - 1400, newest + 1)) - set(stored)
    prometheus = Remembering()

    async def until_all_is_asked() -> None:
        polling = asyncio.create_task(Poller(prometheus, {"shop": "x"}, store, intake, 60, 0).run())
        while not missing <= set(chain(*prometheus.asked)):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)  # nothing more is asked
        polling.cancel()

    asyncio.run(asyncio.wait_for(until_all_is_asked(), 60))
    samples = store.read(SAMPLES, {"filename": "shop"}, datetime.now(UTC) - timedelta(hours=23))
    intake.close()
    store.close()
    asked = list(chain(*prometheus.asked))
    assert newest in prometheus.asked[0]
    assert all(len(windows) <= 60 for windows in prometheus.asked)
    assert [windows[-1] for windows in prometheus.asked] == sorted((w[-1] for w in prometheus.asked), reverse=True)
    assert len(asked) == len(set(asked))
    assert len(set(asked) & set(stored)) < 60  # none but those between two that were not stored
    assert len(samples) >= 23 * 60 - 1
    assert samples["timestamp"].is_unique


def test_the_clock_may_jump_an_hour_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = int(time.time())
    now, pauses, give_way = float(begun), 0, asyncio.sleep
    jumps = {10: 3600, 20: -3600}

    async def pause(seconds: float) -> None:
        """Time passes in the pauses only, and the thirtieth does not end."""
        nonlocal now, pauses
        pauses += 1
        now += seconds + jumps.get(pauses, 0)
        if pauses == 30:
            raise asyncio.CancelledError
        await give_way(0)

    monkeypatch.setattr(poller, "time", SimpleNamespace(time=lambda: now))
    monkeypatch.setattr(asyncio, "sleep", pause)
    monkeypatch.setattr(poller, "SAMPLES_KEPT", timedelta(seconds=50))
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    intake = Intake(store, FeedTracker(1), SampleReader({}), 200)
    prometheus = Remembering()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Poller(prometheus, {"shop": "x"}, store, intake, 1, 0).run())
    intake.close()
    store.close()
    ends = [windows[-1] for windows in prometheus.asked]
    assert max(ends) >= begun + 3600
    assert begun + 5 <= ends[-1] < begun + 3600
