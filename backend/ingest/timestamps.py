"""A column of times as the file has it → whole ticks since 1970 UTC, and which rows are no times."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta, timezone, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from backend.arrays import Bools, Ints
from backend.errors import InvalidRequestError
from backend.ingest.cells import as_text, is_moment, is_text, to_floats, utf8
from backend.ingest.contract import TimeUnit
from backend.ingest.fixed_width_times import iso_micros
from backend.ingest.time_forms import FORMS, Moments, Newest, TimeForm, offset_seconds, read_moments

NumberUnit = Literal["s", "ms", "us", "ns"]

TICKS: dict[str, int] = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
EARLIEST = 631_152_000  # 1990-01-01
LATEST = 4_102_444_800  # 2100-01-01, not included
AMBIGUOUS_SLOT = 900  # clocks change on multiples of 15 minutes

SPREADSHEET_EPOCH = -2_209_161_600  # 1899-12-30
MOST_OFFSETS = 8  # different offsets in a file that are remembered

_PIECE_ROWS = 2_048

NO_TIME = "no time"
NOT_A_TIME = "not a time"
OUT_OF_RANGE = "time outside 1990 to 2099"
AMBIGUOUS = "local time that occurs twice, when clocks go back"
NONEXISTENT = "local time that does not exist, when clocks go forward"

_OFFSET = r"(?i)[T ]\d{2}.*(Z|UTC|[+-]\d{2}(:?\d{2})?)\s*$"
_FORMS = [re.compile(rf"\s*{form.pattern}\s*") for form in FORMS]


def looks_like_time(cell: str) -> bool:
    return any(form.fullmatch(cell) for form in _FORMS)


def parse_zone(name: str) -> tzinfo:
    """`Europe/Berlin`, `UTC` or `-04:00`. Raises InvalidRequestError naming what is allowed."""
    offset = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", name)
    try:
        if offset is not None:
            sign, hours, minutes = offset.groups()
            span = timedelta(hours=int(hours), minutes=int(minutes or 0))
            return timezone(span if sign == "+" else -span)
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise InvalidRequestError(
            f"timezone is {name[:60]!r}, which is not a known time zone. Allowed: IANA names such as "
            "Europe/Berlin, offsets such as -04:00.",
            field="timezone",
        ) from error


@dataclass
class Zone:
    """How to read times without an offset, and the moments it could not decide (15-minute slots, in seconds)."""

    name: str
    info: tzinfo
    undecided: set[int] = field(default_factory=set)
    naive_seen: bool = False  # times without an offset of their own, which are read in this zone
    offsets: set[int] = field(default_factory=set)  # of the times that have one, seconds east of UTC
    of_column: str | None = None  # the zone that a column's type names, or its cells

    @property
    def label(self) -> str:
        """The zone for `Traffic.timezone`: by name if any time needed it."""
        return "offsets in the data" if self.offset_seen and not self.naive_seen else self.name

    @property
    def offset_seen(self) -> bool:
        return bool(self.offsets) or self.of_column is not None

    def forget(self) -> None:
        self.undecided.clear()
        self.offsets.clear()
        self.naive_seen = False
        self.of_column = None

    def wall_clock(self, ticks: Ints, ticks_per_second: int) -> Ints:
        """What clocks showed at these moments where the times come from, as far as that is known."""
        if len(self.offsets) == 1 and not self.naive_seen:
            return ticks + next(iter(self.offsets)) * ticks_per_second
        info = parse_zone(self.of_column) if self.of_column else self.info
        if self.offsets or (self.of_column is None and (not self.naive_seen or self.is_utc)):
            return ticks
        seconds, rest = np.divmod(ticks, ticks_per_second)
        local = pd.DatetimeIndex(seconds.view("M8[s]"), tz="UTC").tz_convert(info).tz_localize(None)
        return np.asarray(local.as_unit("s"), "M8[s]").view(np.int64) * ticks_per_second + rest

    def notes(self, given: bool) -> list[str]:
        """What to report about it; `given`: the caller named the zone."""
        if self.naive_seen and not given:
            which = "Times without an offset" if self.offset_seen else "The times have no offset and"
            return [f"{which} were read as {self.name} (override with timezone)."]
        if given and not self.naive_seen:
            return [f"The times are absolute or have an offset, so timezone {self.name} was not used."]
        return []

    @property
    def is_utc(self) -> bool:
        return self.name.upper() in {"UTC", "GMT", "ETC/UTC", "Z"}


@dataclass(frozen=True)
class Parsed:
    """`ticks` for every row (anything where a row is bad), and a mask for every reason a row is bad."""

    ticks: Ints
    bad: list[tuple[str, Bools]]


Convert = Callable[["pa.Array[Any]"], Parsed]


@dataclass(frozen=True)
class TimeParser:
    """`convert` ignores nulls and ranges; `parse` adds both."""

    unit: TimeUnit
    ticks_per_second: int
    convert: Convert
    form: TimeForm | None = None  # for text

    def parse(self, times: pa.Array[Any]) -> Parsed:
        missing = _nulls(times) if times.null_count else None
        parsed = self.convert(times)
        ticks, bad = parsed.ticks, list(parsed.bad)
        low, high = EARLIEST * self.ticks_per_second, LATEST * self.ticks_per_second
        if missing is not None:
            bad = [(reason, mask & ~missing) for reason, mask in bad]
            bad.insert(0, (NO_TIME, missing))
        if len(ticks) and (ticks.min() < low or ticks.max() >= high):
            outside = (ticks < low) | (ticks >= high)
            for _, mask in bad:
                outside &= ~mask
            bad.append((OUT_OF_RANGE, outside))
        return Parsed(ticks, [(reason, mask) for reason, mask in bad if mask.any()])


def ticks_parser(unit: TimeUnit, ticks_per_second: int) -> TimeParser:
    """Integers that are ticks already."""
    return TimeParser(unit, ticks_per_second, lambda times: Parsed(_ints(times), []))


def moment_parser(kind: pa.DataType, zone: Zone) -> TimeParser:
    """Arrow timestamps and dates; without a time zone they are read in `zone`."""
    unit: NumberUnit = kind.unit if pa.types.is_timestamp(kind) else "s"
    naive = not (pa.types.is_timestamp(kind) and kind.tz is not None)

    def convert(times: pa.Array[Any]) -> Parsed:
        if pa.types.is_date(kind):
            times = times.cast(pa.timestamp("s"), safe=False)
        ticks = _ints(times)
        if naive:
            return localise(ticks, unit, zone, ~_nulls(times))
        zone.of_column = getattr(kind, "tz", None)
        return Parsed(ticks, [])

    return TimeParser(unit, TICKS[unit], convert)


def number_parser(kind: pa.DataType, unit: NumberUnit) -> TimeParser:
    """Numbers since 1970 UTC in `unit`; fractions are kept to the microsecond."""
    if pa.types.is_integer(kind):
        return ticks_parser(unit, TICKS[unit])
    return TimeParser(unit, TICKS["us"], lambda times: _from_floats(times, unit))


def text_number_parser(unit: NumberUnit) -> TimeParser:
    """Numbers written as text (CSV)."""

    def convert(times: pa.Array[Any]) -> Parsed:
        text, broken = utf8(times)
        try:
            # Whole seconds are by far the commonest; exact integers also keep nanoseconds exact.
            whole = pc.cast(text, pa.int64())
            return Parsed(_scale(_ints(whole), unit), [(NOT_A_TIME, broken)] if broken is not None else [])
        except pa.ArrowInvalid:
            numbers = to_floats(_with_points(text))
            return _from_floats(pa.array(numbers, from_pandas=False), unit)

    return TimeParser(unit, TICKS["us"], convert)


def iso_parser(zone: Zone) -> TimeParser:
    """ISO 8601 text, with or without an offset, row by row."""
    return TimeParser("iso", TICKS["us"], lambda times: _parse_iso(times, zone), FORMS[0])


def form_parser(form: TimeForm, zone: Zone, newest: Newest | None = None) -> TimeParser:
    """Text in one of the forms of time_forms.py."""
    unit: TimeUnit = "iso" if form.name.startswith("ymd") else ("clf" if form.name == "log" else "text")

    def convert(times: pa.Array[Any]) -> Parsed:
        return _read_form(as_text(times), form, zone, newest)

    return TimeParser(unit, TICKS["us"], convert, form)


def spreadsheet_parser(zone: Zone) -> TimeParser:
    """Days since 1899-12-30, as spreadsheets keep times; their fractions are good to the second."""

    def convert(times: pa.Array[Any]) -> Parsed:
        text = is_text(times.type)
        days = to_floats(_with_points(times)) if text else np.asarray(times.cast(pa.float64(), safe=False))
        unreadable = ~np.isfinite(days)
        bounded = np.clip(np.where(unreadable, 0.0, days), 0.0, 200_000.0)
        ticks = np.rint(bounded * 86_400).astype(np.int64) + SPREADSHEET_EPOCH
        local = localise(ticks * TICKS["us"], "us", zone, ~unreadable)
        return Parsed(local.ticks, [(NOT_A_TIME, unreadable), *local.bad])

    return TimeParser("days", TICKS["us"], convert)


def _with_points(times: pa.Array[Any]) -> pa.Array[Any]:
    """Numbers as text with a point, where a comma is the decimal sign."""
    return pc.replace_substring(as_text(times), ",", ".")


def _read_form(text: pa.Array[Any], form: TimeForm, zone: Zone, newest: Newest | None) -> Parsed:
    moments = read_moments(text, form, newest)
    placed = in_own_zones(moments, zone)
    local = localise(placed.ticks, "us", zone, moments.naive)
    return Parsed(local.ticks, [(NOT_A_TIME, ~moments.good), *placed.bad, *local.bad])


def in_own_zones(moments: Moments, zone: Zone) -> Parsed:
    """Microseconds since 1970, in UTC where the moments say an offset or a place, else as written. What they say is
    remembered in `zone`."""
    for offset in np.unique(moments.offsets[moments.has_offset])[: MOST_OFFSETS + 1].tolist():
        zone.offsets.add(int(offset))
    parsed = Parsed(moments.ticks - moments.offsets * TICKS["us"], [])
    for name, rows in moments.named.items():
        zone.of_column = name
        local = localise(parsed.ticks, "us", Zone(name, ZoneInfo(name), zone.undecided), rows)
        parsed = Parsed(local.ticks, [*parsed.bad, *local.bad])
    return parsed


def _ints(array: pa.Array[Any]) -> Ints:
    """The integers behind an array without copying them; nulls come out as 0."""
    if not pa.types.is_int64(array.type):
        # Unsigned numbers past 2^63 wrap to negative ones, which no range check lets through.
        array = array.view(pa.int64()) if is_moment(array.type) else pc.cast(array, pa.int64(), safe=False)
    if array.null_count:
        array = pc.fill_null(array, pa.scalar(0, pa.int64()))  # type: ignore[arg-type]
    return np.asarray(array.to_numpy(zero_copy_only=False), np.int64)


def _nulls(array: pa.Array[Any]) -> Bools:
    if array.null_count == 0:
        return np.zeros(len(array), np.bool_)
    return np.asarray(array.is_null().to_numpy(zero_copy_only=False), np.bool_)


def _scale(numbers: Ints, unit: NumberUnit) -> Ints:
    """Numbers in `unit` → microseconds; what would overflow is far out of range and stays so."""
    if unit == "ns":
        return numbers // 1_000
    limit = LATEST * TICKS[unit]
    return np.clip(numbers, -1, limit) * (TICKS["us"] // TICKS[unit])


def _from_floats(times: pa.Array[Any], unit: NumberUnit) -> Parsed:
    numbers = np.asarray(pc.cast(times, pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    seconds = numbers / TICKS[unit]
    unreadable = ~np.isfinite(seconds)
    bounded = np.clip(np.where(unreadable, 0.0, seconds), -1.0, LATEST)
    return Parsed(np.rint(bounded * TICKS["us"]).astype(np.int64), [(NOT_A_TIME, unreadable)])


def _parse_iso(times: pa.Array[Any], zone: Zone) -> Parsed:
    """Arrow's parser takes all rows or none, at 20 ns a row: the batch first, then pieces, then rows."""
    fixed = iso_micros(times)
    if fixed is not None:
        ticks, offset = fixed
        if offset is not None:
            zone.offsets.add(offset)
            return Parsed(ticks, [])
        return localise(ticks, "us", zone, np.ones(len(ticks), np.bool_))
    text, _ = utf8(times)
    whole = _parse_iso_whole(text, zone)
    if whole is not None:
        return whole
    if len(text) <= _PIECE_ROWS:
        return _read_form(text, FORMS[0], zone, None)
    return _concatenated([_parse_iso(text.slice(at, _PIECE_ROWS), zone) for at in range(0, len(text), _PIECE_ROWS)])


