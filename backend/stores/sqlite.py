"""The store of one machine: SQLite in WAL mode, so the commands and the server can use one file at once."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from backend.errors import ConflictError, StoreUnavailableError
from backend.stores.contract import FORECAST_FIELDS, POINT_FIELDS, SAMPLE_COLUMNS, SeriesKey, StoredSeries

BUSY_SECONDS = 30  # another process may hold the write lock while it stores a whole upload

SCHEMA = f"""
CREATE TABLE IF NOT EXISTS series (
  id INTEGER PRIMARY KEY,
  filename TEXT NOT NULL,
  version TEXT NOT NULL,
  window_seconds INTEGER NOT NULL,
  written_at REAL NOT NULL,
  UNIQUE (filename, version)
);
CREATE TABLE IF NOT EXISTS inference_metrics (
  series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
  time INTEGER NOT NULL,
  {", ".join(f"{name} REAL" for name in POINT_FIELDS)},
  PRIMARY KEY (series_id, time)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS forecasts (
  series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
  model TEXT NOT NULL,
  horizon_seconds INTEGER NOT NULL,
  time INTEGER NOT NULL,
  {", ".join(f"{name} REAL" for name in FORECAST_FIELDS)},
  issued_at INTEGER NOT NULL,
  PRIMARY KEY (series_id, model, horizon_seconds, time)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS samples (
  time INTEGER NOT NULL,
  filename TEXT NOT NULL,
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (time, filename, source)
) WITHOUT ROWID;
"""

# Both ends of a series come from the primary key; only the count walks over its points.
LIST_SERIES = """
SELECT filename, version, window_seconds, written_at,
  (SELECT COUNT(*) FROM inference_metrics WHERE series_id = series.id) AS points,
  (SELECT MIN(time) FROM inference_metrics WHERE series_id = series.id) AS first,
  (SELECT MAX(time) FROM inference_metrics WHERE series_id = series.id) AS last
FROM series ORDER BY written_at DESC
"""


class SqliteStore:
    """Store contract over one SQLite file; one connection a thread, one writer at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        with self._write() as connection:
            for statement in SCHEMA.split(";"):
                connection.execute(statement)

    def write_points(self, key: SeriesKey, window_seconds: int, points: pd.DataFrame) -> int:
        known = points[points["actual_rps"].notna()]
        if known.empty:
            return 0
        times = _seconds(known.index)
        with self._write() as connection:
            series = self._touch_series(connection, key, window_seconds)
            self._insert_points(connection, [series] * len(times), times, known)
            (stored,) = connection.execute(
                "SELECT COUNT(*) FROM inference_metrics WHERE series_id = ? AND time BETWEEN ? AND ?",
                (series, times[0], times[-1]),
            ).fetchone()
        return min(int(stored), len(times))

    def write_windows(self, version: str, window_seconds: int, windows: pd.DataFrame) -> set[str]:
        with self._write() as connection:
            lengths = dict(
                connection.execute("SELECT filename, window_seconds FROM series WHERE version = ?", (version,))
            )
            names = set(windows["filename"])
            refused = {name for name in names if lengths.get(name, window_seconds) != window_seconds}
            ids = {
                name: self._touch_series(connection, SeriesKey(name, version), window_seconds)
                for name in names - refused
            }
            kept = windows[windows["filename"].isin(ids)]
            times = _seconds(pd.DatetimeIndex(kept["timestamp"]))
            self._insert_points(connection, kept["filename"].map(ids).tolist(), times, kept)
        return refused

    def write_forecasts(self, key: SeriesKey, forecasts: pd.DataFrame) -> int:
        return self.write_issued(key.version, forecasts.assign(filename=key.filename))

    def write_issued(self, version: str, forecasts: pd.DataFrame) -> int:
        with self._write() as connection:
            ids = dict(connection.execute("SELECT filename, id FROM series WHERE version = ?", (version,)))
            kept = forecasts[forecasts["filename"].isin(ids)]
            rows = zip(
                kept["filename"].map(ids).tolist(),
                kept["model"],
                kept["horizon_seconds"].astype(int).tolist(),
                _seconds(pd.DatetimeIndex(kept["timestamp"])),
                *(_nullable(kept[name]) for name in FORECAST_FIELDS),
                _seconds(pd.DatetimeIndex(kept["issued_at"])),
                strict=True,
            )
            connection.executemany(
                f"INSERT OR REPLACE INTO forecasts VALUES ({_marks(5 + len(FORECAST_FIELDS))})", rows
            )
        return len(kept)

    def read_points(
        self, key: SeriesKey, start: datetime | None, stop: datetime | None, every: int | None = None
    ) -> pd.DataFrame:
        selected, parameters = _selection(key, start, stop)
        if every is None:
            query = f"SELECT time, {', '.join(POINT_FIELDS)} {selected} ORDER BY time"
        else:
            # Floored division, also before 1970, where SQLite's own rounds towards zero.
            bucket = f"time - ((time % {int(every)}) + {int(every)}) % {int(every)}"
            fields = ", ".join("MAX(anomaly)" if name == "anomaly" else f"AVG({name})" for name in POINT_FIELDS)
            query = f"SELECT {bucket} AS bucket, {fields} {selected} GROUP BY bucket ORDER BY bucket"
        return _frame(self._read(query, parameters))

    def read_forecasts(self, key: SeriesKey, start: datetime | None, stop: datetime | None) -> pd.DataFrame:
        selected, parameters = _selection(key, start, stop, table="forecasts")
        columns = ("model", "horizon_seconds", "time", *FORECAST_FIELDS, "issued_at")
        query = f"SELECT {', '.join(columns)} {selected} ORDER BY model, horizon_seconds, time"
        table = pd.DataFrame(self._read(query, parameters), columns=list(columns))
        table = table.rename(columns={"time": "timestamp"})
        for name in ("timestamp", "issued_at"):
            table[name] = _timestamps(table[name])
        table["horizon_seconds"] = table["horizon_seconds"].astype("int64")
        return table.astype(dict.fromkeys(FORECAST_FIELDS, "float64"))

    def read_rates(self, version: str, start: datetime, stop: datetime, filename: str | None = None) -> pd.DataFrame:
        query = (
            "SELECT filename, time, actual_rps FROM series JOIN inference_metrics ON series_id = series.id "
            "WHERE version = ? AND time >= ? AND time < ? AND filename = coalesce(?, filename)"
        )
        rows = self._read(query, (version, start.timestamp(), stop.timestamp(), filename))
        table = pd.DataFrame(rows, columns=["filename", "timestamp", "actual_rps"])
        return table.assign(timestamp=_timestamps(table["timestamp"])).astype({"actual_rps": "float64"})

    def list_series(self) -> list[StoredSeries]:
        return [
            StoredSeries(
                filename=filename,
                version=version,
                window_seconds=window_seconds,
                points=points,
                first=datetime.fromtimestamp(first, UTC),
                last=datetime.fromtimestamp(last, UTC),
                written_at=datetime.fromtimestamp(written_at, UTC),
            )
            for filename, version, window_seconds, written_at, points, first, last in self._read(LIST_SERIES, ())
            if points
        ]

    def delete_series(self, filename: str) -> int:
        with self._write() as connection:
            (points,) = connection.execute(
                "SELECT COUNT(*) FROM inference_metrics JOIN series ON series.id = series_id WHERE filename = ?",
                (filename,),
            ).fetchone()
            connection.execute("DELETE FROM series WHERE filename = ?", (filename,))
            connection.execute("DELETE FROM samples WHERE filename = ?", (filename,))
        return int(points)

    def write_samples(self, samples: pd.DataFrame) -> int:
        times = pd.DatetimeIndex(samples["time"]).as_unit("ns").asi8.tolist()
        others = (samples[name].tolist() for name in ("filename", "source", "kind", "value"))
        with self._write() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?, ?)", zip(times, *others, strict=True)
            )
        return len(samples)

    def read_samples(self, start: datetime, stop: datetime | None, filename: str | None = None) -> pd.DataFrame:
        text, parameters = "time >= ?", [_nanoseconds(start)]
        if stop is not None:
            text, parameters = text + " AND time < ?", [*parameters, _nanoseconds(stop)]
        if filename is not None:
            text += " AND filename = ?"
        query = f"SELECT {', '.join(SAMPLE_COLUMNS)} FROM samples WHERE {text} ORDER BY time"
        rows = self._read(query, (*parameters, *([filename] if filename is not None else [])))
        table = pd.DataFrame(rows, columns=list(SAMPLE_COLUMNS))
        table["time"] = pd.DatetimeIndex(table["time"].to_numpy("int64")).as_unit("ns").tz_localize("UTC")
        return table.astype({"value": "float64"})

    def delete_samples(self, before: datetime) -> None:
        with self._write() as connection:
            connection.execute("DELETE FROM samples WHERE time < ?", (_nanoseconds(before),))

    def check(self) -> None:
        with self._write():
            pass

    def close(self) -> None:
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode = WAL")
            # NORMAL keeps the file whole through kill -9 and loses at most the last commits in a power cut,
            # for a 100 times cheaper commit of one live window.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
            with self._lock:
                self._connections.append(connection)
        return connection

    def _read(self, query: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._reporting():
            return self._connection().execute(query, parameters).fetchall()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is stored, or nothing."""
        with self._reporting():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailableError(
                f"The SQLite file {self._path} cannot be used: {error}. "
                "Check that its folder exists, is writable and has free space.",
                headers={"Retry-After": "5"},
            ) from error

    @staticmethod
    def _insert_points(
        connection: sqlite3.Connection, series: list[int], times: list[int], points: pd.DataFrame
    ) -> None:
        columns = [_nullable(points[name]) for name in POINT_FIELDS]
        connection.executemany(
            f"INSERT OR REPLACE INTO inference_metrics VALUES ({_marks(2 + len(POINT_FIELDS))})",
            zip(series, times, *columns, strict=True),
        )

    def _touch_series(self, connection: sqlite3.Connection, key: SeriesKey, window_seconds: int) -> int:
        (series, stored) = connection.execute(
            "INSERT INTO series (filename, version, window_seconds, written_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET written_at = excluded.written_at RETURNING id, window_seconds",
            (key.filename, key.version, window_seconds, datetime.now(UTC).timestamp()),
        ).fetchone()
        if stored != window_seconds:
            raise ConflictError(
                f"The series is stored with windows of {stored} s and this data has windows of {window_seconds} s. "
                "Use another file name, delete the stored series first, or set window_seconds to match."
            )
        return int(series)


def _selection(
    key: SeriesKey, start: datetime | None, stop: datetime | None, table: str = "inference_metrics"
) -> tuple[str, tuple[object, ...]]:
    text = f"FROM {table} WHERE series_id = (SELECT id FROM series WHERE filename = ? AND version = ?)"
    parameters: list[object] = [key.filename, key.version]
    for moment, comparison in ((start, ">="), (stop, "<")):
        if moment is not None:
            text += f" AND time {comparison} ?"
            parameters.append(moment.timestamp())
    return text, tuple(parameters)


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _seconds(index: pd.Index) -> list[int]:
    seconds: list[int] = pd.DatetimeIndex(index).as_unit("s").asi8.tolist()
    return seconds


def _nanoseconds(moment: datetime) -> int:
    return int(pd.Timestamp(moment).as_unit("ns").value)


def _nullable(column: pd.Series) -> list[float | None]:
    values = column.to_numpy(dtype="float64", na_value=np.nan)
    return [None if value != value else value for value in values.tolist()]


def _timestamps(seconds: object) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(np.asarray(seconds, dtype="int64"), unit="s", utc=True)).as_unit("s")


def _frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["time", *POINT_FIELDS])
    frame = table[list(POINT_FIELDS)].astype("float64")
    frame.index = _timestamps(table["time"]).rename("timestamp")
    return frame
