"""make chaos: what was confirmed is there, once and right, after random kills.

    python -m bench.chaos [--kills 100] [--minutes 10] [--seed 1]

A sender feeds two series and repeats what was not answered, as Telegraf does; another uploads files. Meanwhile the
backend is killed (-9) at random moments, and over InfluxDB its server as well. At the end the store is read without a
backend and held against what was sent: every sample and upload that was confirmed, and every window that follows from
the samples. Exits with 1 unless nothing is lost, doubled or wrong.
"""

import argparse
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from backend.measurements import MEASUREMENTS
from backend.stores import Store
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.stores.sqlite import SqliteStore
from backend.tests.influxd import ORG, Influxd, running_influxd
from backend.tests.server import Server, running_server
from backend.tests.traffic import series_csv
from bench.chaos_account import STEP, WINDOW_SECONDS, Account, Sent, line_of, settle

BUCKET = "chaos"
LONGEST_LIFE_SECONDS = 8.0  # of a backend between its start and its kill
LONGEST_PEACE_SECONDS = 3.0  # between two kills of influxd
SHARES = {"sqlite": 0.2, "influxdb": 0.8}  # of the kills: influxd starts in a tenth of the time
INFLUXD_KILLS = 8  # for one of the backend
SETTINGS = {
    "SCALEOPS_WINDOW_SECONDS": str(WINDOW_SECONDS),
    "SCALEOPS_LATE_SECONDS": "0.5",
    "SCALEOPS_MAX_SERIES": "100000",
}


@dataclass
class Place:
    """Where a trial takes place: its folder, how its backends are set, its InfluxDB if it has one, how to read it."""

    name: str
    folder: Path
    settings: dict[str, str]
    open: Callable[[], Store]
    influxd: Influxd | None = None


@dataclass
class Trial:
    """What runs: `server` is the backend that lives at the moment."""

    sent: Sent = field(default_factory=Sent)
    server: Server | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def post(self, path: str, **request: Any) -> bool:
        """Send a request to whichever backend lives; whether it was confirmed."""
        server = self.server
        try:
            return server is not None and httpx.post(f"{server.url}{path}", timeout=60, **request).is_success
        except httpx.TransportError:
            return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="of both stores together")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stores", nargs="+", choices=PLACES, default=list(PLACES))
    options = parser.parse_args()
    table = Table(*Account.titles(), title="Random kill -9 under feeds and uploads")

    def tried_over(name: str) -> tuple[str, Account]:
        with TemporaryDirectory() as folder, PLACES[name](Path(folder)) as place:
            kills = round(options.kills * SHARES[name] / sum(SHARES[each] for each in options.stores))
            return place.name, tried(place, random.Random(options.seed), kills, 60 * options.minutes)

    with ThreadPoolExecutor(len(options.stores)) as pool:  # beside each other: servers that start wait for the disk
        accounts = dict(pool.map(tried_over, options.stores))
    for name, account in accounts.items():
        table.add_row(name, *account.cells())
    console = Console()
    console.print(table)
    for name, account in accounts.items():
        for finding in account.findings:
            console.print(f"{name}: {finding.kind}: {finding.where}", markup=False, soft_wrap=True)
    sys.exit(1 if any(account.findings for account in accounts.values()) else 0)


@contextmanager
def over_sqlite(folder: Path) -> Iterator[Place]:
    yield Place("SQLite", folder, SETTINGS, lambda: SqliteStore(folder / "store.sqlite", MEASUREMENTS))


@contextmanager
def over_influxdb(folder: Path) -> Iterator[Place]:
    with running_influxd(folder / "influxd") as influxd:
        token = influxd.make_bucket(BUCKET)
        settings = SETTINGS | influxd.settings(BUCKET, token)
        yield Place(
            "InfluxDB",
            folder,
            settings,
            lambda: InfluxStore(InfluxClient(influxd.url, ORG, BUCKET, token), MEASUREMENTS),
            influxd,
        )


PLACES = {"sqlite": over_sqlite, "influxdb": over_influxdb}


def tried(place: Place, chance: random.Random, kills: int, seconds: float) -> Account:
    """Kill until enough were killed, or four fifths of the time are over; then let all of it settle and account."""
    trial, give_up = Trial(), time.monotonic() + 0.8 * seconds
    senders = [threading.Thread(target=work, args=(trial,)) for work in (feed, upload)]
    for sender in senders:
        sender.start()
    killed = 0
    while killed < kills and time.monotonic() < give_up:
        with lives(place, trial) as server:
            for _ in range(min(INFLUXD_KILLS, kills - killed - 1) if place.influxd else 0):
                time.sleep(chance.uniform(0.1, LONGEST_PEACE_SECONDS))
                kill_influxd(place.influxd, chance)
                killed += 1
            time.sleep(chance.uniform(0.1, LONGEST_LIFE_SECONDS))
            server.process.kill()
            killed += 1
    with lives(place, trial) as server:
        time.sleep(LONGEST_LIFE_SECONDS)
        trial.over.set()
        for sender in senders:
            sender.join()
        settle(server, trial.sent)
    with ExitStack() as stack:
        store = place.open()
        stack.callback(store.close)
        return Account.of(store, trial.sent, killed)


def kill_influxd(influxd: Influxd | None, chance: random.Random) -> None:
    assert influxd is not None
    influxd.stop(signal.SIGKILL)
    time.sleep(chance.uniform(0, 1))
    influxd.start()


@contextmanager
def lives(place: Place, trial: Trial) -> Iterator[Server]:
    with running_server(place.folder, **place.settings) as server:
        trial.server = server
        try:
            yield server
        finally:
            trial.server = None


def feed(trial: Trial) -> None:
    """Send a sample of each series every STEP seconds, and again until it is confirmed."""
    sent = trial.sent
    while not trial.over.is_set() or sent.waiting:
        sent.sample_until(time.time() if not trial.over.is_set() else sent.end)
        batch = sent.waiting[:1_000]
        if batch and trial.post("/api/v2/write", content="\n".join(map(line_of, batch))):
            sent.confirm(batch)
        time.sleep(STEP)


def upload(trial: Trial) -> None:
    """Send one file after the other; one that is not confirmed is sent again half of the time."""
    chance, number = random.Random(0), 0
    while not trial.over.is_set():
        content = series_csv(trial.sent.file_windows(number), seed=number)
        name = f"file {number}.csv"
        confirmed = trial.post("/api/upload", files={"file": (name, content)})
        trial.sent.files[name] = confirmed
        if confirmed or chance.random() < 0.5:
            number += 1
        else:
            time.sleep(0.2)


if __name__ == "__main__":
    main()
