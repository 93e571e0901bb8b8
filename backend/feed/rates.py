"""From the samples of series to the rates of a window, or to nothing where they do not tell them.

A source (a host) sends counts (requests since its last sample), rates, or the standing of a cumulative counter.
Sources add up. Silence is unknown, not zero: a window is known only where samples cover it, so the window in which a
feed begins or ends is not, nor is one with a hole.

All sources are computed at once. Source by source, numpy gives up the interpreter's lock and takes it back so often
that other threads hardly get it: the event loop stood still for 1.1 s beside 5,000 series.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from backend.arrays import Bools, Floats, Ints
from backend.measurements import SAMPLES, window_start
from backend.stores import TIME, Store

LOOKBACK_WINDOWS = 3  # samples before the window tell how often a source speaks, and where its counter stood
REGULAR = 1.5  # a source is silent once nothing comes for so many of its usual gaps
LATE = 4.5  # a sample that comes after so many usual gaps is late, and tells what was served since the one before it,
LATE_SHARE = 0.2  # unless the gap is more than this share of a window, which then would be a guess
IRREGULAR = 4.0  # one sample an event: gaps vary like those of a Poisson process, one in 10,000 is longer than this
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Samples:
    """Samples of sources, one source after the other, each in order of time (ns since 1970).

    names: the series; series: by source the place of its series' name; kinds: by source; source: by sample the number
    of its source, each of which has one.
    """

    names: list[str]
    series: Ints
    kinds: npt.NDArray[np.object_]
    source: Ints
    times: Ints
    values: Floats

    @property
    def newest(self) -> dict[str, int]:
        """By series the time of its newest sample."""
        newest = np.zeros(len(self.names), np.int64)
        np.maximum.at(newest, self.series[self.source], self.times)
        return dict(zip(self.names, newest.tolist(), strict=True))

    def choose(self, samples: Bools, sources: Bools) -> "Samples":
        """Some samples, which are of the chosen sources alone, one or more of each."""
        number = np.cumsum(sources) - 1
        return Samples(
            self.names,
            self.series[sources],
            self.kinds[sources],
            number[self.source[samples]],
            self.times[samples],
            self.values[samples],
        )

    def near(self, start: int, stop: int, until: int) -> "Samples":
        """The sources with a sample in [start, stop), with what they sent from LOOKBACK_WINDOWS before to `until`.

        What a counter says at the window's end is about the window.
        """
        used = (self.times >= start - LOOKBACK_WINDOWS * (stop - start)) & (self.times <= until)
        shift = (self.kinds == "counter")[self.source]
        inside = used & (self.times >= start + shift) & (self.times < stop + shift)
        sources = self.count(inside) > 0
        return self.choose(used & sources[self.source], sources)

    def count(self, chosen: Bools) -> Ints:
        """By source how many samples are chosen."""
        return np.bincount(self.source[chosen], minlength=len(self.series))

    def total(self, values: Floats | Ints, chosen: Bools) -> Floats:
        """By source the sum of the chosen samples' values."""
        total = np.bincount(self.source[chosen], weights=values[chosen], minlength=len(self.series))
        return total.astype(np.float64)  # where there is no sample numpy gives integers

    @cached_property
    def begins(self) -> Ints:
        """By source the place of its first sample."""
        return np.flatnonzero(~self.follows)

    @cached_property
    def follows(self) -> Bools:
        """By sample whether there is one of its source before it."""
        return np.asarray(np.diff(self.source, prepend=-1) == 0)

    @cached_property
    def gaps(self) -> Ints:
        """By sample the time since the one before it, where it follows one."""
        return np.diff(self.times, prepend=0)

    @cached_property
    def increases(self) -> Floats:
        """By sample what a counter rose by, where it follows one; one that fell was set to 0 in between."""
        steps = np.diff(self.values, prepend=0.0)
        return np.where(steps >= 0, steps, self.values)


@dataclass(frozen=True)
class _Shares:
    """What each source adds to a window. `whole`: it was there from the beginning, not only from somewhere inside."""

    rate: Floats
    whole: Bools
    known: Bools


def samples_of(table: pd.DataFrame) -> Samples:
    """`table` as the store gives samples, in order of time."""
    series, names = pd.factorize(table["filename"])
    source = table.groupby(["filename", "source", "kind"], sort=False).ngroup().to_numpy()
    order = np.argsort(source, kind="stable")
    begins = np.flatnonzero(np.diff(source[order], prepend=-1))
    return Samples(
        list(map(str, names)),
        series[order[begins]].astype(np.int64),
        table["kind"].to_numpy(object)[order[begins]],
        source[order].astype(np.int64),
        pd.DatetimeIndex(table[TIME]).as_unit("ns").asi8[order],
        table["value"].to_numpy(np.float64)[order],
    )


def stored_samples(store: Store, window_seconds: int, first: int, last: int, filename: str | None = None) -> Samples:
    """Samples of windows `first` to `last`, of those they look back on, and the first ones after the last; of one
    series or all."""
    start = window_start(first - LOOKBACK_WINDOWS, window_seconds)
    stop = window_start(last + 1, window_seconds) + timedelta(seconds=LATE_SHARE * window_seconds)
    named = {} if filename is None else {"filename": filename}
    return samples_of(store.read(SAMPLES, named, start, stop).assign(**named))


