"""What every store must do. tests/stores/test_contract.py runs the same suite over each of them.

A store keeps measurements, which are rows of a table that it is given (backend/measurements.py), and a record a series.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import pandas as pd

from backend.arrays import Ints

Origin = Literal["upload", "feed", "replay", "sample"]
OF_FILES: tuple[Origin, ...] = ("upload", "sample")  # which nothing repeats by itself
TIME = "timestamp"  # the column of a row's time in every table that is written or read
SERIES_TAGS = ("filename", "version")


@dataclass(frozen=True)
class Field:
    """A value of a row: a float, NaN where unknown, or text.

    aggregate: how buckets of several rows have it. choices: all values that a text may have; InfluxDB then stores its
    place among them, so that it is read with the floats.
    """

    name: str
    kind: Literal["float", "text"] = "float"
    aggregate: Literal["mean", "max"] = "mean"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measurement:
    """One kind of row. Its identity is its tags (text) and its time: writing it again replaces it.

    fields: the values; empty for a measurement whose rows have any number of floats, told by the columns that are
    written. Those are kept as packing.py says, the first of a group to seven digits.
    groups: of such a measurement the names of a group, which come as <name>_<suffix>, a suffix a group.
    required: the field without which there is no row.
    counted: its rows are the points of a series: the record counts them.
    kept_days: the setting that says for how many days rows are kept, back from the series' newest window; 0 is for
    ever. kept: rows that are older than that now are deleted.
    """

    name: str
    tags: tuple[str, ...]
    fields: tuple[Field, ...] = ()
    groups: tuple[str, ...] = ()
    precision: Literal["s", "ns"] = "s"
    required: str | None = None
    counted: bool = False
    kept_days: str | None = None
    kept: timedelta | None = None

    @property
    def of_series(self) -> bool:
        """Whether its rows belong to a series that has a record."""
        return self.tags[:2] == SERIES_TAGS

    @property
    def own_tags(self) -> tuple[str, ...]:
        """The tags beside those of the series."""
        return self.tags[2:] if self.of_series else self.tags

    @property
    def field_names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fields)


@dataclass(frozen=True)
class SeriesKey:
    """What a point belongs to: the series' name and the version of the model that predicted it."""

    name: str
    version: str

    @property
    def tags(self) -> dict[str, str]:
        return {"filename": self.name, "version": self.version}


@dataclass(frozen=True)
class SeriesInfo:
    """What a writer tells of a series."""

    key: SeriesKey
    window_seconds: int
    origin: Origin
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Span:
    """Window starts, both ends included."""

    first: datetime
    last: datetime


@dataclass(frozen=True)
class SeriesRecord:
    """A series as the store knows it. `written_at` is wall-clock.

    incomplete: the span of an import that has not been confirmed to the end: it is running, or was interrupted, and
    only part of its windows may be there. attributes: JSON values that other parts keep with the series.

    Equal only where nothing of a series was written in between: what is computed from its points may be kept by it.
    """

    name: str
    version: str
    origin: Origin
    window_seconds: int
    points: int
    first: datetime
    last: datetime
    written_at: datetime
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    incomplete: Span | None = None

    @property
    def key(self) -> SeriesKey:
        return SeriesKey(self.name, self.version)

    @property
    def of_files(self) -> bool:
        """Whether files made it: its forecasts are those that would have been, where others were issued."""
        return self.origin in OF_FILES

    def grown(self, first: datetime, last: datetime, added: int) -> "SeriesRecord":
        """The record with further points between two window starts."""
        if not self.points:
            return replace(self, points=added, first=first, last=last)
        return replace(self, points=self.points + added, first=min(self.first, first), last=max(self.last, last))


def row_times(measurement: Measurement, table: pd.DataFrame) -> Ints:
    """The times of a table's rows since 1970, in the measurement's precision."""
    times: Ints = pd.DatetimeIndex(table[TIME]).as_unit(measurement.precision).asi8
    return times


def with_changes(attributes: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes with others beside or in place of them, each as a whole; without those that are None."""
    return {name: value for name, value in {**attributes, **changes}.items() if value is not None}


Tables = Mapping[Measurement, pd.DataFrame]


class Store(Protocol):
    """Keeps series. Every method is synchronous and thread-safe; a store that is down raises StoreUnavailableError.

    Tables have the measurement's tags, TIME (UTC) and its fields as columns. Times have whole seconds, or nanoseconds
    where the measurement says so; ranges are half-open, `start <= time < stop`.
    """

    def write(self, tables: Tables, series: Sequence[SeriesInfo] = (), *, replace: bool = False) -> set[str]:
        """Write rows of any measurements; what is written is confirmed once it returns.

        All or none of it is seen: SQLite writes one transaction; InfluxDB, which has none, marks a series that is
        imported as incomplete until all is confirmed. Of rows with the same identity the last stays.
        `series`: makes or renews these records. Points need it; rows of a series without a record
        are not kept. Returns the names of the series left out because they are stored with another window length.
        `replace`: these series, every version, with all rows that belong to them, are taken away in the same
        transaction, so what was stored before is there until all of the new is; InfluxDB marks them as incomplete
        before the first row goes.
        """

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
        """Read rows that have these tags in order of time: the other tags, TIME, the fields (all, or those named).

        `every` (seconds, with every tag given): averaged by the store into buckets on the UTC grid, as each field's
        `aggregate` says, buckets without rows absent.
        """

    def delete(self, measurement: Measurement, tags: Mapping[str, str], before: datetime) -> int:
        """Delete the older rows that have these tags, a few at a time, so that no write waits long.

        Returns how many rows there were; 0 where the store cannot tell.
        """

    def find(self, name: str) -> SeriesRecord | None:
        """The record of a series: of the version that was written last."""

    def list_series(self) -> list[SeriesRecord]:
        """All records, the one written last first. Reads records alone."""

    def set_attributes(self, key: SeriesKey, attributes: Mapping[str, Any]) -> None:
        """Put attributes into a record, beside those that are there, or take out those that are None; nothing where
        the series is gone."""

    def recount(self, key: SeriesKey) -> None:
        """Count a series' points into its record: writers at the same moment may leave it wrong where a store has no
        transactions."""

    def delete_series(self, name: str) -> int:
        """Delete a series, every version, with all its rows; return the number of points deleted."""

    def __hash__(self) -> int:
        """A store is the same as itself alone."""

    def check(self) -> None:
        """Raise StoreUnavailableError with the reason where the store cannot be read and written."""

    def close(self) -> None:
        """Release connections."""
