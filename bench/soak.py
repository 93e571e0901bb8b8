"""make soak MINUTES=: what a feed costs as the windows go by, in memory, descriptors, threads and bytes on disk.

    python -m bench.soak [--minutes 3] [--plot soak.svg]

Windows of a second stand for minutes, so an hour of it is 60 hours of a feed. What still grows in the second half is
said by the hour and series; the history of a series explains about 1 MB of memory for each 3,600 windows until all that
is remembered of it is full (some 26,000 windows). Exits with 1 where descriptors or threads grew in the second half.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from backend.tests.server import Server, running_server

SERIES, SAMPLES_A_WINDOW = 4, 60
HOUR_SECONDS = 3_600
ROWS = 24  # of the table
FAST = {"SCALEOPS_WINDOW_SECONDS": "1", "SCALEOPS_LATE_SECONDS": "0.5"}
WIDTH, HEIGHT, MARGIN = 640, 90, 40  # of one panel of the plot, in pixels


@dataclass(frozen=True)
class Reading:
    """What the server and its children hold some minutes after the start."""

    minutes: float
    memory_mb: float
    descriptors: int
    threads: int
    disk_mb: float


def main() -> None:
    """Feed a server and print what it holds meanwhile."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--plot", type=Path, help="an SVG file to write")
    options = parser.parse_args()
    with TemporaryDirectory() as name, running_server(Path(name), **FAST) as server:
        readings = list(fed(server, round(options.minutes * 60)))
        points = server.get("/api/series")[0]["points"]
    names = [each.name.replace("_", " ") for each in fields(Reading)]
    table = Table(*names, title=f"{SERIES} series fed at 60 times real time, {points:,} windows")
    for reading in readings:
        table.add_row(*(f"{value:,.1f}" for value in astuple(reading)))
    console = Console()
    console.print(table)
    half = np.array([astuple(reading) for reading in readings[len(readings) // 2 :]])
    for place, what in enumerate(names[1:], start=1):
        slope = float(np.polyfit(half[:, 0], half[:, place], 1)[0]) * 60
        console.print(f"{what}: the second half grew by {slope:,.1f} an hour, {slope / SERIES:.1f} a series")
    if options.plot:
        options.plot.write_text(plot(readings))
    grown = [what for what in ("descriptors", "threads") if leaks(readings, what)]
    if grown:
        sys.exit(f"{' and '.join(grown)} grew in the second half")


def leaks(readings: Sequence[Reading], what: str) -> bool:
    """Whether the second half holds more than the first ever did."""
    middle = len(readings) // 2
    values = [int(getattr(each, what)) for each in readings]
    return min(values[middle:]) > max(values[:middle])


def fed(server: Server, seconds: int) -> Iterator[Reading]:
    """Send every second what a minute of samples is, and read off what the server holds, ROWS times."""
    generator = np.random.default_rng(1)
    started, first = time.monotonic(), int(time.time())
    for second in range(seconds + 1):
        if second % max(1, seconds // ROWS) == 0:
            yield reading_of(server, (time.monotonic() - started) / 60)
        server.client.post("/api/v2/write", content=lines(generator, first + second)).raise_for_status()
        time.sleep(max(0.0, started + second + 1 - time.monotonic()))


def reading_of(server: Server, minutes: float) -> Reading:
    process = psutil.Process(server.process.pid)
    processes = [process, *process.children(recursive=True)]
    return Reading(
        minutes,
        sum(each.memory_info().rss for each in processes) / 1e6,
        sum(each.num_fds() for each in processes),
        sum(each.num_threads() for each in processes),
        sum(file.stat().st_size for file in server.folder.glob("store.sqlite*")) / 1e6,
    )


def lines(generator: np.random.Generator, second: int) -> str:
    """The samples of every series in the second before this one, evenly spread."""
    times = (second - 1) * 10**9 + np.arange(SAMPLES_A_WINDOW) * (10**9 // SAMPLES_A_WINDOW)
    return "\n".join(
        f"s{number},host=a requests={generator.poisson(10)}i {moment}" for number in range(SERIES) for moment in times
    )


def plot(readings: Sequence[Reading]) -> str:
    """A panel a quantity over the minutes, from its least to its most."""
    table = np.array([astuple(reading) for reading in readings])
    panels = [panel(place, each.name.replace("_", " "), table) for place, each in enumerate(fields(Reading)) if place]
    height = len(panels) * (HEIGHT + MARGIN) + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH + 2 * MARGIN}" height="{height}" '
        f'font-family="sans-serif" font-size="12">\n{"".join(panels)}</svg>\n'
    )


def panel(place: int, name: str, table: np.ndarray) -> str:
    minutes, values = table[:, 0], table[:, place]
    bottom = place * (HEIGHT + MARGIN)
    low, high = values.min(), values.max()
    x = MARGIN + WIDTH * minutes / max(minutes.max(), 1e-9)
    y = bottom - HEIGHT * (values - low) / max(high - low, 1e-9)
    path = " ".join(f"{left:.1f},{top:.1f}" for left, top in zip(x, y, strict=True))
    label = f"{name}: {low:,.1f} to {high:,.1f} in {minutes.max():.1f} minutes"
    return (
        f'<text x="{MARGIN}" y="{bottom - HEIGHT - 8}">{label}</text>\n'
        f'<polyline points="{path}" fill="none" stroke="#1f5fa8" stroke-width="1.5"/>\n'
    )


if __name__ == "__main__":
    main()
