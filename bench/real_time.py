"""A feed of many series in real time, made from traces: python -m bench.real_time [--series 300] [--minutes 30]

Every series is NASA's or the World Cup's minutes from an offset of its own, moved to now: a week of them is stored
before the start, and what follows is sent as it comes. Prints how long after the close of a window the forecasts of all
series were stored, what the server held and took meanwhile, and how many windows differ from what was sent.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pandas as pd
import psutil
from rich.console import Console
from rich.table import Table

from backend.config import Settings
from backend.measurements import FORECASTS, MEASUREMENTS, POINT_FIELDS, POINTS
from backend.stores import TIME, SeriesInfo, SeriesKey
from backend.stores.sqlite import SqliteStore
from backend.tests.server import Server, running_server
from bench.traces import FOLDER, absent, read

FILES = ("nasa_http_1995_jul01_aug22_per_minute.csv.gz", "worldcup98_apr30_jun21_per_minute.csv.gz")
HISTORY_WINDOWS, MINUTE = 10_080, 60
PART_SECONDS = 10  # of the requests that one body says
POLL_SECONDS = 0.25
ROWS = 12  # of the table

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Close:
    """The close of a window."""

    forecast_after: float | None  # seconds from its end until all series' forecasts were stored; None: not in time
    memory_mb: float  # of the server and its children, at its end
    cpu_seconds: float  # that they had taken by then


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=300)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--traces", type=Path, default=FOLDER)
    parser.add_argument("--port", default="0", help="where to look at the page meanwhile")
    options = parser.parse_args()
    console = Console()
    if missing := absent(options.traces, FILES):
        console.print(f"The feed is made from {', '.join(missing)}, absent from {options.traces} (--traces).")
        return
    counts = counts_of(options.traces, options.series, HISTORY_WINDOWS + options.minutes + 1)
    version = Settings().model_path.stem
    with TemporaryDirectory() as name:
        store = SqliteStore(Path(name) / "store.sqlite", MEASUREMENTS)
        begun = int(time.time()) // MINUTE
        write_histories(store, version, counts[:, :HISTORY_WINDOWS], begun)
        with running_server(Path(name), SCALEOPS_PORT=options.port) as server:
            console.print(f"{options.series} series at {server.url}")
            closes = list(fed(server, store, counts[:, HISTORY_WINDOWS:], begun))
        differing = windows_differing(store, counts, begun)
        store.close()
    print_closes(console, closes, options.series)
    console.print(f"{differing} windows are stored otherwise than they were sent.")
    if differing or any(close.forecast_after is None for close in closes[len(closes) // 2 :]):
        sys.exit(1)


def counts_of(folder: Path, series: int, windows: int) -> Counts:
    """Requests by series and window: (series, windows), from offsets that are evenly spread over each trace."""
    traces = [np.nan_to_num(read(folder / file)["actual_rps"].to_numpy() * MINUTE) for file in FILES]
    rows = []
    for number in range(series):
        trace = traces[number % len(traces)]
        offset = (len(trace) - windows) * number // max(1, series - 1)
        rows.append(np.rint(trace[offset : offset + windows]).astype(np.int64))
    return np.stack(rows)


def write_histories(store: SqliteStore, version: str, counts: Counts, stop: int) -> None:
    """Store the windows before number `stop`."""
    times = pd.to_datetime(np.arange(stop - counts.shape[1], stop) * MINUTE, unit="s", utc=True).as_unit("s")
    for number, own in enumerate(counts):
        key = SeriesKey(name_of(number), version)
        rates = pd.DataFrame({TIME: times, "actual_rps": own / MINUTE}).reindex(columns=[TIME, *POINT_FIELDS])
        store.write({POINTS: rates.assign(**key.tags)}, [SeriesInfo(key, MINUTE, "feed")])


def name_of(number: int) -> str:
    return f"service-{number}"


def fed(server: Server, store: SqliteStore, counts: Counts, begun: int) -> Iterator[Close]:
    """Send every part of a window once it is over, and look for the forecasts after each window's end."""
    process = psutil.Process(server.process.pid)
    for place in range(counts.shape[1] - 1):
        window = begun + place
        for part in range(MINUTE // PART_SECONDS):
            wait_until(window * MINUTE + (part + 1) * PART_SECONDS)
            body = lines(counts[:, place], part, window * MINUTE + part * PART_SECONDS)
            server.client.post("/api/v2/write", content=body).raise_for_status()
        after = seconds_until_forecast(store, counts.shape[0], window)
        processes = [process, *process.children(recursive=True)]
        memory = sum(each.memory_info().rss for each in processes) / 1e6
        yield Close(after, memory, sum(sum(each.cpu_times()[:2]) for each in processes))


def lines(counts: Counts, part: int, second: int) -> str:
    """What came in the part of a minute that begins with a second, in its middle."""
    parts = MINUTE // PART_SECONDS
    moment = second * 10**9 + PART_SECONDS * 10**9 // 2
    shares = (part + 1) * counts // parts - part * counts // parts
    return "\n".join(f"{name_of(number)},host=a requests={share}i {moment}" for number, share in enumerate(shares))


def seconds_until_forecast(store: SqliteStore, series: int, window: int) -> float | None:
    """From a window's end; None where the next one's first part has to be sent before."""
    end = (window + 1) * MINUTE
    origin = datetime.fromtimestamp(end, UTC)
    while time.time() < end + PART_SECONDS - 2 * POLL_SECONDS:
        issued = store.read(FORECASTS, {}, origin, None, fields=[f"mean_{MINUTE}"])
        if issued["filename"].nunique() == series:
            return time.time() - end
        time.sleep(POLL_SECONDS)
    return None


def windows_differing(store: SqliteStore, counts: Counts, begun: int) -> int:
    """How many windows that were sent whole are absent or have another rate."""
    start = datetime.fromtimestamp(begun * MINUTE, UTC)
    stored = store.read(POINTS, {}, start, None, fields=["actual_rps"])
    stored["window"] = pd.DatetimeIndex(stored[TIME]).as_unit("s").asi8 // MINUTE - begun
    rates = stored.pivot(index="filename", columns="window", values="actual_rps")
    names, windows = [name_of(number) for number in range(len(counts))], range(counts.shape[1] - HISTORY_WINDOWS - 1)
    known = rates.reindex(index=names, columns=windows).to_numpy() * MINUTE
    return int((np.rint(known) != counts[:, HISTORY_WINDOWS:-1]).sum())


def wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))


def print_closes(console: Console, closes: Sequence[Close], series: int) -> None:
    table = Table("minute", "all forecast after", "memory", "CPU of the minute", title=f"{series} series in real time")
    cpu = np.diff([0.0, *(close.cpu_seconds for close in closes)])
    for place in sorted({*range(0, len(closes), max(1, len(closes) // ROWS)), len(closes) - 1}):
        close = closes[place]
        after = "later" if close.forecast_after is None else f"{close.forecast_after:.1f} s"
        table.add_row(f"{place + 1}", after, f"{close.memory_mb:,.0f} MB", f"{cpu[place]:.1f} s")
    console.print(table)
    in_time = [close.forecast_after for close in closes if close.forecast_after is not None]
    console.print(
        f"In {len(in_time)} of {len(closes)} minutes all were forecast within {PART_SECONDS} s of the end of a window"
        + (f": median {np.median(in_time):.1f} s, longest {max(in_time):.1f} s." if in_time else ".")
    )


if __name__ == "__main__":
    main()
