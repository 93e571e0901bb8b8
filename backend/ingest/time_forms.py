"""The forms in which people and tools write a moment: a table of patterns, and one reader for all of them.

A pattern has named groups: Y year, m month, b month by name, d day, H M S f clock, p AM or PM, z and n zone. A new form
is a row. Many cells are read at once: Arrow finds the groups, numpy adds them up.
"""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.arrays import Bools, Ints
from backend.ingest.cells import bools, codes, filled
from backend.ingest.contract import DateOrder

MICROS = 1_000_000
DAY = 86_400

_SPACE = "[\\s\u00a0\u202f]*"  # browsers write a narrow no-break space before AM and PM


def _clock(separators: str) -> str:
    """Hours, minutes and seconds, of which the separators stand between."""
    return (
        rf"(?P<H>\d{{1,2}})(?:[{separators}](?P<M>\d{{2}})(?:[{separators}分](?P<S>\d{{2}})(?:[.,](?P<f>\d+))?)?[分秒]?)?"
        rf"(?:{_SPACE}(?P<p>[AaPp]\.?[Mm]\.?))?"
    )


_CLOCK = _clock(":h時")
_DOTTED = _clock(":h.")  # only beside a month's name: `2024-03-05 10.25` is a date and a number
# A place of IANA's database, whose offset the moment decides.
NAMED_ZONE = (
    r"(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US)"
    r"(?:/[A-Za-z0-9_+-]+){1,2}"
)
_ZONE = (
    r"(?:\s*[\[(]?(?P<z>Z|[A-Za-z]{1,5}[+-]\d{1,2}(?::?\d{2})?|[+-]\d{2}(?::?\d{2})?|[A-Z]{2,5})[\])]?"
    rf"(?:\s+(?:[A-Z]{{2,5}}|{NAMED_ZONE})|\s*[\[(][^\])]*[\])])?"  # its name again: UTC, (Central European Time)
    rf"|\s*[\[(]?(?P<n>{NAMED_ZONE})[\])]?)?"
)
_DASH = "(?:[-\u2013\u2014]|to|bis)"
# The end of a span, of which the begin counts: ` - 10:05`, `/2024-03-05T10:05:00Z`.
_UNTIL = (
    rf"(?:(?:\s+{_DASH}\s+|/)(?:[\d/.-]{{6,10}}[T ,]+)?\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?"
    rf"(?:{_SPACE}[AaPp]\.?[Mm]\.?)?(?:Z|[+-]\d{{2}}:?\d{{2}})?)?"
)
_WEEKDAY = r"(?:[A-Za-z]{2,9}\.?,?\s+)?"
_MONTH = r"(?P<b>[A-Za-zäûéçÄÛÉÇ]{3,9})\.?"
_ENGLISH_MONTH = r"(?P<b>(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
_YEAR = r"(?P<Y>\d{4}|\d{2})"
# Before a date of numbers only a day of the week: other words make it something else than a time.
_KNOWN_WEEKDAY = (
    r"(?:(?i:mon?|tue?|wed?|thu?|fri?|sat?|sun?|die?|mit?|don?|sam?|son?|lun?|mar|mer|jeu|ven|dim)[a-z]{0,7}\.?,?\s+)?"
)


@dataclass(frozen=True)
class TimeForm:
    """One way to write a moment. `order`: how day and month stand in numbers, None where that is no question."""

    name: str
    pattern: str
    order: DateOrder | None = None
    has_year: bool = True


def _numeric(order: DateOrder, separators: str) -> TimeForm:
    between = f"[{separators}]"
    year, day, month = r"(?P<Y>\d{4})" if order[0] == "y" else _YEAR, r"(?P<d>\d{1,2})", r"(?P<m>\d{1,2})"
    parts = {"y": year, "d": day, "m": month}
    date = between.join(parts[letter] for letter in order)
    return TimeForm(
        f"{order} {separators}", rf"{_KNOWN_WEEKDAY}{date}(?:(?:[T ,_]+| - ){_CLOCK}{_ZONE}{_UNTIL})?", order
    )


def _digits(name: str, clock: str) -> TimeForm:
    return TimeForm(name, rf"(?P<Y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d){clock}")


