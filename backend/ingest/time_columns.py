"""Which columns hold the time, in which form, and how day and month stand in it."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.errors import InvalidRequestError, UnusableFileError
from backend.ingest.cells import as_text, bools, is_moment, is_number, is_text, plain, texts
from backend.ingest.contract import ReadOptions
from backend.ingest.date_order import settled_form
from backend.ingest.names import normal
from backend.ingest.readers.base import FileReader
from backend.ingest.rejects import RejectCounter, listed, quoted
from backend.ingest.time_forms import FORMS, Newest, newest_moment
from backend.ingest.time_parts import Part, calendar_parts, clock_parts, date_part, joined, parts_named, zone_parts
from backend.ingest.time_refusals import (
    explain_inside_text,
    explain_names,
    explain_relative,
    explain_times,
    refuse_doubtful,
)
from backend.ingest.timestamps import (
    NumberUnit,
    TimeParser,
    Zone,
    form_parser,
    iso_parser,
    moment_parser,
    number_parser,
    parse_zone,
    spreadsheet_parser,
    text_number_parser,
)
from backend.ingest.zone_names import zone_of_name

TIME_NAMES = (
    "timestamp", "time", "datetime", "date_time", "ts", "time_stamp", "event_time", "eventtime", "request_time",
    "requested_at", "started_at", "created_at", "logged_at", "received_at", "start_time", "time_local", "time_iso8601",
    "window", "window_start", "bucket", "minute", "hour", "ds", "date", "day", "unix", "unix_time", "epoch", "t",
    "zeit", "datum", "zeitpunkt", "zeitstempel", "fecha", "hora", "heure", "data", "week", "month", "year",
)  # fmt: skip
PARTLY = re.compile(r"time|date|_at$|zeit|datum|fecha|heure|period|interval|bucket|begin|start")
_SPREADSHEET = re.compile(r"time|date|day|zeit|datum|fecha|^ds$|^ts$")
JOINED = " + "  # between the names of several columns in an option

_UNIT_WORDS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_NUMBER_UNITS: tuple[NumberUnit, ...] = get_args(NumberUnit)
_ENOUGH = 0.5  # of the sample must be times for a column to be taken as the time


@dataclass(frozen=True)
class TimePlan:
    """The columns of the time, and the parser of the one column, or of the text that its parts make."""

    parts: tuple[Part, ...]
    parser: TimeParser

    @property
    def names(self) -> list[str]:
        return [part.name for part in self.parts]

    @property
    def label(self) -> str:
        return JOINED.join(self.names)

    def column(self, columns: Sequence[pa.Array[Any]]) -> pa.Array[Any]:
        return joined(self.parts, columns)


def choose_time(
    source: FileReader, types: Mapping[str, pa.DataType], options: ReadOptions, zone: Zone, now: float, notes: list[str]
) -> TimePlan:
    """The columns of the time. Raises UnusableFileError saying what the file has instead."""
    samples = usable_samples(source, list(types), types)
    if options.timestamp_column is not None:
        names = named_columns(options.timestamp_column, types, "timestamp_column")
        for name in names:
            if name not in samples:
                raise _unusable_type(name, types[name])
        parts = parts_named(names, samples)
    else:
        parts = _find_parts(samples, types, options, zone)
        shown = listed([part.name for part in parts])
        columns = "the column" if len(parts) == 1 else "the columns"
        notes.append(f"Times were read from {columns} {shown} (override with timestamp_column).")
    if options.timezone is None and (said := zone_of_name(parts[0].name)):
        zone.name, zone.info = said, parse_zone(said)
    sample = joined(parts, [samples[part.name] for part in parts])
    parser, _ = detect_times(sample, options, zone, parts[-1].name)
    parser = _settled(source, parts, parser, options, zone, now, notes)
    if options.time_unit is None and parser.unit in _UNIT_WORDS and not is_moment(sample.type):
        notes.append(
            f"The numbers in {quoted(parts[0].name)} were read as {_UNIT_WORDS[parser.unit]} since 1970, UTC "
            "(override with time_unit)."
        )
    return TimePlan(tuple(parts), parser)


def usable_samples(
    source: FileReader, names: Sequence[str], types: Mapping[str, pa.DataType]
) -> dict[str, pa.Array[Any]]:
    """The first rows of the columns that hold text, numbers, moments or truth values."""
    usable = [
        name
        for name in names
        if is_text(types[name]) or is_number(types[name]) or is_moment(types[name]) or pa.types.is_boolean(types[name])
    ]
    return {name: plain(array) for name, array in source.sample(usable).items()}


def named_columns(option: str, types: Mapping[str, pa.DataType], field: str) -> list[str]:
    """The columns that an option names: one, or several joined by ` + `."""
    names = [option] if option in types else option.split(JOINED)
    for name in names:
        if name not in types:
            raise InvalidRequestError(
                f"{field} is {quoted(option)}, but the file has no such column. Its columns are {listed(list(types))}.",
                field=field,
                columns=list(types)[:20],
            )
    return names


def detect_times(
    array: pa.Array[Any], options: ReadOptions, zone: Zone, name: str = "time"
) -> tuple[TimeParser, float]:
    """The parser that reads most of the sample, and the share it reads (of the rows that are not empty)."""
    kind = array.type
    if pa.types.is_boolean(kind):
        return form_parser(FORMS[0], zone), 0.0
    if is_moment(kind):
        candidates = [moment_parser(kind, zone)]
    else:
        candidates = _text_and_numbers(array, options, zone, name)
    if options.time_unit is not None and not is_moment(kind):
        candidates = [parser for parser in candidates if parser.unit == options.time_unit]
        if not candidates:
            raise InvalidRequestError(
                f"time_unit is {options.time_unit}, but the column holds numbers. Allowed: s, ms, us, ns, days.",
                field="time_unit",
            )
    present = array.drop_null()
    best, share = candidates[0], -1.0
    for parser in candidates:
        own = _share(parser, present)
        if own > share:
            best, share = parser, own
        if share == 1.0:
            break  # none reads more, and of equal ones the first is taken
    return best, share


def _text_and_numbers(array: pa.Array[Any], options: ReadOptions, zone: Zone, name: str) -> list[TimeParser]:
    kind = array.type
    numeric = is_number(kind)
    only_digits = numeric or bool(bools(pc.utf8_is_digit(as_text(array.drop_null()))).all())
    forms = [form for form in FORMS if form.name.startswith("YYYY") or not only_digits]  # the others have signs
    if options.date_order:
        forms = [form for form in forms if form.order in {None, options.date_order}]
    units = [number_parser(kind, unit) if numeric else text_number_parser(unit) for unit in _NUMBER_UNITS]
    texts = [iso_parser(zone)] if not numeric and options.date_order in {None, "ymd"} else []
    spreadsheet = [spreadsheet_parser(zone)] if options.time_unit == "days" or _SPREADSHEET.search(normal(name)) else []
    return [*texts, *(form_parser(form, zone) for form in forms), *units, *spreadsheet]


def _share(parser: TimeParser, present: pa.Array[Any]) -> float:
    if len(present) == 0:
        return 0.0
    bad = sum(int(np.count_nonzero(mask)) for _, mask in parser.parse(present).bad)
    return 1.0 - bad / len(present)


def _find_parts(
    samples: Mapping[str, pa.Array[Any]], types: Mapping[str, pa.DataType], options: ReadOptions, zone: Zone
) -> list[Part]:
    """By name first, then by content: real times before text before numbers."""
    names = [name for name in samples if not pa.types.is_boolean(samples[name].type)]
    explain_names(list(types))
    if parts := calendar_parts(samples):
        return parts
    known = _by_name(names, TIME_NAMES)
    partly = [name for name in names if name not in known and PARTLY.search(normal(name))]
    partly.sort(key=lambda name: bool(re.search(r"end|stop|finish|received", normal(name))))
    rest = [name for name in names if name not in known and name not in partly]
    rest.sort(key=lambda name: (not is_moment(types[name]), not is_text(types[name])))
    for group in (known, partly, rest):
        for name in group:
            parser, share = detect_times(samples[name], options, zone, name)
            if group is not rest:
                refuse_doubtful(name, samples[name])
            if share >= _ENOUGH and not (group is rest and parser.unit == "days"):
                return [date_part(name), *clock_parts(name, samples, parser), *zone_parts(samples, parser)]
    for name in [*known, *partly]:
        explain_times(name, samples[name])
    if known:
        return [date_part(known[0])]  # reading it says which rows are no times, or finds that only the beginning is bad
    unusable = [name for name in types if name not in names and PARTLY.search(normal(name))]
    if unusable:
        raise _unusable_type(unusable[0], types[unusable[0]])
    explain_relative(list(types))
    explain_inside_text(samples)
    raise UnusableFileError(
        f"No column holds times. The columns are {listed(list(types))}. Name one with timestamp_column; times must be "
        "ISO 8601, access-log times, or s, ms, us or ns since 1970, from 1990 to 2099.",
        columns=list(types)[:20],
    )


def _unusable_type(name: str, kind: pa.DataType) -> UnusableFileError:
    return UnusableFileError(
        f"The column {quoted(name)} is of type {str(kind)[:80]}, which holds no times with a date. "
        "Allowed: timestamps, dates, numbers, text.",
        column=name,
    )


def _by_name(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """The names that are known ones, in the order of the known ones; then JSON's paths, of which the last part counts:
    what an inner object says of itself, such as when it was made, is less than what the row says."""
    whole: dict[str, list[str]] = {}
    ends: dict[str, list[str]] = {}
    for name in names:
        whole.setdefault(normal(name), []).append(name)
        if "." in name:
            ends.setdefault(normal(name.rsplit(".", 1)[1]), []).append(name)
    return list(dict.fromkeys(name for found in (whole, ends) for key in known for name in found.get(key, [])))


def _settled(
    source: FileReader,
    parts: list[Part],
    parser: TimeParser,
    options: ReadOptions,
    zone: Zone,
    now: float,
    notes: list[str],
) -> TimeParser:
    """The parser once the whole column was asked what its first rows leave open: day and month, and the year."""
    form = parser.form
    if form is None:
        return parser

    def cells() -> Any:
        for batch in source.batches([part.name for part in parts], RejectCounter()):
            yield as_text(joined(parts, batch.columns))

    if not form.has_year:
        return form_parser(form, zone, _newest(cells(), form, now, notes))
    if form.order in {"dmy", "mdy"} and options.date_order is None:
        return form_parser(settled_form(cells(), form, notes), zone)
    return parser


def _newest(cells: Any, form: Any, now: float, notes: list[str]) -> Newest | None:
    first: list[str] = []
    last: list[str] = []
    for batch in cells:
        present = batch.drop_null()
        first = first or texts(present.slice(0, 50))
        last = texts(present.slice(max(0, len(present) - 1))) or last
    newest = newest_moment([*first, *last], form, now)
    if newest:
        notes.append(
            f"The times carry no year: they were read as up to {newest.moment:%Y-%m-%d}, the newest year that is "
            "not in the future."
        )
    return newest
