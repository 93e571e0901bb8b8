"""From a series to the forecasts of both models at every origin: linear models, trees, their blend, young series."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend.models import features
from backend.models.expert_average import SPAN, mixture, share
from backend.models.intervals import LEVELS, SAMPLE, SCALE_SPAN, ResidualPrior, quantiles
from backend.models.rolling import Floats
from backend.models.rolling_ridge import BLOCK, Ridge, block_moments, coefficients, weighted_sum
from backend.models.trailing_stats import MAX_SEASON, Grid, TrailingStats

GROWTH_LIMIT = 5.0  # a forecast is at most six times the level: no explosion

LINEAR_BLOCKS = (300, 96)  # the linear model's long memory (three days of minutes) and its short one (a day)
LINEAR_PRIOR_WINDOWS = 200.0  # how many windows of its own the global fit is worth
LINEAR_LIMIT = 8.0

# The parts of a forecast: linear models of long and short memory, LGBM+ (long + trees), LGBM, simple forecasts.
SIMPLE = ("lag_0", "season_day_growth", "season_days_growth", "season_week_growth")
LONG, SHORT, PLUS, DIRECT, *_ = range(4 + len(SIMPLE))
BLEND_BLOCKS = 192
BLEND_PRIOR = 100.0  # sum of squares of each input that the prior is worth
BLEND_LIMIT = 2.0
BLENDS = (  # of LGBM+ and LGBM: weights to begin with, of what blend_inputs gives
    Ridge(BLEND_BLOCKS, BLEND_PRIOR * np.eye(8), np.array([0.6, 0.2, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0])),
    Ridge(BLEND_BLOCKS, BLEND_PRIOR * np.eye(5), np.zeros(5)),
)

MEAN_SPAN = SAMPLE + SCALE_SPAN + SPAN + 128  # origins whose blended forecasts the newest bands still look at
MIXTURE_REACH = SPAN + 64  # origins before one whose errors weigh its mixture
OUTPUT_SPAN = MEAN_SPAN + BLOCK * (BLEND_BLOCKS + 2)  # origins whose parts their blends look at
REFIT_SPAN = BLOCK * (max(LINEAR_BLOCKS) + 2)  # origins that the linear refit of one origin looks at
# Windows that level, importance, seasons and features of one origin look at (a week of minutes and 464 more), for all
# origins whose errors weigh the oldest mixture that bands look at: so a live step needs no other history.
FEATURE_SPAN = MAX_SEASON + 464 + MEAN_SPAN + MIXTURE_REACH
HISTORY_WINDOWS = OUTPUT_SPAN + REFIT_SPAN + FEATURE_SPAN  # the last three together: nothing older has any effect
RESOLUTION = 2.0**14  # steps of a feature per unit
CHUNK = 40_000  # origins computed at once: 76,320 windows take 170 MB so, 280 MB in one piece

Matrix = npt.NDArray[np.float32]
Trees = Callable[[Matrix], Floats]  # rows of features -> scaled forecast of each
Parts = Floats  # (4 + simple forecasts, origins) scaled forecasts. Costly, and later origins look back at them.


@dataclass(frozen=True)
class LinearPrior:
    """The linear model of all training series of one window length: mean outer product of its inputs, coefficients."""

    step_seconds: float
    gram: Floats  # (p, p), per window
    coefficients: Floats  # (p,)


@dataclass(frozen=True)
class HorizonModel:
    """What training gives one horizon."""

    residual: Trees  # LGBM+: what the linear model misses, from features.NAMES and its own forecast
    direct: Trees  # LGBM: the scaled target, from features.NAMES
    linear: tuple[LinearPrior, ...]
    errors: tuple[ResidualPrior, ResidualPrior]  # of LGBM+ and LGBM


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of both models (first axis: LGBM+, LGBM) at the last origins of a series, in requests per second."""

    mean: Floats  # (2, origins); NaN where nothing is known yet
    quantiles: Floats  # (2, levels, origins), levels as bands.LEVELS


BOTH_BANDS = (True, True)


def forecasts(
    values: Floats, grid: Grid, horizon: int, model: HorizonModel, first: int, bands: tuple[bool, bool] = BOTH_BANDS
) -> Forecasts:
    """Forecasts made at origins `first`, …, len(values) - 1, `horizon` windows ahead."""
    parts = []
    for start in range(first, len(values), CHUNK):
        stop = min(start + CHUNK, len(values))
        begin = max(0, start - HISTORY_WINDOWS + 1)
        piece = TrailingStats(values[begin:stop], grid.from_row(begin))
        parts.append(_piece(piece, horizon, model, start - begin, bands))
    if not parts:
        return Forecasts(np.empty((2, 0)), np.empty((2, len(LEVELS), 0)))
    return Forecasts(
        np.concatenate([part.mean for part in parts], axis=1),
        np.concatenate([part.quantiles for part in parts], axis=2),
    )


def _piece(
    history: TrailingStats, horizon: int, model: HorizonModel, first: int, bands: tuple[bool, bool]
) -> Forecasts:
    columns = features.compute(history, horizon, features.shared(history))
    weights = linear_weights(history, columns.linear, horizon, model, max(0, first - OUTPUT_SPAN))
    parts = parts_of(columns, weights, model)
    blends = blend_weights(history, parts, horizon, max(0, first - MEAN_SPAN))
    means = means_of(history, horizon, blended(parts, blends), parts[PLUS])
    return Forecasts(means[:, first - len(history) :], quantiles_of(history, horizon, model, means, first, bands))


