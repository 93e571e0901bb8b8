"""Training of the models at every horizon, and the model file with its manifest."""

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import joblib
import lightgbm as lgb
import numpy as np
import pandas as pd

from backend.arrays import Bools, Floats, Ints
from backend.errors import UnusableFileError
from backend.models import features, model_file
from backend.models.ensemble import (
    LINEAR,
    HorizonModel,
    LinearPrior,
    Refits,
    base_forecasts,
    linear_moments,
    means_of,
    stacks,
)
from backend.models.evaluate import Result, backtest
from backend.models.frames import series_of
from backend.models.intervals import prior_errors, scaled_errors
from backend.models.model_file import Content, HorizonContent, Manifest
from backend.models.predictor import RPSEstimator
from backend.models.rolling_ridge import matrices, weighted_sum
from backend.models.trailing_stats import TrailingStats
from backend.models.trees import Matrix, Trees, tree_matrix

HORIZONS = (1, 5, 15, 30, 60)  # where no others are asked for; whoever has a model asks the model
VALIDATION_SPAN = pd.Timedelta(days=10)
VALIDATION_SHARE = 0.2  # at most, of a short series
ROUNDS = 100
LONGER_WINDOWS = ("5min", "30min", "1h")  # each series is averaged over them, too
MOST_ROWS = 20_000  # of a series that trees are grown from, evenly spread: neighbouring origins are alike
AFTER_REFIT = "by a model trained the same way on what came before; this file was then trained on these days, too"
AS_SCORED = "not seen by training; this file is the one scored here"
Progress = Callable[[str, int, int], None]  # step, done, total
Named = Sequence[tuple[str, pd.DataFrame]]

TREES: dict[str, Any] = {
    "objective": "regression",
    "num_leaves": 31,
    "min_data_in_leaf": 300,
    "feature_fraction": 0.6,
    "lambda_l2": 20.0,
    "max_bin": 127,
    "seed": 7,
    "deterministic": True,  # the same trees again; of another number of threads one leaf in 37,200 by its last digit
    "force_row_wise": True,
    "verbosity": -1,
}


@dataclass(frozen=True)
class TrainingSeries:
    """A training series or its longer windows, at one horizon."""

    stats: TrailingStats
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
    horizons: Sequence[int] = HORIZONS,
) -> Manifest:
    """Train on named series, write `out` (.pkl) and its manifest (.json), return the manifest.

    Frames as RPSEstimator takes them; `horizons` in windows. A model trained without the last ten days of each (a
    fifth, if that is less) is scored on them into the manifest; what is written is trained again on all days, or with
    `refit` False the scored one. Deterministic: the same frames give the same forecasts. Raises UnusableFileError where
    they hold too little traffic to learn from.
    """
    for name, frame in frames:
        if len(frame) < 2:
            raise UnusableFileError(f"{name} has {len(frame)} windows, of which nothing can be learned.")
    step = _counted(on_progress, len(horizons) * (1 + refit) + len(frames))
    cuts = {name: validation_start(frame) for name, frame in frames}
    before = [(name, frame[frame.index < cuts[name]]) for name, frame in frames]
    content = fit(before, horizons, rounds, threads, step)
    estimator = RPSEstimator.from_content(out.stem, content, {})
    scores = {}
    for name, frame in frames:
        step("validating")
        scores[name] = backtest(estimator, frame, cuts[name])
    if refit:
        content = fit(frames, horizons, rounds, threads, step)
    record = _record(frames if refit else before, rounds) | {"validation": _validation(frames, cuts, scores, refit)}
    manifest = model_file.write(out, content, record)
    step("done")
    return manifest


def _counted(report: Progress | None, total: int) -> Callable[[str], None]:
    done = count()

    def step(name: str) -> None:
        if report:
            report(name, next(done), total)

    return step


def fit(
    frames: Named,
    horizons: Sequence[int],
    rounds: int = ROUNDS,
    threads: int = 0,
    step: Callable[[str], None] = lambda _: None,
) -> Content:
    """The content of a model file, from all windows of the named frames.

    `rounds`: trees a model and horizon; `step` is told before each horizon.
    """
    series = [longer for _, frame in frames for longer in with_longer_windows(frame)]
    _refuse_unlearnable(frames, series, horizons)
    fitted = {}
    for horizon in horizons:
        step("training")
        parts = [_training_series(each, horizon) for each in series]
        fitted[horizon] = _fit_horizon(parts, horizon, rounds, threads)
    return Content(
        format=model_file.FORMAT,
        features=list(features.NAMES),
        linear_features=list(features.LINEAR_NAMES),
        horizons=fitted,
    )


def _refuse_unlearnable(frames: Named, series: Sequence[pd.DataFrame], horizons: Sequence[int]) -> None:
    """Raise UnusableFileError where no series has a target at a horizon: before one is trained, not after minutes."""
    stats = [TrailingStats(*series_of(each)) for each in series]
    for horizon in horizons:
        if not any(each.target(horizon)[1].any() for each in stats):
            raise UnusableFileError(
                f"Forecasts {horizon} windows ahead cannot be learned from {', '.join(name for name, _ in frames)}: "
                "too few windows with traffic. Give longer files, or shorter horizons (--horizons)."
            )


