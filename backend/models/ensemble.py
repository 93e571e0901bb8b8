"""From a series to the forecasts of every model at every origin: linear model, trees, stacks, expert average.

docs/decisions/0003-forecasting.md says what each part is for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from backend.arrays import Floats
from backend.models import catalog, features
from backend.models.expert_average import BEST_SPAN, best_expert, expert_average, experts_at
from backend.models.interpolation import between, quantiles_between
from backend.models.intervals import REFRESH, SAMPLE, SCALE_SPAN, quantiles, within
from backend.models.lookback import Kept
from backend.models.rolling_ridge import (
    REFIT_WINDOWS,
    Ridge,
    block_moments,
    coefficients,
    newest_coefficients,
    weighted_sum,
)
from backend.models.shrinkage import LATE_SPAN, LONG_SPAN, shrunk
from backend.models.stack import GROWTHS, STACK_BLOCKS, Stack
from backend.models.trailing_stats import LONGEST, MAX_SEASON, Grid, TrailingStats
from backend.models.trailing_sums import newest, shift
from backend.models.trees import Trees, tree_matrix

GROWTH_LIMIT = 5.0  # a forecast is at most six times the level: no explosion

LINEAR_BLOCKS = 320  # blocks of windows that a fit of the linear model looks back on, at most: three days of minutes
LINEAR_PRIOR_WINDOWS = 200.0  # how many windows of its own the global fit is worth
LINEAR_LIMIT = 8.0

# Origins whose forecasts the newest intervals still look at: their errors, what those were scaled by, and the errors
# that the forecasts of then were shrunk by, each of them known late.
MEAN_SPAN = SAMPLE + REFRESH + SCALE_SPAN + LONG_SPAN + LATE_SPAN + 4 * LONGEST
EXPERT_REACH = BEST_SPAN + LONGEST  # origins before one whose errors choose its best expert
BASE_SPAN = MEAN_SPAN + REFIT_WINDOWS * (STACK_BLOCKS + 2) + LONGEST  # origins whose base forecasts stacks look at
REFIT_SPAN = REFIT_WINDOWS * (LINEAR_BLOCKS + 2) + LONGEST  # origins that the linear refit of one origin looks at
# Windows that level, importance, seasons and features of one origin look at (a week of minutes and 464 more), for all
# origins whose errors choose the oldest best expert that intervals look at.
FEATURE_SPAN = MAX_SEASON + 464 + MEAN_SPAN + EXPERT_REACH
HISTORY_WINDOWS = BASE_SPAN + REFIT_SPAN + FEATURE_SPAN  # the last three together: nothing older has any effect
LINEAR = "linear"  # the base forecast that is a regression itself
LEARNED = (LINEAR, "lgbm_plus_trees", "lgbm_trees")  # base forecasts that are no inputs of the linear model
BASE_KEPT = REFIT_WINDOWS + LONGEST  # origins whose base forecasts the moments of the newest block are made from
LIVE_SPAN = REFIT_WINDOWS + LONGEST + MAX_SEASON + 512  # windows that a live step looks at where it refits
CHUNK = 80_000  # origins computed at once: 76,320 take 280 MB so, in two pieces 170 MB and a fifth longer


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
    errors: Mapping[str, Floats]  # by model, see intervals.prior_errors

    def residual_prior(self, key: str) -> Floats:
        """Of a model that the file does not know (a new row of the catalog) that of the first one it knows: LGBM+'s and
        LGBM's differ by 1 % of a mean error at most, and after 390 errors of a series the prior weighs less than half.
        """
        return self.errors[key] if key in self.errors else next(iter(self.errors.values()))


@dataclass(frozen=True)
class Forecasts:
    """Forecasts by model at the newest origins of one series or many, in requests per second."""

    mean: dict[str, Floats]  # (..., origins); NaN where nothing is known yet
    quantiles: dict[str, Floats]  # (levels, ..., origins), levels as intervals.LEVELS


def forecasts(values: Floats, grid: Grid, horizon: int, model: HorizonModel, first: int) -> Forecasts:
    """Forecasts made at origins `first`, …, len(values) - 1 (one at least), `horizon` windows ahead."""
    pieces = []
    for start in range(first, len(values), CHUNK):
        stop = min(start + CHUNK, len(values))
        begin = max(0, start - HISTORY_WINDOWS + 1)
        stats = TrailingStats(values[..., begin:stop], grid.from_row(begin))
        pieces.append(step(stats, horizon, model, start - begin))
    return Forecasts(
        {key: np.concatenate([piece.mean[key] for piece in pieces]) for key in pieces[0].mean},
        {key: np.concatenate([piece.quantiles[key] for piece in pieces], axis=-1) for key in pieces[0].quantiles},
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


def step(stats: TrailingStats, horizon: int, model: HorizonModel, first: int) -> Forecasts:
    """Forecasts made at the origins from row `first`, of the newest rows of `stats`.

    What holds for a block of windows is computed anew in the origins of a next one alone.
    """
    columns = features.compute(stats, horizon)
    refits = Refits(stats, horizon, model.linear, columns.linear)
    base = base_forecasts(columns, refits.weights(LINEAR, max(0, first - BASE_SPAN)), model)
    refits.base |= {name: stats.lookback.keep((name, horizon), base[name], BASE_KEPT, np.float32) for name in LEARNED}
    stacked = {
        key: stack.forecast(base, refits.weights(key, max(0, first - MEAN_SPAN))) for key, stack in stacks().items()
    }
    means = means_of(stats, horizon, stacked)
    edges = quantiles_of(stats, horizon, model, means, first)
    return Forecasts({key: within(newest(mean, len(stats) - first), edges[key]) for key, mean in means.items()}, edges)


class Refits:
    """The regressions of one horizon, refitted where a block of windows is complete: by a live step from the moments of
    that block and the sums of those before."""

    def __init__(
        self, stats: TrailingStats, horizon: int, priors: tuple[LinearPrior, ...], inputs: features.Columns
    ) -> None:
        self._stats, self._horizon, self._inputs = stats, horizon, inputs
        self._stacks = stacks()
        stats.states(BASE_KEPT)  # at every origin, for _newest_origins
        self.ridges = {LINEAR: linear_ridge(priors, stats.grid)}
        self.ridges |= {key: stack.ridge for key, stack in self._stacks.items()}
        self.block = stats.end // REFIT_WINDOWS  # that is under way
        self.base: dict[str, Floats | Kept] = {}  # base forecasts that are looked back at

    def weights(self, name: str, first: int) -> Floats:
        """Coefficients at every origin from row `first`, or of a live step at the newest one."""
        fit = partial(self._fit_all, name, first) if self._stats.whole else partial(self._fit_newest, name)
        return self._stats.lookback.hold((name, "weights", self._horizon), self.block, fit, -2)

    def _fit_all(self, name: str, first: int) -> Floats:
        moments = self._moments(name, self._stats, self._inputs)
        return coefficients(self._stats, (name, "moments", self._horizon), moments, self.ridges[name], first)

    def _fit_newest(self, name: str) -> Floats:
        past, inputs = self._newest_origins
        moments = self._moments(name, past, inputs)[..., -1:]
        return newest_coefficients(self._stats, (name, "moments", self._horizon), moments, self.ridges[name])

    @cached_property
    def _newest_origins(self) -> tuple[TrailingStats, features.Columns]:
        """The origins that the newest block's moments are made from, and the linear model's inputs at them."""
        recent = self._stats.recent
        return recent(BASE_KEPT, 0), features.linear(recent(BASE_KEPT, features.LINEAR_REACH), self._horizon)

    def _moments(self, name: str, past: TrailingStats, inputs: features.Columns) -> Floats:
        if name == LINEAR:
            return linear_moments(past, inputs, self._horizon)
        return self._stacks[name].moments(past, self.base | {name: inputs[name] for name in GROWTHS}, self._horizon)


def linear_moments(stats: TrailingStats, inputs: features.Columns, horizon: int) -> Floats:
    """Those of the linear model's inputs, see block_moments."""
    return block_moments(stats, inputs.values(), *stats.target(horizon), horizon, LINEAR_LIMIT)


