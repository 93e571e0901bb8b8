"""What KEDA waits for with 1,000 series, and what a close of all of them adds: python -m bench.keda

Each series has a policy in mode serve. They are asked one after the other by some clients at once, as KEDA's operator
does: just after a start, when everything is read from the store; again, when it is remembered; and while a window of
all of them closes, with their forecasts and decisions. The clock of the server stands still but for that close.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

from backend.measurements import MEASUREMENTS
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.stores.sqlite import SqliteStore
from backend.tests import clocked
from backend.tests.capacity.served import serve
from backend.tests.clocked import Clock
from backend.tests.feeding import LATE, MINUTE, Home
from backend.tests.influxd import ORG
from backend.tests.server import Server, running_server
from bench.influx import BUCKET, influxd_over

SERIES, CLIENTS = 1_000, 4
NAMES = [f"s{number:04}" for number in range(SERIES)]
LONGEST_CLOSE_SECONDS = 600


def main() -> None:
    """Print the table."""
    table = Table("store", "asked", "p50", "p95", "longest", "note", title=f"GET /api/keda, {SERIES:,} series")
    with TemporaryDirectory() as name:
        folder = Path(name)
        measure(table, "SQLite", Home(folder, {}, lambda: SqliteStore(folder / "store.sqlite", MEASUREMENTS)))
    with TemporaryDirectory() as name, influxd_over(Path(name)) as (influxd, token):
        settings = influxd.settings(BUCKET, token)
        client = InfluxClient(influxd.url, ORG, BUCKET, token)
        measure(table, "InfluxDB", Home(Path(name), settings, lambda: InfluxStore(client, MEASUREMENTS)))
    Console().print(table)


def measure(table: Table, store: str, home: Home) -> None:
    clock = serve(home, NAMES)
    settings = clock.settings | home.settings | {"SCALEOPS_MAX_SERIES": str(SERIES)}
    with running_server(home.folder, clocked.serve, **settings) as server:
        row(table, store, "after a start", *asked(server, NAMES))
        row(table, store, "again", *asked(server, NAMES))
        row(table, store, "while all close", *while_closing(server, clock))
        row(table, store, "after that", *asked(server, NAMES))


def asked(server: Server, names: Sequence[str], until: Callable[[], bool] = lambda: True) -> tuple[list[float], str]:
    """Seconds of every answer, all names once and again until it is time; how many were no number."""

    def ask(name: str) -> tuple[float, int]:
        started = time.perf_counter()
        answer = client.get(f"/api/keda/{name}")
        return time.perf_counter() - started, answer.status_code

    answers: list[tuple[float, int]] = []
    with httpx.Client(base_url=server.url, timeout=60) as client, ThreadPoolExecutor(CLIENTS) as threads:
        while True:
            answers += threads.map(ask, names)
            if until():
                break
    refused = sum(status != 200 for _, status in answers)
    return [seconds for seconds, _ in answers], f"{len(answers):,} asked, {refused:,} answered 503"


def while_closing(server: Server, clock: Clock) -> tuple[list[float], str]:
    """Close the next window of all series, and ask until each has its decision."""
    opened = int(clock.time()) // MINUTE * MINUTE
    moments = range(opened + 5, opened + MINUTE, 10)
    lines = [f"{name} requests=10000i {moment * 10**9}" for moment in moments for name in NAMES]
    for start in range(0, len(lines), SERIES):
        clock.set(opened + 5 + start // SERIES * 10)
        server.client.post("/api/v2/write", content="\n".join(lines[start : start + SERIES])).raise_for_status()
    end = opened + MINUTE
    clock.set(end + LATE + 1)
    started = time.monotonic()

    def decided() -> bool:
        newest = [server.client.get(f"/api/keda/{name}").json().get("at") for name in (NAMES[0], NAMES[-1])]
        due = datetime.fromtimestamp(end, UTC).isoformat().replace("+00:00", "Z")
        return newest == [due, due] or time.monotonic() - started > LONGEST_CLOSE_SECONDS

    seconds, note = asked(server, NAMES, decided)
    return seconds, f"{note}; the close took {time.monotonic() - started:.0f} s"


def row(table: Table, store: str, what: str, seconds: list[float], note: str) -> None:
    p50, p95, longest = np.quantile(seconds, (0.5, 0.95, 1)) * 1_000
    table.add_row(store, what, f"{p50:.1f} ms", f"{p95:.1f} ms", f"{longest:.0f} ms", note)


if __name__ == "__main__":
    main()
