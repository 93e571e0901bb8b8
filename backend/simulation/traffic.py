"""The traffic that is replayed: which span of a series, and what if it had been otherwise."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from backend.errors import InvalidRequestError
from backend.simulation.settings import FROM_DAYS, MOST_WINDOWS, SimulationSettings, in_utc

DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Traffic:
    """rates: requests per second on the grid, NaN unknown, with all that is known before `start`, up to `stop`.
    said: how the span came about."""

    rates: pd.Series
    window_seconds: int
    start: pd.Timestamp
    stop: pd.Timestamp
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
) -> Traffic:
    """The span that is asked for, changed as is asked. Raises InvalidRequestError where there is none."""
    window = pd.Timedelta(window_seconds, "s")
    first, end = rates.index[0], rates.index[-1] + window
    until = min(_moment(stop, window, "ceil"), end) if stop else end
    said = []
    if start:
        begin = max(_moment(start, window, "floor"), first)
    else:
        begin = _default_start(first, until, window)
        said.append(
            f"Nobody said from when, so it is from {begin:%Y-%m-%d %H:%M} UTC on: the last {FROM_DAYS} days, or what "
            "follows a warm-up of a day or half of what is known."
        )
    if not begin < until:
        raise InvalidRequestError(
            f"Nothing is known between {begin:%Y-%m-%d %H:%M} and {until:%Y-%m-%d %H:%M} UTC; the series has "
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
    changed = _changed(rates[rates.index < until], settings, begin, until, window)
    traffic = Traffic(changed, window_seconds, begin, until, tuple(said))
    if not np.isfinite(traffic.evaluated.to_numpy()).any():
        raise InvalidRequestError(
            f"No window from {begin:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC has a known rate.", field="from"
        )
    return traffic


def _moment(moment: datetime, window: pd.Timedelta, way: str) -> pd.Timestamp:
    at = pd.Timestamp(in_utc(moment))
    return at.floor(window) if way == "floor" else at.ceil(window)


def _default_start(first: pd.Timestamp, until: pd.Timestamp, window: pd.Timedelta) -> pd.Timestamp:
    warm_up = min(DAY, (until - first) / 2)
    return max(until - pd.Timedelta(days=FROM_DAYS), first + warm_up).floor(window)


def _changed(
    rates: pd.Series, settings: SimulationSettings, start: pd.Timestamp, stop: pd.Timestamp, window: pd.Timedelta
) -> pd.Series:
    changed = rates * settings.times
    if settings.paste is not None:
        source, target = (pd.Timestamp(in_utc(day)).floor(DAY) for day in settings.paste)
        for name, day in (("first", source), ("second", target)):
            if not (changed.index[0] <= day and day + DAY <= changed.index[-1] + window):
                raise InvalidRequestError(f"paste: the {name} day, {day:%Y-%m-%d}, is not known whole.", field="paste")
        values = changed[(changed.index >= source) & (changed.index < source + DAY)].to_numpy()
        changed[(changed.index >= target) & (changed.index < target + DAY)] = values
    if settings.spike is not None:
        moment, factor, minutes = settings.spike
        begin = pd.Timestamp(in_utc(moment))
        spiked = (changed.index >= begin) & (changed.index < begin + timedelta(minutes=minutes))
        if not start <= begin < stop or not spiked.any():
            raise InvalidRequestError(
                f"spike: {begin:%Y-%m-%d %H:%M} UTC is not in the span that is replayed, {start:%Y-%m-%d %H:%M} to "
                f"{stop:%Y-%m-%d %H:%M} UTC.",
                field="spike",
            )
        changed[spiked] *= factor
    return changed
