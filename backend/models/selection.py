"""Which forecast is served as the forecast: that of the candidate with the least error lately."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from backend.models.baselines import baselines
from backend.models.frames import MODELS
from backend.models.intervals import LEVELS
from backend.models.rolling import Floats, mean_where

CANDIDATES = (*MODELS, "ewma", "last_value")
LABELS = {"lgbm_plus": "LGBM+", "lgbm": "LGBM", "ewma": "EWMA", "last_value": "last value"}
SPAN = 240  # windows that errors are taken over
LOOKBACK = 3 * SPAN  # windows to hand over: the choice is walked through anew every time, so it outlives a restart
MARGIN = 0.05  # a challenger must be so much better than the one served, or the two would take turns
FEWEST = 60  # scored forecasts below which LGBM+ is served unasked


@dataclass(frozen=True)
class Choice:
    """errors: by candidate the sum of absolute errors over the sum of traffic, mean of the horizons; empty where too
    few forecasts could be scored."""

    model: str
    reason: str
    errors: dict[str, float]


@dataclass(frozen=True)
class Candidate:
    """A forecast from the end of the rates and the quantiles around it, LEVELS."""

    mean: float
    quantiles: Floats


def choose(rates: pd.Series, made: Mapping[int, Mapping[str, npt.ArrayLike]]) -> Choice:
    """The candidate to serve after the last of `rates` (regular grid, NaN unknown).

    `made`: by horizon and model what was forecast for each window, NaN where nothing was. All candidates are scored
    on the windows that all of them forecast.
    """
    walked = [_trailing_errors(rates, horizon, models) for horizon, models in made.items()]
    errors = _mean_of_known(walked)
    if not np.isfinite(errors[:, -1:]).any():
        return Choice("lgbm_plus", f"fewer than {FEWEST} of its forecasts could be held against what came", {})
    served = 0
    scored = errors[:, np.isfinite(errors).all(axis=0)]
    for row, best in zip(scored.T.tolist(), np.argmin(scored, axis=0).tolist(), strict=True):
        if row[best] < (1 - MARGIN) * row[served]:
            served = best
    newest = {name: float(error) for name, error in zip(CANDIDATES, errors[:, -1], strict=True)}
    return Choice(CANDIDATES[served], _reason(CANDIDATES[served], newest), newest)


def naive_candidate(rates: pd.Series, horizon: int, name: str, step: pd.Timedelta) -> Candidate:
    """The forecast of a baseline from the end of the rates, with the quantiles of its own errors lately."""
    ahead = pd.date_range(rates.index[-1], periods=horizon + 1, freq=step)[1:]
    longer = pd.concat([rates, pd.Series(np.nan, index=ahead)])
    said = baselines(longer, horizon, [name])[name]
    error = (longer - said).iloc[-SPAN - horizon :].dropna()
    mean = float(said.iloc[-1])
    edges = np.quantile(error, LEVELS) if len(error) else np.zeros(len(LEVELS))
    return Candidate(mean, np.maximum(mean + edges, 0.0))


def _trailing_errors(rates: pd.Series, horizon: int, models: Mapping[str, npt.ArrayLike]) -> Floats:
    """By candidate and window the error over the trailing SPAN; NaN where too few were scored or nothing came."""
    said_by = {**models, **baselines(rates, horizon, CANDIDATES)}
    said = np.stack([np.asarray(said_by[name], np.float64) for name in CANDIDATES])
    actual = rates.to_numpy(np.float64)
    scored = np.isfinite(actual) & np.isfinite(said).all(axis=0)
    missed = np.where(scored, np.abs(said - actual), 0.0)
    traffic, count = (_trailing(np.where(scored, part, 0.0)) for part in (actual, np.ones(len(actual))))
    usable = (count >= FEWEST) & (traffic > 0)
    errors: Floats = np.divide(_trailing(missed), traffic, out=np.full(said.shape, np.nan), where=usable)
    return errors


def _trailing(values: Floats) -> Floats:
    total: Floats = np.cumsum(values, axis=-1)
    total[..., SPAN:] -= total[..., :-SPAN].copy()
    return total


def _mean_of_known(walked: list[Floats]) -> Floats:
    """Mean of the horizons that tell something, NaN where none does."""
    together = np.stack(walked) if walked else np.empty((0, len(CANDIDATES), 1))
    known = np.isfinite(together)
    return mean_where(np.where(known, together, 0.0).sum(axis=0), known.sum(axis=0).astype(np.float64))


def _reason(served: str, errors: dict[str, float]) -> str:
    best = min(errors, key=lambda name: errors[name])
    figures = ", ".join(f"{LABELS[name]} {errors[name]:.1%}" for name in sorted(errors, key=lambda name: errors[name]))
    if best == served:
        return f"{LABELS[served]} had the least error over the last {SPAN} windows: {figures} of the traffic"
    return (
        f"{LABELS[served]} stays until another is {MARGIN:.0%} better over the last {SPAN} windows: {figures} "
        "of the traffic"
    )
