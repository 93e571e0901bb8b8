"""`inspect_file`: what a file is, and what reading it would give, without keeping anything."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from backend.errors import ProblemError, UnusableFileError
from backend.ingest.cells import as_text
from backend.ingest.contract import ReadLimits, ReadOptions, Traffic
from backend.ingest.detect import LOGS, Detected, first_lines
from backend.ingest.formats import open_file
from backend.ingest.reading import Readings, detected, likely_readings
from backend.ingest.rejects import RejectCounter
from backend.ingest.streams import read_head
from backend.ingest.time_columns import JOINED
from backend.ingest.timestamps import Zone, parse_zone

ColumnRole = Literal["time", "value", "label", "ignored"]
SHOWN_ROWS = 10
SHOWN_CHARACTERS = 200  # of a cell


@dataclass(frozen=True)
class Column:
    """A column of the file. `cells`: its first rows, as text; None where one is empty."""

    name: str
    role: ColumnRole
    cells: list[str | None]


@dataclass(frozen=True)
class Inspection:
    """What a file is. `traffic`: the reading, the first one where there are several.

    `choices`: the likely readings, none where there is one. `lines`: the first ones of a log, which has no columns.
    """

    traffic: Traffic
    columns: list[Column]
    lines: list[str]
    choices: list[dict[str, Any]]


def inspect_file(
    path: Path,
    filename: str,
    options: ReadOptions,
    limits: ReadLimits,
    default_window_seconds: int = 60,
    heads: Sequence[int] = (),
) -> Inspection:
    """What `read_traffic` would read, or between which readings it would ask.

    `heads`: so many rows are looked at first, the next number where they do not suffice, as in a log with a thousand
    requests a second, and after the last one the whole file. Raises the problems of a refusal; that of a table has its
    `columns`, so that time and traffic may be named.
    """
    found = detected(path, filename, limits)
    try:
        readings = _likely_readings(path, found, options, limits, default_window_seconds, heads)
    except UnusableFileError as refused:
        with suppress(ProblemError):
            refused.extra["columns"] = [vars(column) for column in _columns(path, found, limits)]
        raise
    traffic = readings.found[0][1]
    columns = _columns(path, found, limits, traffic)
    return Inspection(traffic, columns, [] if columns else _first_lines(path, limits), readings.choices())


def _likely_readings(
    path: Path,
    found: Detected,
    options: ReadOptions,
    limits: ReadLimits,
    default_window_seconds: int,
    heads: Sequence[int],
) -> Readings:
    for head in heads:
        looked = replace(limits, head_rows=head, batch_rows=min(head, limits.batch_rows))
        with suppress(UnusableFileError):
            return likely_readings(path, found, options, looked, default_window_seconds)
    return likely_readings(path, found, options, limits, default_window_seconds)


def _columns(path: Path, found: Detected, limits: ReadLimits, traffic: Traffic | None = None) -> list[Column]:
    """The columns with their roles in a reading, or without any; none of a log, whose lines have none."""
    if found.format in LOGS:
        return []
    source = open_file(path, found, limits, Zone("UTC", parse_zone("UTC")), time.time())
    names = list(source.columns())
    roles: dict[str, ColumnRole] = dict.fromkeys(names, "ignored")
    if traffic is not None:
        roles |= dict.fromkeys(traffic.label_columns, "label")
        roles |= dict.fromkeys(_parts(traffic.value_column, names), "value")
        roles |= dict.fromkeys(_parts(traffic.timestamp_column, names), "time")
    for batch in source.batches(names, RejectCounter()):
        return [Column(name, roles[name], _cells(column)) for name, column in zip(names, batch.columns, strict=True)]
    return []


def _first_lines(path: Path, limits: ReadLimits) -> list[str]:
    head, complete = read_head(path, limits)
    return [line[:SHOWN_CHARACTERS] for line in first_lines(head, complete)[:SHOWN_ROWS]]


def _parts(column: str | None, names: list[str]) -> list[str]:
    if column is None:
        return []
    return [column] if column in names else column.split(JOINED)


def _cells(column: Any) -> list[str | None]:
    first = column.slice(0, SHOWN_ROWS)
    try:
        cells = as_text(first).to_pylist()
    except (ValueError, NotImplementedError):  # lists and the like
        cells = [None if cell is None else str(cell) for cell in first.to_pylist()]
    return [None if cell is None else cell[:SHOWN_CHARACTERS] for cell in cells]
