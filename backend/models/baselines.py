"""The catalog's naive forecasts, applied to a series: what every model is measured against."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from backend.models import catalog, naive

Frame = TypeVar("Frame", pd.Series, pd.DataFrame)
IN_BACKTEST = tuple(baseline.key for baseline in catalog.BASELINES if baseline.in_backtest)


def baselines(rates: pd.Series, horizon: int, keys: Collection[str] | None = None) -> dict[str, pd.Series]:
    """By key (all of them unless told which), for every row the forecast made `horizon` windows before it.

    `rates`: requests per second on a regular grid, NaN where unknown. Where a baseline has nothing to go by (no
    yesterday, an unknown window) it repeats the last known rate, so that all are scored on the same windows.
    """
    return baselines_at(rates, [horizon], keys)[horizon]


def baselines_at(
    rates: Frame, horizons: Sequence[int], keys: Collection[str] | None = None
) -> dict[int, dict[str, Frame]]:
    """As `baselines`, by horizon: in less time than one after the other. Of those that may be served a frame with a
    column a series gives the same of each."""
    given: Any = rates
    last: list[Any] = naive.last_value(given, horizons)
    rows = [baseline for baseline in catalog.BASELINES if keys is None or baseline.key in keys]
    columns: dict[str, list[Any]] = {baseline.key: baseline.rule(given, horizons) for baseline in rows}
    return {
        horizon: {key: _or(by_horizon[place], last[place]) for key, by_horizon in columns.items()}
        for place, horizon in enumerate(horizons)
    }


def _or(forecast: Frame, other: Frame) -> Frame:
    """The forecast, the other where it is unknown: fillna, in a third of its time."""
    values = forecast.to_numpy()
    return type(forecast)(np.where(np.isnan(values), other.to_numpy(), values), forecast.index)


def shorter_than(history: timedelta, keys: Collection[str]) -> list[str]:
    """The keys without the seasonal ones whose season is longer than the history: they would only repeat the last
    value under another name."""
    seasons = {baseline.key: baseline.season for baseline in catalog.BASELINES}
    return [key for key in keys if (seasons[key] or timedelta(0)) < history]
