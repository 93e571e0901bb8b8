"""The expert average: simple forecasts weighted by their errors lately, which models are drawn to.

Young series are forecast by it, and those where the models' steps away from it have not come true lately. Every
statistic covers a bounded span of windows, as in rolling_ridge.py.
"""

import numpy as np

from backend.models.features import MAX_AGE, growth, mean_known
from backend.models.rolling import Floats, decayed_sum, mean_where, newest, shift
from backend.models.trailing_stats import LONGEST, TrailingStats, overlap

MIN_WINDOWS = 20  # known windows below which models have no weight
HALF_WEIGHT_WINDOWS = 160.0  # known windows at which models one window ahead weigh half; 907 at fifteen

EWMA_ALPHAS = ((0.02, 256), (0.05, 256), (0.1, 128), (0.15, 128), (0.25, 64), (0.4, 32), (0.6, 16), (1.0, 1))
EXTRAPOLATION_WEIGHT = 0.25  # beside 1 for each other expert: as much as the others it costs the first hour 1 %
ERROR_ALPHA, ERROR_SPAN = 1 / 60, 512  # memory of the errors that decide weights
PRIOR_WINDOWS = 1.0
ERROR_KEPT = ERROR_SPAN + LONGEST + 1  # origins whose forecasts are looked back at
ERROR_LIMIT = 100.0  # squared scaled error
SLOPE_PRIOR = 10.0  # sum of squares that a slope of 1 is worth to begin with, one window ahead
SLOPE_LIMIT = 30.0  # scaled error


def expert_average(stats: TrailingStats, horizon: int) -> Floats:
    """Forecasts at every origin, requests per second: (..., rows), NaN where nothing is known.

    Weights fall with the excess of a trailing squared error over the least, in units of the least's mean: Bayes'
    posterior for normal errors, with (1 + z / 4)^-4 for exp(-z), whose rounding is the same on every processor. Errors
    count with their origin's importance, as in all that is learned, and at most as much as there are known windows: or
    the first request after a few silent windows would decide an hour.
    """
    past = stats.tail(ERROR_SPAN + horizon)
    target, usable = past.target(horizon)
    averages, seasonal = _averages(stats), _seasonal(stats, horizon)
    groups = (("averages", averages), (("seasonal", horizon), seasonal))
    kept = [newest(stats.columns.keep(name, group, ERROR_KEPT), len(past)) for name, group in groups if len(group)]
    before = np.concatenate(kept).astype(np.float64)
    age = newest(stats.columns.keep("age", stats.known_in(MAX_AGE), ERROR_KEPT), len(past))
    error = np.where(np.isfinite(before), (before - past.level) / past.scale - target, ERROR_LIMIT)
    limit = np.fmin(age, ERROR_LIMIT)
    importance = np.where(usable, past.importance, 0.0)
    squared = shift(importance * np.minimum(error * error, limit), horizon)
    total = decayed_sum(squared, ERROR_ALPHA, ERROR_SPAN, stats.rows)
    count = decayed_sum(shift(importance, horizon), ERROR_ALPHA, ERROR_SPAN, stats.rows)
    least = np.min(total, axis=0)
    variance = (least + PRIOR_WINDOWS) / (count + PRIOR_WINDOWS) * overlap(horizon)
    forecasts = np.concatenate([averages, seasonal])
    exists = np.isfinite(forecasts)
    priors = [1.0] * len(EWMA_ALPHAS) + [EXTRAPOLATION_WEIGHT] + [1.0] * len(seasonal)
    average, weights = np.zeros_like(count), np.zeros_like(count)
    for forecast, known, sum_of_squares, prior in zip(forecasts, exists, total, priors, strict=True):
        quarter = 1.0 + (sum_of_squares - least) / (8.0 * variance)
        weight = np.where(known, prior / (quarter * quarter * quarter * quarter), 0.0)
        average, weights = average + weight * np.where(known, forecast, 0.0), weights + weight
    return mean_where(average, weights)


def _averages(stats: TrailingStats) -> Floats:
    """The experts that are the same at every horizon, EWMAs and an extrapolation: (experts, ..., origins)."""
    averages = {alpha: stats.carried(f"ewma_{alpha}", stats.ewma(alpha, span)) for alpha, span in EWMA_ALPHAS}
    extrapolation = np.maximum(1.5 * averages[1.0] - 0.5 * averages[0.4], 0.0)
    return np.stack([*averages.values(), extrapolation])


def _seasonal(stats: TrailingStats, horizon: int) -> Floats:
    """Yesterday's, last week's and the week's days' mean rate at the target's time, and the growth of the last two:
    (experts, ..., origins), NaN where one has no forecast."""
    seasons = stats.seasons(horizon)
    if not seasons:
        return np.empty((0, *stats.level.shape))
    rates = [seasons[days].rate for days in (1, 7) if days in seasons]
    rates.append(mean_known([season.rate for season in seasons.values()])[0])
    changes = [mean_known([growth(season) for season in seasons.values()])[0]]
    changes += [growth(seasons[7])] if 7 in seasons else []
    return np.stack(rates + [stats.level * (1.0 + change) for change in changes])


def shrinkage_weight(stats: TrailingStats, horizon: int, learned: Floats, average: Floats) -> Floats:
    """Weight of learned forecasts, which shrink to the expert average by the rest: (forecasts, ..., rows), 0 to 1.

    Grows with the known windows, the slower the further ahead, since errors of overlapping forecasts tell less; low
    right after an outage. At most the regression slope of what came on the step from the average to the learned
    forecast. `learned`: (forecasts, ..., rows), requests per second; `average`: (..., rows), likewise.
    """
    age = stats.known_in(MAX_AGE)
    maturity = np.where(age < MIN_WINDOWS, 0.0, age / (age + HALF_WEIGHT_WINDOWS * overlap(horizon)))
    return maturity * np.minimum(1.0, stats.known_in(30) / 15.0) * _regression_slope(stats, horizon, learned, average)


def _regression_slope(stats: TrailingStats, horizon: int, learned: Floats, average: Floats) -> Floats:
    """How much of the step from the average to each learned forecast came true lately: its least squares coefficient,
    drawn to 1 and held within 0 to 1."""
    past = stats.tail(ERROR_SPAN + horizon)
    kept = stats.columns.keep(("learned", horizon), np.concatenate([learned, average[np.newaxis]]), ERROR_KEPT)
    *_, average = then = newest(kept, len(past)).astype(np.float64)
    step, error = (then[:-1] - average) / past.scale, (past.ahead(horizon) - average) / past.scale
    known = np.isfinite(error) & np.isfinite(step).all(axis=0)
    step, error = (np.where(known, np.clip(each, -SLOPE_LIMIT, SLOPE_LIMIT), 0.0) for each in (step, error))
    importance = np.where(known, past.importance, 0.0)
    squares, products = (
        decayed_sum(shift(importance * each, horizon), ERROR_ALPHA, ERROR_SPAN, stats.rows)
        for each in (step * step, step * error)
    )
    prior = SLOPE_PRIOR * horizon
    return np.clip((products + prior) / (squares + prior), 0.0, 1.0)