def window_rates(samples: Samples, start: int, stop: int) -> dict[str, float]:
    """By series the requests per second in [start, stop) (ns), where they are known.

    A source that came up inside the window counts with what it served since; one that fell silent inside it leaves
    the window unknown, for it may only be late. `samples` may go on for LATE_SHARE of a window after `stop`: a late
    sample there tells that none is missing before it.
    """
    near = samples.near(start, stop, stop + round(LATE_SHARE * (stop - start)))
    rate = np.zeros(len(near.series))
    whole, known = np.zeros((2, len(rate)), np.bool_)
    for kind, shares_of in _SHARES.items():
        own = near.kinds == kind
        shares = shares_of(near.choose(own[near.source], own), start, stop)
        rate[own], whole[own], known[own] = shares.rate, shares.whole, shares.known
    series = len(samples.names)
    told = np.bincount(near.series[known & whole], minlength=series) > 0
    told &= np.bincount(near.series[~known], minlength=series) == 0
    rates = np.bincount(near.series, weights=rate, minlength=series)
    return {samples.names[place]: float(rates[place]) for place in np.flatnonzero(told)}


def each_window(samples: Samples, windows: Collection[int], window_seconds: int) -> dict[str, dict[int, float]]:
    """By series the windows, numbered from 1970, whose rate is known."""
    rates: dict[str, dict[int, float]] = {name: {} for name in samples.names}
    width = window_seconds * NANOSECONDS
    for window in windows if rates else ():
        for name, rate in window_rates(samples, window * width, (window + 1) * width).items():
            rates[name][window] = rate
    return rates


def growing_rates(samples: Samples, start: int, stop: int) -> dict[str, tuple[float, float]]:
    """By series the requests per second since the window began, and over how many seconds; from its first sample on."""
    near = samples.near(start, stop, stop - 1)
    every = np.ones_like(near.follows)
    last, usual = near.times[near.begins + near.count(every) - 1], _gaps_of(near, every)[0]
    ends = np.zeros(len(samples.names), np.int64)
    np.maximum.at(ends, near.series, np.minimum(last + usual, stop))
    seconds = np.maximum(ends - start, 1) / NANOSECONDS
    rates = np.bincount(near.series, _rate_so_far(near, start, seconds[near.series]), minlength=len(samples.names))
    return {samples.names[place]: (float(rates[place]), float(seconds[place])) for place in np.unique(near.series)}


def _count(own: Samples, start: int, stop: int) -> _Shares:
    before, until = own.times < start, own.times < stop
    usual, silence = _gaps_of(own, until)
    width = stop - start
    late = np.maximum(silence, np.minimum(LATE * usual, LATE_SHARE * width))
    on_time = own.follows & (own.gaps <= late[own.source])
    first, after = own.begins + own.count(before), own.begins + own.count(until)
    ended = (stop - own.times[after - 1] > silence) & ~np.append(on_time, False)[after]
    holes = own.count(until & ~before & ~on_time) > ~on_time[first]
    came_back = first > own.begins
    whole = on_time[first] | (own.times[first] - start <= silence)
    known = ~ended & ~holes & (usual <= REGULAR * width) & (whole | ~came_back)
    return _Shares(own.total(own.values, until & ~before) * NANOSECONDS / width, whole, known)


def _rate(own: Samples, start: int, stop: int) -> _Shares:
    inside = (own.times >= start) & (own.times < stop)
    always = np.ones(len(own.series), np.bool_)
    return _Shares(own.total(own.values, inside) / own.count(inside), always, always)


def _counter(own: Samples, start: int, stop: int) -> _Shares:
    """Increase from the last sample before the window to the last one in it, over the seconds between them."""
    until = own.times <= stop
    silence = _gaps_of(own, until)[1]
    used = until & own.follows & (own.times > start) & (own.gaps <= silence[own.source])
    seconds = own.total(own.gaps, used) / NANOSECONDS
    covered = own.total(np.minimum(own.gaps, own.times - start), used)
    increase = own.total(own.increases, used)
    whole = 2 * covered >= stop - start
    last = own.times[own.begins + own.count(until) - 1]
    came_up = (own.times[own.begins] >= start) & (stop - last <= silence)
    part = increase * NANOSECONDS / (stop - start)
    rate = np.divide(increase, seconds, out=part, where=whole)
    return _Shares(rate, whole, (own.count(until) > 1) & (whole | came_up))


def _rate_so_far(near: Samples, start: int, seconds: Floats) -> Floats:
    """By source; `seconds`: over how many."""
    inside = near.times >= start
    served = near.total(near.values, inside)
    used = near.follows & (near.times > start)
    rose, span = near.total(near.increases, used), near.total(near.gaps, used) / NANOSECONDS
    counter = np.divide(rose, span, out=np.zeros_like(rose), where=span > 0)
    mean = np.divide(served, near.count(inside), out=np.zeros_like(rose), where=near.count(inside) > 0)
    return np.select([near.kinds == "counter", near.kinds == "rate"], [counter, mean], served / seconds)


def _gaps_of(own: Samples, chosen: Bools) -> tuple[Ints, Floats]:
    """By source, of the gaps between its chosen samples, the first ones: the median, and how long the source may be
    quiet without being silent. 0 where a single sample tells nothing."""
    rows = own.follows & chosen
    gaps = np.append(own.gaps[rows][np.lexsort((own.gaps[rows], own.source[rows]))], 0)  # 0: for a source without one
    counts = own.count(rows)
    begins = np.cumsum(counts) - counts

    def at(place: Ints) -> Ints:
        return np.where(counts > 0, gaps[begins + np.maximum(place, 0)], 0)

    usual, long = at(counts // 2), at((0.9 * (counts - 1)).astype(np.int64))
    longest = np.where(long <= REGULAR * usual, REGULAR * usual, IRREGULAR * long)
    return (at((counts - 1) // 2) + usual) // 2, longest


_SHARES: dict[str, Callable[[Samples, int, int], _Shares]] = {"count": _count, "rate": _rate, "counter": _counter}
