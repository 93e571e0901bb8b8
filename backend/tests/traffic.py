"""Traffic files that the tests make themselves: the same bytes at every call."""

import io
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def minute_counts(windows: int, seed: int = 3, level: float = 60.0) -> np.ndarray:
    """Requests a minute with a daily cycle and noise."""
    generator = np.random.default_rng(seed)
    cycle = 1 + 0.5 * np.sin(2 * np.pi * np.arange(windows) / 1440)
    counts: np.ndarray = generator.poisson(level * cycle)
    return counts


def series_csv(
    windows: int, start: str = "1995-07-01T00:00:00Z", missing: slice | None = None, seed: int = 3, step: int = 60
) -> bytes:
    """A per-window series as CSV, `missing` rows absent."""
    index = pd.date_range(start, periods=windows, freq=f"{step}s")
    frame = pd.DataFrame({"timestamp": index, "requests": minute_counts(windows, seed)})
    if missing is not None:
        frame = frame.drop(frame.index[missing])
    return frame.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%SZ").encode()


def request_times(windows: int, start: str = "2026-03-01T00:00:00Z", seed: int = 3) -> np.ndarray:
    """One time a request, µs since 1970, covering the first and the last window."""
    generator = np.random.default_rng(seed)
    origin = int(datetime.fromisoformat(start).astimezone(UTC).timestamp()) * 1_000_000
    counts = minute_counts(windows, seed)
    times = np.repeat(np.arange(windows), counts) * 60_000_000 + generator.integers(0, 60_000_000, counts.sum())
    edges = np.array([0, windows * 60_000_000 - 1])
    return origin + np.sort(np.concatenate([times, edges]))


def raw_parquet(windows: int, start: str = "2026-03-01T00:00:00Z", seed: int = 3) -> bytes:
    """A raw log as Parquet, one row a request."""
    buffer = io.BytesIO()
    times = pa.array(request_times(windows, start, seed), pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table({"timestamp": times}), buffer)
    return buffer.getvalue()
