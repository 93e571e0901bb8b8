"""Naive forecasts that every model is measured against. Each uses only windows up to the origin."""

import numpy as np
import pandas as pd

EWMA_ALPHA = 0.15
TUNED_ALPHAS = (*(round(0.02 * k, 2) for k in range(1, 16)), 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
DAY = pd.Timedelta(days=1)
WEEK = pd.Timedelta(days=7)
WEEKLY = "seasonal_naive_week"  # beside the others where a product's user compares, not in every backtest
NAMES = ("last_value", "ewma", "ewma_tuned", "mean_15", "seasonal_naive_day")


def baselines(rates: pd.Series, horizon: int) -> dict[str, pd.Series]:
    """By name, for every row the forecast made `horizon` windows before it.

    `rates`: requests per second on a regular grid, NaN where unknown. Where a baseline has nothing to go by (no
    yesterday, an unknown window) it repeats the last known rate, so that all are scored on the same windows.
    """
    origins = {
        "last_value": rates.ffill(),
        "ewma": _ewma(rates, EWMA_ALPHA),
        "ewma_tuned": ewma_tuned(rates, horizon),
        "mean_15": rates.rolling(15, min_periods=1).mean(),
    }
    last = origins["last_value"].shift(horizon)
    found = {name: made.shift(horizon).fillna(last) for name, made in origins.items()}
    found["seasonal_naive_day"] = seasonal_naive(rates, horizon, DAY).fillna(last)
    found[WEEKLY] = seasonal_naive(rates, horizon, WEEK).fillna(last)
    return found


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
