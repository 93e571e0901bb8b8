"""How far the models' forecasts shrink to simple ones: by what came of their steps away from these.

First to the expert average, by what came true lately; then, with what is left, to the expert that erred least for long,
by what came true over a longer time. Every statistic covers a bounded span of windows, as in rolling_ridge.py.
"""

from collections.abc import Hashable

import numpy as np

from backend.arrays import Floats
from backend.models.features import MAX_AGE
from backend.models.trailing_stats import TrailingStats, overlap
from backend.models.trailing_sums import newest

MIN_WINDOWS = 20  # known windows below which models have no weight
HALF_WEIGHT_WINDOWS = 160.0  # known windows at which models one window ahead weigh half; 907 at fifteen
LATE_ALPHA, LATE_SPAN = 1 / 60, 256  # memory of how much of the steps from the average came true lately
LONG_ALPHA, LONG_SPAN = 1 / 1_000, 2_112  # memory of how much of the steps from the best expert came true
STEP_LIMIT = 30.0  # scaled
SLOPE_PRIOR = 5.0  # sum of squares, in units of the noise, that the first slope is worth one window ahead
FIRST_SLOPE = 0.9  # of all that came of the steps from the best expert


def shrunk(stats: TrailingStats, horizon: int, learned: Floats, average: Floats, best: Floats) -> Floats:
    """Learned forecasts, (forecasts, ..., rows), shrunk to the expert average and then to the best expert, (..., rows)
    each; all in requests per second."""
    weight = average_weight(stats, horizon, learned, average)
    drawn = weight * learned + (1.0 - weight) * average
    best = np.where(np.isfinite(best), best, average)
    weight = best_weight(stats, horizon, drawn, best)
    return np.asarray(weight * drawn + (1.0 - weight) * best)


def average_weight(stats: TrailingStats, horizon: int, learned: Floats, average: Floats) -> Floats:
    """Weight of learned forecasts beside the expert average: (forecasts, ..., rows), 0 to 1.

    Grows with the known windows, the slower the further ahead, since errors of overlapping forecasts tell less; low
    right after an outage. Times the part of the steps from the average that came true lately: a least squares
    coefficient from 0 to 1, drawn to 1. Scaled by the noise, so that one burst does not decide.
    """
    age = stats.known_in(MAX_AGE)
    maturity = np.where(age < MIN_WINDOWS, 0.0, age / (age + HALF_WEIGHT_WINDOWS * overlap(horizon)))
    maturity = maturity * np.minimum(1.0, stats.known_in(30) / 15.0)
    origin, (step, error) = stats.origin(horizon), _outcomes(stats, ("late", horizon), learned, average, horizon)
    step, error = (np.clip(each / origin.scale, -STEP_LIMIT, STEP_LIMIT) for each in (step, error))
    known = np.isfinite(error) & np.isfinite(step).all(axis=0) & (origin.level > 0)
    step, error, importance = (np.where(known, each, 0.0) for each in (step, error, origin.importance))
    moments = importance * np.stack([step * step, step * error])
    squares, products = stats.decayed_sum(("late moments", horizon), moments, LATE_ALPHA, LATE_SPAN)
    prior = SLOPE_PRIOR * horizon
    return np.asarray(maturity * np.clip((products + prior) / (squares + prior), 0.0, 1.0))


def best_weight(stats: TrailingStats, horizon: int, forecasts: Floats, best: Floats) -> Floats:
    """Weight of forecasts, (forecasts, ..., rows), beside the best expert: the part of the steps from it that came
    true, a least squares coefficient from 0 to 1, drawn to FIRST_SLOPE. In requests per second, as RMSE is."""
    step, error = _outcomes(stats, ("step", horizon), forecasts, best, horizon)
    known = np.isfinite(error) & np.isfinite(step).all(axis=0)
    step, error = (np.where(known, each, 0.0) for each in (step, error))
    moments = np.stack([step * step, step * error])
    squares, products = stats.decayed_sum(("step moments", horizon), moments, LONG_ALPHA, LONG_SPAN)
    # The noise of then: that of now is loud where a burst has just come, and would vouch for the steps that it refuted.
    prior = SLOPE_PRIOR * horizon * np.square(np.nan_to_num(stats.origin(horizon).noise))
    first = np.full_like(squares, FIRST_SLOPE)
    slope = np.divide(products + FIRST_SLOPE * prior, squares + prior, out=first, where=squares + prior > 0)
    return np.asarray(np.clip(slope, 0.0, 1.0))


def _outcomes(
    stats: TrailingStats, name: Hashable, forecasts: Floats, simple: Floats, horizon: int
) -> tuple[Floats, Floats]:
    """The steps from a simple forecast to what is known now, and its errors, both requests per second."""
    then = stats.earlier(name, np.concatenate([forecasts - simple, simple[np.newaxis]]), horizon)
    return then[:-1], newest(stats.values, stats.rows) - then[-1]
