"""Records → a regular series of windows: counting a raw log, averaging a series, gaps and edges."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from backend.errors import UnusableFileError
from backend.ingest.contract import ValueUnit
from backend.ingest.rejects import RejectCounter

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

QUIET_WINDOWS = 60  # a longer run of windows without requests is an outage
EDGE_COVERAGE = 0.95
MIN_COVERAGE = 0.5  # of a window, by rows of a finer series
# A last count below half of the least of the hour before it was most likely taken before its window was over.
CUT_SHARE = 0.5
CUT_WINDOWS = 60
FIRST_EDGE = "in the first window, which the log covers only in part"
LAST_EDGE = "in the last window, which the log covers only in part"
REPEATED = "duplicate row"
REPLACED = "superseded: a later row has the same time"


def moment(seconds: float) -> str:
    """Seconds since 1970 as `1995-07-01 04:00:00 UTC`."""
    return f"{pd.Timestamp(int(seconds), unit='s'):%Y-%m-%d %H:%M:%S} UTC"


def to_frame(first: int, rps: Floats, window: int) -> pd.DataFrame:
    """`rps` of consecutive windows, the first one number `first` on the grid since 1970, as the contract's frame."""
    starts = (first + np.arange(len(rps), dtype=np.int64)) * window
    index = pd.DatetimeIndex(starts.view("M8[s]").astype("M8[ns]"), tz="UTC", name="timestamp")
    return pd.DataFrame({"actual_rps": rps}, index=index)


