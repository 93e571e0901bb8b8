"""The live step: forecasts of many series that grow by a window at a time, from what earlier steps left."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from backend.arrays import Floats
from backend.models import features
from backend.models.decayed_sum import SummedBlocks, across_blocks, within_blocks
from backend.models.ensemble import (
    HISTORY_WINDOWS,
    LIVE_SPAN,
    Forecasts,
    HorizonModel,
    at_horizon,
    step,
)
from backend.models.frames import usable_rates
from backend.models.lookback import Lookback, Precision
from backend.models.trailing_stats import Grid, TrailingStats
from backend.models.trailing_sums import newest

GROUP = 64  # series that are computed at once: a step costs 0.7 ms a series, with 16 of them 2.2, with 128 0.5
SMALLEST_GROUP = 16  # so that the first few series take no memory for 64
SLACK = 16  # origins that a column has room for, so that it is moved once in so many steps
CORRECTED = 4  # newest windows whose correction costs so many steps of its group, not a past learned anew
LEARNED_TOGETHER = 20_480  # windows: two weeks of minutes take 70 MB meanwhile
LEARNING_STEPS = 12  # of a group, that take as long as a week of one series
MOST_STEPS = 400  # of all groups together, that forecasts wait for: 18 s


class LiveForecaster:
    """Forecasts from the newest windows of many series of one window length: those of RPSEstimator.forecast, to the
    last digit.

    For the `horizons` (windows) that are asked for: `models` has each or those around it. Windows are numbered from
    1970, and all series have come as far as the window `last`. What it knows of a series is what it was told; of each
    it keeps 0.32 MB at five horizons. Not thread-safe.
    """

    def __init__(
        self, models: Mapping[int, HorizonModel], horizons: Sequence[int], step_ns: int, together: int = GROUP
    ) -> None:
        self.models = models
        self._horizons = horizons
        self._step_ns = step_ns
        self._together = together
        self._groups: list[Group] = []
        self._places: dict[Hashable, tuple[Group, int]] = {}
        self._ahead: dict[int, dict[Hashable, float]] = defaultdict(dict)  # rates of windows after the last, by window
        self.last: int | None = None

    def __contains__(self, name: Hashable) -> bool:
        return name in self._places

    @property
    def names(self) -> set[Hashable]:
        return set(self._places)

    def learn(self, pasts: Mapping[Hashable, tuple[int, Floats]]) -> None:
        """Take up series, or their pasts anew: of each its first window and its rates from there on (requests per
        second, NaN where unknown, what is infinite or negative is). A week of minutes takes 0.4 s. More than
        HISTORY_WINDOWS would change nothing.
        """
        if self.last is None:
            self.last = max(first + len(rates) for first, rates in pasts.values()) - 1
        known: dict[Hashable, Floats] = {}
        for name, (first, rates) in pasts.items():
            self.forget(name)
            rates = usable_rates(rates)
            known[name] = self._up_to_last(first, rates)
            for place in range(max(0, self.last + 1 - first), len(rates)):
                self.put(name, first + place, rates[place])
        waiting = sorted(known, key=lambda name: len(known[name]))
        while waiting:
            group = self._group_with_room()
            most = min(len(group.free), max(1, LEARNED_TOGETHER // len(known[waiting[-1]])))
            names, waiting = waiting[-most:], waiting[:-most]
            rates = np.full((len(names), len(known[names[-1]])), np.nan)
            for row, name in zip(rates, names, strict=True):
                row[len(row) - len(known[name]) :] = known[name]
            slots = [group.free.pop() for _ in names]
            self._places |= {name: (group, slot) for name, slot in zip(names, slots, strict=True)}
            group.begin(slots, rates)

    def _up_to_last(self, first: int, rates: Floats) -> Floats:
        """The rates of the windows up to the last, one at least: of as many as have an effect."""
        assert self.last is not None
        stop = self.last + 1 - first
        known = np.full(max(1, min(stop, HISTORY_WINDOWS)), np.nan)
        past = rates[max(0, stop - len(known)) : max(0, stop)]
        known[: len(past)] = past
        return known

    def _group_with_room(self) -> "Group":
        assert self.last is not None
        group = next((each for each in self._groups if each.free), None)
        if group is None:
            size = min(self._together, max(SMALLEST_GROUP, len(self._places)))
            group = Group(self.models, self._step_ns, self.last, size)
            self._groups.append(group)
        return group

    def put(self, name: Hashable, window: int, rate: float) -> bool:
        """The rate of a window after the last one, or another rate of one up to it; whether it is taken. A past that
        changed more than CORRECTED windows ago, or before the newest a series was learned to, is to be learned anew."""
        assert self.last is not None
        rate = float(usable_rates(np.array(rate)))
        if window > self.last:
            self._ahead[window][name] = rate
            return True
        if self.rates(name, window, window + 1)[0] == rate:
            return True
        group, slot = self._places[name]
        return group.correct(slot, window, rate)

    def forget(self, name: Hashable) -> None:
        """Its past was changed, or it was deleted."""
        if name in self._places:
            group, slot = self._places.pop(name)
            group.clear(slot)
            if len(group.free) == group.size:
                self._groups.remove(group)
        for rates in self._ahead.values():
            rates.pop(name, None)

    def rates(self, name: Hashable, first: int, stop: int) -> Floats:
        """The rates of windows from `first` up to `stop`, NaN where unknown or before the newest LIVE_SPAN."""
        group, slot = self._places[name]
        found = np.full(stop - first, np.nan)
        kept = group.rates[slot]
        start = group.last + 1 - len(kept)
        begin, end = max(first, start), min(stop, group.last + 1)
        if begin < end:
            found[begin - first : end - first] = kept[begin - start : end - start]
        for window, rates in self._ahead.items():
            if first <= window < stop and name in rates:
                found[window - first] = rates[name]
        return found

    def advance(self, window: int) -> None:
        """Take all series to the end of a window, with what was put; those before it that nothing was put of are
        unknown."""
        if self.last is None:
            self.last = window
        for number in range(self.last + 1, window + 1):
            known = self._ahead.pop(number, {})
            columns = {id(group): np.full(group.size, np.nan) for group in self._groups}
            for name, rate in known.items():
                group, slot = self._places[name]
                columns[id(group)][slot] = rate
            for group in self._groups:
                group.advance(columns[id(group)])
            self.last = number

    def reaches(self, window: int) -> bool:
        """Whether steps lead to this window: it is none before the last, nor so far on that all series are rather
        learned anew, since that takes less time than the steps, or those take too long."""
        if self.last is None:
            return True
        steps = (window - self.last) * len(self._groups)
        return self.last <= window and steps <= min(MOST_STEPS, LEARNING_STEPS * len(self._places))

    def renew(self) -> None:
        """Make the steps anew of one group whose rates were corrected, so that the next window need not wait for it."""
        group = next((each for each in self._groups if each.corrected), None)
        if group is not None:
            group.renew()

    def forecasts(self, names: Sequence[Hashable]) -> Forecasts:
        """Those of the named series from the end of the last window: means (horizons, series), quantiles (levels,
        horizons, series)."""
        places = [self._places[name] for name in names]
        for group, _ in places:
            group.renew()
        chosen: dict[int, Forecasts] = {}
        for horizon in self.models:
            each = [(group.newest[horizon], slot) for group, slot in places]
            keys = each[0][0].mean
            chosen[horizon] = Forecasts(
                {key: np.array([own.mean[key][slot, 0] for own, slot in each]) for key in keys},
                {key: np.stack([own.quantiles[key][:, slot, 0] for own, slot in each], axis=-1) for key in keys},
            )
        asked = [at_horizon(chosen, horizon) for horizon in self._horizons]
        keys = asked[0].mean
        return Forecasts(
            {key: np.stack([each.mean[key] for each in asked]) for key in keys},
            {key: np.stack([each.quantiles[key] for each in asked], axis=1) for key in keys},
        )


class StepState(NamedTuple):
    """What a step changes beside the newest origin of the kept arrays: as it was before."""

    sums: dict[Hashable, SummedBlocks]
    carried: dict[Hashable, Floats]
    held: dict[Hashable, tuple[int, Floats]]


class Group(Lookback):
    """Series that are computed together, each in its slot: a row of every array. It keeps what later origins look back
    at, in arrays with room for a few origins more, and what the newest steps changed, so that they can be made anew."""

    def __init__(self, models: Mapping[int, HorizonModel], step_ns: int, last: int, size: int) -> None:
        self._models = models
        self.last = last  # the newest window
        self._step_ns = step_ns
        self.free = list(range(size))
        self.newest: dict[int, Forecasts] = {}
        self.size = size
        self._at = 0  # where the kept origins begin in every array
        self._rates = np.full((size, LIVE_SPAN + SLACK), np.nan)
        self._kept: dict[Hashable, tuple[npt.NDArray[Any], int]] = {}
        self._sums: dict[Hashable, SummedBlocks] = {}
        self._carried: dict[Hashable, Floats] = {}
        self._held: dict[Hashable, tuple[int, Floats]] = {}
        self._before: list[StepState] = []  # each of the newest steps, at most CORRECTED
        self._anew = 0  # of the newest steps, because a rate was corrected

    @property
    def rates(self) -> Floats:
        """The newest windows of every slot: (slots, LIVE_SPAN)."""
        return self._rates[:, self._at : self._at + LIVE_SPAN]

    def begin(self, slots: list[int], rates: Floats) -> None:
        """Compute what the rates of some series, (slots, windows), leave to the next origin, from the beginning: up to
        the window before the newest, which is then a step like any other and may be corrected."""
        self.renew()
        later = self._undo(1)
        self._before.clear()  # of which these series have no part
        later[slots, 0], past = rates[:, -1], rates[:, :-1] if rates.shape[1] > 1 else np.full_like(rates, np.nan)
        self.rates[slots] = np.nan
        self.rates[slots, max(0, LIVE_SPAN - past.shape[1]) :] = newest(past, LIVE_SPAN)
        own = _Slots(self, slots)
        stats = TrailingStats(past, self._grid(past.shape[1]), lookback=own)
        for horizon, model in self._models.items():
            step(stats, horizon, model, past.shape[1] - 1)
        self._held = {name: held for name, held in self._held.items() if name in own.held}  # others are without it
        self.advance(later[:, 0])

    def clear(self, slot: int) -> None:
        self.rates[slot] = np.nan
        self.free.append(slot)

    def correct(self, slot: int, window: int, rate: float) -> bool:
        """Another rate of a window up to the newest; whether the step that it came with can be made anew."""
        back = self.last - window
        if back >= len(self._before):
            return False
        self.rates[slot, -1 - back] = rate
        self._anew = max(self._anew, back + 1)
        return True

    @property
    def corrected(self) -> bool:
        return self._anew > 0

    def renew(self) -> None:
        """Make the steps anew whose rates were corrected, and those after them."""
        if self._anew:
            steps, self._anew = self._anew, 0
            for rates in self._undo(steps).T:
                self.advance(rates)

    def _undo(self, steps: int) -> Floats:
        """Go back to before the newest steps, of a new group to before its first window; the rates of these windows:
        (slots, steps)."""
        rates = self.rates[:, -steps:].copy()
        if self._before:
            self._sums, self._carried, self._held = self._before[-steps]
            del self._before[-steps:]
            self._at -= steps
        self.last -= steps
        return rates

    def advance(self, rates: Floats) -> None:
        """The next window has come, with the rates of the slots."""
        self.renew()
        sums = {name: copy(each) for name, each in self._sums.items()}
        self._before = [*self._before[1 - CORRECTED :], StepState(sums, dict(self._carried), dict(self._held))]
        self._make_room()
        self.last += 1
        self.rates[:, -1] = rates
        longer = TrailingStats(self.rates, self._grid(LIVE_SPAN))
        stats = TrailingStats(newest(self.rates, features.REACH), self._grid(features.REACH), 1, longer, self)
        for horizon, model in self._models.items():
            self.newest[horizon] = step(stats, horizon, model, len(stats) - 1)

    def _grid(self, rows: int) -> Grid:
        """Of so many windows up to the newest."""
        return Grid(self._step_ns, self.last + 1 - rows)

    def _make_room(self) -> None:
        arrays: list[tuple[npt.NDArray[Any], int]] = [(self._rates, LIVE_SPAN), *self._kept.values()]
        if self._at == SLACK:
            for array, span in arrays:  # with the origins that steps made anew would begin with
                array[..., : span - 1 + CORRECTED] = array[..., SLACK + 1 - CORRECTED :]
            self._at = CORRECTED - 1
        self._at += 1

    # -- what is looked back at from the newest origin

    def keep(self, name: Hashable, newest: Floats, span: int, precision: type[Precision], /) -> npt.NDArray[Precision]:
        column = self.column(name, newest.shape[:-2], span, precision)
        column[..., -1:] = newest
        return column

    def column(
        self, name: Hashable, axes: tuple[int, ...], span: int, precision: type[Precision]
    ) -> npt.NDArray[Precision]:
        """Those of the newest `span` origins. It has room for as many as the longest horizon that asks for it needs."""
        kept, most = self._kept.get(name, (np.empty(0), 0))
        if span > most:
            longer = np.full((*axes, self.size, span + SLACK), np.nan, dtype=precision)
            if most:
                longer[..., span - most :] = kept
            self._kept[name] = kept, most = longer, span
        return kept[..., self._at + most - span : self._at + most]

    def decayed_sum(self, name: Hashable, newest: Floats, end: int, _alpha: float, _width: int, /) -> Floats:
        return self._sums[name].next(newest[..., -1:], end - 1)

    def summed(self, name: Hashable, axes: tuple[int, ...], alpha: float, width: int) -> SummedBlocks:
        return self._sums.setdefault(name, SummedBlocks.of_nothing((*axes, self.size), alpha, width))

    def before(self, name: Hashable, _fill: float, _like: Floats, /) -> Floats:
        return self._carried[name]

    def carry(self, name: Hashable, newest: Floats, /) -> None:
        self._carried[name] = newest

    def carried(self, name: Hashable, axes: tuple[int, ...]) -> Floats:
        return self._carried.setdefault(name, np.full((*axes, self.size, 1), np.nan))

    def hold(self, name: Hashable, number: int, compute: Callable[[], Floats], _axis: int, /) -> Floats:
        held, found = self._held.get(name, (None, np.empty(0)))
        if held != number:
            found = compute()
            self._held[name] = number, found
        return found

    def held(self, name: Hashable, number: int, axes: tuple[int, ...], axis: int) -> Floats:
        """`axes`: those beside the one of slots, whose place is `axis`."""
        every = np.moveaxis(np.full((self.size, *axes), np.nan), 0, axis)
        return self._held.setdefault(name, (number, every))[1]


class _Slots(Lookback):
    """Of some series, computed over all their origins: what is kept goes into their slots of a group."""

    def __init__(self, group: Group, slots: list[int]) -> None:
        self._group = group
        self._slots = slots
        self.held: set[Hashable] = set()

    def keep(self, name: Hashable, newest: Floats, span: int, precision: type[Precision], /) -> npt.NDArray[Precision]:
        values = super().keep(name, newest, span, precision)
        kept = np.full((*newest.shape[:-1], span), np.nan, dtype=precision)
        kept[..., max(0, span - newest.shape[-1]) :] = values[..., -span:]
        self._group.column(name, newest.shape[:-2], span, precision)[..., self._slots, :] = kept
        return values

    def decayed_sum(self, name: Hashable, newest: Floats, end: int, alpha: float, width: int, /) -> Floats:
        rows = newest.shape[-1]
        within = within_blocks(newest, end - rows, alpha)
        self._group.summed(name, newest.shape[:-2], alpha, width).put(self._slots, within, end)
        return across_blocks(within, end - rows, rows, alpha, width)

    def carry(self, name: Hashable, newest: Floats, /) -> None:
        self._group.carried(name, newest.shape[:-2])[..., self._slots, :] = newest[..., -1:]

    def hold(self, name: Hashable, number: int, compute: Callable[[], Floats], axis: int, /) -> Floats:
        found = compute()
        self.held.add(name)
        own = np.moveaxis(np.take(found, [-1], axis=axis), axis - 1, 0)  # by series, whose axis comes before
        np.moveaxis(self._group.held(name, number, own.shape[1:], axis - 1), axis - 1, 0)[self._slots] = own
        return found
