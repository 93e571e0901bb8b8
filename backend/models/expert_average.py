"""The expert average: simple forecasts weighted by their squared errors, which models are drawn to.

Young series are forecast by it, and those where the models' steps away from it have not come true. Errors are squared
requests per second, so that what is least is what RMSE measures: scaled by the series' noise, the hours after one burst
count like any others, and traffic of rare bursts is forecast up to 6 % worse than by the best EWMA. Every statistic
covers a bounded span of windows, as in rolling_ridge.py.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from backend.models.features import MAX_AGE, change, mean_known, of_days, of_weeks
from backend.models.rolling import Floats, mean_where, newest
from backend.models.trailing_stats import Season, TrailingStats, overlap

MIN_WINDOWS = 20  # known windows below which models have no weight
HALF_WEIGHT_WINDOWS = 160.0  # known windows at which models one window ahead weigh half; 907 at fifteen

EWMA_ALPHAS = (
    *((0.005, 1_024), (0.01, 512), (0.02, 256), (0.05, 256), (0.1, 128)),
    *((0.15, 128), (0.25, 64), (0.4, 64), (0.6, 64), (1.0, 64)),
)
MOST_GROWTH = 2.0  # of a seasonal expert: three times the level
EXTRAPOLATION_WEIGHT = 0.25  # beside 1 for each other expert: as much as the others it costs the first hour 1 %
ERROR_ALPHA, ERROR_SPAN = 1 / 500, 1_056  # memory of the errors that decide weights
ERROR_PRIOR = 0.3  # windows of an error of the series' noise
LEAST_SHARE = 1e-9  # of the largest error, below which errors are alike
LATE_ALPHA, LATE_SPAN = 1 / 60, 256  # memory of how much of the models' steps came true lately
STEP_LIMIT = 30.0  # scaled
SLOPE_PRIOR = 5.0  # sum of squares, in units of the noise, that the first slope is worth one window ahead
FIRST_SLOPE = 0.8  # of all that came of the models' steps


def expert_average(stats: TrailingStats, horizon: int) -> Floats:
    """Forecasts at every origin, requests per second: (..., rows), NaN where nothing is known.

    Weights are (least trailing squared error / the expert's)^12, Bayes' posterior for normal errors of unknown variance
    as if the memory held 24 independent ones: errors overlap and have heavy tails. An expert that has no forecast yet
    is taken to err like the worst.
    """
    averages, seasonal = stats.once("averages", partial(_averages, stats)), _seasonal(stats, horizon)
    forecasts = np.concatenate([averages, seasonal])
    exists = np.isfinite(forecasts)
    priors = [1.0] * len(EWMA_ALPHAS) + [EXTRAPOLATION_WEIGHT] + [1.0] * len(seasonal)
    squared = _squared_errors(stats, horizon, averages, seasonal)
    total = stats.decayed_sum(("squared", horizon), squared, ERROR_ALPHA, ERROR_SPAN)
    total = total + ERROR_PRIOR * np.square(stats.noise)
    total += LEAST_SHARE * total.max(axis=0)
    least = total.min(axis=0)
    share = np.divide(least, total, out=np.ones_like(total), where=least > 0)
    fourth = np.square(np.square(share))  # by products: a power's last digit is not the same on every processor
    average, weights = np.zeros_like(least), np.zeros_like(least)
    # One by one: numpy adds up a column of one row in another order than one of many.
    for forecast, known, power, prior in zip(forecasts, exists, fourth, priors, strict=True):
        weight = np.where(known, prior * power * power * power, 0.0)
        average, weights = average + weight * np.where(known, forecast, 0.0), weights + weight
    return mean_where(average, weights)


def _squared_errors(stats: TrailingStats, horizon: int, averages: Floats, seasonal: Floats) -> Floats:
    """Of every expert as they become known: (experts, ..., rows)."""
    groups = (("averages", averages), (("seasonal", horizon), seasonal))
    then = np.concatenate([stats.earlier(name, group, horizon) for name, group in groups if len(group)])
    exists, rates = np.isfinite(then), newest(stats.values, stats.rows)
    squared = np.where(exists & np.isfinite(rates), np.square(then - rates), 0.0)
    return np.where(exists, squared, squared.max(axis=0))


def _averages(stats: TrailingStats) -> Floats:
    """The experts that are the same at every horizon, EWMAs and an extrapolation: (experts, ..., origins)."""
    averages = {alpha: stats.carried(f"ewma_{alpha}", stats.ewma(alpha, span)) for alpha, span in EWMA_ALPHAS}
    extrapolation = np.maximum(1.5 * averages[1.0] - 0.5 * averages[0.4], 0.0)
    return np.stack([*averages.values(), extrapolation])


def _seasonal(stats: TrailingStats, horizon: int) -> Floats:
    """Yesterday's, last week's, the week's days' and the weeks' mean rate at the target's time, and the growth of the
    last three: (experts, ..., origins), NaN where one has no forecast."""
    seasons = stats.seasons(horizon)
    if not seasons:
        return np.empty((0, *stats.level.shape))
    rates = [seasons[days].rate for days in (1, 7) if days in seasons]
    groups = [of_days(seasons)] + ([weeks] if len(weeks := of_weeks(seasons)) > 1 else [])
    rates += [mean_known([season.rate for season in group])[0] for group in groups]
    groups += [[seasons[7]]] if 7 in seasons else []
    return np.stack(rates + [stats.level * (1.0 + _growth_of(group)) for group in groups])


def _growth_of(seasons: Sequence[Season]) -> Floats:
    """The growth of seasons together: of their mean rate over their mean level, at most MOST_GROWTH.

    Not the mean of each one's: where most windows are empty, a day whose level was next to nothing has any growth, and
    a burst of 15 requests was forecast to become one of 27 (a thinned World Cup 1.14 of the best baseline's RMSE at
    five windows, in place of 1.02).
    """
    rate = mean_known([np.where(np.isfinite(season.level), season.rate, np.nan) for season in seasons])[0]
    level = mean_known([np.where(np.isfinite(season.rate), season.level, np.nan) for season in seasons])[0]
    return np.minimum(change(level, rate), MOST_GROWTH)


def shrinkage_weight(stats: TrailingStats, horizon: int, learned: Floats, average: Floats) -> Floats:
    """Weight of learned forecasts, which shrink to the expert average by the rest: (forecasts, ..., rows), 0 to 1.

    Grows with the known windows, the slower the further ahead, since errors of overlapping forecasts tell less; low
    right after an outage. Times the part of the steps from the average to the learned forecasts that came true lately,
    and the part of the steps so shortened that came true over a longer time: least squares coefficients from 0 to 1.
    `learned`: (forecasts, ..., rows), requests per second; `average`: (..., rows), likewise.
    """
    age = stats.known_in(MAX_AGE)
    maturity = np.where(age < MIN_WINDOWS, 0.0, age / (age + HALF_WEIGHT_WINDOWS * overlap(horizon)))
    maturity = maturity * np.minimum(1.0, stats.known_in(30) / 15.0)
    late = maturity * _late_slope(stats, horizon, learned - average, average)
    return late * _slope(stats, horizon, late * (learned - average), average)


def _late_slope(stats: TrailingStats, horizon: int, step: Floats, average: Floats) -> Floats:
    """How much of each step came true lately, drawn to 1. Scaled by the noise, so that one burst does not decide."""
    origin, (step, error) = stats.origin(horizon), _outcomes(stats, horizon, "late", step, average)
    step, error = (np.clip(each / origin.scale, -STEP_LIMIT, STEP_LIMIT) for each in (step, error))
    known = np.isfinite(error) & np.isfinite(step).all(axis=0) & (origin.level > 0)
    step, error, importance = (np.where(known, each, 0.0) for each in (step, error, origin.importance))
    moments = importance * np.stack([step * step, step * error])
    squares, products = stats.decayed_sum(("late moments", horizon), moments, LATE_ALPHA, LATE_SPAN)
    prior = SLOPE_PRIOR * horizon
    return np.asarray(np.clip((products + prior) / (squares + prior), 0.0, 1.0))


def _slope(stats: TrailingStats, horizon: int, step: Floats, average: Floats) -> Floats:
    """How much of each step came true, in requests per second, drawn to FIRST_SLOPE."""
    step, error = _outcomes(stats, horizon, "step", step, average)
    known = np.isfinite(error) & np.isfinite(step).all(axis=0)
    step, error = (np.where(known, each, 0.0) for each in (step, error))
    moments = np.stack([step * step, step * error])
    squares, products = stats.decayed_sum(("step moments", horizon), moments, ERROR_ALPHA, ERROR_SPAN)
    prior = SLOPE_PRIOR * horizon * np.square(stats.noise)
    first = np.full_like(squares, FIRST_SLOPE)
    slope = np.divide(products + FIRST_SLOPE * prior, squares + prior, out=first, where=squares + prior > 0)
    return np.asarray(np.clip(slope, 0.0, 1.0))


def _outcomes(stats: TrailingStats, horizon: int, name: str, step: Floats, average: Floats) -> tuple[Floats, Floats]:
    """The steps from the average to what is known now, and its errors, both requests per second."""
    then = stats.earlier((name, horizon), np.concatenate([step, average[np.newaxis]]), horizon)
    return then[:-1], newest(stats.values, stats.rows) - then[-1]
