"""The store of one machine: SQLite in WAL mode, so the commands and the server can use one file at once."""

import json
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from backend.stores.contract import (
    Measurement,
    SeriesInfo,
    SeriesKey,
    SeriesRecord,
    Span,
    Tables,
    row_times,
    with_changes,
)
from backend.stores.sqlite_file import SqliteFile
from backend.stores.sqlite_rows import Condition, insert, read_rows

DELETED_AT_ONCE = 10_000  # rows; some 20 ms, which another writer waits
INCOMPLETE = "incomplete"  # the attribute that holds the span of a deletion that was begun

RECORD_COLUMNS = "filename, version, origin, window_seconds, points, first, last, written_at, attributes"


class SqliteStore:
    """Store contract over one SQLite file."""

    def __init__(self, path: Path, measurements: Sequence[Measurement], verify: bool = False) -> None:
        """`verify`: read every page, and raise StoreUnavailableError where one is damaged."""
        self._measurements = measurements
        self._file = SqliteFile(path, measurements, verify)
        self._listed = threading.local()  # the records as this thread's connection read them last

    def write(self, tables: Tables, series: Sequence[SeriesInfo] = (), *, replace: bool = False) -> set[str]:
        with self._file.writing(rows=sum(len(table) for table in tables.values())) as connection:
            if replace:
                self._take_away(connection, {info.key.name for info in series})
            refused = {info.key.name for info in series if not _declare(connection, info)}
            for measurement, table in tables.items():
                if measurement.of_series:
                    _insert_of_series(connection, measurement, table[~table["filename"].isin(refused)])
                else:
                    insert(connection, measurement, table)
            for info in series:
                connection.execute("DELETE FROM series WHERE (filename, version) = (?, ?) AND points = 0", _pair(info))
        return refused

    def read(
        self,
        measurement: Measurement,
        tags: Mapping[str, str],
        start: datetime | None = None,
        stop: datetime | None = None,
        *,
        fields: Sequence[str] | None = None,
        every: int | None = None,
    ) -> pd.DataFrame:
        with self._file.reading() as connection:
            return read_rows(connection, Condition(measurement, tags, start, stop), fields, every)

    def delete(self, measurement: Measurement, tags: Mapping[str, str], before: datetime) -> int:
        if not measurement.of_series:
            return self._delete_older(Condition(measurement, tags, None, before))
        deleted = 0
        for record in self.list_series():
            if all(value == tags.get(tag, value) for tag, value in record.key.tags.items()):
                named = {**tags, **record.key.tags}
                deleted += self._delete_older(Condition(measurement, named, None, before))
        if measurement.counted:
            with self._file.freeing() as connection:
                connection.execute("DELETE FROM series WHERE points = 0")
        self._file.give_back_space()
        return deleted

    def find(self, name: str) -> SeriesRecord | None:
        return next(iter(self._records("WHERE filename = ? ", name)), None)

    def list_series(self) -> list[SeriesRecord]:
        with self._file.reading() as connection:
            # Of this connection and of all others. To read hundreds of records takes thirty times as long.
            changes = connection.total_changes, *connection.execute("PRAGMA data_version").fetchone()
        if getattr(self._listed, "changes", None) != changes:
            self._listed.records, self._listed.changes = self._records(""), changes
        return list(self._listed.records)

    def set_attributes(self, key: SeriesKey, attributes: Mapping[str, Any]) -> None:
        with self._file.writing() as connection:
            stored = _stored(connection, key)
            if stored is not None:
                connection.execute(
                    "UPDATE series SET attributes = ? WHERE (filename, version) = (?, ?)",
                    (json.dumps(with_changes(stored[1], attributes)), key.name, key.version),
                )

    def delete_series(self, name: str) -> int:
        records = self._records("WHERE filename = ? ", name)
        for record in records:
            # What a kill in the middle leaves must not be taken for the whole.
            span = [int(record.first.timestamp()), int(record.last.timestamp())]
            with self._file.freeing() as connection:
                connection.execute(
                    "UPDATE series SET attributes = json_set(attributes, '$.incomplete', json(?)) "
                    "WHERE (filename, version) = (?, ?)",
                    (json.dumps(span), *_pair(record)),
                )
        for measurement in self._measurements:
            for record in records if measurement.of_series else ():
                self._delete_older(Condition(measurement, record.key.tags, None, None))
            if "filename" in measurement.tags and not measurement.of_series:
                self._delete_older(Condition(measurement, {"filename": name}, None, None))
        with self._file.freeing() as connection:
            connection.execute("DELETE FROM series WHERE filename = ?", (name,))
        self._file.give_back_space()
        return sum(record.points for record in records)

    def recount(self, key: SeriesKey) -> None:
        """Nothing to do where the record is right, as it is after every transaction: a look that no write waits for."""
        table = next(each.name for each in self._measurements if each.counted)
        counted = f"(SELECT COUNT(*) FROM {table} WHERE series_id = series.id)"
        named = "(filename, version) = (?, ?)"
        with self._file.reading() as connection:
            wrong = connection.execute(
                f"SELECT 1 FROM series WHERE {named} AND points != {counted}", (key.name, key.version)
            ).fetchone()
        if wrong:
            with self._file.freeing() as connection:
                connection.execute(
                    f"UPDATE series SET points = {counted}, {_ends(table)} WHERE {named}", (key.name, key.version)
                )

    def check(self) -> None:
        with self._file.writing():
            pass

    def close(self) -> None:
        self._file.close()

    def _take_away(self, connection: sqlite3.Connection, names: set[str]) -> None:
        """Delete series, every version, within a transaction."""
        for name in names:
            for measurement in self._measurements:
                if measurement.of_series:
                    numbers = "SELECT id FROM series WHERE filename = ?"
                    connection.execute(f"DELETE FROM {measurement.name} WHERE series_id IN ({numbers})", (name,))
            connection.execute("DELETE FROM series WHERE filename = ?", (name,))

    def _records(self, condition: str, *parameters: str) -> list[SeriesRecord]:
        query = f"SELECT {RECORD_COLUMNS} FROM series {condition}ORDER BY written_at DESC, id DESC"
        with self._file.reading() as connection:
            return [_record(row) for row in connection.execute(query, parameters)]

    def _delete_older(self, condition: Condition) -> int:
        """Delete the rows of the condition in steps: of so many rows that lie together those that are meant, in a
        transaction of its own, with the record as it is then."""
        table, deleted, since = condition.measurement.name, 0, ""
        neighbours = condition.of_series_alone()
        while True:
            with self._file.step(), self._file.freeing() as connection:
                ahead = f"SELECT time FROM {table} {neighbours.where}{since} ORDER BY time LIMIT 1 OFFSET ?"
                last = connection.execute(ahead, (*neighbours.parameters, DELETED_AT_ONCE)).fetchone()
                until = f" AND time <= {last[0]}" if last else ""
                query = f"DELETE FROM {table} {condition.where}{since}{until}"
                step = connection.execute(query, condition.parameters).rowcount
                if condition.measurement.counted:
                    connection.execute(
                        f"UPDATE series SET points = points - ?, {_ends(table)} WHERE (filename, version) = (?, ?)",
                        (step, *neighbours.parameters[:2]),
                    )
            deleted += step
            if last is None:
                return deleted
            since = f" AND time > {last[0]}"


