"""Rows of a series → a regular series of windows: parts, copies, counters, steps, and rows that are absent."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from backend.arrays import Bools, Floats, Ints
from backend.errors import UnusableFileError
from backend.ingest.blanks import Blanks
from backend.ingest.choices import Choice, SeveralReadings
from backend.ingest.contract import Rows, ValueUnit
from backend.ingest.rejects import RejectCounter
from backend.ingest.steps import Steps, find_steps, step_notes
from backend.ingest.windows import (
    EDGE_COVERAGE,
    FAR,
    check_span,
    far_note,
    mark_outages,
    moment,
    need_two,
    to_frame,
    without_far,
)

DAY = 86_400
MIN_COVERAGE = 0.5  # of a window, by its rows
FEW = 5  # requests a row: where the middle row has no more, some have none
SPARSE = 0.25  # of the rows are absent where no row is written for zero, however large the others are
# A last count below half of the least of the hour before it was most likely taken before its window was over.
CUT_SHARE, CUT_WINDOWS = 0.5, 60
PARTS_STEPS = 1.5  # how much longer the steps of each part are than those of all rows, where parts take turns
REPEATED = "duplicate row"
REPLACED = "superseded: a later row has the same time"


@dataclass(frozen=True)
class SeriesRows:
    """Rows in any order. `groups`: which part a row is of, where columns tell them apart. `blanks`: the rows without
    a usable value, that are none of these."""

    ticks: Ints
    values: Floats
    groups: Ints | None = None
    blanks: Blanks | None = None

    def take(self, which: Ints | Bools | slice) -> "SeriesRows":
        groups = None if self.groups is None else self.groups[which]
        return replace(self, ticks=self.ticks[which], values=self.values[which], groups=groups)


def series_frame(
    rows: SeriesRows,
    ticks_per_second: int,
    window: int,
    unit: ValueUnit,
    asked: Rows | None,
    max_windows: int,
    rejects: RejectCounter,
) -> tuple[pd.DataFrame, int, list[str]]:
    """Rows → frame, the window used, and what was assumed. `asked`: what several rows of one time are, if that is told.

    Raises UnusableFileError, or SeveralReadings where several rows of a time may be parts or readings.
    """
    notes: list[str] = []
    rows = one_row_a_time(_sorted(rows), asked, rejects, notes)
    rows, left = _near(rows, ticks_per_second)
    if left:
        rejects.add(FAR, count=len(left))
        notes.append(far_note(left, 1))
    if len(np.unique(rows.ticks)) < 2:
        raise UnusableFileError(
            f"The file has {min(len(rows.ticks), 1)} usable time{'' if len(rows.ticks) else 's'}; "
            "at least two windows of traffic are needed."
        )
    rows, parts = _parts(all_rows(rows, ticks_per_second), ticks_per_second, notes)
    steps = find_steps(rows.ticks, parts, ticks_per_second)
    if steps.longest > DAY:
        raise UnusableFileError(
            f"The rows are {steps.longest / DAY:g} days apart, which is too coarse: a window is a day at most. "
            "Upload the same traffic with a row a day or finer."
        )
    if unit == "total":
        rows, steps = _increases(rows, parts, steps, ticks_per_second, notes)
        parts = None if parts is None else rows.groups
    wanted, window = window, max(window, round(steps.longest))
    notes += step_notes(steps, wanted, window)
    seconds = rows.ticks / ticks_per_second
    check_span(float(seconds.min()), float(seconds.max()), window, max_windows)
    numbers = _numbers(rows, parts, seconds, steps, window, ticks_per_second, notes)
    valued = ~np.isnan(rows.values)
    if unit == "count" and (_absent_is_zero(rows.values[valued], steps, window, notes) or not steps.regular):
        frame = _frame_of_counts(rows, numbers, steps, window, ticks_per_second, notes)
    else:
        pairs = _Pairs(numbers[valued], None if parts is None else parts[valued])
        values, own = rows.values[valued], steps.own[valued]
        amounts = pairs.sums(values if unit == "count" else values * own)
        frame = _frame_of_rates(pairs, amounts, pairs.sums(own), window, notes)
    if unit == "count":
        frame = _without_cut(frame, notes)
    need_two(frame["actual_rps"].to_numpy(), window, [])
    return frame, window, notes


def _without_cut(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Without a last window whose count looks cut; one of an hour with unknown windows does not."""
    rps = frame["actual_rps"].to_numpy()
    before = rps[-CUT_WINDOWS - 1 : -1]
    if len(before) < CUT_WINDOWS or not rps[-1] < CUT_SHARE * np.min(before):
        return frame
    notes.append(
        f"The last window ({frame.index[-1]:%Y-%m-%d %H:%M:%S} UTC) was left out: its count is less than half of the "
        f"least of the {CUT_WINDOWS} windows before it, so it was probably taken before the window was over. Send the "
        "file again once it is."
    )
    return frame.iloc[:-1]


