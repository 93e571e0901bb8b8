"""The served product: upload to answer, history, one live step."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from rich.console import Console
from rich.table import Table

from backend.config import ROOT, Settings
from backend.ingest import ReadLimits, ReadOptions, read_traffic
from backend.live.channel import render
from backend.measurements import FORECASTS, MEASUREMENTS, POINTS, points_table
from backend.models.frames import series_of
from backend.models.predictor import RPSEstimator
from backend.models.train import HORIZONS
from backend.serving.current import CurrentForecasts
from backend.serving.issued import issued_table
from backend.serving.points import one_window_ahead
from backend.stores import SeriesInfo, SeriesKey, SeriesRecord
from backend.stores.sqlite import SqliteStore
from backend.tests.server import Server, running_server
from backend.tests.traffic import raw_parquet

TRACE = ROOT.parent / "shared" / "data" / "nasa_http_1995_jul01_aug22_request_timestamps.parquet"
HISTORY_CALLS = 200
LIVE_STEPS = 100


def main() -> None:
    """Print the table."""
    table = Table("what", "median", "p95", "note", title="Serving, SQLite store, one run on this machine")
    with TemporaryDirectory() as name:
        folder = Path(name)
        content, note = large_file()
        with running_server(folder) as server:
            uploads = [timed(lambda: upload(server, content)) for _ in range(3)]
            row(table, "upload to answer", uploads, note)
            calls = [timed(lambda: server.get("/api/history", range="24h")) for _ in range(HISTORY_CALLS)]
            row(table, "GET /api/history?range=24h", calls, f"{HISTORY_CALLS} calls, 720 buckets")
        path = folder / "large"
        path.write_bytes(content)
        row(
            table,
            "one live step",
            live_steps(path, folder),
            f"window in, both models at {HORIZONS} out",
        )
    Console().print(table)


def large_file() -> tuple[bytes, str]:
    """The NASA trace where it is at hand, else as many generated rows."""
    if TRACE.is_file():
        return TRACE.read_bytes(), "2.9 million rows, NASA"
    return raw_parquet(49_000), "2.9 million rows, generated (the NASA trace is not here)"


def upload(server: Server, content: bytes) -> None:
    assert server.upload("large.parquet", content).status_code == 201


def live_steps(path: Path, folder: Path) -> list[float]:
    """Seconds from a window's rate to its rendered forecast message, at the end of a long history."""
    traffic = read_traffic(path, path.name, ReadOptions(), ReadLimits())
    estimator = RPSEstimator.load(Settings().model_path)
    store = SqliteStore(folder / "live.sqlite", MEASUREMENTS)
    frame, window = traffic.frame, traffic.window_seconds
    values, grid = series_of(frame)
    key = SeriesKey("live", estimator.version)
    info = SeriesInfo(key, window, "feed")
    forecaster = estimator.live(window, together=1)
    current = CurrentForecasts(store, estimator.horizons)
    begin = len(values) - LIVE_STEPS
    forecaster.learn({key: (grid.first, values[:begin])})

    def step(row: int) -> None:
        forecaster.put(key, grid.first + row, values[row])
        forecaster.advance(grid.first + row)
        forecasts = issued_table([key], forecaster.forecasts([key]), estimator.horizons, window, grid.first + row)
        point = one_window_ahead(frame.index[row], values[row], {}, {})
        store.write({POINTS: points_table(key, point), FORECASTS: forecasts}, [info])
        now = frame.index[row].to_pydatetime()
        record = SeriesRecord(key.name, key.version, "feed", window, 1, now, now, now)
        newest = current.newest(record, "live")
        assert newest is not None
        render("forecast", 1, newest)

    return [timed(partial(step, row)) for row in range(begin, len(values))]


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def row(table: Table, what: str, seconds: list[float], note: str) -> None:
    p95 = pd.Series(seconds).quantile(0.95)
    table.add_row(what, f"{statistics.median(seconds) * 1000:.1f} ms", f"{p95 * 1000:.1f} ms", note)


if __name__ == "__main__":
    main()
