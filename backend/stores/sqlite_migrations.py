"""How a SQLite file that an earlier version wrote becomes one of this version."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import structlog

from backend.errors import StoreUnavailableError
from backend.stores.contract import Measurement
from backend.stores.packing import FLOAT4, Layout
from backend.stores.sqlite_schema import LAYOUTS, columns_of, create_tables, layout_id, table

log = structlog.get_logger()

QUANTITIES = ("mean", "p10", "p50", "p90", "p95")  # that 0.1 stored of a forecast


def upgrade(connection: sqlite3.Connection, path: Path, measurements: Sequence[Measurement]) -> bool:
    """Make the tables, or bring those of an earlier version up to date, within the caller's transaction.

    Returns whether there were earlier ones. Raises StoreUnavailableError for a file of a later version, or one that
    cannot be brought up to date.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise StoreUnavailableError(
            f"{path} was written by a later version of ScaleOps (schema {version}; this version knows schema "
            f"{len(MIGRATIONS)}). Run that version, or set SCALEOPS_SQLITE_PATH to another file."
        )
    due = MIGRATIONS[version:] if columns_of(connection, "series") else ()
    for number, migration in enumerate(due, start=version + 1):
        log.warning("database_migration", path=str(path), schema=number)
        try:
            migration(connection)
        except sqlite3.DatabaseError as error:
            raise StoreUnavailableError(
                f"{path} could not be brought from schema {number - 1} to {number}: {error}. Nothing was changed. "
                "Run the version that wrote it, or set SCALEOPS_SQLITE_PATH to another file."
            ) from error
    create_tables(connection, measurements)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    return bool(due)


def _first_release(connection: sqlite3.Connection) -> None:
    """From the tables of 0.1: a record a series, forecasts packed by origin.

    There a series was no more than its name, so its origin is told from what it left behind: for a feed samples, or
    forecasts issued at several times; the names of replays, which were reserved, and that of the sample.
    """
    for name, kind in (("origin", "TEXT NOT NULL DEFAULT 'upload'"), ("attributes", "TEXT NOT NULL DEFAULT '{}'")):
        connection.execute(f"ALTER TABLE series ADD COLUMN {name} {kind}")
    for name in ("points", "first", "last"):
        connection.execute(f"ALTER TABLE series ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0")
    connection.execute(
        "UPDATE series SET (points, first, last) = (SELECT COUNT(*), coalesce(MIN(time), 0), coalesce(MAX(time), 0) "
        "FROM inference_metrics WHERE series_id = series.id)"
    )
    if columns_of(connection, "samples"):
        connection.execute(
            "UPDATE series SET origin = 'feed' WHERE filename IN (SELECT DISTINCT filename FROM samples)"
        )
    if columns_of(connection, "forecasts"):
        connection.execute(
            "UPDATE series SET origin = 'feed' WHERE "
            "(SELECT MIN(issued_at) <> MAX(issued_at) FROM forecasts WHERE series_id = series.id)"
        )
        _pack_forecasts(connection)
    connection.execute("UPDATE series SET origin = 'replay' WHERE filename LIKE 'replay of %'")
    connection.execute("UPDATE series SET origin = 'sample' WHERE filename = 'synthetic-sample.parquet'")
    connection.execute(
        "UPDATE series SET attributes = json_set(attributes, '$.unforecast', json('true')) "
        "WHERE origin IN ('upload', 'sample')"
    )
    connection.execute("DELETE FROM series WHERE points = 0")


def _pack_forecasts(connection: sqlite3.Connection) -> None:
    """One row a model and origin, from one a horizon whose time was the target window."""
    quantities = [name for name in QUANTITIES if name in columns_of(connection, "forecasts")]
    connection.execute(LAYOUTS)
    connection.execute("ALTER TABLE forecasts RENAME TO forecasts_of_targets")
    connection.execute(table(Measurement("forecasts", ("filename", "version", "model"))))
    rows = connection.execute(
        f"SELECT series_id, issued_at, model, horizon_seconds, {', '.join(quantities)} FROM forecasts_of_targets "
        "ORDER BY series_id, model, issued_at, horizon_seconds"
    )
    connection.executemany("INSERT INTO forecasts VALUES (?, ?, ?, ?, ?)", _packed(connection, rows, quantities))
    connection.execute("DROP TABLE forecasts_of_targets")


def _packed(
    connection: sqlite3.Connection, rows: Iterable[tuple[object, ...]], quantities: Sequence[str]
) -> Iterable[tuple[object, ...]]:
    layouts: dict[tuple[str, ...], int] = {}
    for origin, horizons in groupby(rows, key=lambda row: row[:3]):
        names: tuple[str, ...] = ()
        values: list[object] = []
        for _, _, _, horizon, *quantity in horizons:
            names += tuple(f"{name}_{horizon}" for name in quantities)
            values += [np.nan if value is None else value for value in quantity]
        if names not in layouts:
            layouts[names] = layout_id(connection, Layout(names))
        yield (*origin, layouts[names], np.array(values, dtype=FLOAT4).tobytes())


def _anomaly_scores(connection: sqlite3.Connection) -> None:
    """The mark of an anomaly, 1 or 0, becomes its score: what was marked stays so, at the threshold of 0.5."""
    if "anomaly" in columns_of(connection, "inference_metrics"):
        connection.execute("ALTER TABLE inference_metrics RENAME COLUMN anomaly TO anomaly_score")
        connection.execute("UPDATE inference_metrics SET anomaly_score = 0.5 WHERE anomaly_score = 1.0")


def _grouped_forecasts(connection: sqlite3.Connection) -> None:
    """Layouts may be of groups, too: rows that are there stay. Files are forecast anew, with all quantiles."""
    connection.execute(
        "UPDATE series SET attributes = json_set(attributes, '$.unforecast', json('true')) "
        "WHERE origin IN ('upload', 'sample')"
    )


# The migration at place n brings schema n to n + 1. Never change one that was released; add the next.
MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_first_release, _anomaly_scores, _grouped_forecasts)
