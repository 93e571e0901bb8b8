"""Synthetic traffic for the tests of the forecasts."""

import numpy as np
import pandas as pd

from backend.arrays import Floats
from backend.models.frames import series_of
from backend.models.trailing_stats import TrailingStats

MINUTE = pd.Timedelta(minutes=1)


def frame_of(rates: object, step: pd.Timedelta = MINUTE, start: str = "2024-03-04T05:07:00Z") -> pd.DataFrame:
    values = np.asarray(rates, dtype=float)
    index = pd.date_range(pd.Timestamp(start).floor(step), periods=len(values), freq=step)
    return pd.DataFrame({"actual_rps": values}, index=index)


def stats_of(rates: object) -> TrailingStats:
    return TrailingStats(*series_of(frame_of(rates)))


def ahead(stats: TrailingStats, horizon: int) -> Floats:
    """At every origin the rate that is forecast there."""
    return np.append(stats.values[horizon:], np.full(horizon, np.nan))


def traffic(windows: int, step: pd.Timedelta = MINUTE, mean: float = 5.0, seed: int = 0) -> pd.DataFrame:
    """A daily cycle with clumped (negative binomial) requests: variance four times the mean count."""
    random = np.random.default_rng(seed)
    day = np.arange(windows) * (step / pd.Timedelta(days=1)) * 2 * np.pi
    counts = mean * step.total_seconds() * (1 + 0.6 * np.sin(day) + 0.2 * np.sin(2 * day))
    return frame_of(random.negative_binomial(counts / 3, 0.25) / step.total_seconds(), step)


def unknown(frame: pd.DataFrame, first: int, stop: int) -> pd.DataFrame:
    """The frame with an outage of rows first, …, stop - 1."""
    cut = frame.copy()
    cut.iloc[first:stop, 0] = np.nan
    return cut