def linear_ridge(priors: tuple[LinearPrior, ...], grid: Grid) -> Ridge:
    prior = nearest_prior(priors, grid)
    return Ridge(LINEAR_BLOCKS, LINEAR_PRIOR_WINDOWS * prior.gram, prior.coefficients)


def nearest_prior(priors: tuple[LinearPrior, ...], grid: Grid) -> LinearPrior:
    """The one of the window length nearest to the grid's, by ratio."""
    return min(priors, key=lambda prior: abs(np.log(prior.step_seconds * 1e9 / grid.step_ns)))


def base_forecasts(columns: features.Features, weights: Floats, model: HorizonModel) -> dict[str, Floats]:
    """Those at the newest origins, as many as there are rows of the linear model's coefficients (..., rows, inputs)."""
    linear = weighted_sum(columns.linear.values(), weights)
    matrix = tree_matrix(columns, linear)
    return {
        "linear": linear,
        "lgbm_plus_trees": linear + model.trees["lgbm_plus"].predict(matrix),
        "lgbm_trees": model.trees["lgbm"].predict(matrix[..., :-1]),
    } | {name: newest(columns.linear[name], linear.shape[-1]) for name in GROWTHS}


def stacks() -> dict[str, Stack]:
    """Those of the models that are stacked, by key."""
    return {model.key: model.rule for model in catalog.MODELS if isinstance(model.rule, Stack)}


def means_of(stats: TrailingStats, horizon: int, stacked: Mapping[str, Floats]) -> dict[str, Floats]:
    """By model the forecasts of the newest origins, requests per second, from scaled ones: as many as those."""
    scaled = shift(np.stack(list(stacked.values())), 0, np.nan, stats.rows)
    learned = stats.level * (1.0 + np.clip(scaled * stats.sigma, -1.0, GROWTH_LIMIT))
    experts = experts_at(stats, horizon)
    average, best = expert_average(stats, horizon, experts), best_expert(stats, horizon, experts)
    drawn = dict(zip(stacked, shrunk(stats, horizon, learned, average, best), strict=True))
    means = {
        model.key: drawn[model.key] if isinstance(model.rule, Stack) else model.rule(stats, horizon)
        for model in catalog.MODELS
    }
    rows = next(iter(stacked.values())).shape[-1]
    return {key: newest(mean, rows) for key, mean in means.items()}


def quantiles_of(
    stats: TrailingStats, horizon: int, model: HorizonModel, means: Mapping[str, Floats], first: int
) -> dict[str, Floats]:
    """By model the quantiles at every origin from row `first`, from means at the newest: (levels, ..., rows)."""
    return {
        key: quantiles(stats, key, shift(mean, 0, np.nan, stats.rows), horizon, model.residual_prior(key), first)
        for key, mean in means.items()
    }
