"""Naive forecasts that every model is measured against. Each uses only windows up to the origin."""

from collections.abc import Callable, Collection
from datetime import timedelta

import numpy as np
import pandas as pd

EWMA_ALPHA = 0.15
TUNED_ALPHAS = (*(round(0.02 * k, 2) for k in range(1, 16)), 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
DAY = pd.Timedelta(days=1)
WEEK = pd.Timedelta(days=7)
WEEKLY = "seasonal_naive_week"  # beside the others where a product's user compares, not in every backtest
SEASONS = {"seasonal_naive_day": DAY, WEEKLY: WEEK}
NAMES = ("last_value", "ewma", "ewma_tuned", "mean_15", "seasonal_naive_day")


def within(history: timedelta, names: Collection[str]) -> list[str]:
    """The names without the seasonal ones whose season is longer than the history: they would only repeat the last
    value under another name."""
    return [name for name in names if SEASONS.get(name, timedelta(0)) < history]


def baselines(rates: pd.Series, horizon: int, names: Collection[str] = (*NAMES, WEEKLY)) -> dict[str, pd.Series]:
    """By name, for every row the forecast made `horizon` windows before it.

    `rates`: requests per second on a regular grid, NaN where unknown. Where a baseline has nothing to go by (no
    yesterday, an unknown window) it repeats the last known rate, so that all are scored on the same windows.
    """
    last = rates.ffill().shift(horizon)
    ways: dict[str, Callable[[], pd.Series]] = {
        "last_value": lambda: last,
        "ewma": lambda: _ewma(rates, EWMA_ALPHA).shift(horizon),
        "ewma_tuned": lambda: ewma_tuned(rates, horizon).shift(horizon),
        "mean_15": lambda: rates.rolling(15, min_periods=1).mean().shift(horizon),
        "seasonal_naive_day": lambda: seasonal_naive(rates, horizon, DAY),
        WEEKLY: lambda: seasonal_naive(rates, horizon, WEEK),
    }
    return {name: way().fillna(last) for name, way in ways.items() if name in names}


def _ewma(rates: pd.Series, alpha: float) -> pd.Series:
    """Exponentially weighted moving average of the known windows, begun at the first of them."""
    return rates.ewm(alpha=alpha, adjust=False, ignore_na=True).mean()


def ewma_tuned(rates: pd.Series, horizon: int) -> pd.Series:
    """At every origin the EWMA whose alpha had the least squared error at this horizon up to then."""
    made = np.stack([_ewma(rates, alpha).to_numpy() for alpha in TUNED_ALPHAS])
    target = rates.to_numpy()
    behind = np.full_like(made, np.nan)
    behind[:, horizon:] = made[:, :-horizon]
    squared = np.nan_to_num((behind - target) ** 2)
    best = np.argmin(np.cumsum(squared, axis=1), axis=0)
    return pd.Series(made[best, np.arange(len(target))], index=rates.index)


def seasonal_naive(rates: pd.Series, horizon: int, period: pd.Timedelta) -> pd.Series:
    """For every row the rate a whole number of periods before it, the newest known at its origin; NaN if none."""
    step = rates.index[1] - rates.index[0] if len(rates) > 1 else DAY
    windows = round(period / step)
    if windows == 0:
        return pd.Series(np.nan, index=rates.index)
    lag = windows * -(-horizon // windows)  # a horizon beyond one period looks further back
    return rates.shift(lag)