def rises(rows: SeriesRows) -> bool:
    """Whether the numbers look like a counter's: they rise from row to row, but for restarts from near zero."""
    rows = _sorted(rows)
    if len(rows.values) < 20:
        return False
    same = np.ones(len(rows.values) - 1, np.bool_) if rows.groups is None else np.diff(rows.groups) == 0
    change = np.diff(rows.values)[same]
    before, after = rows.values[:-1][same], rows.values[1:][same]
    falls = change < 0
    restarts = bool(np.all(after[falls] < before[falls] / 2))
    rising = np.count_nonzero(change > 0) * 10 >= 6 * len(change)
    return bool(len(change) > 10 and rising and restarts and np.count_nonzero(falls) * 50 <= len(change) + 49)


def _sorted(rows: SeriesRows) -> SeriesRows:
    """By part, then by time; rows of one time stay in file order."""
    if rows.groups is not None:
        return rows.take(np.lexsort((rows.ticks, rows.groups)))
    if np.any(rows.ticks[1:] < rows.ticks[:-1]):
        return rows.take(np.argsort(rows.ticks, kind="stable"))
    return rows


def all_rows(rows: SeriesRows, ticks_per_second: int) -> SeriesRows:
    """The rows with those that have no value at their places, NaN; not where these are rows of another column."""
    blanks = _own_blanks(rows)
    if blanks is None or blanks.joined == "yes":
        return rows
    ticks, values = np.append(rows.ticks, blanks.ticks), np.append(rows.values, np.full(len(blanks.ticks), np.nan))
    groups = None if rows.groups is None or blanks.groups is None else np.append(rows.groups, blanks.groups)
    every = _sorted(SeriesRows(ticks, values, groups))
    every = every.take(_begins(every))  # a time that has a value needs no other row
    if blanks.joined == "even":
        rows = _sorted(rows)
        own = find_steps(rows.ticks, rows.groups, ticks_per_second)
        if own.regular and own.step > find_steps(every.ticks, every.groups, ticks_per_second).step:
            return rows
    return every


def _own_blanks(rows: SeriesRows) -> Blanks | None:
    """The rows without a value between the first and the last that has one, of the parts that have some."""
    blanks = rows.blanks
    if blanks is None or not len(rows.ticks):
        return None
    inside = (blanks.ticks > rows.ticks.min()) & (blanks.ticks < rows.ticks.max())
    groups = blanks.groups
    if rows.groups is not None and groups is not None:
        valued = np.unique(rows.groups)
        if len(valued) == 1:  # the label says of rows that they have no value
            groups = np.full(len(groups), valued[0])
        inside &= np.isin(groups, valued)
        blanks = replace(blanks, groups=groups)
    return blanks.take(inside) if inside.any() else None


