"""From the samples of a series to the rate of a window, or to nothing where they do not tell it.

A source (a host) sends counts (requests since its last sample), rates, or the standing of a cumulative counter.
Sources add up. Silence is unknown, not zero: a window is known only where samples cover it, so the window in which a
feed begins or ends is not, nor is one with a hole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from backend.stores import TIME

LOOKBACK_WINDOWS = 3  # samples before the window tell how often a source speaks, and where its counter stood
REGULAR = 1.5  # a source is silent once nothing comes for so many of its usual gaps
LATE = 4.5  # a sample that comes after so many usual gaps is late, and tells what was served since the one before it,
LATE_SHARE = 0.2  # unless the gap is more than this share of a window, which then would be a guess
IRREGULAR = 4.0  # one sample an event: gaps vary like those of a Poisson process, one in 10,000 is longer than this
NANOSECONDS = 1_000_000_000

Times = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SourceSamples:
    """Samples of one source in order of time (ns since 1970)."""

    kind: str
    times: Times
    values: Values

    def between(self, start: int, stop: int) -> "SourceSamples":
        """Those with start <= time <= stop."""
        first, last = np.searchsorted(self.times, (start, stop + 1))
        return SourceSamples(self.kind, self.times[first:last], self.values[first:last])


@dataclass(frozen=True)
class _Share:
    """What a source adds to a window. `whole`: it was there from the beginning, not only from somewhere inside."""

    rate: float
    whole: bool


def sources_of(samples: pd.DataFrame) -> dict[str, list[SourceSamples]]:
    """By series its sources; `samples` as the store gives them."""
    sources: dict[str, list[SourceSamples]] = {}
    ordered = samples.assign(ns=pd.DatetimeIndex(samples[TIME]).as_unit("ns").asi8)
    for (filename, _, kind), part in ordered.groupby(["filename", "source", "kind"], sort=False):
        source = SourceSamples(str(kind), part["ns"].to_numpy(np.int64), part["value"].to_numpy(np.float64))
        sources.setdefault(str(filename), []).append(source)
    return sources


def window_rate(sources: Sequence[SourceSamples], start: int, stop: int) -> float | None:
    """Requests per second in [start, stop) (ns), or None where that is not known.

    A source that came up inside the window counts with what it served since; one that fell silent inside it leaves
    the window unknown, for it may only be late. `sources` may go on for LATE_SHARE of a window after `stop`: a late
    sample there tells that none is missing before it.
    """
    lookback = start - LOOKBACK_WINDOWS * (stop - start)
    near = [source.between(lookback, stop + round(LATE_SHARE * (stop - start))) for source in sources]
    shares = [_SHARES[source.kind](source, start, stop) for source in near if _has_samples(source, start, stop)]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares) or not any(share.whole for share in known):
        return None
    return sum(share.rate for share in known)


def growing_rate(sources: Sequence[SourceSamples], start: int, stop: int) -> tuple[float, float] | None:
    """Requests per second since the window began, and over how many seconds; None before its first sample."""
    lookback = start - LOOKBACK_WINDOWS * (stop - start)
    near = [source.between(lookback, stop - 1) for source in sources]
    near = [source for source in near if _has_samples(source, start, stop)]
    if not near:
        return None
    end = max(min(int(source.times[-1]) + _usual_gap(source.times), stop) for source in near)
    seconds = max(end - start, 1) / NANOSECONDS
    return sum(_rate_so_far(source, start, seconds) for source in near), seconds


def _has_samples(source: SourceSamples, start: int, stop: int) -> bool:
    """Whether a sample of it lies in the window; what a counter says at the window's end is about the window."""
    late = 1 if source.kind == "counter" else 0
    first, last = np.searchsorted(source.times, (start + late, stop + late))
    return bool(last > first)


def _count(source: SourceSamples, start: int, stop: int) -> _Share | None:
    times = source.times
    first, last = np.searchsorted(times, (start, stop))
    usual, width = _usual_gap(times[:last]), stop - start
    silence = _longest_gap(times[:last])
    late = max(silence, min(LATE * usual, LATE_SHARE * width))
    gaps = np.diff(times)  # gaps[k] ends with sample k + 1
    ended = stop - times[last - 1] > silence and not (gaps[last - 1 : last] <= late).any()
    if ended or (gaps[first : last - 1] > late).any() or usual > REGULAR * width:
        return None
    continues = first > 0 and gaps[first - 1] <= late
    whole = bool(continues or times[first] - start <= silence)
    if first > 0 and not whole:  # it fell silent before, and came back in here
        return None
    return _Share(float(source.values[first:last].sum()) * NANOSECONDS / width, whole)


def _rate(source: SourceSamples, start: int, stop: int) -> _Share:
    first, last = np.searchsorted(source.times, (start, stop))
    return _Share(float(source.values[first:last].mean()), True)


def _counter(source: SourceSamples, start: int, stop: int) -> _Share | None:
    """Increase from the last sample before the window to the last one in it, over the seconds between them."""
    source = source.between(int(source.times[0]), stop)
    if len(source.times) < 2:
        return None
    begin, end = source.times[:-1], source.times[1:]
    used = (end > start) & (end - begin <= _longest_gap(source.times))
    seconds = float((end - begin)[used].sum()) / NANOSECONDS
    covered = float((end - np.maximum(begin, start))[used].sum())
    increase = float(_increases(source.values)[used].sum())
    if 2 * covered >= stop - start:
        return _Share(increase / seconds, True)
    came_up = begin[0] >= start and stop - end[-1] <= _longest_gap(source.times)
    return _Share(increase * NANOSECONDS / (stop - start), False) if came_up else None


def _increases(values: Values) -> Values:
    """Between neighbouring standings of a counter; one that fell was set to 0 in between."""
    steps = np.diff(values)
    return np.where(steps >= 0, steps, values[1:])


def _rate_so_far(source: SourceSamples, start: int, seconds: float) -> float:
    if source.kind == "rate":
        return float(source.values[source.times >= start].mean())
    if source.kind == "count":
        return float(source.values[source.times >= start].sum()) / seconds
    used = source.times[1:] > start
    span = float(np.diff(source.times)[used].sum()) / NANOSECONDS
    return float(_increases(source.values)[used].sum()) / span if span > 0 else 0.0


def _usual_gap(times: Times) -> int:
    return int(np.median(np.diff(times))) if len(times) > 1 else 0


def _longest_gap(times: Times) -> float:
    """How long the source may be quiet without being silent; 0 where a single sample tells nothing."""
    if len(times) < 2:
        return 0.0
    gaps = np.sort(np.diff(times))
    usual, long = gaps[len(gaps) // 2], gaps[int(0.9 * (len(gaps) - 1))]
    return float(REGULAR * usual if long <= REGULAR * usual else IRREGULAR * long)


_SHARES = {"count": _count, "rate": _rate, "counter": _counter}
