"""Scores of forecasts beside the naive baselines, all on the same known windows.

The one measure of "best", on the page and in selection, is wape: it weighs windows by their traffic, as capacity does,
and is comparable between series. The others are given beside it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from backend.arrays import Floats
from backend.models import catalog
from backend.models.baselines import IN_BACKTEST, baselines, baselines_at
from backend.models.frames import ForecastTables
from backend.models.predictor import RPSEstimator

SCORED_LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
SHOWN = tuple(baseline.key for baseline in catalog.BASELINES)  # beside the models where a user compares


class Errors(TypedDict):
    """Of one model over `origins` forecasts: mae, rmse, bias in requests per second, smape in percent.

    mase: mae over the mean step between neighbouring windows; None where there is no step to divide by. wape: sum of
    absolute errors over the sum of traffic; None without traffic. bias: mean of forecast less actual. under_forecast:
    share of windows that were forecast lower than they came.
    """

    origins: int
    mae: float
    rmse: float
    smape: float
    mase: float | None
    wape: float | None
    bias: float
    under_forecast: float


class Trained(TypedDict):
    """A series that a model was trained on: its first and last window, ISO 8601."""

    name: str
    first: str
    last: str


class IntervalScores(TypedDict):
    """Of a model's quantiles, None for baselines, which have none. p10_coverage, p90_coverage: share of targets at or
    below them. coverage: share from p10 to p90, those on an edge inside, as many are where most windows are empty.
    pinball: mean pinball loss of SCORED_LEVELS, requests per second (Koenker and Bassett, 1978)."""

    p10_coverage: float | None
    p90_coverage: float | None
    coverage: float | None
    pinball: float | None


class Result(Errors, IntervalScores):
    """Errors of a model at a horizon (windows), and how its quantiles held."""

    model: str
    horizon: int


Tables = Mapping[str, pd.DataFrame]  # by model mean and quantiles, a row a window

NO_INTERVAL = IntervalScores(p10_coverage=None, p90_coverage=None, coverage=None, pinball=None)


def backtest(
    estimator: RPSEstimator,
    frame: pd.DataFrame,
    start: pd.Timestamp | None = None,
    stop: pd.Timestamp | None = None,
    horizons: tuple[int, ...] | None = None,
    naive: Sequence[str] = IN_BACKTEST,
) -> list[Result]:
    """Errors of every model and the baselines over the known windows in [start, stop), every window an origin.

    History before `start` is used, and is what MASE is scaled by. All models are scored on the same windows;
    coverage is None for baselines. Empty where no window can be scored.
    """
    until = frame if stop is None else frame[frame.index < stop]
    first = 0 if start is None else int(until.index.searchsorted(start))

    def tables(horizon: int) -> Tables:
        return estimator.rolling_forecasts(until, horizon, first)

    return _scored(until["actual_rps"], first, horizons or estimator.horizons, naive, tables)


def seen_in_training(manifest: Mapping[str, Any], start: datetime, stop: datetime) -> list[Trained]:
    """The series a model was trained on that have windows in [start, stop): its scores there are optimistic."""
    return [
        Trained(name=series["name"], first=series["first"], last=series["last"])
        for series in manifest["training"]
        if datetime.fromisoformat(series["first"]) < stop and datetime.fromisoformat(series["last"]) >= start
    ]


def score_issued(
    rates: pd.Series,
    start: pd.Timestamp,
    issued: ForecastTables,
    naive: Sequence[str] = SHOWN,
) -> list[Result]:
    """Errors over the known windows from `start` on of forecasts that were issued: by horizon (windows) and model a
    table of mean and SCORED_LEVELS by target window. History before `start` is what the baselines look back on."""
    first = int(rates.index.searchsorted(start))

    def tables(horizon: int) -> Tables:
        return {name: table.reindex(rates.index[first:]) for name, table in issued[horizon].items()}

    return _scored(rates, first, list(issued), naive, tables)


def _scored(
    rates: pd.Series, first: int, horizons: Sequence[int], naive: Sequence[str], tables: Callable[[int], Tables]
) -> list[Result]:
    """Errors over the rows from number `first` of models and baselines. tables: of a horizon, on these rows."""
    target = rates.iloc[first:]
    scale = naive_step(rates.iloc[:first]) or naive_step(rates)
    results: list[Result] = []
    for horizon, beside in baselines_at(rates, horizons, naive).items():
        issued = tables(horizon)
        forecasts = {name: table["mean"] for name, table in issued.items()}
        forecasts |= {name: column.iloc[first:] for name, column in beside.items()}
        results += [
            Result(model=name, horizon=horizon, **errors, **_interval_scores(target.to_numpy(), issued.get(name)))
            for name, errors in _score(target, forecasts, scale).items()
        ]
    return results


def score_predictions(frame: pd.DataFrame, predictions: pd.DataFrame) -> dict[str, Errors]:
    """Errors one window ahead by model, from the columns of RPSEstimator.predict; baselines beside them.

    Each as in `backtest`. Empty where no window can be scored.
    """
    rates = frame["actual_rps"]
    forecasts = {model.key: predictions[model.column] for model in catalog.MODELS}
    forecasts |= baselines(rates, horizon=1, keys=IN_BACKTEST)
    return _score(rates, forecasts, naive_step(rates))


def _score(target: pd.Series, forecasts: Mapping[str, pd.Series], scale: float | None) -> dict[str, Errors]:
    rows = np.stack([forecast.to_numpy() for forecast in forecasts.values()])
    actual = target.to_numpy()
    scored = np.isfinite(actual) & np.isfinite(rows).all(axis=0)
    if not scored.any():
        return {}
    return {name: errors_of(actual[scored], row[scored], scale) for name, row in zip(forecasts, rows, strict=True)}


def errors_of(actual: Floats, forecast: Floats, scale: float | None) -> Errors:
    error = np.abs(forecast - actual)
    size = np.abs(forecast) + np.abs(actual)
    mae = float(error.mean())
    return {
        "origins": len(actual),
        "mae": mae,
        "rmse": float(np.sqrt((error * error).mean())),
        "smape": float(np.divide(200.0 * error, size, out=np.zeros_like(size), where=size > 0).mean()),
        "mase": mae / scale if scale else None,
        "wape": float(error.sum() / total) if (total := actual.sum()) > 0 else None,
        "bias": float((forecast - actual).mean()),
        "under_forecast": float((forecast < actual).mean()),
    }


def naive_step(rates: pd.Series) -> float | None:
    """Mean absolute step between neighbouring known windows: what MASE divides by. None without any, or if all 0."""
    step = float(rates.diff().abs().mean())
    return step if np.isfinite(step) and step > 0 else None


def _interval_scores(target: Floats, table: pd.DataFrame | None) -> IntervalScores:
    if table is None:
        return NO_INTERVAL
    quantiles = table[list(SCORED_LEVELS)].to_numpy().T
    known = np.isfinite(target) & np.isfinite(quantiles).all(axis=0)
    actual, quantiles = target[known], quantiles[:, known]
    low, _, high = quantiles
    return IntervalScores(
        p10_coverage=float((actual <= low).mean()),
        p90_coverage=float((actual <= high).mean()),
        coverage=float(((low <= actual) & (actual <= high)).mean()),
        pinball=float(pinball(actual, quantiles, list(SCORED_LEVELS.values())).mean()),
    )


def pinball(actual: Floats, quantiles: Floats, levels: Sequence[float]) -> Floats:
    """Mean pinball loss of each level: (levels,), in the unit of `actual` (windows,); quantiles: (levels, windows)."""
    error, level = actual - quantiles, np.array(levels)[:, None]
    loss: Floats = np.maximum(level * error, (level - 1.0) * error).mean(axis=1)
    return loss
