"""Peer forecasters, each from its own library: trained on what came before `cut`, or refitted on trailing windows.

Every peer takes the rates of the whole trace (a regular grid, NaN where unknown), the row where validation begins,
and origins (row numbers), and gives an array of forecasts [origin, horizon] in requests per second. Nothing after an
origin is looked at. Unknown windows are filled forward before a library sees them, since none but the network takes
gaps.
"""

import logging
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from backend.arrays import Floats

Peer = Callable[[pd.Series, int, Sequence[int], Sequence[int]], Floats]

DAY = 1440
RECIPE_ALPHA = 0.15
RECIPE_LAGS = (0, 1, 2, 3, 4, 9, 14)
NETWORK = "fracast"
NETWORK_BATCH = 64


def published_recipe(rates: pd.Series, cut: int, origins: Sequence[int], horizons: Sequence[int]) -> Floats:
    """LightGBM on the residual of an EWMA: 300 trees on 14 features, rebuilt from its description.

    The description (reference work on the competition's entries) names the EWMA baseline, the residual target, the
    number of trees and of features, and no calendar of past days; which 14 features is our reading of it.
    """
    level = rates.ewm(alpha=RECIPE_ALPHA, adjust=False, ignore_na=True).mean()
    lags = {f"residual_{lag}": (rates - level).shift(lag) for lag in RECIPE_LAGS}
    means = {f"mean_{width}": rates.rolling(width).mean() - level for width in (5, 15, 60)}
    times = pd.DatetimeIndex(rates.index)
    clock = 2 * np.pi * (times.hour * 60 + times.minute) / DAY
    table = pd.DataFrame(
        lags
        | means
        | {"deviation_15": rates.rolling(15).std(), "level": level, "sine": np.sin(clock), "cosine": np.cos(clock)},
        index=rates.index,
    )
    forecasts = np.empty((len(origins), len(horizons)))
    for place, horizon in enumerate(horizons):
        target = rates.shift(-horizon) - level
        usable = (table.notna().all(axis=1) & target.notna()).to_numpy(copy=True)
        usable[cut - horizon :] = False
        model = lgb.LGBMRegressor(n_estimators=300, learning_rate=0.05, num_leaves=31, random_state=1, verbose=-1)
        model.fit(table.to_numpy()[usable], target.to_numpy()[usable])
        rows = table.to_numpy()[list(origins)]
        forecasts[:, place] = level.to_numpy()[list(origins)] + np.asarray(model.predict(rows))
    return np.maximum(forecasts, 0)


def refitted(name: str, season: int, trailing: int) -> Peer:
    """A model of statsforecast, fitted anew at every origin on the trailing windows."""

    def forecast(rates: pd.Series, _: int, origins: Sequence[int], horizons: Sequence[int]) -> Floats:
        from statsforecast import models

        filled = rates.ffill().to_numpy()
        forecasts = np.empty((len(origins), len(horizons)))
        for row, origin in enumerate(origins):
            model = getattr(models, name)(season_length=season)
            path = model.forecast(filled[origin + 1 - trailing : origin + 1], h=max(horizons))["mean"]
            forecasts[row] = [path[horizon - 1] for horizon in horizons]
        return np.maximum(forecasts, 0)

    return forecast


def mlforecast_lightgbm(rates: pd.Series, cut: int, origins: Sequence[int], horizons: Sequence[int]) -> Floats:
    """mlforecast with LightGBM: one model a horizon, lags, rolling means and the same time yesterday."""
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean

    frame = pd.DataFrame(
        {"unique_id": "traffic", "ds": pd.DatetimeIndex(rates.index).tz_localize(None), "y": rates.ffill().to_numpy()}
    ).dropna()
    offset = len(rates) - len(frame)
    forecaster = MLForecast(
        models={"lgbm": lgb.LGBMRegressor(n_estimators=300, learning_rate=0.05, random_state=1, verbose=-1)},
        freq="min",
        lags=[*range(1, 16), 30, 60, DAY],
        lag_transforms={1: [RollingMean(5), RollingMean(15), RollingMean(60)]},
        date_features=["hour", "dayofweek"],
    )
    forecaster.fit(frame.iloc[: cut - offset], max_horizon=max(horizons))
    forecasts = np.empty((len(origins), len(horizons)))
    for row, origin in enumerate(origins):
        end = origin + 1 - offset
        path = forecaster.predict(max(horizons), new_df=frame.iloc[end - DAY - 100 : end])["lgbm"].to_numpy()
        forecasts[row] = [path[horizon - 1] for horizon in horizons]
    return np.maximum(forecasts, 0)


def prophet_daily(rates: pd.Series, _: int, origins: Sequence[int], horizons: Sequence[int]) -> Floats:
    """Prophet, fitted at the first origin of each day on the 14 days before it, as it takes seconds to fit."""
    from prophet import Prophet

    logging.getLogger("cmdstanpy").setLevel(logging.ERROR)
    frame = pd.DataFrame({"ds": pd.DatetimeIndex(rates.index).tz_localize(None), "y": rates.to_numpy()})
    forecasts = np.empty((len(origins), len(horizons)))
    fitted: Any = None
    fitted_on = None
    for row, origin in enumerate(origins):
        day = frame["ds"].iloc[origin].normalize()
        if day != fitted_on:
            past = frame.iloc[max(0, origin + 1 - 14 * DAY) : origin + 1].dropna()
            fitted = Prophet(daily_seasonality=True, weekly_seasonality=True).fit(past.iloc[::5])
            fitted_on = day
        targets = pd.DataFrame({"ds": [frame["ds"].iloc[origin] + pd.Timedelta(h, "min") for h in horizons]})
        forecasts[row] = fitted.predict(targets)["yhat"].to_numpy()
    return np.maximum(forecasts, 0)


def fracast_network(rates: pd.Series, _: int, origins: Sequence[int], horizons: Sequence[int]) -> Floats:
    """Fracast-0, a pretrained network of 85,001 parameters whose weights come with the package: the mean of its nine
    quantiles, from the last 2,048 windows."""
    from fracast import FracastModel

    model = FracastModel.from_pretrained()
    width = model.context_length
    padded = np.concatenate([np.full(width, np.nan), rates.to_numpy()])
    forecasts = np.empty((len(origins), len(horizons)))
    for begin in range(0, len(origins), NETWORK_BATCH):
        batch = slice(begin, begin + NETWORK_BATCH)
        contexts = np.stack([padded[origin + 1 : origin + 1 + width] for origin in origins[batch]])
        path = model.forecast_batch(contexts, horizon=max(horizons)).mean(axis=-1)
        forecasts[batch] = path[:, [horizon - 1 for horizon in horizons]]
    return np.maximum(forecasts, 0)


# On every window, and on a subsample of origins because each of theirs is a fit.
EVERYWHERE: dict[str, Peer] = {"published recipe": published_recipe}
SUBSAMPLED: dict[str, Peer] = {
    "AutoETS": refitted("AutoETS", 1, DAY),
    "DynamicOptimizedTheta": refitted("DynamicOptimizedTheta", 1, DAY),
    "MSTL": refitted("MSTL", DAY, 3 * DAY),
    "mlforecast LightGBM": mlforecast_lightgbm,
    "Prophet": prophet_daily,
}

if find_spec(NETWORK):  # requirements-fracast.txt: with torch, 5 GB; half an hour a trace
    EVERYWHERE[NETWORK] = fracast_network

warnings.filterwarnings("ignore", module="statsforecast")