def with_longer_windows(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """`frame` and its mean rates over the LONGER_WINDOWS, unknown where a fifth or more of a window is."""
    step = frame.index[1] - frame.index[0]
    frames = [frame]
    for window in map(pd.Timedelta, LONGER_WINDOWS):
        if window > step:
            groups = frame["actual_rps"].resample(window)
            known = groups.count() / (window / step)
            frames.append(pd.DataFrame({"actual_rps": groups.mean().where(known > 0.8)}))
    return frames


def validation_start(frame: pd.DataFrame) -> pd.Timestamp:
    """Midnight UTC before the last ten days; a fifth of the span is kept out where that is less."""
    first, end = frame.index[0], frame.index[-1] + (frame.index[1] - frame.index[0])
    cut = (end - VALIDATION_SPAN).floor("D")
    fifth = end - VALIDATION_SHARE * (end - first)
    return pd.Timestamp(max(cut, fifth))


def _training_series(frame: pd.DataFrame, horizon: int) -> TrainingSeries:
    stats = TrailingStats(*series_of(frame))
    target, usable = stats.target(horizon)
    return TrainingSeries(stats, features.compute(stats, horizon), target, usable)


def _fit_horizon(series: list[TrainingSeries], horizon: int, rounds: int, threads: int) -> HorizonContent:
    priors = _fit_linear(series, horizon)
    refits = [Refits(each.stats, horizon, priors, each.columns.linear) for each in series]
    weights = [each.weights(LINEAR, 0) for each in refits]
    texts = _fit_both_trees(series, weights, rounds, threads)
    model = HorizonModel({key: Trees(text) for key, text in texts.items()}, priors, {})
    return HorizonContent(
        trees=texts,
        linear=[
            {
                "step_seconds": prior.step_seconds,
                "gram": prior.gram.tolist(),
                "coefficients": prior.coefficients.tolist(),
            }
            for prior in priors
        ],
        errors=_error_quantiles(series, refits, weights, horizon, model),
    )


def _fit_linear(series: list[TrainingSeries], horizon: int) -> tuple[LinearPrior, ...]:
    """A ridge regression for each window length over all series of it: the prior of every series' own."""
    priors = []
    for step_ns in sorted({each.stats.grid.step_ns for each in series}):
        alike = [each for each in series if each.stats.grid.step_ns == step_ns]
        sums = [linear_moments(each.stats, each.columns.linear, horizon).sum(axis=-1) for each in alike]
        moments = matrices(np.sum(sums, axis=0))
        windows = sum(float(each.stats.importance[each.usable].sum()) for each in alike)
        gram = moments[:-1, :-1] / windows
        gram = gram + 1e-3 * np.diag(np.maximum(np.diag(gram), 1e-3))
        solved = np.asarray(np.linalg.solve(gram, moments[:-1, -1] / windows), dtype=np.float64)
        priors.append(LinearPrior(step_ns / 1e9, gram, solved))
    return tuple(priors)


def _fit_both_trees(series: list[TrainingSeries], weights: list[Floats], rounds: int, threads: int) -> dict[str, str]:
    """LGBM+'s, which learn what the linear model misses, and LGBM's, which learn the target."""
    bases = [weighted_sum(each.columns.linear.values(), weight) for each, weight in zip(series, weights, strict=True)]
    chosen = [_tree_rows(each) for each in series]
    parts = list(zip(series, bases, chosen, strict=True))
    rows = np.concatenate([tree_matrix(each.columns, base)[these] for each, base, these in parts])
    target = np.concatenate([np.clip(each.target, -15, 15)[these] for each, _, these in parts])
    base = np.concatenate([base[these] for _, base, these in parts])
    row_weight = np.concatenate([_row_weights(each, these) for each, _, these in parts])
    params = TREES | {"num_threads": threads}
    return {
        "lgbm_plus": _fit_trees(rows, target - base, row_weight, params, rounds),
        "lgbm": _fit_trees(rows[:, :-1], target, row_weight, params, rounds),
    }


def _tree_rows(series: TrainingSeries) -> Ints:
    """Numbers of the rows that trees are grown from: MOST_ROWS of the usable ones at most."""
    usable = np.flatnonzero(series.usable)
    return usable[:: -(-len(usable) // MOST_ROWS) or 1]


def _row_weights(series: TrainingSeries, rows: Ints) -> Floats:
    """Rows count with the size of their noise, so that busy hours weigh more, as they do in a squared error."""
    scale = series.stats.scale[rows]
    return np.clip(scale / scale.mean(), 0.1, 4.0) if len(scale) else scale


def _fit_trees(rows: Matrix, target: Floats, weight: Floats, params: dict[str, Any], rounds: int) -> str:
    """A boosted ensemble as text: loaded from there even now, so that what is validated is what is written."""
    data = lgb.Dataset(rows, label=target, weight=weight, params=params)
    text = str(lgb.train(params, data, num_boost_round=rounds).model_to_string())
    return text[: text.index("\nparameters:")]  # these name the number of threads; prediction needs none of them


def _error_quantiles(
    series: list[TrainingSeries], refits: list[Refits], weights: list[Floats], horizon: int, model: HorizonModel
) -> dict[str, list[float]]:
    """By model its scaled errors over the training series, as PRIOR_SAMPLE quantiles."""
    ratios: dict[str, list[Floats]] = {}
    for each, refit, weight in zip(series, refits, weights, strict=True):
        base = base_forecasts(each.columns, weight, model)
        refit.base |= base
        stacked = {key: stack.forecast(base, refit.weights(key, 0)) for key, stack in stacks().items()}
        for key, mean in means_of(each.stats, horizon, stacked).items():
            ratio = scaled_errors(each.stats, key, mean, horizon).ratio
            ratios.setdefault(key, []).append(ratio[np.isfinite(ratio)])
    return {key: prior_errors(np.concatenate(parts)).tolist() for key, parts in ratios.items()}


def _record(frames: Named, rounds: int) -> Manifest:
    """How the model was trained, on all windows of the frames."""
    return {
        "trees": {"rounds": rounds, "most_rows_of_a_series": MOST_ROWS} | TREES,
        "longer_windows": list(LONGER_WINDOWS),
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
