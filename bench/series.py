"""What a call costs with hundreds of long series stored beside one, and accuracy beside history: python -m bench.series

Servers over both stores, each over one series, over many, and over one long file, are called in turn in one run, so
what else the machine does meets all of them alike. Series are written straight into the stores.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from backend.measurements import MEASUREMENTS
from backend.serving.upkeep import REST_SECONDS
from backend.stores import Store
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.stores.sqlite import SqliteStore
from backend.tests.influxd import ORG, Influxd, running_influxd
from backend.tests.server import Server, running_server
from bench.influx import timed
from bench.stored import put_series, windows

MANY, POINTS_EACH = 200, 43_200  # a month of minutes
FORECASTS_EACH = 1_440  # twice what selection looks back on
LONG_WINDOWS, LONG_FORECASTS = 80_000, 7 * 1_440
ROUNDS = 200
NAME = "series 0.csv"
CALLS: dict[str, dict[str, str]] = {
    "/api/series": {},
    "/api/history?range=24h": {"range": "24h", "filename": NAME},
    "/api/history?range=24h, no name": {"range": "24h"},
    "/api/forecast": {"filename": NAME},
    "/api/forecast, no name": {},
}
HISTORY, SPANS, CHANGE = "/api/history?range=24h", ("24h", "7d"), "change"
What = TypeVar("What")


@dataclass(frozen=True)
class Home:
    """Where a server keeps its data: its settings, and the store, to fill it."""

    folder: Path
    settings: dict[str, str]
    store: Store


def main() -> None:
    """Print both tables."""
    title = f"{MANY} series of {POINTS_EACH:,} points beside one: p50 / p95, ms"
    beside = Table("call", "store", "one", f"{MANY}", "ratio", title=title)
    title = f"A file of {LONG_WINDOWS:,} windows: p50 / p95, ms"
    accuracy = Table("call", "store", "takes", "ratio to history", title=title)
    with TemporaryDirectory() as name, running_influxd(Path(name) / "influxd") as influxd:
        makers = {"SQLite": partial(sqlite_home, Path(name)), "InfluxDB": partial(influxdb_home, Path(name), influxd)}
        for store, make in makers.items():
            measure_many(beside, store, make)
            measure_accuracy(accuracy, store, make)
    for table in (beside, accuracy):
        Console().print(table)


def sqlite_home(folder: Path, name: str) -> Home:
    (folder / name).mkdir()
    return Home(folder / name, {}, SqliteStore(folder / name / "store.sqlite", MEASUREMENTS))


def influxdb_home(folder: Path, influxd: Influxd, name: str) -> Home:
    (folder / f"{name} influxdb").mkdir()
    token = influxd.make_bucket(name)
    store = InfluxStore(InfluxClient(influxd.url, ORG, name, token), MEASUREMENTS)
    return Home(folder / f"{name} influxdb", influxd.settings(name, token), store)


def measure_many(table: Table, store: str, make: Callable[[str], Home]) -> None:
    one, many = make("one"), make("many")
    points = windows(POINTS_EACH)
    for number in range(MANY):
        for home in (one, many) if number == 0 else (many,):
            put_series(home.store, f"series {number}.csv", points, FORECASTS_EACH)
    with serving(one) as first, serving(many) as second:
        calls: dict[tuple[str, int], Callable[[], object]] = {
            (what, server.port): partial(get, server, what, parameters)
            for what, parameters in CALLS.items()
            for server in (first, second)
        }
        seconds = in_turn(calls)
    for what in CALLS:
        alone, beside = quantiles(seconds[what, first.port]), quantiles(seconds[what, second.port])
        table.add_row(what, store, shown(alone), shown(beside), " / ".join(f"{ratio:.2f}" for ratio in beside / alone))


def measure_accuracy(table: Table, store: str, make: Callable[[str], Home]) -> None:
    home, rounds = make("long"), count()
    key = put_series(home.store, NAME, windows(LONG_WINDOWS), LONG_FORECASTS)
    with serving(home) as server:
        calls: dict[str, Callable[[], object]] = {HISTORY: partial(get, server, HISTORY, CALLS[HISTORY])}
        # Another record, so that nothing of the series is kept any more.
        calls[CHANGE] = lambda: home.store.set_attributes(key, {"round": next(rounds)})
        for how in ("the first after a change", "again"):
            for span in SPANS:
                what = f"/api/accuracy?span={span}, {how}"
                calls[what] = partial(get, server, what, {"span": span, "filename": NAME})
        seconds = in_turn(calls)
    history = quantiles(seconds[HISTORY])
    for what in (what for what in calls if what != CHANGE):
        taken = quantiles(seconds[what])
        table.add_row(what, store, shown(taken), " / ".join(f"{ratio:.2f}" for ratio in taken / history))


@contextmanager
def serving(home: Home) -> Iterator[Server]:
    with running_server(home.folder, **home.settings) as server:
        time.sleep(2 * REST_SECONDS * len(home.store.list_series()))  # until its upkeep has looked at every series
        yield server


def get(server: Server, what: str, parameters: dict[str, str]) -> None:
    path = what.split("?")[0].split(",")[0]
    server.client.get(path, params=parameters).raise_for_status()


def in_turn(calls: Mapping[What, Callable[[], object]]) -> dict[What, list[float]]:
    """Seconds of every call, all of them called one after the other, again and again."""
    seconds: dict[What, list[float]] = defaultdict(list)
    for number in range(ROUNDS + 5):
        for what, call in calls.items():
            taken = timed(call)
            if number >= 5:  # the first ones warm up
                seconds[what].append(taken)
    return seconds


def quantiles(seconds: list[float]) -> npt.NDArray[np.float64]:
    """p50 and p95."""
    return np.asarray(np.quantile(seconds, (0.5, 0.95)))


def shown(seconds: npt.NDArray[np.float64]) -> str:
    return " / ".join(f"{each * 1000:.1f}" for each in seconds)


if __name__ == "__main__":
    main()
