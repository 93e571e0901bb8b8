"""Training of both models at every horizon, and the model file with its manifest."""

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import joblib
import lightgbm as lgb
import numpy as np
import pandas as pd

from backend.models import augment, features, model_file
from backend.models.ensemble import (
    LINEAR_LIMIT,
    PLUS,
    HorizonModel,
    LinearPrior,
    Matrix,
    blend_weights,
    blended,
    linear_weights,
    means_of,
    parts_of,
    tree_matrix,
)
from backend.models.evaluate import Result, backtest
from backend.models.frames import series_of
from backend.models.intervals import ResidualPrior, scaled_errors
from backend.models.predictor import RPSEstimator, trees_of
from backend.models.rolling import Bools, Floats, Ints
from backend.models.rolling_ridge import block_moments, weighted_sum
from backend.models.trailing_stats import DAY_NS, TrailingStats

HORIZONS = (1, 5, 15)
VALIDATION_SPAN = pd.Timedelta(days=10)
VALIDATION_SHARE = 0.2  # at most, of a short series
ROUNDS = 200
AFTER_REFIT = "by a model trained the same way on what came before; this file was then trained on these days, too"
AS_SCORED = "not seen by training; this file is the one scored here"
Progress = Callable[[str, int, int], None]  # step, done, total
Named = Sequence[tuple[str, pd.DataFrame]]