# In the order in which they are tried; of forms that read as many cells the first is taken. A point means day first.
FORMS: tuple[TimeForm, ...] = (
    _numeric("ymd", "-/."),
    _numeric("dmy", "."),
    _numeric("dmy", "-/"),
    _numeric("mdy", "-/"),
    _numeric("mdy", "."),
    _numeric("ydm", "-/."),
    TimeForm("log", rf"\[?(?P<d>\d{{1,2}})/{_MONTH}/(?P<Y>\d{{4}})(?:[: ]{_CLOCK}{_ZONE})?\]?"),
    TimeForm(
        "day month year",
        rf"{_WEEKDAY}(?P<d>\d{{1,2}})\.?(?: de)?[ -]{_MONTH}(?: de)?[ ,-]+{_YEAR}(?:[ ,]+(?:at )?{_DOTTED}{_ZONE})?",
    ),
    TimeForm(
        "month day year",
        rf"{_WEEKDAY}{_MONTH} +(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? +(?P<Y>\d{{4}})(?:[ ,]+(?:@ ?|at )?{_CLOCK}{_ZONE})?",
    ),
    TimeForm("ctime", rf"{_WEEKDAY}{_MONTH} +(?P<d>\d{{1,2}}) {_CLOCK}{_ZONE} (?P<Y>\d{{4}})"),
    TimeForm("day month year close", rf"(?P<d>\d{{1,2}}){_ENGLISH_MONTH}{_YEAR}(?:[: ]{_DOTTED})?"),  # of SAS
    TimeForm(
        "ymd-clock", r"(?P<Y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)-(?P<H>\d\d)\.(?P<M>\d\d)\.(?P<S>\d\d)(?:\.(?P<f>\d+))?"
    ),
    TimeForm("年月日", rf"(?P<Y>\d{{4}})年(?P<m>\d{{1,2}})月(?P<d>\d{{1,2}})日(?:\s*{_CLOCK})?"),
    TimeForm("syslog", rf"{_MONTH} +(?P<d>\d{{1,2}}) {_CLOCK}", has_year=False),
    _digits("YYYYMMDDHHMMSS", r"[T_-]?(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)(?:[.,](?P<f>\d+))?(?P<z>Z|[+-]\d\d:?\d\d)?"),
    _digits("YYYYMMDDHHMM", r"[T_-]?(?P<H>\d\d)(?P<M>\d\d)(?P<z>Z)?"),
    _digits("YYYYMMDDHH", r"[T_-]?(?P<H>\d\d)"),
    _digits("YYYYMMDD", rf"(?:[T ]+{_CLOCK}{_ZONE})?"),
)

MONTHS: dict[str, int] = {
    start: number
    for number, starts in enumerate(
        ("jan ene gen", "feb fev fév", "mar mär mrz mrt", "apr avr abr", "may mai mag mei maj", "jun giu", "jul lug",
         "aug ago aoû", "sep set", "oct okt ott out", "nov", "dec dez dic déc des"), 1
    )
    for start in starts.split()
} | {"juin": 6, "juil": 7}  # fmt: skip

# Hours east of UTC. Names that are used for several zones (IST, CST of China) have that of the tools that write them.
ZONE_HOURS: dict[str, float] = {
    "Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "IST": 5.5, "SGT": 8, "HKT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11,
    "NZST": 12, "NZDT": 13, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10, "BRT": -3, "ART": -3,
}  # fmt: skip


@dataclass(frozen=True)
class Newest:
    """Where the newest row of a file stands, for times that carry no year: none is more than a year older."""

    moment: datetime


@dataclass(frozen=True)
class Moments:
    """Microseconds since 1970 of the wall clock as written, and per row whether it is a moment at all.

    `offsets`: seconds east of UTC of each row that says so, 0 else; `has_offset`: which do; `named`: which say a place
    instead, by its name in IANA's database.
    """

    ticks: Ints
    good: Bools
    offsets: Ints
    has_offset: Bools
    named: dict[str, Bools] = field(default_factory=dict)

    @property
    def naive(self) -> Bools:
        """Which say nothing of where they are from."""
        placed = np.logical_or.reduce([self.has_offset, *self.named.values()])
        return np.asarray(self.good & ~placed, np.bool_)


def read_moments(text: pa.Array[Any], form: TimeForm, newest: Newest | None = None) -> Moments:
    """Cells of one form → wall clocks and offsets; what is not of the form is not good."""
    groups = pc.extract_regex(text, rf"^\s*{form.pattern}\s*$")
    names = {field.name for field in groups.type}
    found = bools(groups.is_valid())
    if not found.any():
        none = np.zeros(len(text), np.int64)
        return Moments(none, found, none, found)

    def numbers(name: str, default: int) -> Ints:
        return _numbers(groups.field(name), default) if name in names else np.full(len(text), default, np.int64)

    day, hour, minute, second = numbers("d", 0), numbers("H", 0), numbers("M", 0), numbers("S", 0)
    month = _mapped(groups.field("b"), _month) if "b" in names else numbers("m", 0)
    year = _years(numbers("Y", 0), month, day, newest) if form.has_year or newest else np.full(len(text), 2000)
    hour, good_hours = _half_days(groups.field("p"), hour) if "p" in names else (hour, hour < 24)
    fraction = _fractions(groups.field("f")) if "f" in names else np.int64(0)
    offsets, has_offset = _offsets(groups.field("z"), found) if "z" in names else (np.zeros_like(day), ~found & found)
    days, good_days = _days(year, month, day)
    good_hours |= (hour == 24) & (minute == 0) & (second == 0)  # the end of a day, as ISO 8601 may write it
    good = found & good_days & good_hours & (minute < 60) & (second < 61) & (offsets > -DAY)
    seconds = days * DAY + hour * 3600 + minute * 60 + second
    named = _named(groups.field("n"), good) if "n" in names else {}
    for name in [name for name in named if not _is_place(name)]:
        good &= ~named.pop(name)
    ticks = np.where(good, seconds * MICROS + fraction, 0)
    return Moments(ticks, good, np.where(good, offsets, 0), has_offset & good, named)


