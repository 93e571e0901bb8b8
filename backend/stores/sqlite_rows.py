"""Rows of measurements in and out of SQLite's tables."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from backend.stores.contract import SERIES_TAGS, TIME, Measurement, row_times
from backend.stores.packing import layout_of
from backend.stores.sqlite_schema import columns, layout_id, layout_numbered


@dataclass(frozen=True)
class Condition:
    """Which rows of a measurement: those of these tags within the range."""

    measurement: Measurement
    tags: Mapping[str, str]
    start: datetime | None
    stop: datetime | None

    @property
    def one_series(self) -> bool:
        return all(tag in self.tags for tag in SERIES_TAGS)

    def of_series_alone(self) -> "Condition":
        """The condition without the tags that are not of the series: rows that lie together in the table."""
        tags = {tag: value for tag, value in self.tags.items() if tag in SERIES_TAGS and self.measurement.of_series}
        return replace(self, tags=tags)

    @property
    def source(self) -> str:
        """What to select from: the table, joined with the series where rows of several are asked for."""
        name = self.measurement.name
        if not self.measurement.of_series or self.one_series:
            return name
        return f"{name} JOIN series ON series.id = series_id"

    @property
    def where(self) -> str:
        parts = []
        if self.measurement.of_series and self.one_series:
            parts.append("series_id = (SELECT id FROM series WHERE (filename, version) = (?, ?))")
        else:
            parts += [f"{tag} = ?" for tag in SERIES_TAGS if tag in self.tags]
        parts += [f'"{tag}" = ?' for tag in self._others]
        parts += [f"time {sign} ?" for sign, bound in ((">=", self.start), ("<", self.stop)) if bound is not None]
        return f"WHERE {' AND '.join(parts)}" if parts else "WHERE true"

    @property
    def parameters(self) -> tuple[object, ...]:
        series = [self.tags[tag] for tag in SERIES_TAGS if tag in self.tags]
        others = [self.tags[tag] for tag in self._others]
        bounds = [bound for bound in (self.start, self.stop) if bound is not None]
        return (*series, *others, *(_bound(self.measurement, bound) for bound in bounds))

    @property
    def _others(self) -> list[str]:
        return [tag for tag in self.measurement.tags if tag in self.tags and tag not in SERIES_TAGS]


def read_rows(
    connection: sqlite3.Connection, condition: Condition, fields: Sequence[str] | None, every: int | None
) -> pd.DataFrame:
    """What Store.read gives: the free tags, the time, and the fields."""
    measurement = condition.measurement
    tags = [tag for tag in measurement.tags if tag not in condition.tags]
    stored = _stored_kinds(measurement, fields)
    query = _select(condition, tags, list(stored), every)
    kinds = [(TIME, "i8"), *((tag, "O") for tag in tags), *stored.items()]
    # Row by row into one array: a list of all rows would take two thirds longer.
    rows = np.fromiter(connection.execute(query, condition.parameters), kinds)
    table = pd.DataFrame({tag: pd.Series(rows[tag], dtype="str") for tag in tags})
    table[TIME] = _timestamps(measurement, rows[TIME])
    if not measurement.fields:
        return pd.concat([table, _unpacked(connection, rows, fields)], axis=1)
    for name, kind in stored.items():
        table[name] = rows[name] if kind == "f8" else pd.Series(rows[name], dtype="str")
    return table


def _stored_kinds(measurement: Measurement, fields: Sequence[str] | None) -> dict[str, str]:
    """The columns that have the fields, and of what kind their values are, in numpy's words."""
    if not measurement.fields:
        return {"layout": "i8", "packed": "O"}
    kinds = {each.name: "f8" if each.kind == "float" else "O" for each in measurement.fields}
    return {name: kinds[name] for name in fields or kinds}


def _select(condition: Condition, tags: Sequence[str], names: Sequence[str], every: int | None) -> str:
    """The query for the rows' time, tags and columns of these names; of buckets where `every` is given."""
    source = f"FROM {condition.source} {condition.where}"
    if every is None:
        columns = ["time", *(f'"{name}"' for name in (*tags, *names))]
        return f"SELECT {', '.join(columns)} {source} ORDER BY {', '.join(columns[: 1 + len(tags)])}"
    # Floored division, also before 1970, where SQLite's own rounds towards zero.
    bucket = f"time - ((time % {int(every)}) + {int(every)}) % {int(every)}"
    functions = {each.name: {"mean": "AVG", "max": "MAX"}[each.aggregate] for each in condition.measurement.fields}
    means = [f'{functions[name]}("{name}")' for name in names]
    return f"SELECT {bucket} AS bucket, {', '.join(means)} {source} GROUP BY bucket ORDER BY bucket"


def insert(
    connection: sqlite3.Connection, measurement: Measurement, table: pd.DataFrame, series: Sequence[int] = ()
) -> None:
    """Insert rows; those that are there are replaced. `series`: the number of each row's series, where it has one."""
    if table.empty:
        return
    key = [series] if measurement.of_series else []
    tags = [table[tag].tolist() for tag in measurement.own_tags]
    if measurement.fields:
        values = [
            _nullable(table[each.name]) if each.kind == "float" else table[each.name].tolist()
            for each in measurement.fields
        ]
    else:
        values = _packed(connection, measurement, table)
    names = [f'"{name}"' for name in columns(measurement)]
    connection.executemany(
        f"INSERT OR REPLACE INTO {measurement.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
        zip(*key, row_times(measurement, table).tolist(), *tags, *values, strict=True),
    )


def _bound(measurement: Measurement, moment: datetime) -> float:
    return moment.timestamp() if measurement.precision == "s" else int(pd.Timestamp(moment).as_unit("ns").value)


def _timestamps(measurement: Measurement, times: npt.NDArray[Any]) -> pd.DatetimeIndex:
    unit = measurement.precision
    return pd.DatetimeIndex(times.astype(f"datetime64[{unit}]")).as_unit(unit).tz_localize("UTC")


def _packed(connection: sqlite3.Connection, measurement: Measurement, table: pd.DataFrame) -> list[Any]:
    layout = layout_of(measurement, table)
    return [repeat(layout_id(connection, layout), len(table)), layout.packed(table)]


def _unpacked(connection: sqlite3.Connection, rows: npt.NDArray[Any], fields: Sequence[str] | None) -> pd.DataFrame:
    """The columns of every layout that occurs, NaN where a row has none of that name."""
    layouts = {number: layout_numbered(connection, number) for number in np.unique(rows["layout"]).tolist()}
    stored = dict.fromkeys(name for layout in layouts.values() for name in layout.names)
    columns = {name: place for place, name in enumerate(name for name in stored if fields is None or name in fields)}
    values = np.full((len(rows), len(columns)), np.nan)
    for number, layout in layouts.items():
        places = np.flatnonzero(rows["layout"] == number)
        unpacked = layout.unpacked(rows["packed"][places])
        for name, column in zip(layout.names, unpacked.T, strict=True):
            if name in columns:
                values[places, columns[name]] = column
    return pd.DataFrame(values, columns=list(columns))


def _nullable(column: pd.Series) -> list[float | None]:
    values = column.to_numpy(dtype="float64", na_value=np.nan)
    return [None if value != value else value for value in values.tolist()]
