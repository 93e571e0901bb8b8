"""Two hours of NASA fed at 60 times real time with a policy, watched from every side: python -m bench.agreement

At every decision the log, the recommendation that the page shows, the KEDA endpoint and a real Prometheus must have the
same replicas; the policy is changed in the middle; then the feed is cut. Exits with 1 where two of them differ. A busy
machine takes longer, and the title says so.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from rich.console import Console
from rich.table import Table

from backend.measurements import MEASUREMENTS, POINT_FIELDS
from backend.stores.sqlite import SqliteStore
from backend.tests.capacity.agreement import Seen, paced, run, watched
from backend.tests.feeding import KEY, MINUTE, Feed, Home
from backend.tests.stores.samples import write_points

TRACE = Path("nasa_http_1995_jul01_aug22_per_minute.csv.gz")
START = pd.Timestamp("1995-08-10T12:00:00Z")  # a Thursday, into its busiest hours
PAST_WINDOWS = 2 * 1_440  # that are stored before
SHOWN = 12  # rows of the table


def main() -> None:
    """Print what each side had."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=Path, default=Path(os.environ.get("TRACES", "../shared/data")))
    parser.add_argument("--windows", type=int, default=120)
    parser.add_argument("--scrape", default="500ms", help="how often Prometheus scrapes; a busy machine needs longer")
    options = parser.parse_args()
    console = Console()
    if not (options.traces / TRACE).is_file():
        console.print(f"{options.traces / TRACE} is not here: --traces says where")
        return
    started = time.monotonic()
    seen, windows_until_refused = watch(options.traces / TRACE, options.windows, options.scrape)
    speed = len(seen) * MINUTE / (time.monotonic() - started)
    columns = ("decided", "observed", "policy", "log", "page", "KEDA", "Prometheus")
    table = Table(*columns, title=f"NASA at {speed:.0f} times real time")
    for one in seen[:: max(1, len(seen) // SHOWN)]:
        replicas = (str(each) for each in (one.log, one.page, one.keda, one.prometheus))
        table.add_row(f"{one.at:%H:%M}", f"{one.observed or 0:.2f}", str(one.policy), *replicas)
    console.print(table)
    differing = [one for one in seen if not one.agree]
    console.print(f"{len(seen)} decisions, {len(differing)} on which they differ.")
    console.print(f"Policies 1 and 2 held for {[sum(one.policy == number for one in seen) for number in (1, 2)]}.")
    console.print(f"Cut, it answered 503 after {windows_until_refused} windows.")
    if differing:
        sys.exit(1)


def watch(trace: Path, windows: int, scrape: str) -> tuple[list[Seen], int]:
    table = pd.read_csv(trace)
    counts = pd.Series(table.iloc[:, 1].to_numpy(), index=pd.to_datetime(table.iloc[:, 0], utc=True))
    with TemporaryDirectory() as name:
        folder = Path(name)
        home = Home(folder, {}, lambda: SqliteStore(folder / "store.sqlite", MEASUREMENTS))
        feed = Feed(home)
        begun = feed.window
        feed.sender.count = counted(counts, begun)
        past = counts[counts.index < START].iloc[-PAST_WINDOWS:]
        ago = pd.to_timedelta(MINUTE * (pd.RangeIndex(len(past)) - len(past)), unit="s")
        index = (pd.Timestamp(begun, unit="s", tz="UTC") + pd.TimedeltaIndex(ago)).as_unit("s")
        rates = pd.DataFrame({"actual_rps": past.to_numpy() / MINUTE}, index=index)
        write_points(feed.store, KEY, rates.reindex(columns=list(POINT_FIELDS)), MINUTE)
        with watched(feed, folder, scrape) as watching:
            return list(run(watching, windows, paced(1.0))), watching.cut()


def counted(counts: "pd.Series[float]", begun: int) -> Callable[[int], int]:
    """Requests of ten seconds: a sixth of the trace's minute, and what is left over in its first ten seconds."""

    def count(moment: int) -> int:
        seconds = moment // 10**9 - begun
        minute = START + pd.Timedelta(seconds // MINUTE, "min")
        whole = int(counts.get(minute, 0.0))
        return whole // 6 + (whole % 6 if seconds % MINUTE == 0 else 0)

    return count


if __name__ == "__main__":
    main()
