"""What a feed costs in memory and on disk as the windows go by.

    python -m bench.feed_memory [--hour]

Windows of a second stand for minutes, so an hour of it is 60 hours of a feed. Without --hour it runs for three
minutes, and the table says what the growth of its second half would come to.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from backend.tests.server import Server, running_server

SERIES, SAMPLES_A_WINDOW = 4, 60
SHORT_SECONDS, HOUR_SECONDS = 180, 3_600
ROWS = 12
FAST = {"SCALEOPS_WINDOW_SECONDS": "1", "SCALEOPS_LATE_SECONDS": "0.5"}
Reading = tuple[float, float, float]  # seconds since the start, MB of memory, MB on disk


def main() -> None:
    """Feed a server and print what it holds meanwhile."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hour", action="store_true", help="run for an hour instead of three minutes")
    seconds = HOUR_SECONDS if parser.parse_args().hour else SHORT_SECONDS
    with TemporaryDirectory() as name, running_server(Path(name), **FAST) as server:
        readings = list(fed(server, seconds))
        points = server.get("/api/series")[0]["points"]
    table = Table(
        "after", "memory", "SQLite file", title=f"{SERIES} series fed at 60 times real time, {points:,} windows"
    )
    for after, memory, disk in readings:
        table.add_row(f"{after / 60:.1f} min", f"{memory:,.0f} MB", f"{disk:,.0f} MB")
    console = Console()
    console.print(table)
    half = np.array(readings[len(readings) // 2 :])
    for what, column in (("memory", 1), ("SQLite file", 2)):
        slope = float(np.polyfit(half[:, 0], half[:, column], 1)[0]) * HOUR_SECONDS
        console.print(f"{what}: the second half grew by {slope:,.0f} MB an hour, {slope / SERIES:.1f} MB a series")


def fed(server: Server, seconds: int) -> Iterator[Reading]:
    """Send every second what a minute of samples is, and read off what the server holds ROWS times."""
    process, generator = psutil.Process(server.process.pid), np.random.default_rng(1)
    started, first = time.monotonic(), int(time.time())
    for second in range(seconds + 1):
        if second % (seconds // ROWS) == 0:
            disk = sum(file.stat().st_size for file in server.folder.glob("store.sqlite*"))
            yield time.monotonic() - started, process.memory_info().rss / 1e6, disk / 1e6
        server.client.post("/api/v2/write", content=lines(generator, first + second)).raise_for_status()
        time.sleep(max(0.0, started + second + 1 - time.monotonic()))


def lines(generator: np.random.Generator, second: int) -> str:
    """The samples of every series in the second before this one, evenly spread."""
    times = (second - 1) * 10**9 + np.arange(SAMPLES_A_WINDOW) * (10**9 // SAMPLES_A_WINDOW)
    return "\n".join(
        f"s{number},host=a requests={generator.poisson(10)}i {moment}" for number in range(SERIES) for moment in times
    )


if __name__ == "__main__":
    main()
