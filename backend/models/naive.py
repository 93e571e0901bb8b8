"""The naive forecasts, one function each: from the rates of a series to what was forecast for every row.

rates: requests per second on a regular grid, NaN where unknown; horizon: in windows. The forecast in a row was made
`horizon` rows earlier from what was known by then, and is NaN where there was nothing to go by.
"""

import numpy as np
import pandas as pd

EWMA_ALPHA = 0.15
TUNED_ALPHAS = (*(round(0.02 * k, 2) for k in range(1, 16)), 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
DAY = pd.Timedelta(days=1)
WEEK = pd.Timedelta(days=7)


def last_value(rates: pd.Series, horizon: int) -> pd.Series:
    return rates.ffill().shift(horizon)


def ewma(rates: pd.Series, horizon: int) -> pd.Series:
    return _ewma(rates, EWMA_ALPHA).shift(horizon)


def ewma_tuned(rates: pd.Series, horizon: int) -> pd.Series:
    """At every origin the EWMA whose alpha had the least squared error at this horizon up to then."""
    averages = np.stack([_ewma(rates, alpha).to_numpy() for alpha in TUNED_ALPHAS])
    forecasts = np.full_like(averages, np.nan)
    forecasts[:, horizon:] = averages[:, :-horizon]
    squared = np.nan_to_num((forecasts - rates.to_numpy()) ** 2)
    best = np.argmin(np.cumsum(squared, axis=1), axis=0)
    return pd.Series(averages[best, np.arange(len(rates))], index=rates.index).shift(horizon)


def mean_15(rates: pd.Series, horizon: int) -> pd.Series:
    return rates.rolling(15, min_periods=1).mean().shift(horizon)


def seasonal_naive_day(rates: pd.Series, horizon: int) -> pd.Series:
    return seasonal_naive(rates, horizon, DAY)


def seasonal_naive_week(rates: pd.Series, horizon: int) -> pd.Series:
    return seasonal_naive(rates, horizon, WEEK)


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