def _parse_iso_whole(text: pa.Array[Any], zone: Zone) -> Parsed | None:
    # A cast that fails costs an error text for every row, so only the form of the first time is tried.
    first = text[pc.index_in(pa.scalar(True), pc.is_valid(text)).as_py() or 0].as_py() if len(text) else None
    has_offset = first is not None and re.search(_OFFSET, first) is not None
    try:
        ticks = _ints(pc.cast(text, pa.timestamp("us", "UTC" if has_offset else None)))
    except pa.ArrowInvalid:
        return None
    if has_offset:
        for cell in (first, text[-1].as_py()):
            tail = re.search(r"(Z|UTC|[+-]\d{2}:?(\d{2})?)\s*$", cell or "", re.I)
            zone.offsets.add((offset_seconds(tail[1].strip()) or 0) if tail else 0)
        return Parsed(ticks, [])
    return localise(ticks, "us", zone, ~_nulls(text))


def _concatenated(pieces: list[Parsed]) -> Parsed:
    reasons = {reason: None for piece in pieces for reason, _ in piece.bad}
    bad = []
    for reason in reasons:
        masks = []
        for piece in pieces:
            own = [mask for other, mask in piece.bad if other == reason]
            masks.append(np.logical_or.reduce(own) if own else np.zeros(len(piece.ticks), np.bool_))
        bad.append((reason, np.concatenate(masks)))
    return Parsed(np.concatenate([piece.ticks for piece in pieces]), bad)


