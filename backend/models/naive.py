"""The naive forecasts, one function each: from the rates of a series to what was forecast for every row.

rates: requests per second on a regular grid, NaN where unknown; horizons: in windows, of which each gives a series. The
forecast in a row was made that many rows earlier from what was known by then, and is NaN where there was nothing to go
by. Horizons come together because most of the work does not depend on them.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from backend.arrays import Floats

EWMA_ALPHA = 0.15
TUNED_ALPHAS = (*(round(0.02 * k, 2) for k in range(1, 16)), 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
DAY = pd.Timedelta(days=1)
WEEK = pd.Timedelta(days=7)


def last_value(rates: pd.Series, horizons: Sequence[int]) -> list[pd.Series]:
    return _ahead(rates.ffill(), horizons)


def ewma(rates: pd.Series, horizons: Sequence[int]) -> list[pd.Series]:
    return _ahead(_ewma(rates, EWMA_ALPHA), horizons)


def ewma_tuned(rates: pd.Series, horizons: Sequence[int]) -> list[pd.Series]:
    """At every origin the EWMA whose alpha had the least squared error at this horizon up to then."""
    averages = [_ewma(rates, alpha).to_numpy() for alpha in TUNED_ALPHAS]
    actual = rates.to_numpy()
    return [pd.Series(_tuned(averages, actual, horizon), rates.index).shift(horizon) for horizon in horizons]


def mean_15(rates: pd.Series, horizons: Sequence[int]) -> list[pd.Series]:
    return _ahead(rates.rolling(15, min_periods=1).mean(), horizons)


def seasonal_naive_day(rates: pd.Series, horizons: Sequence[int]) -> list[pd.Series]:
    return [seasonal_naive(rates, horizon, DAY) for horizon in horizons]


def seasonal_naive_week(rates: pd.Series, horizons: Sequence[int]) -> list[pd.Series]:
    return [seasonal_naive(rates, horizon, WEEK) for horizon in horizons]


def seasonal_naive(rates: pd.Series, horizon: int, period: pd.Timedelta) -> pd.Series:
    """The rate a whole number of periods before the row, the newest known at its origin."""
    step = rates.index[1] - rates.index[0] if len(rates) > 1 else DAY
    windows = round(period / step)
    if windows == 0:
        return pd.Series(np.nan, index=rates.index)
    lag = windows * -(-horizon // windows)  # a horizon beyond one period looks further back
    return rates.shift(lag)


def _ewma(rates: pd.Series, alpha: float) -> pd.Series:
    """Exponentially weighted moving average of the known windows, begun at the first of them."""
    return rates.ewm(alpha=alpha, adjust=False, ignore_na=True).mean()


def _tuned(averages: Sequence[Floats], actual: Floats, horizon: int) -> Floats:
    """At every row the average that was the best forecast of the rows up to it. Average by average rather than all in
    one array, which takes three times as long: a pass over one of them stays in the processor's cache."""
    scored = np.isfinite(actual[horizon:]) & np.isfinite(averages[0][:-horizon])
    best, least = averages[0].copy(), np.full(len(actual), np.inf)
    for average in averages:
        squared = np.square(average[:-horizon] - actual[horizon:])
        total = np.zeros(len(actual))
        np.cumsum(np.where(scored, squared, 0.0), out=total[horizon:])
        better = total < least
        np.copyto(least, total, where=better)
        np.copyto(best, average, where=better)
    return best


def _ahead(said: pd.Series, horizons: Sequence[int]) -> list[pd.Series]:
    """What was said at the end of every row, at the row that it was about."""
    return [said.shift(horizon) for horizon in horizons]
