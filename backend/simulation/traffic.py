"""The traffic that is replayed: which span of a series, and what if it had been otherwise."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from backend.errors import InvalidRequestError
from backend.simulation.settings import FROM_DAYS, MOST_WINDOWS, SimulationSettings

DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Traffic:
    """rates: requests per second on the grid, NaN unknown, with all that is known before `start`, up to `stop`.
    demand: those that capacity is measured against, of `step_seconds` each, which a window is a multiple of; known
    where the window is. even_windows: those with traffic of which no steps are known. said: how the span came about."""

    rates: pd.Series
    window_seconds: int
    start: pd.Timestamp
    stop: pd.Timestamp
    demand: pd.Series
    step_seconds: int
    even_windows: int
    said: tuple[str, ...] = ()

    @property
    def evaluated(self) -> pd.Series:
        """The windows that are scored."""
        return self.rates[(self.rates.index >= self.start)]

    @property
    def before(self) -> pd.Series:
        """The windows of a period before that is as long, at least a day."""
        since = self.start - max(self.stop - self.start, DAY)
        return self.rates[(self.rates.index >= since) & (self.rates.index < self.start)]


def traffic_of(
    rates: pd.Series,
    window_seconds: int,
    start: datetime | None,
    stop: datetime | None,
    settings: SimulationSettings,
    steps: pd.DataFrame | None = None,
) -> Traffic:
    """The span that is asked for, changed as is asked. steps: what came within windows (ingest/windows.steps_within),
    where that is known. Raises InvalidRequestError where there is no such span."""
    window = pd.Timedelta(window_seconds, "s")
    first, end = rates.index[0], rates.index[-1] + window
    until = min(pd.Timestamp(stop).ceil(window), end) if stop else end
    said = []
    if start:
        begin = max(pd.Timestamp(start).floor(window), first)
    else:
        begin = _default_start(first, until, window)
        said.append(
            f"Nobody said from when, so it is from {begin:%Y-%m-%d %H:%M} UTC on: the last {FROM_DAYS} days, or what "
            "follows a warm-up of a day or half of what is known."
        )
    if not begin < until:
        raise InvalidRequestError(
            "Nothing is left to replay: from is to be before to, and both within what the series has, "
            f"{first:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC.",
            field="from",
        )
    windows = (until - begin) // window
    if windows > MOST_WINDOWS:
        raise InvalidRequestError(
            f"From {begin:%Y-%m-%d} to {until:%Y-%m-%d} are {windows:,} windows; at most {MOST_WINDOWS:,} are "
            "replayed. Shorten the span with from and to, or read the traffic in longer windows (window_seconds).",
            field="from",
        )
    known = rates[rates.index < until]
    if not np.isfinite(known[known.index >= begin].to_numpy()).any():
        raise InvalidRequestError(
            f"No window from {begin:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC has a known rate.", field="from"
        )
    demand = changed = _changed(known, settings, begin, until, window)
    busy = known.index[(known > 0).to_numpy() & (known.index >= begin)]
    stepped = busy.intersection(steps.index) if steps is not None else busy[:0]
    step_seconds = window_seconds
    if steps is not None and len(stepped):
        step_seconds = window_seconds // steps.shape[1]
        demand = _changed(_within(known, steps, step_seconds), settings, begin, until, pd.Timedelta(step_seconds, "s"))
    demand = demand[demand.index >= begin]
    return Traffic(changed, window_seconds, begin, until, demand, step_seconds, len(busy) - len(stepped), tuple(said))


def _within(windows: pd.Series, steps: pd.DataFrame, step_seconds: int) -> pd.Series:
    """The steps of the windows; where they are not known as the window, and unknown where that is."""
    whole = np.repeat(windows.to_numpy(np.float64)[:, None], steps.shape[1], axis=1)
    own = steps.reindex(windows.index).to_numpy(np.float64) / step_seconds
    rates = np.where(np.isfinite(own) & np.isfinite(whole), own, whole)
    index = pd.date_range(windows.index[0], periods=rates.size, freq=f"{step_seconds}s", unit="s")
    return pd.Series(rates.ravel(), index)


def _default_start(first: pd.Timestamp, until: pd.Timestamp, window: pd.Timedelta) -> pd.Timestamp:
    warm_up = min(DAY, (until - first) / 2)
    return max(until - pd.Timedelta(days=FROM_DAYS), first + warm_up).floor(window)


def _changed(
    rates: pd.Series, settings: SimulationSettings, start: pd.Timestamp, stop: pd.Timestamp, window: pd.Timedelta
) -> pd.Series:
    changed = rates * settings.times
    if settings.paste is not None:
        source, target = (pd.Timestamp(day).floor(DAY) for day in settings.paste)
        for name, day in (("first", source), ("second", target)):
            if not (changed.index[0] <= day and day + DAY <= changed.index[-1] + window):
                raise InvalidRequestError(f"paste: the {name} day, {day:%Y-%m-%d}, is not known whole.", field="paste")
        values = changed[(changed.index >= source) & (changed.index < source + DAY)].to_numpy()
        changed[(changed.index >= target) & (changed.index < target + DAY)] = values
    if settings.spike is not None:
        moment, factor, minutes = settings.spike
        begin = pd.Timestamp(moment)
        spiked = (changed.index >= begin) & (changed.index < begin + timedelta(minutes=minutes))
        if not start <= begin < stop or not spiked.any():
            raise InvalidRequestError(
                f"spike: {begin:%Y-%m-%d %H:%M} UTC is not in the span that is replayed, {start:%Y-%m-%d %H:%M} to "
                f"{stop:%Y-%m-%d %H:%M} UTC.",
                field="spike",
            )
        changed[spiked] *= factor
    return changed