def localise(ticks: Ints, unit: NumberUnit, zone: Zone, naive: Bools) -> Parsed:
    """Local ticks → UTC ticks where `naive`.

    A local hour that happens twice cannot be told apart in a log that need not be sorted, so it is dropped and
    remembered as unknown rather than counted into the wrong hour.
    """
    zone.naive_seen |= bool(naive.any())
    if zone.is_utc or not naive.any():
        return Parsed(ticks, [])
    inside = naive & (ticks >= (EARLIEST - 86_400) * TICKS[unit]) & (ticks < (LATEST + 86_400) * TICKS[unit])
    local = pd.DatetimeIndex(np.where(inside, ticks, 0).view(f"M8[{unit}]"))
    moments = local.tz_localize(zone.info, ambiguous="NaT", nonexistent="NaT")
    utc = moments.tz_convert("UTC").tz_localize(None).as_unit(unit)
    undecided = np.asarray(utc.isna(), np.bool_) & inside
    out = np.where(inside & ~undecided, np.asarray(utc, f"M8[{unit}]").view(np.int64), np.where(undecided, 0, ticks))
    if not undecided.any():
        return Parsed(out, [])
    twice = np.zeros(len(ticks), np.bool_)
    shifted = local[undecided].tz_localize(zone.info, ambiguous="NaT", nonexistent="shift_forward")
    twice[undecided] = np.asarray(shifted.isna(), np.bool_)
    for first in (True, False):
        reading = local[twice].tz_localize(zone.info, ambiguous=np.full(int(twice.sum()), first))
        seconds = np.asarray(reading.tz_convert("UTC").tz_localize(None).as_unit("s"), "M8[s]").view(np.int64)
        zone.undecided.update((np.unique(seconds // AMBIGUOUS_SLOT) * AMBIGUOUS_SLOT).tolist())
    return Parsed(out, [(AMBIGUOUS, twice), (NONEXISTENT, undecided & ~twice)])