def linear_weights(
    history: TrailingStats, inputs: list[Floats], horizon: int, model: HorizonModel, first: int
) -> tuple[Floats, ...]:
    """Coefficients of the linear models of long and short memory at every origin from row `first`: (rows, inputs)."""
    target, usable = history.target(horizon)
    moments = block_moments(history, inputs, target, usable, horizon, LINEAR_LIMIT)
    prior = nearest_prior(model.linear, history.grid)
    gram = LINEAR_PRIOR_WINDOWS * prior.gram
    return tuple(
        coefficients(history, moments, Ridge(blocks, gram, prior.coefficients), first) for blocks in LINEAR_BLOCKS
    )


def nearest_prior(priors: tuple[LinearPrior, ...], grid: Grid) -> LinearPrior:
    """The one of the window length nearest to the grid's, by ratio."""
    return min(priors, key=lambda prior: abs(np.log(prior.step_seconds * 1e9 / grid.step_ns)))


def parts_of(columns: features.Features, weights: tuple[Floats, ...], model: HorizonModel) -> Parts:
    """Parts at the newest origins, as many as there are rows of the linear models' coefficients."""
    long, short = (weighted_sum(columns.linear, each) for each in weights)
    matrix = tree_matrix(columns, long)
    simple = [columns.linear[features.LINEAR_NAMES.index(name)][-len(long) :] for name in SIMPLE]
    return np.stack([long, short, long + model.residual(matrix), model.direct(matrix[:, :-1]), *simple])


def tree_matrix(columns: features.Features, base: Floats) -> Matrix:
    """The newest rows of features.NAMES and, last, the linear model's scaled forecast; as many as `base` has."""
    matrix = np.empty((len(base), len(columns.trees) + 1), dtype=np.float32)
    for place, column in enumerate((*columns.trees, base)):
        # Rounded, so that 0.30000000000000004 and 0.3 take the same branch: a series times ten has the same ratios
        # but for rounding, and must get the same forecast times ten.
        matrix[:, place] = np.rint(column[len(column) - len(base) :] * RESOLUTION) / RESOLUTION
    return matrix


def blend_inputs(parts: Parts, which: int) -> tuple[Floats, list[Floats]]:
    """What a model's blend starts from, and the changes to it that the blend weighs. `which`: 0 LGBM+, 1 LGBM.

    The second to last change leads to the level itself, which is 0 in scaled units.
    """
    base = parts[(LONG, DIRECT)[which]]
    simple = [part - base for part in parts[DIRECT + 1 :]]
    learned = [parts[part] - base for part in (PLUS, DIRECT, SHORT)] if which == 0 else []
    return base, [*learned, *simple, -base]


def blend_weights(history: TrailingStats, parts: Parts, horizon: int, first: int) -> tuple[Floats, ...]:
    """Weights of both models' blends at every origin from row `first`; `parts` are those of the newest origins."""
    target, usable = history.target(horizon)
    every = np.concatenate([np.zeros((len(parts), max(0, len(history) - parts.shape[1]))), parts], axis=1)
    every = every[:, every.shape[1] - len(history) :]
    found = []
    for which, ridge in enumerate(BLENDS):
        base, inputs = blend_inputs(every, which)
        moments = block_moments(history, inputs, target - base, usable, horizon, BLEND_LIMIT)
        found.append(coefficients(history, moments, ridge, first))
    return tuple(found)


def blended(parts: Parts, weights: tuple[Floats, ...]) -> Floats:
    """Scaled forecasts of both models at the newest origins, as many as there are rows of weights: (2, rows)."""
    made = []
    for which, weight in enumerate(weights):
        base, inputs = blend_inputs(parts[:, parts.shape[1] - len(weight) :], which)
        made.append(base + weighted_sum(inputs, weight))
    return np.stack(made)


def means_of(history: TrailingStats, horizon: int, scaled: Floats, trees: Floats) -> Floats:
    """Forecasts in requests per second of the newest origins: (2, rows).

    From scaled ones, those of the blends and those of LGBM+'s trees at as many newest origins or more, of which the
    first mixture.SPAN know less of trailing errors than there was to know.
    """
    learned = _rates(history, scaled)
    cautious = mixture(history, horizon, _rates(history, trees))
    weight = share(history, horizon, learned, cautious)
    return np.asarray((weight * learned + (1.0 - weight) * cautious)[:, len(history) - scaled.shape[1] :])


def _rates(history: TrailingStats, scaled: Floats) -> Floats:
    """Requests per second at every origin from scaled forecasts at the newest, NaN before those."""
    every = _aligned(history, scaled)
    return np.asarray(history.level * (1.0 + np.clip(every * history.sigma, -1.0, GROWTH_LIMIT)))


def _aligned(history: TrailingStats, newest: Floats) -> Floats:
    """What is known of the newest origins, as many columns as the history has rows: NaN before them."""
    every = np.full((*newest.shape[:-1], len(history)), np.nan)
    every[..., max(0, len(history) - newest.shape[-1]) :] = newest[..., -len(history) :]
    return every


def quantiles_of(
    history: TrailingStats,
    horizon: int,
    model: HorizonModel,
    means: Floats,
    first: int,
    bands: tuple[bool, bool] = BOTH_BANDS,
) -> Floats:
    """Quantiles at every origin from row `first`, from the forecasts of the newest origins: (2, levels, rows)."""
    every = _aligned(history, means)
    edges = np.full((2, len(LEVELS), len(history) - first), np.nan)
    for which in (0, 1):
        if bands[which]:
            edges[which] = quantiles(history, every[which], horizon, model.errors[which], first)
    return edges
