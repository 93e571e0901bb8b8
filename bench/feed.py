"""Live feeds: from 204 to the page, lines a second, and how long 200 series take to close a window."""

import json
import statistics
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from websockets.sync.client import connect

from backend.config import Settings
from backend.feed.collector import Collector
from backend.feed.intake import Intake
from backend.feed.samples import Row, SampleReader
from backend.feed.tracker import FeedTracker
from backend.measurements import MEASUREMENTS, POINT_FIELDS, POINTS, points_table
from backend.models.predictor import RPSEstimator
from backend.stores import SeriesInfo, SeriesKey, Store
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.stores.sqlite import SqliteStore
from backend.tests.influxd import ORG
from backend.tests.server import Server, running_server
from bench.influx import BUCKET, influxd_over

POSTS = 40
BATCHES, BATCH_LINES = 20, 1_000  # as Telegraf sends them
SERIES, HISTORY_WINDOWS, CLOSES = 200, 10_080, 5
LATE_SECONDS = 5


def main() -> None:
    """Print the table."""
    table = Table("what", "median", "p95", "note", title="Live feeds, one run on this machine")
    with TemporaryDirectory() as name:
        with running_server(Path(name)) as server:
            row(table, "204 to the page", to_the_page(server), f"{POSTS} writes, one socket")
            taken = [batch(server, number) for number in range(BATCHES)]
            rate = BATCHES * BATCH_LINES / sum(taken)
            row(table, f"{BATCH_LINES:,} lines to 204", taken, f"{rate:,.0f} lines a second from one sender")
        closing(table, "SQLite", SqliteStore(Path(name) / "many.sqlite", MEASUREMENTS))
        with influxd_over(Path(name)) as (influxd, token):
            closing(table, "InfluxDB", InfluxStore(InfluxClient(influxd.url, ORG, BUCKET, token), MEASUREMENTS))
    Console().print(table)


def closing(table: Table, name: str, store: Store) -> None:
    taken = close_many(store)
    row(table, f"{SERIES} series, close to last forecast, {name}", [wall for wall, _ in taken], f"{CLOSES} closes")
    row(table, "the same, CPU", [cpu for _, cpu in taken], f"{HISTORY_WINDOWS:,} windows of history each")


def to_the_page(server: Server) -> list[float]:
    """Seconds from the answer to a write to the message that shows it: the growing window's count."""
    shown: dict[int, float] = {}
    stopping = threading.Event()

    def watch() -> None:
        with connect(f"{server.websocket_url}?filename=bench") as socket:
            while not stopping.is_set():
                data = json.loads(socket.recv(timeout=10))["data"]
                growing = data.get("growing") or data.get("status", {}).get("growing")
                if growing:
                    shown.setdefault(round(growing["rps"]), time.perf_counter())

    watcher = threading.Thread(target=watch)
    watcher.start()
    answered = {}
    generator = np.random.default_rng(1)
    for number in range(1, POSTS + 1):
        # a rate of its own source each time: the sum tells which writes are in
        write(server, f"bench,source={number} rate={number}")
        answered[number * (number + 1) // 2] = time.perf_counter()
        time.sleep(1.0 + generator.uniform(0, 0.5))
    stopping.set()
    watcher.join()
    return [shown[total] - at for total, at in answered.items() if total in shown]


def batch(server: Server, number: int) -> float:
    now = time.time_ns()
    lines = [
        f"load,host=h{line % 50},service=s{line % 20} requests=5i {now + number * 10**6 + line}"
        for line in range(BATCH_LINES)
    ]
    started = time.perf_counter()
    write(server, "\n".join(lines))
    return time.perf_counter() - started


def write(server: Server, body: str) -> None:
    answer = server.client.post("/api/v2/write", params={"org": "", "bucket": ""}, content=body)
    assert answer.status_code == 204, answer.text


def close_many(store: Store) -> list[tuple[float, float]]:
    """Seconds from the close of one window to the last forecast, by the clock and of CPU, over a week of history."""
    tracker = FeedTracker(60)
    estimator = RPSEstimator.load(Settings().model_path)
    collector = Collector(store, tracker, estimator, LATE_SECONDS)
    intake = Intake(store, tracker, SampleReader({}), SERIES)
    first = int(time.time()) // 60 - 60
    generator = np.random.default_rng(2)
    index = pd.date_range(
        pd.Timestamp((first - HISTORY_WINDOWS) * 60, unit="s", tz="UTC"), periods=HISTORY_WINDOWS, freq="60s"
    )
    for number in range(SERIES):
        rates = pd.DataFrame({"actual_rps": generator.poisson(600, HISTORY_WINDOWS) / 60.0}, index=index)
        key = SeriesKey(f"s{number}", estimator.version)
        points = points_table(key, rates.reindex(columns=list(POINT_FIELDS)))
        store.write({POINTS: points}, [SeriesInfo(key, 60, "feed")])
    collector.step(first * 60 + LATE_SECONDS)
    issued: list[tuple[float, float]] = []
    collector.on_issued.append(lambda _: issued.append((time.perf_counter(), time.process_time())))
    taken = []
    for window in range(first, first + CLOSES + 1):
        rows: list[Row] = [
            (f"s{number}", "host=a", "count", (window * 60 + second) * 10**9, 100.0)
            for number in range(SERIES)
            for second in range(5, 60, 10)
        ]
        intake.write_rows(rows)
        started, worked = time.perf_counter(), time.process_time()
        collector.step((window + 1) * 60 + LATE_SECONDS)
        taken.append((issued[-1][0] - started, issued[-1][1] - worked))
    return taken[1:]  # the first reads every history


def row(table: Table, what: str, seconds: list[float], note: str) -> None:
    p95 = pd.Series(seconds).quantile(0.95)
    table.add_row(what, f"{statistics.median(seconds) * 1000:,.0f} ms", f"{p95 * 1000:,.0f} ms", note)


if __name__ == "__main__":
    main()
