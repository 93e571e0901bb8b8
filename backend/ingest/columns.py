"""What the columns mean: which is the time, which the value, one row a request or one row a window."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from backend.errors import InvalidRequestError, UnusableFileError
from backend.ingest.contract import Kind, ReadOptions, ValueUnit
from backend.ingest.readers.base import FileReader
from backend.ingest.rejects import listed, quoted
from backend.ingest.timestamps import (
    NumberUnit,
    TimeParser,
    Zone,
    clf_parser,
    is_moment,
    is_number,
    is_text,
    iso_parser,
    moment_parser,
    number_parser,
    plain,
    plain_type,
    text_number_parser,
    to_floats,
    utf8,
)
from backend.ingest.windows import find_step

TIME_NAMES = (
    "timestamp", "time", "datetime", "date_time", "ts", "time_stamp", "event_time", "eventtime", "request_time",
    "requested_at", "created_at", "logged_at", "received_at", "start_time", "time_local", "time_iso8601", "window",
    "window_start", "bucket", "minute", "hour", "ds", "date", "day", "unix", "unix_time", "epoch", "t",
)  # fmt: skip
COUNT_NAMES = (
    "requests", "request_count", "requests_count", "num_requests", "n_requests", "total_requests", "req_count", "reqs",
    "req", "count", "counts", "hits", "calls", "queries", "views", "pageviews", "visits", "events", "transactions", "n",
    "total",
)  # fmt: skip
RATE_NAMES = (
    "actual_rps", "rps", "requests_per_second", "req_per_sec", "reqs_per_sec", "request_rate", "req_rate", "rate",
    "qps", "tps", "throughput", "requests_s", "req_s", "value", "y",
)  # fmt: skip
PER_MINUTE_NAMES = ("rpm", "requests_per_minute", "req_per_min", "reqs_per_min", "requests_min", "req_min")

NO_VALUE = "no value, so the window is unknown"
NOT_A_NUMBER = "value is not a number"
NOT_FINITE = "value is infinite"
NEGATIVE = "value is negative"

_UNIT_WORDS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_NUMBER_UNITS: tuple[NumberUnit, ...] = get_args(NumberUnit)
_LIKE_A_NUMBER = r"(?i)^\s*[+-]?(\d+([, ']\d{3})*([.,]\d+)?|nan|inf|infinity)\s*$"
_ENOUGH = 0.5  # of the sample must be times for a column to be taken as the time

Masks = list[tuple[str, npt.NDArray[np.bool_]]]


@dataclass(frozen=True)
class Plan:
    """How to read the file."""

    kind: Kind
    time: str
    parser: TimeParser
    value: str | None
    value_unit: ValueUnit | None
    value_scale: float  # to requests, or requests per second
    has_labels: bool  # other columns of text: rows of one time may be parts of it
    notes: list[str]


def plan_reading(source: FileReader, options: ReadOptions, zone: Zone) -> Plan:
    """Detect what the options do not give. Raises UnusableFileError naming the columns that were seen."""
    types = {name: plain_type(kind) for name, kind in source.columns().items()}
    notes: list[str] = []
    time, parser = _choose_time(source, types, options, zone, notes)
    value = _choose_value(source, types, time, parser, options, notes)
    if value is None:
        return Plan("raw", time, parser, None, None, 1.0, False, notes)
    unit, scale = _value_unit(source, value, types, options, notes)
    others = [name for name in types if name not in {time, value}]
    has_labels = any(_holds_labels(array) for array in _samples(source, others, types).values())
    return Plan("series", time, parser, value, unit, scale, has_labels, notes)


def _normal(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _samples(source: FileReader, names: Sequence[str], types: Mapping[str, pa.DataType]) -> dict[str, pa.Array[Any]]:
    usable = [name for name in names if is_text(types[name]) or is_number(types[name]) or is_moment(types[name])]
    return {name: plain(array) for name, array in source.sample(usable).items()}


def _by_name(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """The names that are known ones, in the order of the known ones."""
    normal: dict[str, list[str]] = {}
    for name in names:
        normal.setdefault(_normal(name), []).append(name)
    return [name for key in known for name in normal.get(key, [])]


def _check_named(name: str, types: Mapping[str, pa.DataType], option: str) -> None:
    if name not in types:
        raise InvalidRequestError(
            f"{option} is {quoted(name)}, but the file has no such column. Its columns are {listed(list(types))}.",
            field=option,
            columns=list(types)[:20],
        )


def _choose_time(
    source: FileReader, types: Mapping[str, pa.DataType], options: ReadOptions, zone: Zone, notes: list[str]
) -> tuple[str, TimeParser]:
    if options.timestamp_column is not None:
        name = options.timestamp_column
        _check_named(name, types, "timestamp_column")
        array = _samples(source, [name], types).get(name)
        if array is None:
            raise _unusable_type(name, types[name])
        parser, _ = detect_times(array, options, zone)
        _note_unit(name, parser, types[name], options, notes)
        return name, parser
    name, parser = _find_time(source, types, options, zone)
    notes.append(f"Times were read from the column {quoted(name)} (override with timestamp_column).")
    _note_unit(name, parser, types[name], options, notes)
    return name, parser


def _find_time(
    source: FileReader, types: Mapping[str, pa.DataType], options: ReadOptions, zone: Zone
) -> tuple[str, TimeParser]:
    """By name first, then by content: real times before text before numbers."""
    names = list(types)
    named = _by_name(names, TIME_NAMES)
    partly = [name for name in names if name not in named and re.search(r"time|date|_at$", _normal(name))]
    rest = [name for name in names if name not in named and name not in partly]
    rest.sort(key=lambda name: (not is_moment(types[name]), not is_text(types[name])))
    fallback: tuple[str, TimeParser] | None = None
    for group in (named, partly, rest):
        for name, array in _samples(source, group, types).items():
            parser, share = detect_times(array, options, zone)
            if share >= _ENOUGH:
                return name, parser
            if fallback is None and group is named:
                fallback = name, parser
    if fallback is not None:
        return fallback  # reading it says which rows are no times, or finds that only the beginning is bad
    unusable = [name for name in named if name not in _samples(source, named, types)]
    if unusable:
        raise _unusable_type(unusable[0], types[unusable[0]])
    raise UnusableFileError(
        f"No column holds times. The columns are {listed(names)}. Name one with timestamp_column; times must be ISO "
        "8601, access-log times, or s, ms, us or ns since 1970, from 1990 to 2099.",
        columns=names[:20],
    )


def _unusable_type(name: str, kind: pa.DataType) -> UnusableFileError:
    return UnusableFileError(
        f"The column {quoted(name)} is of type {str(kind)[:80]}, which holds no times. Allowed: timestamps, dates, "
        "numbers, text.",
        column=name,
    )


def detect_times(array: pa.Array[Any], options: ReadOptions, zone: Zone) -> tuple[TimeParser, float]:
    """The parser that reads most of the sample, and the share it reads (of the rows that are not empty)."""
    kind = array.type
    if is_moment(kind):
        candidates = [moment_parser(kind, zone)]
    elif is_number(kind):
        if options.time_unit in {"iso", "clf"}:
            raise InvalidRequestError(
                f"time_unit is {options.time_unit}, but the column holds numbers. Allowed: s, ms, us, ns.",
                field="time_unit",
            )
        candidates = [number_parser(kind, unit) for unit in _NUMBER_UNITS]
    else:
        candidates = [iso_parser(zone), clf_parser(zone), *(text_number_parser(unit) for unit in _NUMBER_UNITS)]
    if options.time_unit is not None and not is_moment(kind):
        candidates = [parser for parser in candidates if parser.unit == options.time_unit]
    present = array.drop_null()
    scored = [(_share(parser, present), parser) for parser in candidates]
    share, best = max(scored, key=lambda pair: pair[0])
    return best, share


def _share(parser: TimeParser, present: pa.Array[Any]) -> float:
    if len(present) == 0:
        return 0.0
    bad = sum(int(np.count_nonzero(mask)) for _, mask in parser.parse(present).bad)
    return 1.0 - bad / len(present)


def _note_unit(name: str, parser: TimeParser, kind: pa.DataType, options: ReadOptions, notes: list[str]) -> None:
    if not is_moment(kind) and options.time_unit is None and parser.unit in _UNIT_WORDS:
        notes.append(
            f"The numbers in {quoted(name)} were read as {_UNIT_WORDS[parser.unit]} since 1970, UTC "
            "(override with time_unit)."
        )


def _choose_value(
    source: FileReader,
    types: Mapping[str, pa.DataType],
    time: str,
    parser: TimeParser,
    options: ReadOptions,
    notes: list[str],
) -> str | None:
    if options.kind == "raw":
        return None
    names = [name for name in types if name != time]
    if options.value_column is not None:
        _check_named(options.value_column, types, "value_column")
        if options.value_column == time:
            raise InvalidRequestError(
                f"value_column is {quoted(time)}, which is the time column.", field="value_column"
            )
        return options.value_column
    samples = _samples(source, names, types)
    numeric = [name for name in samples if _is_numeric(samples[name])]
    possible = [name for name in samples if name in numeric or _is_meant_as_number(samples[name])]
    known = _by_name(possible, (*RATE_NAMES[:9], *COUNT_NAMES, *RATE_NAMES[9:], *PER_MINUTE_NAMES))
    if known:
        notes.append(
            f"The file was read as a series, one row per window, with values from {quoted(known[0])} "
            "(override with kind and value_column)."
        )
        return known[0]
    if len(numeric) == 1 and (options.kind == "series" or _is_regular(source, time, parser)):
        notes.append(
            f"The times are evenly spaced, so the file was read as a series with values from {quoted(numeric[0])} "
            "(override with kind and value_column)."
        )
        return numeric[0]
    if options.kind == "series":
        raise UnusableFileError(
            f"No column has a name known for a count or a rate. The columns are {listed(list(types))}. "
            "Name one with value_column.",
            columns=list(types)[:20],
        )
    if options.kind is None:
        notes.append(
            "No column has a name known for a count or a rate, so each row was counted as one request "
            "(override with kind and value_column)."
        )
    return None


def _is_numeric(array: pa.Array[Any]) -> bool:
    """Whether most of what is there is a number."""
    if is_number(array.type):
        return True
    present = array.drop_null()
    if not is_text(array.type) or len(present) == 0:
        return False
    return bool(np.count_nonzero(~np.isnan(to_floats(utf8(present)[0]))) * 2 >= len(present))


def _is_meant_as_number(array: pa.Array[Any]) -> bool:
    """Whether the cells are empty or written like numbers, also such as are refused later (`1,234`, `inf`).

    A column named `requests` is then still one of values, and its rows are reported instead of counted as requests.
    """
    present = array.drop_null()
    if len(present) == 0:
        return True
    if not is_text(array.type):
        return is_number(array.type)
    alike = pc.match_substring_regex(utf8(present)[0], _LIKE_A_NUMBER)
    return int(np.count_nonzero(alike.to_numpy(zero_copy_only=False))) * 2 >= len(present)


def _holds_labels(array: pa.Array[Any]) -> bool:
    return is_text(array.type) and array.null_count < len(array) and not _is_numeric(array)


def _is_regular(source: FileReader, time: str, parser: TimeParser) -> bool:
    parsed = parser.parse(plain(source.sample([time])[time]))
    if parsed.bad or len(parsed.ticks) < 3:
        return False
    ticks = np.sort(parsed.ticks)
    return bool(np.all(np.diff(ticks) > 0)) and find_step(ticks, parser.ticks_per_second)[1]


def _value_unit(
    source: FileReader, value: str, types: Mapping[str, pa.DataType], options: ReadOptions, notes: list[str]
) -> tuple[ValueUnit, float]:
    normal = _normal(value)
    if options.value_unit is not None:
        return options.value_unit, 1.0
    if normal in PER_MINUTE_NAMES:
        notes.append(f"{quoted(value)} was read as requests per minute (override with value_unit).")
        return "rate", 1 / 60
    if normal in COUNT_NAMES:
        unit: ValueUnit = "count"
    elif normal in RATE_NAMES:
        unit = "rate"
    else:
        array = _samples(source, [value], types).get(value)
        if array is None:
            raise UnusableFileError(
                f"The column {quoted(value)} is of type {str(types[value])[:80]}, which holds no numbers.", column=value
            )
        numbers, _ = parse_values(array)
        known = numbers[~np.isnan(numbers)]
        unit = "count" if np.all(known == np.rint(known)) else "rate"
    words = "a count of requests per row" if unit == "count" else "a rate in requests per second"
    notes.append(f"{quoted(value)} was read as {words} (override with value_unit).")
    return unit, 1.0


def parse_values(array: pa.Array[Any]) -> tuple[npt.NDArray[np.float64], Masks]:
    """Values as numbers (NaN where bad) and a mask for every reason a value is bad."""
    array = plain(array)
    if not (is_number(array.type) or is_text(array.type) or pa.types.is_null(array.type)):
        raise UnusableFileError(f"The value column is of type {str(array.type)[:80]}, which holds no numbers.")
    missing = np.asarray(array.is_null().to_numpy(zero_copy_only=False), np.bool_)
    if is_text(array.type):
        values = to_floats(utf8(array)[0])
    else:
        values = np.asarray(array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    unreadable = np.isnan(values) & ~missing
    infinite, negative = np.isinf(values), values < 0
    masks = [(NO_VALUE, missing), (NOT_A_NUMBER, unreadable), (NOT_FINITE, infinite), (NEGATIVE, negative & ~infinite)]
    return values, [(reason, mask) for reason, mask in masks if mask.any()]
