"""Scores of forecasts beside the naive baselines, all on the same known windows."""

from collections.abc import Mapping
from typing import TypedDict

import numpy as np
import pandas as pd

from backend.models.baselines import NAMES, baselines
from backend.models.predictor import RPSEstimator
from backend.models.rolling import Floats

PREDICTED = {"lgbm_plus": "predicted_rps_model1", "lgbm": "predicted_rps_model2"}


class Errors(TypedDict):
    """Of one model over `origins` forecasts: mae, rmse in requests per second, smape in percent.

    mase: mae over the mean step between neighbouring windows; None where there is no step to divide by.
    """

    origins: int
    mae: float
    rmse: float
    smape: float
    mase: float | None


class Result(Errors):
    """Errors of a model at a horizon (windows), and the share of targets at or below its p10 and p90."""

    model: str
    horizon: int
    p10_coverage: float | None
    p90_coverage: float | None


def backtest(
    estimator: RPSEstimator,
    frame: pd.DataFrame,
    start: pd.Timestamp | None = None,
    stop: pd.Timestamp | None = None,
    horizons: tuple[int, ...] | None = None,
) -> list[Result]:
    """Errors of both models and the baselines over the known windows in [start, stop), every window an origin.

    History before `start` is used, and is what MASE is scaled by. All models are scored on the same windows;
    coverage is None for baselines. Empty where no window can be scored.
    """
    until = frame if stop is None else frame[frame.index < stop]
    rates = until["actual_rps"]
    first = 0 if start is None else int(until.index.searchsorted(start))
    scale = _naive_error(rates.iloc[:first]) or _naive_error(rates)
    results: list[Result] = []
    for horizon in horizons or estimator.horizons:
        tables = estimator.rolling_forecasts(until, horizon, first)
        naive = baselines(rates, horizon)
        forecasts = {name: table["mean"] for name, table in tables.items()}
        forecasts |= {name: naive[name].iloc[first:] for name in NAMES}
        target = rates.iloc[first:]
        for name, errors in _score(target, forecasts, scale).items():
            below = {level: _share_below(target, tables[name][level]) for level in ("p10", "p90") if name in tables}
            result = Result(
                model=name,
                horizon=horizon,
                **errors,
                p10_coverage=below.get("p10"),
                p90_coverage=below.get("p90"),
            )
            results.append(result)
    return results


def score_predictions(frame: pd.DataFrame, predictions: pd.DataFrame) -> dict[str, Errors]:
    """Errors one window ahead by model, from what RPSEstimator.predict already gave; baselines beside them.

    Each: origins, mae, rmse, smape, mase, as in `backtest`. Empty where no window can be scored.
    """
    rates = frame["actual_rps"]
    forecasts = {name: predictions[column] for name, column in PREDICTED.items()} | baselines(rates, horizon=1)
    return _score(rates, forecasts, _naive_error(rates))


def _score(target: pd.Series, forecasts: Mapping[str, pd.Series], scale: float | None) -> dict[str, Errors]:
    made = np.stack([forecast.to_numpy() for forecast in forecasts.values()])
    actual = target.to_numpy()
    scored = np.isfinite(actual) & np.isfinite(made).all(axis=0)
    if not scored.any():
        return {}
    return {name: _errors(actual[scored], row[scored], scale) for name, row in zip(forecasts, made, strict=True)}


def _errors(actual: Floats, forecast: Floats, scale: float | None) -> Errors:
    error = np.abs(forecast - actual)
    size = np.abs(forecast) + np.abs(actual)
    mae = float(error.mean())
    return {
        "origins": len(actual),
        "mae": mae,
        "rmse": float(np.sqrt((error * error).mean())),
        "smape": float(np.divide(200.0 * error, size, out=np.zeros_like(size), where=size > 0).mean()),
        "mase": mae / scale if scale else None,
    }


def _naive_error(rates: pd.Series) -> float | None:
    """Mean absolute step between neighbouring known windows: what MASE divides by. None without any, or if all 0."""
    step = float(rates.diff().abs().mean())
    return step if np.isfinite(step) and step > 0 else None


def _share_below(target: pd.Series, edge: pd.Series) -> float:
    known = target.notna() & edge.notna()
    return float((target[known] <= edge[known]).mean())
