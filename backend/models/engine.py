"""From a series to the forecasts of both models at every origin: features, linear model, trees, weights, bands."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend.models import features
from backend.models.adaptation import (
    BLOCK,
    REFIT_BLOCKS,
    LinearPrior,
    coefficients,
    linear_forecast,
    tuned_ewma,
    usefulness,
)
from backend.models.bands import ResidualPrior, quantiles
from backend.models.history import Grid, History
from backend.models.rolling import Floats

MIN_WINDOWS = 20  # known windows below which a tuned EWMA speaks alone
TRUST_WINDOWS = 60.0  # known windows at which the models weigh as much as the tuned EWMA
GROWTH_LIMIT = 5.0  # a forecast is at most six times the level: no explosion
OUTPUT_SPAN = 3_200  # origins whose outputs the newest weights (2,048) and bands (1,032) still look at
FEATURE_SPAN = 11_900  # windows that level, seasons and features of one origin look at
REFIT_SPAN = BLOCK * (REFIT_BLOCKS + 1)  # origins that the linear refit of one origin looks at
HISTORY_WINDOWS = 25_200  # the three together: nothing older has any effect
RESOLUTION = 2.0**14  # steps of a feature per unit
CHUNK = 100_000  # origins computed at once: bounds the memory of second-long windows

Matrix = npt.NDArray[np.float32]
Trees = Callable[[Matrix], Floats]  # rows of features -> scaled forecast of each


@dataclass(frozen=True)
class HorizonModel:
    """What training gives one horizon."""

    residual: Trees  # LGBM+: what the linear model misses, from features.NAMES and its own forecast
    direct: Trees  # LGBM: the scaled target, from features.NAMES
    linear: LinearPrior
    correction_square: float  # mean square of the trees' corrections over the training rows
    errors: tuple[ResidualPrior, ResidualPrior]  # of LGBM+ and LGBM


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of both models (first axis: LGBM+, LGBM) at the last origins of a series, in requests per second."""

    mean: Floats  # (2, origins); NaN where nothing is known yet
    quantiles: Floats  # (2, levels, origins), levels as bands.LEVELS


@dataclass(frozen=True)
class Outputs:
    """What the parts say at the newest origins, in scaled units. They are costly, and later ones look back at them."""

    base: Floats  # linear model
    correction: Floats  # trees of LGBM+, on top of it
    direct: Floats  # trees of LGBM

    def followed_by(self, later: "Outputs", most: int) -> "Outputs":
        """These and those of later origins, the newest `most` of them."""
        pairs = ((self.base, later.base), (self.correction, later.correction), (self.direct, later.direct))
        return Outputs(*(np.concatenate(pair)[-most:] for pair in pairs))


BOTH_BANDS = (True, True)


def forecasts(
    values: Floats, grid: Grid, horizon: int, model: HorizonModel, first: int, bands: tuple[bool, bool] = BOTH_BANDS
) -> Forecasts:
    """Forecasts made at origins `first`, …, len(values) - 1, `horizon` windows ahead."""
    parts = []
    for start in range(first, len(values), CHUNK):
        stop = min(start + CHUNK, len(values))
        begin = max(0, start - HISTORY_WINDOWS + 1)
        piece = History(values[begin:stop], grid.from_row(begin))
        parts.append(_piece(piece, horizon, model, start - begin, bands))
    if not parts:
        return Forecasts(np.empty((2, 0)), np.empty((2, 4, 0)))
    return Forecasts(
        np.concatenate([part.mean for part in parts], axis=1),
        np.concatenate([part.quantiles for part in parts], axis=2),
    )


def _piece(history: History, horizon: int, model: HorizonModel, first: int, bands: tuple[bool, bool]) -> Forecasts:
    made, _ = outputs(history, horizon, model, max(0, first - OUTPUT_SPAN), features.shared(history))
    return finish(history, horizon, model, made, first, bands)


def outputs(
    history: History, horizon: int, model: HorizonModel, first: int, shared: features.Columns
) -> tuple[Outputs, Floats]:
    """What linear model and trees say at every origin from row `first`, and the newest linear coefficients.

    `shared`: features.shared(history).
    """
    columns = features.compute(history, horizon, shared)
    fitted = coefficients(history, columns.linear, horizon, model.linear, first)
    return model_outputs(columns, fitted, model), fitted[-1:]


def newest_coefficients(history: History, horizon: int, model: HorizonModel) -> Floats:
    """Coefficients of the linear model at the last origin: (1, inputs)."""
    recent = history.tail(max(0, len(history) - REFIT_SPAN - horizon), features.LINEAR_REACH)
    return coefficients(recent, features.linear(recent, horizon), horizon, model.linear, len(recent) - 1)


def model_outputs(columns: features.Features, coefficients: Floats, model: HorizonModel) -> Outputs:
    """What linear model and trees say at the newest origins, as many as there are rows of coefficients."""
    base = linear_forecast(columns.linear, coefficients)
    matrix = tree_matrix(columns, base)
    return Outputs(base, model.residual(matrix), model.direct(matrix[:, :-1]))


def finish(
    history: History,
    horizon: int,
    model: HorizonModel,
    made: Outputs,
    first: int,
    bands: tuple[bool, bool] = BOTH_BANDS,
) -> Forecasts:
    """Forecasts at every origin from row `first`; `made` are the outputs at the newest origins of `history`."""
    base, correction, direct = (_at_end(part, len(history)) for part in (made.base, made.correction, made.direct))
    means = combine(history, horizon, model, base, correction, direct)
    edges = np.full((2, 4, len(history) - first), np.nan)
    for which in (0, 1):
        if bands[which]:
            edges[which] = quantiles(history, means[which], horizon, model.errors[which], first)
    return Forecasts(means[:, first:], edges)


def _at_end(values: Floats, rows: int) -> Floats:
    """The newest `rows` values, 0 where there were none that early: nothing looks at them."""
    return np.concatenate([np.zeros(max(0, rows - len(values))), values[max(0, len(values) - rows) :]])


def tree_matrix(columns: features.Features, base: Floats) -> Matrix:
    """The newest rows of features.NAMES and, last, the linear model's scaled forecast; as many as `base` has."""
    matrix = np.empty((len(base), len(columns.trees) + 1), dtype=np.float32)
    for place, column in enumerate((*columns.trees, base)):
        # Rounded, so that 0.30000000000000004 and 0.3 take the same branch: a series times ten has the same ratios
        # but for rounding, and must get the same forecast times ten.
        matrix[:, place] = np.rint(column[len(column) - len(base) :] * RESOLUTION) / RESOLUTION
    return matrix


def combine(
    history: History, horizon: int, model: HorizonModel, base: Floats, correction: Floats, direct: Floats
) -> Floats:
    """Mean forecasts of both models in requests per second: (2, rows)."""
    target, usable = history.target(horizon)
    share = usefulness(correction, target - base, usable, horizon, model.correction_square)
    young = tuned_ewma(history, horizon)
    weight = trust(history)
    scaled = np.stack([base + share * correction, direct])
    learned = history.level * (1.0 + np.clip(scaled * history.sigma, -1.0, GROWTH_LIMIT))
    return weight * learned + (1.0 - weight) * young


def trust(history: History) -> Floats:
    """Weight of the models against the tuned EWMA: grows with the known windows, low right after an outage."""
    age = history.known_in(features.MAX_AGE)
    weight = np.where(age < MIN_WINDOWS, 0.0, age / (age + TRUST_WINDOWS))
    return weight * np.minimum(1.0, history.known_in(30) / 15.0)