TREES: dict[str, Any] = {
    "objective": "regression",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 300,
    "feature_fraction": 0.6,
    "lambda_l2": 20.0,
    "max_bin": 127,
    "bagging_by_query": True,  # half of the days for each tree: rows of one day are alike, half of them hide little
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "seed": 7,
    "deterministic": True,  # the same file whatever the number of threads
    "force_row_wise": True,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Series:
    """One training series at one horizon, or a variant of it."""

    history: TrailingStats
    days: Ints  # number of every row's day since 1970
    columns: features.Features
    target: Floats
    usable: Bools


def train(
    frames: Named,
    out: Path,
    on_progress: Progress | None = None,
    rounds: int = ROUNDS,
    threads: int = 0,
    refit: bool = True,
) -> dict[str, Any]:
    """Train on named series, write `out` (.pkl) and its manifest (.json), return the manifest.

    Frames as RPSEstimator takes them. A model trained without the last ten days of each (a fifth, if that is less) is
    scored on them into the manifest; what is written is trained again on all days, or with `refit` False the scored
    one. Deterministic: the same frames give the same forecasts. Raises ValueError where a frame is not usable.
    """
    step = _counted(on_progress, len(HORIZONS) * (1 + refit) + len(frames))
    cuts = {name: validation_start(frame) for name, frame in frames}
    before = [(name, frame[frame.index < cuts[name]]) for name, frame in frames]
    model = _fit(before, rounds, threads, step)
    estimator = RPSEstimator.from_parts(out.stem, model, {})
    scores = {}
    for name, frame in frames:
        step("validating")
        scores[name] = backtest(estimator, frame, cuts[name])
    if refit:
        model = _fit(frames, rounds, threads, step)
    manifest = _manifest(frames if refit else before, rounds) | {"validation": _validation(frames, cuts, scores, refit)}
    model_file.write(out, model, manifest)
    step("done")
    return manifest


def _counted(report: Progress | None, total: int) -> Callable[[str], None]:
    done = count()

    def step(name: str) -> None:
        if report:
            report(name, next(done), total)

    return step


def _fit(frames: Named, rounds: int, threads: int, step: Callable[[str], None]) -> dict[str, Any]:
    """The content of a model file, from all windows of the frames."""
    pieces = [piece for name, frame in frames for _, piece in augment.variants(name, frame)]
    horizons = {}
    for horizon in HORIZONS:
        step("training")
        horizons[horizon] = _fit_horizon([_series(piece, horizon) for piece in pieces], horizon, rounds, threads)
    return {"format": model_file.FORMAT, "features": list(features.NAMES), "horizons": horizons}


def validation_start(frame: pd.DataFrame) -> pd.Timestamp:
    """Midnight UTC before the last ten days; a fifth of the span is kept out where that is less."""
    first, end = frame.index[0], frame.index[-1] + (frame.index[1] - frame.index[0])
    cut = (end - VALIDATION_SPAN).floor("D")
    fifth = end - VALIDATION_SHARE * (end - first)
    return pd.Timestamp(max(cut, fifth))


def _series(frame: pd.DataFrame, horizon: int) -> Series:
    history = TrailingStats(*series_of(frame))
    days = (history.grid.first + np.arange(len(history))) * history.grid.step_ns // DAY_NS
    target, usable = history.target(horizon)
    return Series(history, days, features.compute(history, horizon, features.shared(history)), target, usable)


def _fit_horizon(series: list[Series], horizon: int, rounds: int, threads: int) -> dict[str, Any]:
    """The part of the model file for one horizon."""
    linear = _fit_linear(series, horizon)
    bare = HorizonModel(_nothing, _nothing, linear, (ResidualPrior(np.zeros(1)), ResidualPrior(np.zeros(1))))
    weights = [linear_weights(one.history, one.columns.linear, horizon, bare, 0) for one in series]
    bases = [weighted_sum(one.columns.linear, long) for one, (long, _) in zip(series, weights, strict=True)]
    rows = np.concatenate([tree_matrix(one.columns, base)[one.usable] for one, base in zip(series, bases, strict=True)])
    target = np.concatenate([np.clip(one.target, -15, 15)[one.usable] for one in series])
    base = np.concatenate([made[one.usable] for made, one in zip(bases, series, strict=True)])
    weight = np.concatenate([_row_weights(one) for one in series])
    days = np.concatenate([one.days[one.usable] for one in series])
    by_day, rows_of_day = np.argsort(days, kind="stable"), np.unique(days, return_counts=True)[1]
    rows, target, base, weight = rows[by_day], target[by_day], base[by_day], weight[by_day]
    params = TREES | {"num_threads": threads}
    texts = (
        _fit_trees(rows, target - base, weight, rows_of_day, params, rounds),
        _fit_trees(rows[:, :-1], target, weight, rows_of_day, params, rounds),
    )
    model = replace(bare, residual=trees_of(texts[0]), direct=trees_of(texts[1]))
    errors = _error_quantiles(series, weights, horizon, model)
    return {
        "residual": texts[0],
        "direct": texts[1],
        "linear": [
            {
                "step_seconds": prior.step_seconds,
                "gram": prior.gram.tolist(),
                "coefficients": prior.coefficients.tolist(),
            }
            for prior in linear
        ],
        "errors_plus": errors[0],
        "errors_direct": errors[1],
    }


def _nothing(rows: Matrix) -> Floats:
    return np.zeros(len(rows))


def _fit_linear(series: list[Series], horizon: int) -> tuple[LinearPrior, ...]:
    """A ridge regression for each window length over all series of it: the prior of every series' own."""
    found = []
    for step_ns in sorted({one.history.grid.step_ns for one in series}):
        alike = [one for one in series if one.history.grid.step_ns == step_ns]
        moments = sum(
            block_moments(one.history, one.columns.linear, one.target, one.usable, horizon, LINEAR_LIMIT).sum(axis=0)
            for one in alike
        )
        windows = sum(float(one.history.importance[one.usable].sum()) for one in alike)
        gram = moments[:-1, :-1] / windows
        gram = gram + 1e-3 * np.diag(np.maximum(np.diag(gram), 1e-3))
        solved = np.linalg.solve(gram, moments[:-1, -1] / windows)
        found.append(LinearPrior(step_ns / 1e9, gram, solved))
    return tuple(found)


def _row_weights(one: Series) -> Floats:
    """Rows count with the size of their noise, so that busy hours weigh more, as they do in a squared error."""
    scale = one.history.scale[one.usable]
    return np.clip(scale / scale.mean(), 0.1, 4.0) if len(scale) else scale


def _fit_trees(
    rows: Matrix, target: Floats, weight: Floats, rows_of_day: Ints, params: dict[str, Any], rounds: int
) -> str:
    """A boosted ensemble as text: loaded from there even now, so that what is validated is what is written."""
    data = lgb.Dataset(rows, label=target, weight=weight, group=rows_of_day, params=params)
    text = str(lgb.train(params, data, num_boost_round=rounds).model_to_string())
    return text[: text.index("\nparameters:")]  # these name the number of threads; prediction needs none of them


def _error_quantiles(
    series: list[Series], weights: list[tuple[Floats, ...]], horizon: int, model: HorizonModel
) -> tuple[list[float], list[float]]:
    """Shape of the scaled errors of both models over the training series: 39 even quantiles each."""
    found: tuple[list[Floats], list[Floats]] = ([], [])
    for one, linear in zip(series, weights, strict=True):
        parts = parts_of(one.columns, linear, model)
        made = blended(parts, blend_weights(one.history, parts, horizon, 0))
        means = means_of(one.history, horizon, made, parts[PLUS])
        for mean, errors in zip(means, found, strict=True):
            ratio = scaled_errors(one.history, mean, horizon).ratio
            errors.append(ratio[np.isfinite(ratio)])
    grid = np.arange(1, 40) / 40
    plus, direct = (np.quantile(np.concatenate(errors), grid).tolist() for errors in found)
    return plus, direct


def _manifest(frames: Named, rounds: int) -> dict[str, Any]:
    """Of a model trained on all windows of the frames, but for its validation."""
    return {
        "format": model_file.FORMAT,
        "features": len(features.NAMES),
        "horizons": list(HORIZONS),
        "trees": {"rounds": rounds} | TREES,
        "augmentation": {
            "resampled_to": list(augment.RESAMPLED),
            "thinned_to_requests_a_window": list(augment.THINNED_COUNTS),
            "pieces_without_history": {"of_each": augment.PIECES, "windows": augment.PIECE_WINDOWS},
        },
        "libraries": {
            "python": platform.python_version(),
            "lightgbm": lgb.__version__,
            "numpy": np.__version__,
            "pandas": pd.__version__,
            "joblib": joblib.__version__,
        },
        "training": [
            {
                "name": name,
                "first": frame.index[0].isoformat(),
                "last": frame.index[-1].isoformat(),
                "windows": int(frame["actual_rps"].notna().sum()),
                "window_seconds": (frame.index[1] - frame.index[0]).total_seconds(),
            }
            for name, frame in frames
        ],
    }


def _validation(
    frames: Named, cuts: Mapping[str, pd.Timestamp], scores: Mapping[str, list[Result]], refit: bool
) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "from": cuts[name].isoformat(),
            "to": frame.index[-1].isoformat(),
            "note": AFTER_REFIT if refit else AS_SCORED,
            "results": scores[name],
        }
        for name, frame in frames
    ]
