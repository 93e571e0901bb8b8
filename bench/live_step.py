"""The live step of many series: from the close of a window to the last forecast stored, and what a series takes.

    python -m bench.live_step [--series 300] [--store sqlite|influx] [--closes 17] [--history 10080]

Every series has a week of minutes before it, or as many as are asked for. Beside the time, CPU: on a busy machine that
is what a close takes.
"""

import argparse
import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import psutil
from rich.console import Console
from rich.table import Table

from backend.config import Settings
from backend.feed.collector import Collector
from backend.feed.intake import Intake
from backend.feed.samples import Row, SampleReader
from backend.feed.tracker import FeedTracker
from backend.measurements import MEASUREMENTS, POINT_FIELDS, POINTS
from backend.models.predictor import RPSEstimator
from backend.serving.freed_memory import return_freed_memory
from backend.stores import TIME, SeriesInfo, SeriesKey, Store
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.stores.sqlite import SqliteStore
from backend.tests.influxd import ORG
from bench.influx import BUCKET, influxd_over

SERIES, HISTORY_WINDOWS, CLOSES = 300, 10_080, 17  # one of the closes is at the end of a block, where regressions refit
WRITTEN_TOGETHER = 50  # series
LATE_SECONDS, MINUTE = 5, 60
TICK_SECONDS = 0.2


@dataclass
class Taken:
    """Seconds by the clock and of CPU, one a close; late: of one before which a late sample of every series came, and
    what that takes; first: from a start to the first forecasts of all series, close: of the next one, while pasts are
    yet to be learned, learn: of all of them; again: from a start after a stop to the first forecasts."""

    wall: list[float]
    cpu: list[float]
    late: float
    first: float
    close: float
    learn: float
    stop: float
    again: float
    bytes_a_series: float


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=SERIES)
    parser.add_argument("--store", choices=("sqlite", "influx"), nargs="*", default=("sqlite", "influx"))
    parser.add_argument("--closes", type=int, default=CLOSES)
    parser.add_argument("--history", type=int, default=HISTORY_WINDOWS, help="windows")
    arguments = parser.parse_args()
    title = f"{arguments.series:,} series with {arguments.history:,} windows each, one run on this machine"
    table = Table("store", "what", "median", "longest", "a series", title=title)
    for name in arguments.store:
        with opened(name) as store, TemporaryDirectory() as folder:
            path = Path(folder) / "checkpoint"
            taken = measure(store, arguments.series, arguments.history, arguments.closes, path)
            add_rows(table, name, taken, arguments.series)
    Console().print(table)


@contextmanager
def opened(name: str) -> Iterator[Store]:
    with TemporaryDirectory() as folder:
        if name == "sqlite":
            yield SqliteStore(Path(folder) / "many.sqlite", MEASUREMENTS)
        else:
            with influxd_over(Path(folder)) as (influxd, token):
                yield InfluxStore(InfluxClient(influxd.url, ORG, BUCKET, token), MEASUREMENTS)


def add_rows(table: Table, store: str, taken: Taken, series: int) -> None:
    for what, seconds in (("close to last forecast", taken.wall), ("the same, CPU", taken.cpu)):
        median, longest = statistics.median(seconds), max(seconds)
        table.add_row(store, what, f"{median:.2f} s", f"{longest:.2f} s", f"{1000 * median / series:.1f} ms")
    whole = (
        ("close and late samples before", taken.late),
        ("start to first forecasts", taken.first),
        ("the next close", taken.close),
        ("every past learned", taken.learn),
        ("stop", taken.stop),
        ("start after it to first forecasts", taken.again),
    )
    for what, once in whole:
        table.add_row(store, what, f"{once:.1f} s", "", f"{1000 * once / series:.1f} ms")
    table.add_row(store, "memory", "", "", f"{taken.bytes_a_series / 1e3:,.0f} kB")