def check_span(first: float, last: float, window: int, most: int) -> None:
    """Raise UnusableFileError where the grid from `first` to `last` (seconds) would have too many windows."""
    count = int(last // window - first // window) + 1
    if count > most:
        raise UnusableFileError(
            f"The times run from {moment(first)} to {moment(last)}: {count:,} windows of {window} s, but at most "
            f"{most:,} are allowed. Remove rows with a wrong time, or set a larger window_seconds.",
            windows=count,
            limit=most,
        )


class RawCounter:
    """Counts requests a window, batch by batch; holds one number a window and no rows."""

    def __init__(self, window: int, ticks_per_second: int, max_windows: int) -> None:
        self.window = window
        self.ticks_per_second = ticks_per_second
        self._max_windows = max_windows
        self._base = 0  # number of the window that _counts begins with
        self._counts = np.zeros(0, np.int64)
        self.first_tick: int | None = None
        self.last_tick: int | None = None

    def add(self, ticks: Ints) -> None:
        if len(ticks) == 0:
            return
        low, high = int(ticks.min()), int(ticks.max())
        self.first_tick = low if self.first_tick is None else min(low, self.first_tick)
        self.last_tick = high if self.last_tick is None else max(high, self.last_tick)
        check_span(
            self.first_tick / self.ticks_per_second,
            self.last_tick / self.ticks_per_second,
            self.window,
            self._max_windows,
        )
        per_window = self.window * self.ticks_per_second
        base = low // per_window
        counts = np.bincount(ticks // per_window - base)
        self._grow(base, base + len(counts))
        self._counts[base - self._base : base - self._base + len(counts)] += counts

    def _grow(self, start: int, stop: int) -> None:
        """Make room for windows [start, stop), with some to spare so that growing stays cheap."""
        if len(self._counts) == 0:
            self._base, self._counts = start, np.zeros(stop - start, np.int64)
            return
        end = self._base + len(self._counts)
        before, after = max(0, self._base - start), max(0, stop - end)
        if before or after:
            spare = len(self._counts) // 2
            before, after = before and before + spare, after and after + spare
            self._counts = np.pad(self._counts, (before, after))
            self._base -= before

    def span(self) -> tuple[int, int]:
        """First and last tick; only after something was added."""
        if self.first_tick is None or self.last_tick is None:
            raise ValueError("nothing was counted")
        return self.first_tick, self.last_tick

    def counts(self) -> tuple[int, Ints]:
        """Number of the first window and the counts up to the last window with a request."""
        used = np.flatnonzero(self._counts)
        return self._base + int(used[0]), self._counts[used[0] : used[-1] + 1]


def raw_series(
    counter: RawCounter, undecided: Iterable[int], slot: int, rejects: RejectCounter
) -> tuple[pd.DataFrame, list[str]]:
    """Counts → rps with the gap and edge rules; the sentences say what was left out.

    `undecided`: starts (s) of slots of `slot` seconds in which it is not known what happened.
    """
    first_tick, last_tick = counter.span()
    if first_tick == last_tick:
        raise UnusableFileError(
            f"All times are equal ({moment(first_tick / counter.ticks_per_second)}). "
            "At least two windows of traffic are needed."
        )
    first, counts = counter.counts()
    rps = counts / counter.window
    _mark_outages(rps, counts)
    _mark_slots(rps, first, counter.window, undecided, slot)
    start, stop, notes = _edges(counter, first, counts, rejects)
    _need_two(rps[start:stop], counter.window, notes)
    return to_frame(first + start, rps[start:stop], counter.window), notes


def _mark_outages(rps: Floats, counts: Ints) -> None:
    """Runs of more than QUIET_WINDOWS empty windows become unknown."""
    busy = np.flatnonzero(counts)
    for place in np.flatnonzero(np.diff(busy) - 1 > QUIET_WINDOWS):
        rps[busy[place] + 1 : busy[place + 1]] = np.nan


def _mark_slots(rps: Floats, first: int, window: int, slots: Iterable[int], slot: int) -> None:
    for start in slots:
        low, high = start // window - first, (start + slot - 1) // window - first
        if high >= 0:
            rps[max(low, 0) : high + 1] = np.nan


def _edges(counter: RawCounter, first: int, counts: Ints, rejects: RejectCounter) -> tuple[int, int, list[str]]:
    """Which windows to keep: the log covers from its first to its last time, and an edge window counts only if
    that span covers 95 % of it."""
    first_tick, last_tick = counter.span()
    window, scale = counter.window, counter.ticks_per_second
    begin = first_tick / scale - first * window
    # A time of whole seconds stands for the second that it begins.
    end = last_tick // scale + 1 - (first + len(counts) - 1) * window
    start, stop, notes = 0, len(counts), []
    if begin > (1 - EDGE_COVERAGE) * window:
        start = 1
        rejects.add(FIRST_EDGE, count=int(counts[0]))
        notes.append(_edge_note("first", "begins", first * window, first_tick / scale, int(counts[0])))
    if end < EDGE_COVERAGE * window:
        stop -= 1
        last = (first + len(counts) - 1) * window
        if stop >= start:
            rejects.add(LAST_EDGE, count=int(counts[-1]))
            notes.append(_edge_note("last", "ends", last, last_tick / scale, int(counts[-1])))
    return start, max(stop, start), notes


def _edge_note(which: str, verb: str, window_start: int, time: float, requests: int) -> str:
    return (
        f"The {which} window ({moment(window_start)}, requests: {requests:,}) was left out: "
        f"the log {verb} inside it, at {moment(time)}."
    )


def _need_two(rps: Floats, window: int, notes: list[str]) -> None:
    known = int(np.count_nonzero(~np.isnan(rps)))
    if known < 2:
        because = f" {' '.join(notes)}" if notes else ""
        raise UnusableFileError(
            f"The file covers {known} whole window{'' if known == 1 else 's'} of {window} s; at least 2 are needed. "
            f"A smaller window_seconds may help.{because}",
            windows=known,
        )


@dataclass(frozen=True)
class SeriesRows:
    """Rows of a series, sorted by time, one per time: ticks since 1970 and values."""

    ticks: Ints
    values: Floats


def one_row_per_time(
    ticks: Ints, values: Floats, summed: bool | None, rejects: RejectCounter
) -> tuple[SeriesRows, list[str]]:
    """Sort, and settle several rows of one time.

    The last row of a time counts, as when a point is written again; but where most times have several rows and
    the file has other columns too (`summed` is not False), the rows are parts (routes, hosts) and are added up.
    """
    if np.any(ticks[1:] < ticks[:-1]):
        order = np.argsort(ticks, kind="stable")
        ticks, values = ticks[order], values[order]
    new = np.empty(len(ticks), np.bool_)
    new[:1] = True
    new[1:] = ticks[1:] != ticks[:-1]
    if new.all():
        return SeriesRows(ticks, values), []
    starts = np.flatnonzero(new)
    sizes = np.diff(np.append(starts, len(ticks)))
    if summed and np.count_nonzero(sizes > 1) * 2 >= len(sizes):
        note = (
            f"Most times have several rows (up to {sizes.max():,}), read as parts such as routes or hosts: "
            "their values were summed. If they are not parts, keep one row per time."
        )
        return SeriesRows(ticks[starts], np.add.reduceat(values, starts)), [note]
    last = starts + sizes - 1
    same = values == np.repeat(values[last], sizes)
    same[last] = False
    repeated = int(np.count_nonzero(same))
    replaced = len(ticks) - len(starts) - repeated
    notes = []
    if repeated:
        rejects.add(REPEATED, count=repeated)
    if replaced:
        rejects.add(REPLACED, count=replaced)
        notes.append(f"{replaced:,} rows were superseded: of rows with the same time the last one counts.")
    return SeriesRows(ticks[last], values[last]), notes


def find_step(ticks: Ints, ticks_per_second: int) -> tuple[float, bool]:
    """The dominant difference between times in seconds, and whether most differences are it."""
    gaps = np.diff(ticks) / ticks_per_second
    middle = float(np.median(gaps))
    if middle >= 1:
        gaps = np.rint(gaps)  # scrapers are late by milliseconds
    steps, shares = np.unique(gaps, return_counts=True)
    best = int(np.argmax(shares))
    if shares[best] * 2 >= len(gaps):
        return float(steps[best]), True
    return max(round(middle), 1) if middle >= 1 else middle, False


def series_windows(
    rows: SeriesRows, ticks_per_second: int, window: int, unit: ValueUnit, max_windows: int
) -> tuple[pd.DataFrame, int, list[str]]:
    """Rows → frame, the window used, and what was assumed."""
    if len(rows.ticks) < 2:
        raise UnusableFileError(
            f"The file has {len(rows.ticks)} usable time{'' if len(rows.ticks) == 1 else 's'}; "
            "at least two windows of traffic are needed."
        )
    step, regular = find_step(rows.ticks, ticks_per_second)
    notes = [] if regular else [f"The times are irregular; the median interval of {step:g} s was used as the step."]
    if step > window:
        wanted, window = window, max(1, round(step))
        notes.append(f"The rows are {step:g} s apart, so the windows are {window} s instead of {wanted} s.")
    seconds = rows.ticks / ticks_per_second
    check_span(float(seconds[0]), float(seconds[-1]), window, max_windows)
    rates = rows.values / step if unit == "count" else rows.values
    if round(step) == window:
        numbers, more = _on_grid(seconds, window)
    else:
        numbers, more = np.floor_divide(rows.ticks, window * ticks_per_second), []
        notes.append(f"The rows are {step:g} s apart; each window of {window} s is the average of its rows.")
    frame, partly = _average(numbers, rates, min(1.0, step / window), window)
    if unit == "count" and _looks_cut(frame["actual_rps"].to_numpy()):
        partly.append(
            f"The last window ({frame.index[-1]:%Y-%m-%d %H:%M:%S} UTC) was left out: its count is less than half of "
            f"the least of the {CUT_WINDOWS} windows before it, so it was probably taken before the window was over. "
            "Send the file again once it is."
        )
        frame = frame.iloc[:-1]
    _need_two(frame["actual_rps"].to_numpy(), window, [])
    return frame, window, notes + more + partly


def _looks_cut(rps: Floats) -> bool:
    before = rps[-CUT_WINDOWS - 1 : -1]
    return len(before) == CUT_WINDOWS and bool(rps[-1] < CUT_SHARE * np.min(before))  # False where one is unknown


def _on_grid(seconds: Floats, window: int) -> tuple[Ints, list[str]]:
    """Window numbers for rows one window apart. Times around the series' own phase belong to it, so a scraper
    that is late by a second does not fill one window twice and leave the next one empty."""
    phases, shares = np.unique(np.rint(seconds) % window, return_counts=True)
    phase = float(phases[np.argmax(shares)])
    numbers = np.rint((seconds - phase) / window).astype(np.int64)
    if phase == 0 and np.array_equal(numbers * window, seconds):
        return numbers, []
    offset = f"{phase:g} s after" if phase else "near"
    return numbers, [
        f"The times are not aligned to windows of {window} s (most are {offset} a start): "
        "each was moved to the start of its window."
    ]


def _average(numbers: Ints, rates: Floats, share: float, window: int) -> tuple[pd.DataFrame, list[str]]:
    """Mean rate of every window that its rows cover by half at least (a row covers `share` of a window)."""
    first = int(numbers[0])
    rows = np.bincount(numbers - first)
    sums = np.bincount(numbers - first, weights=rates)
    enough = rows * share >= MIN_COVERAGE
    rps = np.full(len(rows), np.nan)
    rps[enough] = sums[enough] / rows[enough]
    thin = int(np.count_nonzero((rows > 0) & ~enough))
    notes = []
    if thin:
        notes.append(f"{thin:,} windows are unknown: their rows cover less than half of each.")
    known = np.flatnonzero(enough)
    if len(known) == 0:
        return to_frame(first, rps[:0], window), notes
    return to_frame(first + int(known[0]), rps[known[0] : known[-1] + 1], window), notes
