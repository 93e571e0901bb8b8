"""Tables of the SQLite store."""

import sqlite3
from collections.abc import Sequence

from backend.stores.contract import Measurement
from backend.stores.packing import Layout

SERIES = """
CREATE TABLE IF NOT EXISTS series (
  id INTEGER PRIMARY KEY,
  filename TEXT NOT NULL,
  version TEXT NOT NULL,
  origin TEXT NOT NULL,
  window_seconds INTEGER NOT NULL,
  points INTEGER NOT NULL DEFAULT 0,
  first INTEGER NOT NULL DEFAULT 0,
  last INTEGER NOT NULL DEFAULT 0,
  written_at REAL NOT NULL,
  attributes TEXT NOT NULL DEFAULT '{}',
  UNIQUE (filename, version)
)
"""
# What the bytes of a row without declared fields are: the text of a packing.Layout.
LAYOUTS = "CREATE TABLE IF NOT EXISTS layouts (id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE)"
SQL_TYPES = {"float": "REAL", "text": "TEXT"}


def create_tables(connection: sqlite3.Connection, measurements: Sequence[Measurement]) -> None:
    """Make the tables that are not there, and the columns of fields that a measurement did not have before."""
    connection.execute(SERIES)
    connection.execute(LAYOUTS)
    for measurement in measurements:
        connection.execute(table(measurement))
        present = columns_of(connection, measurement.name)
        for name, kind in _fields(measurement):
            if name not in present:
                connection.execute(f'ALTER TABLE {measurement.name} ADD COLUMN "{name}" {kind}')


def columns(measurement: Measurement) -> tuple[str, ...]:
    """The columns of its table, the key first."""
    first = ("series_id", "time") if measurement.of_series else ("time",)
    return (*first, *measurement.own_tags, *(name for name, _ in _fields(measurement)))


def _fields(measurement: Measurement) -> list[tuple[str, str]]:
    if not measurement.fields:
        return [("layout", "INTEGER"), ("packed", "BLOB")]
    return [(each.name, SQL_TYPES[each.kind]) for each in measurement.fields]


def table(measurement: Measurement) -> str:
    key = ["time INTEGER NOT NULL", *(f'"{tag}" TEXT NOT NULL' for tag in measurement.own_tags)]
    names = ["time", *(f'"{tag}"' for tag in measurement.own_tags)]
    if measurement.of_series:
        key.insert(0, "series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE")
        names.insert(0, "series_id")
    fields = [f'"{name}" {kind}' for name, kind in _fields(measurement)]
    return (
        f"CREATE TABLE IF NOT EXISTS {measurement.name} ({', '.join([*key, *fields])}, "
        f"PRIMARY KEY ({', '.join(names)})) WITHOUT ROWID"
    )


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def layout_id(connection: sqlite3.Connection, layout: Layout) -> int:
    """The number of a layout, a new one where it has none."""
    connection.execute("INSERT OR IGNORE INTO layouts (names) VALUES (?)", (layout.text,))
    (number,) = connection.execute("SELECT id FROM layouts WHERE names = ?", (layout.text,)).fetchone()
    return int(number)


def layout_numbered(connection: sqlite3.Connection, number: int) -> Layout:
    (text,) = connection.execute("SELECT names FROM layouts WHERE id = ?", (number,)).fetchone()
    return Layout.of_text(text)
