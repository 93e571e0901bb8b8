"""What was served at every origin of a past span, from the forecasts that were issued."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from backend.arrays import Floats
from backend.measurements import on_grid, read_rates
from backend.models import catalog
from backend.models.baselines import baselines
from backend.models.frames import ForecastTables
from backend.models.intervals import LEVEL_NAMES, LEVELS
from backend.models.selection import LOOKBACK, SPAN, around, selections
from backend.serving.issued import issued_for
from backend.stores import SeriesRecord, Store


@dataclass(frozen=True)
class ServedPast:
    """origins: (N,), ends of windows, in order of time. observed: (N,), the rate of the window that ends there, NaN
    unknown. horizons: (H,), windows ahead. means: (N, H), quantiles: (N, levels, H), NaN where nothing was forecast."""

    window_seconds: int
    origins: pd.DatetimeIndex
    observed: Floats
    horizons: tuple[int, ...]
    means: Floats
    quantiles: Floats


def served_past(
    store: Store, record: SeriesRecord, horizons: Sequence[int], start: datetime, stop: datetime
) -> ServedPast:
    """What selection served at the origins in [start, stop].

    It is walked through once, from LOOKBACK windows before the span; live it is walked through anew at every origin,
    so where two candidates took turns the other one may have been served.
    """
    window = pd.Timedelta(record.window_seconds, "s")
    rates = on_grid(read_rates(store, record.key, start - LOOKBACK * window, stop), record.window_seconds)
    issued: ForecastTables = {}
    if len(rates):
        ahead = ahead_of(rates, record.window_seconds, horizons)
        issued = issued_for(store, record.key, ahead, record.window_seconds, horizons, ("mean", *LEVEL_NAMES))
    return served_from(rates, record.window_seconds, horizons, issued, start)


def ahead_of(rates: pd.Series, window_seconds: int, horizons: Sequence[int]) -> pd.DatetimeIndex:
    """The windows of `rates` and those that are forecast from its end."""
    step = pd.Timedelta(window_seconds, "s")
    return pd.date_range(rates.index[0], periods=len(rates) + max(horizons), freq=step, unit="s")


def served_from(
    rates: pd.Series,
    window_seconds: int,
    horizons: Sequence[int],
    issued: ForecastTables,
    start: datetime,
) -> ServedPast:
    """What selection served at the origins from `start` on. rates: on the grid, from LOOKBACK windows before it.
    issued: by horizon and model the forecasts of every window of ahead_of(): mean and intervals.LEVEL_NAMES."""
    served = np.full((len(rates), 1 + len(LEVELS), len(horizons)), np.nan)
    if len(rates):
        ahead = ahead_of(rates, window_seconds, horizons)
        for place, horizon in enumerate(horizons):
            models = {key: issued.get(horizon, {}).get(key) for key in catalog.model_keys()}
            known = {key: table for key, table in models.items() if table is not None}
            served[:, :, place] = _served(rates, ahead, horizon, known)
    origins = pd.DatetimeIndex(rates.index) + pd.Timedelta(window_seconds, "s")
    asked = np.asarray(origins >= pd.Timestamp(start))
    observed = rates.to_numpy(np.float64)
    means, quantiles = served[asked, 0], served[asked, 1:]
    return ServedPast(window_seconds, origins[asked], observed[asked], tuple(horizons), means, quantiles)


def _served(rates: pd.Series, ahead: pd.DatetimeIndex, horizon: int, issued: Mapping[str, pd.DataFrame]) -> Floats:
    """(rates, 1 + levels): from the end of every row mean and quantiles of what is served `horizon` windows ahead."""
    rows = len(rates)
    chosen = selections(rates, horizon, {key: table["mean"].to_numpy()[:rows] for key, table in issued.items()})
    served = np.full((rows, 1 + len(LEVELS)), np.nan)
    for key in set(chosen):
        if key in issued:
            values = issued[key][["mean", *LEVEL_NAMES]].to_numpy()[horizon : horizon + rows]
        elif key in catalog.model_keys():
            continue
        else:
            values = _of_baseline(rates, ahead, horizon, key)
        its = np.array([each == key for each in chosen])
        served[its] = values[its]
    return served


def _of_baseline(rates: pd.Series, ahead: pd.DatetimeIndex, horizon: int, key: str) -> Floats:
    """As baseline_forecast() at every row: the forecast with the quantiles of its own errors lately."""
    forecasts = baselines(rates.reindex(ahead), horizon, [key])[key]
    errors = (rates - forecasts.iloc[: len(rates)]).rolling(SPAN, min_periods=1)
    edges = np.column_stack([errors.quantile(level).to_numpy() for level in LEVELS])
    means = forecasts.to_numpy()[horizon : horizon + len(rates), None]
    return np.hstack([means, around(means, np.nan_to_num(edges))])
