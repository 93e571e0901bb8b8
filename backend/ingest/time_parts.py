"""Times in parts: a date and its clock, hour or zone, or year, month and day, in columns of their own."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.ingest.cells import as_text, bools, is_number, is_text, plain, put_together, texts
from backend.ingest.names import normal, words
from backend.ingest.timestamps import TimeParser
from backend.ingest.zone_names import holds_zones, zone_column, zone_text

_DAY_MICROS = 86_400_000_000
_HOURS = r"^\s*([01]?\d|2[0-3])(\.0)?\s*$"
_HOURS_FROM_1 = r"^\s*(0?[1-9]|1\d|2[0-4])(\.0)?\s*$"


@dataclass(frozen=True)
class Part:
    """A column that is a part of the time. `write` makes the text that it adds."""

    name: str
    write: Callable[[pa.Array[Any]], Any]


def joined(parts: Sequence[Part], columns: Sequence[pa.Array[Any]]) -> pa.Array[Any]:
    if len(parts) == 1:
        return plain(columns[0])
    return put_together(part.write(column) for part, column in zip(parts, columns, strict=True))


# How the parts of a time are written so that they make one text.
def _date_text(column: pa.Array[Any]) -> pa.Array[Any]:
    text = pc.utf8_trim_whitespace(as_text(column))
    return pc.replace_substring_regex(text, r"[T ]00:00(:00(\.0+)?)?$", "")


def _clock_text(column: pa.Array[Any]) -> Any:
    return put_together([" ", pc.utf8_trim_whitespace(as_text(column))])


def _hour_text(column: pa.Array[Any]) -> Any:
    return put_together([" ", _padded(column, 2), ":00"])


def _hour_from_1_text(column: pa.Array[Any]) -> Any:
    """The 24th hour of a day begins at 23:00."""
    begins = pc.subtract(pc.cast(_padded(column, 2), pa.int64()), pa.scalar(1))
    return _hour_text(begins)


def _hour_minute_text(column: pa.Array[Any]) -> Any:
    digits = _padded(column, 4)
    return put_together([" ", pc.utf8_slice_codeunits(digits, 0, 2), ":", pc.utf8_slice_codeunits(digits, 2, 4)])


def _padded(column: pa.Array[Any], width: int) -> pa.Array[Any]:
    whole = pc.replace_substring_regex(pc.utf8_trim_whitespace(as_text(column)), r"\.0+$", "")
    return pc.utf8_lpad(whole, width, "0")


def date_part(name: str) -> Part:
    return Part(name, _date_text)


_CALENDAR: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("year", lambda column: _padded(column, 4)),
    ("month", lambda column: put_together(["-", _padded(column, 2)])),
    ("day", lambda column: put_together(["-", _padded(column, 2)])),
    ("hour", lambda column: put_together([" ", _padded(column, 2)])),
    ("minute", lambda column: put_together([":", _padded(column, 2)])),
    ("second", lambda column: put_together([":", _padded(column, 2)])),
)
_HOUR = 3  # the place of the hour among them


def calendar_parts(samples: Mapping[str, pa.Array[Any]]) -> list[Part]:
    """Year, month, day and what follows of hour, minute and second in columns of their own."""
    parts = _following(_CALENDAR, samples)
    if len(parts) < _HOUR:
        return []
    return [*parts[:_HOUR], *_with_minutes(parts[_HOUR:])]


def _following(
    calendar: Sequence[tuple[str, Callable[[Any], Any]]], samples: Mapping[str, pa.Array[Any]]
) -> list[Part]:
    """The columns of numbers that have these names, up to the first that is missing."""
    parts: list[Part] = []
    for word, write in calendar:
        named = re.compile(rf"{word}(_of_(day|month|hour|minute))?")
        name = next((name for name in samples if named.fullmatch(normal(name))), None)
        if name is None or not _all_match(samples[name], r"^\s*\d{1,4}(\.0)?\s*$"):
            break
        parts.append(Part(name, write))
    return parts


def _with_minutes(parts: list[Part]) -> list[Part]:
    """An hour without minutes is written with them."""
    return [replace(parts[0], write=_hour_text)] if len(parts) == 1 else parts


def _hour_parts(hour: str, samples: Mapping[str, pa.Array[Any]]) -> list[Part]:
    """The column with the hour, and what follows of minute and second."""
    others = {name: array for name, array in samples.items() if name != hour}
    return _with_minutes([Part(hour, _CALENDAR[_HOUR][1]), *_following(_CALENDAR[_HOUR + 1 :], others)])


def clock_parts(date: str, samples: Mapping[str, pa.Array[Any]], parser: TimeParser) -> list[Part]:
    """The column with the time of day, where the first one holds dates alone."""
    ticks = parser.parse(plain(samples[date])).ticks
    day = _DAY_MICROS * parser.ticks_per_second // 1_000_000
    if len(ticks) == 0 or np.any(ticks % day) or parser.unit not in {"iso", "clf", "text", "s", "ms", "us", "ns"}:
        return []
    for name, array in samples.items():
        own = words(name)
        if name == date or pa.types.is_boolean(array.type):
            continue
        if _all_match(array, r"^\s*\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([AaPp][Mm])?\s*$"):
            return [Part(name, _clock_text)]
        if {"hour", "hr", "stunde", "heure", "hora", "hh"} & set(own) and "minute" not in own:
            if _counts_from_1(name, array):
                return [Part(name, _hour_from_1_text)]
            if _all_match(array, _HOURS):
                return _hour_parts(name, samples)
        if {"hour", "time", "hhmm", "minute", "zeit"} & set(own) and _all_match(
            array, r"^\s*([01]?\d|2[0-3])?[0-5]\d\s*$"
        ):
            return [Part(name, _hour_minute_text)]
    return []


def zone_parts(samples: Mapping[str, pa.Array[Any]], parser: TimeParser) -> list[Part]:
    name = zone_column(samples) if parser.form else None
    return [Part(name, zone_text)] if name else []


def parts_named(names: list[str], samples: Mapping[str, pa.Array[Any]]) -> list[Part]:
    """Parts by the option's order: a date first, then its clock; or year, month, day …; the zone last."""
    if len(names) == 1:
        return [date_part(names[0])]
    if holds_zones(samples[names[-1]]):
        return [*parts_named(names[:-1], samples), Part(names[-1], zone_text)]
    calendar = calendar_parts({name: samples[name] for name in names})
    if calendar:
        return calendar
    array = samples[names[1]]
    if _all_match(array, r"^\s*\d{1,2}:.*$"):
        return [date_part(names[0]), Part(names[1], _clock_text)]
    if _counts_from_1(names[1], array):
        return [date_part(names[0]), Part(names[1], _hour_from_1_text)]
    if _all_match(array, _HOURS):
        return [date_part(names[0]), *_hour_parts(names[1], {name: samples[name] for name in names[2:]})]
    return [date_part(names[0]), Part(names[1], _hour_minute_text)]


def _counts_from_1(name: str, array: pa.Array[Any]) -> bool:
    """Whether hours are from 1 to 24, and so stand for the hour that ends then."""
    if not _all_match(array, _HOURS_FROM_1) or "0" in (
        hours := {cell.strip().lstrip("0") or "0" for cell in texts(array)}
    ):
        return False
    return bool({"24", "24.0"} & hours) or "ending" in words(name)


def _all_match(array: pa.Array[Any], pattern: str) -> bool:
    """Whether nearly all cells that are not empty are of the pattern."""
    if not (is_text(array.type) or is_number(array.type) or pa.types.is_time(array.type)):
        return False
    present = as_text(array.drop_null())
    matching = int(np.count_nonzero(bools(pc.match_substring_regex(present, pattern))))
    return len(present) > 0 and matching * 20 >= len(present) * 19
