"""Rows of measurements in and out of SQLite's tables."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd

from backend.stores.contract import SERIES_TAGS, TIME, Measurement
from backend.stores.sqlite_schema import FLOAT4, columns, layout_id, layout_names

Rows = Sequence[tuple[Any, ...]]


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


def select(
    measurement: Measurement, condition: Condition, fields: Sequence[str] | None, every: int | None
) -> tuple[str, tuple[object, ...]]:
    """The query of Store.read and its parameters; its columns are the free tags, the time, and the fields."""
    tags = [f'"{tag}"' for tag in measurement.tags if tag not in condition.tags]
    source = f"FROM {condition.source} {condition.where}"
    if every is None:
        stored = (fields or measurement.field_names) if measurement.fields else ("layout", "packed")
        names = [f'"{name}"' for name in stored]
        order = ", ".join(["time", *tags])
        return f"SELECT {', '.join([*tags, 'time', *names])} {source} ORDER BY {order}", condition.parameters
    # Floored division, also before 1970, where SQLite's own rounds towards zero.
    bucket = f"time - ((time % {int(every)}) + {int(every)}) % {int(every)}"
    functions = {"mean": "AVG", "max": "MAX"}
    means = [f'{functions[each.aggregate]}("{each.name}")' for each in measurement.fields]
    return (
        f"SELECT {bucket} AS bucket, {', '.join(means)} {source} GROUP BY bucket ORDER BY bucket",
        condition.parameters,
    )


def to_table(
    connection: sqlite3.Connection,
    measurement: Measurement,
    rows: Rows,
    fields: Sequence[str] | None,
    tags: Mapping[str, str],
) -> pd.DataFrame:
    """What `select` gave, as Store.read gives it."""
    free = [tag for tag in measurement.tags if tag not in tags]
    by_column = list(zip(*rows, strict=True)) if rows else [()] * (len(free) + 3 + len(measurement.fields))
    table = pd.DataFrame({tag: pd.Series(values, dtype="str") for tag, values in zip(free, by_column, strict=False)})
    table[TIME] = _timestamps(measurement, by_column[len(free)])
    values = by_column[len(free) + 1 :]
    if not measurement.fields:
        return _unpacked(connection, table, values[0], values[1], fields)
    kinds = {each.name: each.kind for each in measurement.fields}
    for name, column in zip(fields or measurement.field_names, values, strict=False):
        table[name] = np.array(column, dtype=np.float64) if kinds[name] == "float" else pd.Series(column, dtype="str")
    return table


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
        zip(*key, row_times(measurement, table[TIME]), *tags, *values, strict=True),
    )


def row_times(measurement: Measurement, times: pd.Series) -> list[int]:
    index = pd.DatetimeIndex(times)
    whole: list[int] = (index.as_unit("s") if measurement.precision == "s" else index.as_unit("ns")).asi8.tolist()
    return whole


def _bound(measurement: Measurement, moment: datetime) -> float:
    return moment.timestamp() if measurement.precision == "s" else int(pd.Timestamp(moment).as_unit("ns").value)


def _timestamps(measurement: Measurement, times: Sequence[int]) -> pd.DatetimeIndex:
    unit = measurement.precision
    return pd.DatetimeIndex(np.array(times, dtype=f"datetime64[{unit}]")).as_unit(unit).tz_localize("UTC")


def _packed(connection: sqlite3.Connection, measurement: Measurement, table: pd.DataFrame) -> list[Any]:
    names = [name for name in table.columns if name not in (*measurement.tags, TIME)]
    raw = table[names].to_numpy(dtype=FLOAT4).tobytes()
    width = FLOAT4.itemsize * len(names)
    return [
        repeat(layout_id(connection, names), len(table)),
        [raw[start : start + width] for start in range(0, len(raw), width)],
    ]


def _unpacked(
    connection: sqlite3.Connection,
    table: pd.DataFrame,
    layouts: Sequence[int],
    packed: Sequence[bytes],
    fields: Sequence[str] | None,
) -> pd.DataFrame:
    """The table with the columns of every layout that occurs, NaN where a row has none of that name."""
    numbers = np.array(layouts, dtype=np.int64)
    columns: dict[str, Any] = {}
    for number in np.unique(numbers).tolist():
        places = np.flatnonzero(numbers == number)
        names = layout_names(connection, number)
        values = np.frombuffer(b"".join(packed[place] for place in places.tolist()), dtype=FLOAT4).reshape(
            len(places), -1
        )
        for name, column in zip(names, values.T, strict=True):
            if fields is None or name in fields:
                columns.setdefault(name, np.full(len(table), np.nan))[places] = column
    return pd.concat([table, pd.DataFrame(columns, index=table.index)], axis=1)


def _nullable(column: pd.Series) -> list[float | None]:
    values = column.to_numpy(dtype="float64", na_value=np.nan)
    return [None if value != value else value for value in values.tolist()]