def newest_moment(cells: list[str], form: TimeForm, now: float) -> Newest | None:
    """Of times without a year, the newest that is not in the future: `cells` are the file's first ones and its last.

    Whether the file grows forwards or backwards shows in its first cells.
    """
    ticks = [read_moments(pa.array([cell]), form) for cell in cells]
    moments = [moment.ticks[0] for moment in ticks if moment.good[0]]
    if not moments:
        return None
    backwards = sum(a > b for a, b in pairwise(moments)) > len(moments) // 2
    last = datetime.fromtimestamp(moments[0 if backwards else -1] / MICROS, UTC)
    year = datetime.fromtimestamp(now, UTC).year
    for candidate in range(year, year - 8, -1):  # 29 February comes every fourth year, or eighth
        try:
            moment = last.replace(year=candidate)
        except ValueError:
            continue
        if moment.timestamp() <= now:
            return Newest(moment)
    return None


def offset_seconds(zone: str) -> int | None:
    """`Z`, `+05:30`, `CET`, `GMT+2` → seconds east of UTC; None for a name that is not known."""
    parts = re.fullmatch(r"([A-Za-z]*)(?:([+-])(\d{1,2}):?(\d{2})?)?", zone)
    if parts is None or (parts[1] and parts[1].upper() not in ZONE_HOURS):
        return None
    seconds = int(ZONE_HOURS.get(parts[1].upper(), 0) * 3600)
    if parts[2]:
        shift = int(parts[3]) * 3600 + int(parts[4] or 0) * 60
        if int(parts[3]) > 23 or int(parts[4] or 0) > 59:
            return None
        seconds += shift if parts[2] == "+" else -shift
    return seconds


def _numbers(group: pa.Array[Any], default: int) -> Ints:
    """Digits as numbers, `default` where there are none."""
    digits = pc.replace_substring_regex(filled(group), "^$", str(default))
    return np.asarray(pc.cast(digits, pa.int64()).to_numpy(zero_copy_only=False), np.int64)


def _mapped(group: pa.Array[Any], known: Callable[[str], int]) -> Ints:
    """Each text → a number; a file has few different ones."""
    places, names = codes(group)
    return np.array([known(name) for name in names] or [-1], np.int64)[places]


def _month(name: str) -> int:
    low = name.lower()
    return MONTHS.get(low[:4], MONTHS.get(low[:3], -1))


def _offsets(group: pa.Array[Any], found: Bools) -> tuple[Ints, Bools]:
    unknown, absent = -10 * DAY, -20 * DAY

    def known(zone: str) -> int:
        if not zone:
            return absent
        seconds = offset_seconds(zone)
        return unknown if seconds is None else seconds

    seconds = _mapped(group, known)
    has = found & (seconds > unknown)
    return np.where(seconds == absent, 0, np.where(found, seconds, 0)), has


def _named(group: pa.Array[Any], found: Bools) -> dict[str, Bools]:
    """The rows of each name."""
    places, names = codes(group)
    return {name: found & (places == place) for place, name in enumerate(names) if name}


def _is_place(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return False


def _half_days(group: pa.Array[Any], hour: Ints) -> tuple[Ints, Bools]:
    half = _mapped(group, lambda text: {"a": 0, "p": 12}.get(text[:1].lower(), -1))
    given = half >= 0
    return np.where(given, hour % 12 + half, hour), np.where(given, (hour >= 1) & (hour <= 12), hour < 24)


def _fractions(group: pa.Array[Any]) -> Ints:
    digits = pc.utf8_slice_codeunits(pc.utf8_rpad(filled(group), 6, "0"), 0, 6)
    return _numbers(digits, 0)


def _years(year: Ints, month: Ints, day: Ints, newest: Newest | None) -> Ints:
    """Years of two digits are of this century; without any, a row is not newer than the newest row by over a day."""
    if newest is None:
        return np.where(year < 100, year + 2000, year)
    last = newest.moment
    later = month * 100 + day > last.month * 100 + last.day + 1
    return np.where(later, last.year - 1, last.year)


def _days(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Bools]:
    """Days since 1970, and which dates exist."""
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    sane = (month >= 1) & (month <= 12)
    safe = np.where(sane, month, 1)
    good = sane & (day >= 1) & (day <= lengths[safe] + (leap & (safe == 2)))
    starts = ((np.clip(year, 1, 9999) - 1970) * 12 + safe - 1).astype("M8[M]").astype("M8[D]").astype(np.int64)
    return starts + np.where(good, day - 1, 0), good