def _ends(table: str) -> str:
    """Assigns a record the times of its first and last point."""
    ends = (
        f"{name} = coalesce((SELECT {function}(time) FROM {table} WHERE series_id = series.id), 0)"
        for name, function in (("first", "MIN"), ("last", "MAX"))
    )
    return ", ".join(ends)


def _pair(series: SeriesInfo | SeriesRecord) -> tuple[str, str]:
    return series.key.name, series.key.version


@lru_cache(maxsize=1_024)
def _record(row: tuple[Any, ...]) -> SeriesRecord:
    """Kept, for in a list of hundreds hardly one is another than the time before."""
    name, version, origin, window_seconds, points, first, last, written_at, text = row
    attributes = json.loads(text)
    span = attributes.pop(INCOMPLETE, None)
    return SeriesRecord(
        name=name,
        version=version,
        origin=origin,
        window_seconds=window_seconds,
        points=points,
        first=_utc(first),
        last=_utc(last),
        written_at=_utc(written_at),
        attributes=attributes,
        incomplete=Span(_utc(span[0]), _utc(span[1])) if span else None,
    )


def _declare(connection: sqlite3.Connection, info: SeriesInfo) -> bool:
    """Make or renew the record; whether the series has, or gets, this window length. A feed stays one."""
    window_seconds, attributes = _stored(connection, info.key) or (info.window_seconds, {})
    if window_seconds != info.window_seconds:
        return False
    connection.execute(
        "INSERT INTO series (filename, version, origin, window_seconds, written_at, attributes) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET written_at = excluded.written_at, "
        "origin = CASE origin WHEN 'feed' THEN origin ELSE excluded.origin END, "
        "attributes = excluded.attributes",
        (
            *_pair(info),
            info.origin,
            info.window_seconds,
            datetime.now(UTC).timestamp(),
            json.dumps(with_changes(attributes, info.attributes)),
        ),
    )
    return True


def _stored(connection: sqlite3.Connection, key: SeriesKey) -> tuple[int, dict[str, Any]] | None:
    """The window length and the attributes of a record; None where there is none."""
    query = "SELECT window_seconds, attributes FROM series WHERE (filename, version) = (?, ?)"
    row = connection.execute(query, (key.name, key.version)).fetchone()
    return (row[0], json.loads(row[1])) if row else None


def _insert_of_series(connection: sqlite3.Connection, measurement: Measurement, table: pd.DataFrame) -> None:
    """Insert the rows of series that have a record, and count what is counted into those."""
    if measurement.required is not None:
        table = table[table[measurement.required].notna()]
    pairs = list(zip(table["filename"], table["version"], strict=True))
    query = "SELECT id FROM series WHERE (filename, version) = (?, ?)"
    ids = {pair: row[0] for pair in set(pairs) if (row := connection.execute(query, pair).fetchone())}
    if len(ids) < len(set(pairs)):
        table = table[[pair in ids for pair in pairs]]
        pairs = [pair for pair in pairs if pair in ids]
    series = [ids[pair] for pair in pairs]
    if not measurement.counted:
        return insert(connection, measurement, table, series)
    spans: dict[int, tuple[int, int]] = {}
    for number, time in zip(series, row_times(measurement, table).tolist(), strict=True):
        first, last = spans.get(number, (time, time))
        spans[number] = min(first, time), max(last, time)
    before = {number: _count(connection, measurement, number, *span) for number, span in spans.items()}
    insert(connection, measurement, table, series)
    connection.executemany(
        "UPDATE series SET first = CASE points WHEN 0 THEN ?1 ELSE min(first, ?1) END, "
        "last = CASE points WHEN 0 THEN ?2 ELSE max(last, ?2) END, points = points + ?3 WHERE id = ?4",
        [
            (*span, _count(connection, measurement, number, *span) - before[number], number)
            for number, span in spans.items()
        ],
    )


def _count(connection: sqlite3.Connection, measurement: Measurement, series: int, first: int, last: int) -> int:
    query = f"SELECT COUNT(*) FROM {measurement.name} WHERE series_id = ? AND time BETWEEN ? AND ?"
    (count,) = connection.execute(query, (series, first, last)).fetchone()
    return int(count)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
