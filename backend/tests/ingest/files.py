"""Makes the files that the tests read: one small writer a format, and `read` with the defaults."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from backend.ingest import ReadLimits, ReadOptions, Traffic, read_traffic

START = 1_700_000_040  # 2023-11-14 22:14:00 UTC, a whole minute
MINUTE = 60


def read(path: Path, limits: ReadLimits | None = None, **options: Any) -> Traffic:
    return read_traffic(path, path.name, ReadOptions(**options), limits or ReadLimits())


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def write_gzip(path: Path, content: str | bytes) -> Path:
    return write(path, gzip.compress(content.encode() if isinstance(content, str) else content))


def write_parquet(path: Path, columns: dict[str, Any]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def iso(seconds: int) -> str:
    return f"{pd.Timestamp(seconds, unit='s'):%Y-%m-%dT%H:%M:%S}"


def log_time(seconds: int) -> str:
    return f"{pd.Timestamp(seconds, unit='s'):%d/%b/%Y:%H:%M:%S} +0000"


def as_parquet(path: Path, seconds: Sequence[int]) -> Path:
    return write_parquet(path, {"timestamp": pa.array(seconds, pa.timestamp("s")), "path": ["/"] * len(seconds)})


def as_csv(path: Path, seconds: Sequence[int]) -> Path:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["host", "timestamp", "path"])
    writer.writerows([f"host{second % 7}", iso(second), '/a "quoted", path'] for second in seconds)
    return write(path, text.getvalue())


def as_json_lines(path: Path, seconds: Sequence[int]) -> Path:
    return write(path, "".join(json.dumps({"timestamp": iso(second), "path": "/"}) + "\n" for second in seconds))


def as_json_array(path: Path, seconds: Sequence[int]) -> Path:
    return write(path, json.dumps([{"timestamp": iso(second), "path": "/[]{}"} for second in seconds], indent=1))


def as_common_log(path: Path, seconds: Sequence[int]) -> Path:
    return write(path, "".join(f'h - - [{log_time(second)}] "GET / HTTP/1.0" 200 5\n' for second in seconds))


def as_combined_log(path: Path, seconds: Sequence[int]) -> Path:
    agent = '"http://a/[b]" "Mozilla/4.0 [en] (X11)"'
    return write(
        path, "".join(f'h.example - bob [{log_time(second)}] "GET /[x] HTTP/1.1" 200 5 {agent}\n' for second in seconds)
    )


WRITERS: dict[str, Callable[[Path, Sequence[int]], Path]] = {
    "parquet": as_parquet,
    "csv": as_csv,
    "json_lines": as_json_lines,
    "json_array": as_json_array,
    "common_log": as_common_log,
    "combined_log": as_combined_log,
}


def busy_log(minutes: int = 5, per_minute: int = 4, start: int = START) -> list[int]:
    """Times of a log that covers whole minutes: from the first second to the last."""
    seconds = [round(59 * n / (per_minute - 1)) for n in range(per_minute)]
    return [start + minute * 60 + second for minute in range(minutes) for second in seconds]


def rps(traffic: Traffic) -> list[float | None]:
    """The frame's column with None for unknown, rounded so that it compares."""
    return [None if np.isnan(value) else round(float(value), 9) for value in traffic.frame["actual_rps"]]


def dropped(traffic: Traffic) -> dict[str, int]:
    return {entry.reason: entry.count for entry in traffic.rows_dropped}
