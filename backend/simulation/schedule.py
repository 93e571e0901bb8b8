"""A schedule of replicas: cron lines, each with the replicas that hold from then on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from backend.arrays import Bools, Floats, Ints

# minute, hour, day of the month, month, weekday (0 and 7 are Sunday)
FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
LINE = re.compile(r"^(\S+) +(\S+) +(\S+) +(\S+) +(\S+) *= *(\d{1,7})$")
PART = re.compile(r"^(?:(\*)|(\d+)(?:-(\d+))?)(?:/(\d+))?$")


@dataclass(frozen=True)
class Entry:
    """allowed: by field the numbers at which it holds. replicas: from then on."""

    allowed: tuple[frozenset[int], ...]
    replicas: int
    any_day: bool
    any_weekday: bool


def entries_of(lines: Sequence[str]) -> list[Entry]:
    """Raises ValueError that says which line is none."""
    return [_entry(line) for line in lines]


def scheduled(entries: Sequence[Entry], begin: float, stop: float, timezone: str) -> tuple[Floats, Ints]:
    """When replicas change in [begin, stop) (seconds since 1970), and to how many; the first is what held at `begin`,
    as of the newest entry of the week before, else the first after it."""
    index = pd.date_range(
        pd.Timestamp(begin, unit="s").floor("min") - pd.Timedelta(days=7), pd.Timestamp(stop, unit="s"), freq="min"
    )
    local = index.tz_localize("UTC").tz_convert(timezone)
    replicas = np.zeros(len(index), np.int64)
    for entry in entries:  # of two that fall on one minute the later line holds
        replicas[_due(entry, local)] = entry.replicas
    places = np.flatnonzero(replicas)
    times = index.as_unit("s").asi8[places].astype(np.float64)
    values = replicas[places]
    first = max(0, int(np.searchsorted(times, begin, side="right")) - 1)
    inside = times[first:] < stop
    return np.maximum(times[first:][inside], begin), values[first:][inside]


def _entry(line: str) -> Entry:
    match = LINE.match(line.strip())
    if match is None:
        raise ValueError(f"{line!r} is no line of a schedule; `0 8 * * 1-5 = 10` is one: from 8:00 on weekdays, 10")
    *fields, replicas = match.groups()
    allowed = [_allowed(text, name, low, high, line) for text, (name, low, high) in zip(fields, FIELDS, strict=True)]
    allowed[4] = frozenset(day % 7 for day in allowed[4])
    if int(replicas) < 1:
        raise ValueError(f"{line!r}: at least 1 replica; scaling to zero is not simulated")
    return Entry(tuple(allowed), int(replicas), fields[2] == "*", fields[4] == "*")


def _allowed(text: str, name: str, low: int, high: int, line: str) -> frozenset[int]:
    numbers: set[int] = set()
    for part in text.split(","):
        match = PART.match(part)
        if match is None:
            raise ValueError(f"{line!r}: {part!r} is no {name}; a number, *, 1-5, */15 or a list of these is one")
        star, first, last, step = match.groups()
        begin = low if star else int(first)
        end = high if star or (step and not last) else int(last or first)
        if not low <= begin <= end <= high or step == "0":
            raise ValueError(f"{line!r}: {part!r} is no {name} from {low} to {high}")
        numbers.update(range(begin, end + 1, int(step or 1)))
    return frozenset(numbers)


def _due(entry: Entry, local: pd.DatetimeIndex) -> Bools:
    minute, hour, day, month, weekday = entry.allowed
    on_day = np.isin(local.day, list(day))
    on_weekday = np.isin((local.day_of_week + 1) % 7, list(weekday))
    # As cron does: with both given either is enough.
    days = on_day & on_weekday if entry.any_day or entry.any_weekday else on_day | on_weekday
    due: Bools = days & np.isin(local.minute, list(minute)) & np.isin(local.hour, list(hour))
    return np.asarray(due & np.isin(local.month, list(month)))
