"""What goes into the reader and what comes out: plain data, no behaviour."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

Kind = Literal["raw", "series"]
TimeUnit = Literal["s", "ms", "us", "ns", "iso", "clf", "text", "days"]
ValueUnit = Literal["count", "rate", "total"]
Rows = Literal["sum", "mean", "last"]
DateOrder = Literal["dmy", "mdy", "ymd", "ydm"]
# Told after each batch: rows so far, and the share of the file that they are, None where the reader cannot tell.
OnBatch = Callable[[int, float | None], None]


@dataclass(frozen=True)
class ReadOptions:
    """What the caller fixes; None means: detect it and report what was assumed.

    `timezone` is an IANA name or an offset such as "-04:00"; it is for times that carry no offset of
    their own. `time_unit` is for numbers (s, ms, us, ns, days of a spreadsheet) and for text (iso, clf, any other
    form). Names of several columns, joined by ` + `, are a time in parts, or values that are added up.
    `value_unit`: requests in a row (count), in a second (rate), or since a start (total, a counter). `rows`: what
    several rows of one time are. `date_order`: how day, month and year stand in dates of numbers.
    """

    kind: Kind | None = None
    timestamp_column: str | None = None
    time_unit: TimeUnit | None = None
    timezone: str | None = None
    value_column: str | None = None
    value_unit: ValueUnit | None = None
    window_seconds: int | None = None
    rows: Rows | None = None
    date_order: DateOrder | None = None


@dataclass(frozen=True)
class ReadLimits:
    """Bounds on what a file may make the reader do."""

    max_rows: int = 50_000_000
    max_unpacked_bytes: int = 4 * 1024**3
    max_columns: int = 1_000
    max_line_bytes: int = 1024**2
    max_windows: int = 5_000_000
    batch_rows: int = 131_072  # rows held at a time; the answer does not depend on it
    head_rows: int | None = None  # the reading ends with the batch that reaches so many rows: a first look
    within_windows: bool = False  # whether it is counted when in its windows the requests of a raw log came


@dataclass(frozen=True)
class DroppedRows:
    """Rows that were read but not used: why, how many, and the numbers of the first ones (1 = first data row).

    For access logs the numbers are line numbers. Rows of an edge window that was left out carry no numbers.
    """

    reason: str
    count: int
    first_rows: list[int]


@dataclass(frozen=True)
class Traffic:
    """A file as a regular series.

    `frame`: UTC DatetimeIndex on the regular grid from first to last window, one float column
    `actual_rps` (requests per second; NaN = unknown). `assumptions`: one sentence for each thing
    that was detected rather than given, with the option that overrides it. Of a raw log, where the limits ask for it
    and times are by the second: `steps`, what came within its windows (windows.steps_within; None where they are not
    several whole steps), and `burst_factor` (bursts.py).
    """

    frame: pd.DataFrame
    kind: Kind
    format: str
    timestamp_column: str | None
    time_unit: TimeUnit
    timezone: str
    value_column: str | None
    value_unit: ValueUnit | None
    window_seconds: int
    rows_read: int
    rows_dropped: list[DroppedRows] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    label_columns: list[str] = field(default_factory=list)  # by which rows are parts
    partial: bool = False  # only the head was read
    burst_factor: float | None = None
    steps: pd.DataFrame | None = None