def measure(store: Store, series: int, history: int, closes: int, path: Path) -> Taken:
    """Closes with all series live, from a start with their history in the store; then a stop and a start."""
    tracker = FeedTracker(MINUTE)
    estimator = RPSEstimator.load(Settings().model_path)
    collector = Collector(store, tracker, estimator, LATE_SECONDS, path)
    intake = Intake(store, tracker, SampleReader({}), series)
    first = int(time.time()) // MINUTE - closes - 60
    write_histories(store, estimator.version, series, range(first - history, first))
    send(intake, series, first - 2)
    send(intake, series, first - 1)
    return_freed_memory()  # what writing took is not to be had for nothing by what is measured
    process = psutil.Process()
    before = process.memory_info().rss
    issued: list[tuple[float, float]] = []
    collector.on_issued.append(lambda _: issued.append((time.perf_counter(), time.process_time())))
    begun = started(collector, series, first * MINUTE + LATE_SECONDS)
    wall, cpu, prepared = [], [], []
    for window in range(first, first + closes + 1):
        send(intake, series, window)
        if window > first:
            at = time.perf_counter()
            for tick in range(int((MINUTE - LATE_SECONDS - 5) / TICK_SECONDS)):  # what is prepared between windows
                collector.step(window * MINUTE + LATE_SECONDS + tick * TICK_SECONDS)
            prepared.append(time.perf_counter() - at)
        at, worked = time.perf_counter(), time.process_time()
        collector.step((window + 1) * MINUTE + LATE_SECONDS)
        wall.append(issued[-1][0] - at)
        cpu.append(issued[-1][1] - worked)
    memory = process.memory_info().rss - before
    last = first + closes + 1
    at = time.perf_counter()
    send(intake, series, last - 1, seconds=(59,))
    corrected: set[str] = set()
    collector.on_corrected.append(corrected.update)
    while len(corrected) < series:
        collector.step(last * MINUTE + LATE_SECONDS + 10)
    send(intake, series, last)
    collector.step((last + 1) * MINUTE + LATE_SECONDS)
    late = issued[-1][0] - at
    send(intake, series, last + 1)
    at = time.perf_counter()
    collector.close()
    stopped = time.perf_counter() - at
    del collector
    again = Collector(store, FeedTracker(MINUTE), estimator, LATE_SECONDS, path)
    after_stop = started(again, series, (last + 2) * MINUTE + LATE_SECONDS)
    return Taken(wall[1:], cpu[1:], late, begun, wall[0], prepared[0], stopped, after_stop, memory / series)


def started(collector: Collector, series: int, now: float) -> float:
    """Seconds from the first step to the first forecasts of the last series."""
    first: dict[str, float] = {}
    collector.on_issued.append(lambda names: first.update(dict.fromkeys(names - first.keys(), time.perf_counter())))
    at = time.perf_counter()
    while len(first) < series:
        collector.step(now)
    return max(first.values()) - at


def write_histories(store: Store, version: str, series: int, windows: range) -> None:
    """Requests at random, ten a second on average."""
    generator = np.random.default_rng(2)
    times = pd.to_datetime(np.array(windows) * MINUTE, unit="s", utc=True).as_unit("s")
    for start in range(0, series, WRITTEN_TOGETHER):
        keys = [SeriesKey(f"s{number}", version) for number in range(start, min(start + WRITTEN_TOGETHER, series))]
        tables = []
        for key in keys:
            rates = pd.DataFrame({TIME: times, "actual_rps": generator.poisson(600, len(windows)) / MINUTE})
            tables.append(rates.reindex(columns=[TIME, *POINT_FIELDS]).assign(**key.tags))
        store.write({POINTS: pd.concat(tables)}, [SeriesInfo(key, MINUTE, "feed") for key in keys])


def send(intake: Intake, series: int, window: int, seconds: Iterable[int] = range(5, MINUTE, 10)) -> None:
    """A count of each series at some seconds of a window, every ten if none are named."""
    rows: list[Row] = [
        (f"s{number}", "host=a", "count", (window * MINUTE + second) * 10**9, 100.0)
        for number in range(series)
        for second in seconds
    ]
    intake.write_rows(rows)


if __name__ == "__main__":
    main()
