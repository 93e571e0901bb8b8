"""Requests → a regular series of windows: counting a raw log, its silences and its edges."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pandas as pd

from backend.arrays import Floats, Ints
from backend.errors import UnusableFileError
from backend.ingest.rejects import RejectCounter

QUIET_WINDOWS, QUIET_SECONDS, QUIET_DISTANCES = 60, 3_600, 3  # a silence longer than all three is an outage
FAR_SECONDS, FAR_WINDOWS, FAR_ROWS = 30 * 86_400, 1_000, 5  # so few rows so far from all others have a wrong time
STEP_SECONDS = 15  # that a raw log's requests are counted in within a window too
MOST_STEPS = 240  # of a window: an hour
STEPS_KEPT = 1_000_000  # of a log, its newest: half a year
_CHUNK = 4_096  # windows that are counted in one piece
_DENSE = 1 << 20  # windows that a batch may span to be counted without sorting
EDGE_COVERAGE = 0.95
FIRST_EDGE = "in the first window, which the log covers only in part"
LAST_EDGE = "in the last window, which the log covers only in part"
FAR = "far from all other rows in time"


def moment(seconds: float) -> str:
    """Seconds since 1970 as `1995-07-01 04:00:00 UTC`."""
    return f"{pd.Timestamp(int(seconds), unit='s'):%Y-%m-%d %H:%M:%S} UTC"


def to_frame(first: int, rps: Floats, window: int) -> pd.DataFrame:
    """`rps` of consecutive windows, the first one number `first` on the grid since 1970, as the contract's frame."""
    begin = pd.Timestamp(first * window, unit="s", tz="UTC")
    index = pd.date_range(begin, periods=len(rps), freq=f"{window}s", name="timestamp", unit="ns")
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
    """Counts requests a window, batch by batch; holds windows with requests and some around them, and no rows."""

    def __init__(self, window: int, ticks_per_second: int, max_windows: int) -> None:
        self.window = window
        self.ticks_per_second = ticks_per_second
        self.max_windows = max_windows
        self._chunks: dict[int, Ints] = {}
        self._spans: dict[int, tuple[int, int]] = {}  # first and last tick of a chunk

    def add(self, ticks: Ints) -> None:
        if len(ticks) == 0:
            return
        per_window = self.window * self.ticks_per_second
        low, high = int(ticks.min()), int(ticks.max())
        first = low // per_window // _CHUNK * _CHUNK
        places = ticks // per_window
        places -= first  # in place: memory for a second array costs as much as the counting
        if high // per_window - first < _DENSE:
            counts = np.bincount(places)
            for at in range(0, len(counts), _CHUNK):
                piece = counts[at : at + _CHUNK]
                if piece.any():
                    self._chunk((first + at) // _CHUNK)[: len(piece)] += piece
        else:
            for place, count in zip(*(each.tolist() for each in np.unique(places, return_counts=True)), strict=True):
                self._chunk((first + place) // _CHUNK)[place % _CHUNK] += count
        if high // per_window - first < _CHUNK:
            self._note_span(first // _CHUNK, low, high)
        else:
            self._note_spans(ticks, places // _CHUNK, first // _CHUNK)

    def _chunk(self, number: int) -> Ints:
        return self._chunks.setdefault(number, np.zeros(_CHUNK, np.int64))

    def _note_spans(self, ticks: Ints, chunks: Ints, first: int) -> None:
        """`chunks`: of each tick, counted from the chunk `first`."""
        lows, highs = (np.full(int(chunks.max()) + 1, end) for end in (ticks.max(), ticks.min()))
        np.minimum.at(lows, chunks, ticks)
        np.maximum.at(highs, chunks, ticks)
        for chunk in np.flatnonzero(lows <= highs).tolist():
            self._note_span(first + chunk, int(lows[chunk]), int(highs[chunk]))

    def _note_span(self, chunk: int, low: int, high: int) -> None:
        before = self._spans.get(chunk, (low, high))
        self._spans[chunk] = min(low, before[0]), max(high, before[1])

    def known(self) -> tuple[Ints, Ints]:
        """Numbers of the windows with requests, and how many each has; only after something was added."""
        pieces = [
            (chunk * _CHUNK + np.flatnonzero(counts), counts[counts > 0])
            for chunk, counts in sorted(self._chunks.items())
        ]
        if not pieces:
            raise ValueError("nothing was counted")
        return np.concatenate([numbers for numbers, _ in pieces]), np.concatenate([counts for _, counts in pieces])

    def span(self, first: int, last: int) -> tuple[int, int]:
        """First and last tick of the requests from window number `first` to `last`."""
        per_window = self.window * self.ticks_per_second
        low, high = self._spans[first // _CHUNK][0], self._spans[last // _CHUNK][1]
        return max(low, first * per_window), min(high, (last + 1) * per_window - 1)


def has_steps(window: int) -> bool:
    """Whether windows of that length are several whole steps, and not too many."""
    return window % STEP_SECONDS == 0 and 1 < window // STEP_SECONDS <= MOST_STEPS


def steps_within(counter: RawCounter, frame: pd.DataFrame, window: int) -> pd.DataFrame | None:
    """Requests in every step of the windows that have some: a row a window, a column a step, named by the second of the
    window with which it begins: requests_0, requests_15, … `counter`: of the same requests a step. None where some step
    has none in any window: times by the minute say nothing of seconds."""
    each = window // STEP_SECONDS
    windows = pd.DatetimeIndex(frame.index[(frame["actual_rps"] > 0).to_numpy()])[-(STEPS_KEPT // each) :]
    numbers, counts = counter.known()
    wanted = windows.as_unit("s").asi8[:, None] // STEP_SECONDS + np.arange(each)
    places = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
    within = np.where(numbers[places] == wanted, counts[places], 0)
    if not within.any(axis=0).all():
        return None
    return pd.DataFrame(within, windows, [f"requests_{STEP_SECONDS * step}" for step in range(each)])


def without_far(numbers: Ints, weights: Ints, window: int) -> tuple[slice, list[int]]:
    """Which windows (sorted) are not far from all others, and the numbers of the few that are."""
    far = max(FAR_SECONDS // window, FAR_WINDOWS)
    cuts = np.flatnonzero(np.diff(numbers) > far) + 1
    if len(cuts) == 0:
        return slice(0, len(numbers)), []
    edges = [0, *cuts.tolist(), len(numbers)]
    rows = [int(weights[a:b].sum()) for a, b in pairwise(edges)]
    main = int(np.argmax(rows))
    few = min(FAR_ROWS, rows[main] // 2)
    start, stop = 0, len(rows)
    while start < main and sum(rows[: start + 1]) <= few:
        start += 1
    while stop - 1 > main and sum(rows[stop - 1 :]) <= few:
        stop -= 1
    kept = slice(edges[start], edges[stop])
    return kept, [*numbers[: kept.start].tolist(), *numbers[kept.stop :].tolist()]


def far_note(left: list[int], window: int) -> str:
    """The sentence about rows that were left out as being far from all others."""
    times = ", ".join(moment(number * window) for number in left[:3])
    return f"Rows far from all others in time, at {times}, were left out: their times may be wrong."


def raw_series(
    counter: RawCounter, undecided: Iterable[int], slot: int, rejects: RejectCounter
) -> tuple[pd.DataFrame, list[str]]:
    """Counts → rps with the gap and edge rules; the sentences say what was left out.

    `undecided`: starts (s) of slots of `slot` seconds in which it is not known what happened.
    """
    numbers, weights = counter.known()
    kept, left = without_far(numbers, weights, counter.window)
    notes = [far_note(left, counter.window)] if left else []
    if left:
        rejects.add(FAR, count=int(weights.sum() - weights[kept].sum()))
    numbers, weights = numbers[kept], weights[kept]
    first = int(numbers[0])
    first_tick, last_tick = counter.span(first, int(numbers[-1]))
    if first_tick == last_tick:
        raise UnusableFileError(
            f"All times are equal ({moment(first_tick / counter.ticks_per_second)}). "
            "At least two windows of traffic are needed."
        )
    check_span(
        first_tick / counter.ticks_per_second, last_tick / counter.ticks_per_second, counter.window, counter.max_windows
    )
    counts = np.zeros(int(numbers[-1]) - first + 1, np.int64)
    counts[numbers - first] = weights
    rps = counts / counter.window
    mark_outages(rps, numbers - first, weights, counter.window)
    _mark_slots(rps, first, counter.window, undecided, slot)
    start, stop, edges = _edges(counter, first, counts, rejects)
    need_two(rps[start:stop], counter.window, edges)
    return to_frame(first + start, rps[start:stop], counter.window), notes + edges


def mark_outages(rps: Floats, places: Ints, weights: Ints, window: int) -> None:
    """Silences become unknown that are longer than 60 windows, than an hour, and than three times the middle distance
    of the requests. `places`: windows that have some, `weights`: how many."""
    distances = np.diff(places)
    middle = 0.0  # where most requests follow another in the same window
    if len(distances) and int(weights.sum()) - len(places) < len(distances):
        middle = float(np.median(distances)) * window
    for place in np.flatnonzero(distances - 1 > QUIET_WINDOWS):
        if distances[place] * window > max(QUIET_SECONDS, QUIET_DISTANCES * middle):
            rps[places[place] + 1 : places[place + 1]] = np.nan


def _mark_slots(rps: Floats, first: int, window: int, slots: Iterable[int], slot: int) -> None:
    for start in slots:
        low, high = start // window - first, (start + slot - 1) // window - first
        if high >= 0:
            rps[max(low, 0) : high + 1] = np.nan


def _edges(counter: RawCounter, first: int, counts: Ints, rejects: RejectCounter) -> tuple[int, int, list[str]]:
    """Which windows to keep: the log covers from its first to its last time, and an edge window counts only if
    that span covers 95 % of it."""
    first_tick, last_tick = counter.span(first, first + len(counts) - 1)
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


def need_two(rps: Floats, window: int, notes: list[str]) -> None:
    known = int(np.count_nonzero(~np.isnan(rps)))
    if known < 2:
        because = f" {' '.join(notes)}" if notes else ""
        raise UnusableFileError(
            f"The file covers {known} whole window{'' if known == 1 else 's'} of {window} s; at least 2 are needed. "
            f"A smaller window_seconds may help.{because}",
            windows=known,
        )


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
