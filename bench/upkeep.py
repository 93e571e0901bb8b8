"""How long a write waits for work that deletes: python -m bench.upkeep

A thread writes one window of a feed after the other, as the collector does, while upkeep deletes old forecasts, or a
long series is deleted, over the same store. Alone: the same writes beside nothing.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console
from rich.table import Table

from backend.config import Settings
from backend.measurements import FORECASTS, MEASUREMENTS, POINTS, points_table
from backend.models.predictor import RPSEstimator
from backend.serving.upkeep import Upkeep
from backend.stores import SeriesInfo, SeriesKey, Store
from backend.stores.sqlite import SqliteStore
from bench.stored import VERSION, WINDOW_SECONDS, issued, put_series, windows

SERIES, OLD_DAYS, KEPT_DAYS = 50, 30, 30
LONG_POINTS = 500_000
ALONE_SECONDS = 20
PAUSE_SECONDS = 0.02  # between two writes
LIVE = SeriesKey("live", VERSION)


def main() -> None:
    """Print the table."""
    title = "SQLite: one-window writes beside what deletes"
    table = Table("beside", "writes", "median", "p99", "longest wait", "took", title=title)
    with TemporaryDirectory() as name:
        store = SqliteStore(Path(name) / "store.sqlite", MEASUREMENTS)
        row(table, "nothing", store, lambda: time.sleep(ALONE_SECONDS))
        put_old_forecasts(store)
        settings = Settings(keep_forecasts_days=KEPT_DAYS, keep_points_days=0)
        upkeep = Upkeep(store, RPSEstimator.load(settings.model_path), settings)
        row(table, f"upkeep: {OLD_DAYS} days of forecasts of {SERIES} series", store, upkeep.step)
        put_series(store, "long.csv", windows(LONG_POINTS), 7 * 1440)
        row(table, f"deleting a series of {LONG_POINTS:,} points", store, lambda: store.delete_series("long.csv"))
        store.close()
    Console().print(table)


def put_old_forecasts(store: Store) -> None:
    """Series whose forecasts are all older than those that are kept; of their points the first and the last alone."""
    points = windows((OLD_DAYS + KEPT_DAYS) * 1440 + 1)
    forecasts = issued(LIVE, points.head(OLD_DAYS * 1440))
    for number in range(SERIES):
        key = put_series(store, f"old {number}", points.iloc[[0, -1]], 0)
        store.write({FORECASTS: forecasts.assign(**key.tags)})


def row(table: Table, what: str, store: Store, work: Callable[[], object]) -> None:
    started = time.perf_counter()
    seconds = waits(store, work)
    took = time.perf_counter() - started
    median, p99, longest = (f"{np.quantile(seconds, share) * 1000:,.1f} ms" for share in (0.5, 0.99, 1.0))
    table.add_row(what, f"{len(seconds):,}", median, p99, longest, f"{took:.1f} s")


def waits(store: Store, work: Callable[[], object]) -> list[float]:
    """Seconds that each write of one window took while the work was done."""
    worker = threading.Thread(target=work)
    points = windows(100_000, start="2026-01-01")
    info = SeriesInfo(LIVE, WINDOW_SECONDS, "feed")
    seconds: list[float] = []
    worker.start()
    while worker.is_alive():
        window = points.iloc[[len(seconds)]]
        tables = {POINTS: points_table(LIVE, window), FORECASTS: issued(LIVE, window)}
        started = time.perf_counter()
        store.write(tables, [info])
        seconds.append(time.perf_counter() - started)
        time.sleep(PAUSE_SECONDS)
    worker.join()
    return seconds


if __name__ == "__main__":
    main()
