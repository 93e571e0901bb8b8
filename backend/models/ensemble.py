"""From a series to the forecasts of every model at every origin: linear model, trees, stacks, expert average.

docs/decisions/0003-forecasting.md says what each part is for.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.models import catalog, features
from backend.models.expert_average import ERROR_SPAN, LATE_SPAN, expert_average, shrinkage_weight
from backend.models.interpolation import between, quantiles_between
from backend.models.intervals import REFRESH, SAMPLE, SCALE_SPAN, ResidualPrior, quantiles
from backend.models.rolling import Floats
from backend.models.rolling_ridge import BLOCK, Ridge, block_moments, coefficients, weighted_sum
from backend.models.stack import SIMPLE, STACK_BLOCKS, BaseForecasts, Stack
from backend.models.trailing_stats import MAX_SEASON, Grid, TrailingStats
from backend.models.trees import Trees, tree_matrix

GROWTH_LIMIT = 5.0  # a forecast is at most six times the level: no explosion

LINEAR_BLOCKS = 300  # blocks of windows that a refit of the linear model looks back on: three days of minutes
LINEAR_PRIOR_WINDOWS = 200.0  # how many windows of its own the global fit is worth
LINEAR_LIMIT = 8.0

LONGEST = 120  # windows ahead that a model may be trained for; an error is known so many origins late
# Origins whose forecasts the newest intervals still look at: their errors, what those were scaled by, and the errors
# that the forecasts of then were shrunk by, each of them known late.
MEAN_SPAN = SAMPLE + REFRESH + SCALE_SPAN + ERROR_SPAN + LATE_SPAN + 4 * LONGEST
EXPERT_REACH = ERROR_SPAN + LONGEST  # origins before one whose errors weigh its expert average
BASE_SPAN = MEAN_SPAN + BLOCK * (STACK_BLOCKS + 2) + LONGEST  # origins whose base forecasts their stacks look at
REFIT_SPAN = BLOCK * (LINEAR_BLOCKS + 2) + LONGEST  # origins that the linear refit of one origin looks at
# Windows that level, importance, seasons and features of one origin look at (a week of minutes and 464 more), for all
# origins whose errors weigh the oldest expert average that intervals look at: a live step needs no other history.
FEATURE_SPAN = MAX_SEASON + 464 + MEAN_SPAN + EXPERT_REACH
HISTORY_WINDOWS = BASE_SPAN + REFIT_SPAN + FEATURE_SPAN  # the last three together: nothing older has any effect
CHUNK = 40_000  # origins computed at once: 76,320 windows take 170 MB so, 280 MB in one piece


@dataclass(frozen=True)
class LinearPrior:
    """The linear model of all training series of one window length: mean outer product of its inputs, coefficients."""

    step_seconds: float
    gram: Floats  # (p, p), per window
    coefficients: Floats  # (p,)


@dataclass(frozen=True)
class HorizonModel:
    """What training gives one horizon."""

    # lgbm_plus: what the linear model misses, from features.NAMES and the linear forecast; lgbm: the scaled target,
    # from features.NAMES.
    trees: Mapping[str, Trees]
    linear: tuple[LinearPrior, ...]
    errors: Mapping[str, ResidualPrior]  # by model

    def residual_prior(self, key: str) -> ResidualPrior:
        """Of a model that the file does not know (a new row of the catalog) that of the first one it knows: LGBM+'s and
        LGBM's differ by 1 % of a mean error at most, and after 390 errors of a series the prior weighs less than half.
        """
        return self.errors.get(key) or next(iter(self.errors.values()))


@dataclass(frozen=True)
class Forecasts:
    """Forecasts by model at the last origins of a series, in requests per second."""

    mean: dict[str, Floats]  # (origins,); NaN where nothing is known yet
    quantiles: dict[str, Floats]  # (levels, origins), levels as intervals.LEVELS


def forecasts(values: Floats, grid: Grid, horizon: int, model: HorizonModel, first: int) -> Forecasts:
    """Forecasts made at origins `first`, …, len(values) - 1 (one at least), `horizon` windows ahead."""
    pieces = []
    for start in range(first, len(values), CHUNK):
        stop = min(start + CHUNK, len(values))
        begin = max(0, start - HISTORY_WINDOWS + 1)
        stats = TrailingStats(values[begin:stop], grid.from_row(begin))
        pieces.append(_piece(stats, horizon, model, start - begin))
    return Forecasts(
        {key: np.concatenate([piece.mean[key] for piece in pieces]) for key in pieces[0].mean},
        {key: np.concatenate([piece.quantiles[key] for piece in pieces], axis=1) for key in pieces[0].quantiles},
    )


def at_horizon(trained: Mapping[int, Forecasts], horizon: int) -> Forecasts:
    """Those at a horizon, from those at itself or at trained ones around it (rising): interpolation.py."""
    if horizon in trained:
        return trained[horizon]
    horizons, parts = list(trained), list(trained.values())
    return Forecasts(
        {key: between(horizons, horizon, np.stack([part.mean[key] for part in parts])) for key in parts[0].mean},
        {
            key: quantiles_between(horizons, horizon, np.stack([part.quantiles[key] for part in parts]))
            for key in parts[0].quantiles
        },
    )


def _piece(stats: TrailingStats, horizon: int, model: HorizonModel, first: int) -> Forecasts:
    columns = features.compute(stats, horizon, features.shared(stats))
    weights = linear_weights(stats, columns.linear, horizon, model.linear, max(0, first - BASE_SPAN))
    base = base_forecasts(columns, weights, model)
    stacked = stack_forecasts(base, stack_weights(stats, base, horizon, max(0, first - MEAN_SPAN)))
    means = means_of(stats, horizon, stacked)
    edges = quantiles_of(stats, horizon, model, means, first)
    return Forecasts({key: mean[first - len(stats) :] for key, mean in means.items()}, edges)


def linear_weights(
    stats: TrailingStats, inputs: features.Columns, horizon: int, priors: tuple[LinearPrior, ...], first: int
) -> Floats:
    """Coefficients of the linear model at every origin from row `first`: (rows, inputs)."""
    target, usable = stats.target(horizon)
    moments = block_moments(stats, inputs.values(), target, usable, horizon, LINEAR_LIMIT)
    prior = nearest_prior(priors, stats.grid)
    gram = LINEAR_PRIOR_WINDOWS * prior.gram
    return coefficients(stats, moments, Ridge(LINEAR_BLOCKS, gram, prior.coefficients), first)


def nearest_prior(priors: tuple[LinearPrior, ...], grid: Grid) -> LinearPrior:
    """The one of the window length nearest to the grid's, by ratio."""
    return min(priors, key=lambda prior: abs(np.log(prior.step_seconds * 1e9 / grid.step_ns)))