def _near(rows: SeriesRows, ticks_per_second: int) -> tuple[SeriesRows, list[int]]:
    """Without the few rows that are far from all others in time, and the seconds of those."""
    seconds, inverse, counts = np.unique(rows.ticks // ticks_per_second, return_inverse=True, return_counts=True)
    kept, left = without_far(seconds, counts, 1) if len(seconds) > 1 else (slice(0, len(seconds)), [])
    if not left or (len(seconds) > 3 and np.median(np.diff(seconds)) >= DAY):
        return rows, []
    return rows.take((inverse >= kept.start) & (inverse < kept.stop)), left


_TOGETHER: dict[Rows, Callable[[Floats, Ints, Ints], Floats]] = {
    "sum": lambda values, starts, sizes: np.add.reduceat(values, starts),  # noqa: ARG005
    "mean": lambda values, starts, sizes: np.add.reduceat(values, starts) / sizes,
    "last": lambda values, starts, sizes: values[starts + sizes - 1],
}


def one_row_a_time(rows: SeriesRows, asked: Rows | None, rejects: RejectCounter, notes: list[str]) -> SeriesRows:
    """Rows sorted by part and time with one row for each of both."""
    new = _begins(rows)
    if new.all():
        return rows
    starts = np.flatnonzero(new)
    sizes = np.diff(np.append(starts, len(rows.ticks)))
    last = starts + sizes - 1
    same = rows.values == np.repeat(rows.values[last], sizes)
    same[last] = False
    differing = len(rows.ticks) - len(starts) - int(np.count_nonzero(same))
    several = np.add.reduceat((~same).astype(np.int64), starts) > 1
    if asked is None and differing and np.count_nonzero(several) * 2 >= len(starts):
        raise SeveralReadings(
            f"Most times have several rows (up to {sizes.max():,}) that differ, and no column says what they are.",
            [
                Choice({"rows": "sum"}, "Rows of one time are parts, such as hosts: they are added up (their sum)."),
                Choice({"rows": "mean"}, "Rows of one time are readings of one thing: their mean (average) counts."),
            ],
        )
    if asked in {"sum", "mean"}:
        notes.append(f"Rows of one time were put together: their {asked} counts.")
        return replace(rows.take(starts), values=_TOGETHER[asked](rows.values, starts, sizes))
    if len(rows.ticks) - len(starts) - differing:
        rejects.add(REPEATED, count=len(rows.ticks) - len(starts) - differing)
    if differing:
        rejects.add(REPLACED, count=differing)
        notes.append(f"{differing:,} rows were superseded: of rows with the same time the last one counts.")
    return rows.take(last)


def _begins(rows: SeriesRows) -> Bools:
    """Which of sorted rows are the first of their part and time."""
    new = np.ones(len(rows.ticks), np.bool_)
    new[1:] = rows.ticks[1:] != rows.ticks[:-1]
    if rows.groups is not None:
        new[1:] |= rows.groups[1:] != rows.groups[:-1]
    return new


def _parts(rows: SeriesRows, ticks_per_second: int, notes: list[str]) -> tuple[SeriesRows, Ints | None]:
    """The rows sorted, and the part each is of where parts share times or take turns within a step."""
    groups = rows.groups
    if groups is None:
        return rows, None
    by_time = rows.take(np.argsort(rows.ticks, kind="stable"))
    distinct = np.unique(by_time.ticks)
    shared = len(distinct) < len(by_time.ticks)
    if not shared:
        own = find_steps(rows.ticks, groups, ticks_per_second)
        all_rows = find_steps(by_time.ticks, None, ticks_per_second)
        longest = float(np.max(np.diff(distinct))) / ticks_per_second if len(distinct) > 1 else 0.0
        if not (own.regular and own.step >= PARTS_STEPS * all_rows.middle and own.step >= longest * 0.99):
            return by_time, None
    notes.append(
        f"Rows that differ in a label are parts, such as hosts or routes ({len(np.unique(groups)):,} of them): "
        "their values were added up (summed)."
    )
    return rows, groups


def _increases(
    rows: SeriesRows, parts: Ints | None, steps: Steps, ticks_per_second: int, notes: list[str]
) -> tuple[SeriesRows, Steps]:
    """A counter's readings → rates from each reading to the next; after a fall it counts from 0."""
    read = ~np.isnan(rows.values)
    rows, parts = rows.take(read), None if parts is None else parts[read]
    usual = find_steps(rows.ticks, parts, ticks_per_second).step  # of readings: one that is blank loses no requests
    steps = replace(steps, own=steps.own[read])
    follows = np.ones(len(rows.ticks) - 1, np.bool_) if parts is None else parts[1:] == parts[:-1]
    change, seconds = np.diff(rows.values), np.diff(rows.ticks) / ticks_per_second
    change = np.where(change < 0, rows.values[1:], change)
    kept = follows & (seconds > 0) & (seconds <= 1.5 * np.maximum(steps.own[:-1], usual))
    resets = int(np.count_nonzero((np.diff(rows.values) < 0) & follows))
    again = f" It began anew {resets:,} times." if resets else ""
    notes.append(f"The values are a cumulative counter: the increase from one reading to the next was read.{again}")
    chosen = np.flatnonzero(kept)
    increased = rows.take(chosen)
    return replace(increased, values=change[chosen] / seconds[chosen]), replace(steps, own=steps.own[:-1][chosen])


def _numbers(
    rows: SeriesRows,
    parts: Ints | None,
    seconds: Floats,
    steps: Steps,
    window: int,
    ticks_per_second: int,
    notes: list[str],
) -> Ints:
    """Window numbers. Rows one window apart belong to the window nearest to the phase of their part, so a scraper that
    is late by a second does not fill one window twice and leave the next one empty."""
    if round(steps.step) != window or len(steps.several) > 1 or not steps.regular:
        return np.floor_divide(rows.ticks, window * ticks_per_second)
    numbers = np.zeros(len(rows.ticks), np.int64)
    edges = [0, len(seconds)] if parts is None else [0, *(np.flatnonzero(np.diff(parts)) + 1).tolist(), len(seconds)]
    offsets: set[float] = set()
    for start, stop in pairwise(edges):
        own = seconds[start:stop]
        phases, shares = np.unique(np.rint(own) % window, return_counts=True)
        phase = float(phases[np.argmax(shares)])
        numbers[start:stop] = np.rint((own - phase) / window).astype(np.int64)
        if phase or not np.array_equal(numbers[start:stop] * window, own):
            offsets.add(phase)
    if offsets:
        phase = min(offsets)
        offset = f"{phase:g} s after" if phase else "near"
        notes.append(
            f"The times are not aligned to windows of {window} s (most are {offset} a start): "
            "each was moved to the start of its window."
        )
    return numbers


class _Pairs:
    """Sums over the rows of each window and part."""

    def __init__(self, numbers: Ints, parts: Ints | None) -> None:
        spread = 1 if parts is None else int(parts.max()) + 1
        keys = numbers * spread + (0 if parts is None else parts)
        self._keys, self._inverse = np.unique(keys, return_inverse=True)
        self.windows = self._keys // spread

    def sums(self, values: Floats) -> Floats:
        return np.bincount(self._inverse, weights=values, minlength=len(self._keys)).astype(np.float64)


def _frame_of_rates(pairs: _Pairs, amounts: Floats, covered: Floats, window: int, notes: list[str]) -> pd.DataFrame:
    """The mean rate of every part in every window that its rows cover by half at least, added up over the parts."""
    enough = covered >= MIN_COVERAGE * window * (1 - 1e-9)
    windows, inverse = np.unique(pairs.windows, return_inverse=True)
    rates = np.where(enough, amounts / covered, 0.0)
    total = np.bincount(inverse, weights=rates).astype(np.float64)
    known = np.bincount(inverse, weights=enough) > 0
    thin = len(windows) - int(np.count_nonzero(known))
    if thin:
        notes.append(f"{thin:,} windows are unknown: their rows cover less than half of each.")
    if not known.any():
        return to_frame(int(windows[0]), total[:0], window)
    windows, total = windows[known], total[known]
    rps = np.full(int(windows[-1] - windows[0]) + 1, np.nan)
    rps[windows - windows[0]] = total
    return to_frame(int(windows[0]), rps, window)


def _absent_is_zero(values: Floats, steps: Steps, window: int, notes: list[str]) -> bool:
    """Whether rows are absent because a grouping writes none for zero, and not because nothing was measured."""
    if np.any(values == 0) or len(steps.several) > 1:
        return False
    middle = float(np.median(values))
    absent = steps.absent_share
    if absent <= 0 and steps.regular:
        return False
    finer = steps.step < window
    zero = middle <= FEW or (finer and (absent >= SPARSE or not steps.regular))
    if zero:
        notes.append(
            "Absent rows were read as 0 (zero): no row has a zero, as where requests are grouped by their time."
        )
    return zero


def _frame_of_counts(
    rows: SeriesRows, numbers: Ints, steps: Steps, window: int, ticks_per_second: int, notes: list[str]
) -> pd.DataFrame:
    """Counts of a window added up; windows without rows are 0, but for outages and rows whose value is unknown."""
    valued = ~np.isnan(rows.values)
    values = rows.values[valued]
    windows, inverse = np.unique(numbers[valued], return_inverse=True)
    first = int(windows[0])
    has_zeros = bool(np.any(values == 0))  # then a window without rows is no zero
    rps = np.full(int(windows[-1]) - first + 1, np.nan if has_zeros else 0.0)
    rps[windows - first] = np.bincount(inverse, weights=values) / window
    mark_outages(rps, windows - first, np.bincount(inverse), window)
    each = steps.step / window if steps.regular else 1.0
    lost = np.bincount(numbers[~valued] - first, minlength=len(rps)).astype(np.float64) * each
    rps /= _shares_known(lost, rps)
    if rows.blanks is not None:  # rows of another column
        places = rows.blanks.ticks // (window * ticks_per_second) - first
        places = places[(places >= 0) & (places < len(rps))]
        rps[places[rps[places] == 0]] = np.nan
    begin = int(rows.ticks.min()) / ticks_per_second - first * window
    if begin > (1 - EDGE_COVERAGE) * window and len(rps) > 2:
        notes.append(f"The first window ({moment(first * window)}) was left out: the rows begin inside it.")
        return to_frame(first + 1, rps[1:], window)
    return to_frame(first, rps, window)


def _shares_known(lost: Floats, rps: Floats) -> Floats:
    """How much of each window is known of which rows without a value take a share; NaN where that is less than half,
    or no row has a value."""
    known = np.where(1 - lost < MIN_COVERAGE * (1 - 1e-9), np.nan, 1 - lost)
    return np.where((lost > 0) & (rps == 0), np.nan, known)
