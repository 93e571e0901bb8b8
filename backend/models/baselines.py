"""The catalog's naive forecasts, applied to a series: what every model is measured against."""

from collections.abc import Collection
from datetime import timedelta

import pandas as pd

from backend.models import catalog, naive

IN_BACKTEST = tuple(baseline.key for baseline in catalog.BASELINES if baseline.in_backtest)


def baselines(rates: pd.Series, horizon: int, keys: Collection[str] | None = None) -> dict[str, pd.Series]:
    """By key (all of them unless told which), for every row the forecast made `horizon` windows before it.

    `rates`: requests per second on a regular grid, NaN where unknown. Where a baseline has nothing to go by (no
    yesterday, an unknown window) it repeats the last known rate, so that all are scored on the same windows.
    """
    last = naive.last_value(rates, horizon)
    rows = [baseline for baseline in catalog.BASELINES if keys is None or baseline.key in keys]
    return {baseline.key: baseline.rule(rates, horizon).fillna(last) for baseline in rows}


def within(history: timedelta, keys: Collection[str]) -> list[str]:
    """The keys without the seasonal ones whose season is longer than the history: they would only repeat the last
    value under another name."""
    seasons = {baseline.key: baseline.season for baseline in catalog.BASELINES}
    return [key for key in keys if (seasons[key] or timedelta(0)) < history]