def base_forecasts(columns: features.Features, weights: Floats, model: HorizonModel) -> BaseForecasts:
    """Those at the newest origins, as many as there are rows of the linear model's coefficients (rows, inputs)."""
    linear = weighted_sum(columns.linear.values(), weights)
    matrix = tree_matrix(columns, linear)
    return {
        "linear": linear,
        "lgbm_plus_trees": linear + model.trees["lgbm_plus"].predict(matrix),
        "lgbm_trees": model.trees["lgbm"].predict(matrix[:, :-1]),
    } | {name: columns.linear[name][-len(linear) :] for name in SIMPLE}


def stacks() -> dict[str, Stack]:
    """Those of the models that are stacked, by key."""
    return {model.key: model.rule for model in catalog.MODELS if isinstance(model.rule, Stack)}


def stack_weights(stats: TrailingStats, base: BaseForecasts, horizon: int, first: int) -> dict[str, Floats]:
    """By model at every origin from row `first`: (rows, steps). `base`: those at the newest origins."""
    return {key: stack.fit(stats, base, horizon, first) for key, stack in stacks().items()}


def stack_forecasts(base: BaseForecasts, weights: Mapping[str, Floats]) -> dict[str, Floats]:
    """By model the scaled forecasts at the newest origins, as many as there are rows of weights."""
    return {key: stack.forecast(base, weights[key]) for key, stack in stacks().items()}


def means_of(stats: TrailingStats, horizon: int, stacked: Mapping[str, Floats]) -> dict[str, Floats]:
    """By model the forecasts of the newest origins, requests per second, as many as `stacked` has."""
    rows = len(next(iter(stacked.values())))
    learned = _rates(stats, np.stack(list(stacked.values())))
    average = expert_average(stats, horizon)
    weight = shrinkage_weight(stats, horizon, learned, average)
    shrunk = dict(zip(stacked, weight * learned + (1.0 - weight) * average, strict=True))
    means = {
        model.key: shrunk[model.key] if isinstance(model.rule, Stack) else model.rule(stats, horizon)
        for model in catalog.MODELS
    }
    return {key: mean[len(stats) - rows :] for key, mean in means.items()}


def _rates(stats: TrailingStats, scaled: Floats) -> Floats:
    """Requests per second at every origin from scaled forecasts at the newest, NaN before those."""
    every = _aligned(stats, scaled)
    return np.asarray(stats.level * (1.0 + np.clip(every * stats.sigma, -1.0, GROWTH_LIMIT)))


def _aligned(stats: TrailingStats, newest: Floats) -> Floats:
    """What is known of the newest origins, as many columns as there are rows of statistics: NaN before them."""
    every = np.full((*newest.shape[:-1], len(stats)), np.nan)
    every[..., max(0, len(stats) - newest.shape[-1]) :] = newest[..., -len(stats) :]
    return every


def quantiles_of(
    stats: TrailingStats, horizon: int, model: HorizonModel, means: Mapping[str, Floats], first: int
) -> dict[str, Floats]:
    """By model the quantiles at every origin from row `first`, from means at the newest origins: (levels, rows)."""
    return {
        key: quantiles(stats, _aligned(stats, mean), horizon, model.residual_prior(key), first)
        for key, mean in means.items()
    }
