"""The cautious forecast: a mixture of simple ones and of LGBM+'s trees, and how much of the models it is given.

It speaks for young series, and where what the models say beyond it has not come true lately. Every statistic covers
a bounded span of windows, as in adaptation.py.
"""

import numpy as np

from backend.models.features import MAX_AGE, growth, mean_known
from backend.models.rolling import Floats, decayed_sum, mean_where, shift
from backend.models.trailing_stats import TrailingStats

MIN_WINDOWS = 20  # known windows below which the mixture speaks alone
TRUST_WINDOWS = 160.0  # known windows at which models one window ahead weigh as much as the mixture; 907 at fifteen

EWMA_ALPHAS = ((0.02, 256), (0.05, 256), (0.1, 128), (0.15, 128), (0.25, 64), (0.4, 32), (0.6, 16), (1.0, 1))
EXTRAPOLATION_WEIGHT = 0.25  # beside 1 for each other member: as much as the others it costs the first hour 1 %
ALPHA, SPAN = 1 / 60, 512  # memory of the errors that write weights and shares
PRIOR_WINDOWS = 1.0
OVERLAP = 3.0  # an error h windows ahead is worth 1 / (1 + (h - 1) / OVERLAP) independent ones
ERROR_LIMIT = 100.0  # squared scaled error
SHARE_PRIOR = 10.0  # sum of squares that the whole of the models is worth to begin with, one window ahead
SHARE_LIMIT = 30.0  # scaled error


def mixture(history: TrailingStats, horizon: int, trees: Floats) -> Floats:
    """Forecasts at every origin, requests per second; `trees` (those of LGBM+) likewise, NaN where there are none.

    Weights fall with the excess of a trailing squared error over the least, in units of the least's mean: Bayes'
    posterior for normal errors, with (1 + z / 4)^-4 for exp(-z), whose rounding is the same on every processor. Errors
    count with their origin's importance, as in all that is learned, and at most as much as there are known windows: or
    the first request after a few silent windows would decide an hour.
    """
    target, usable = history.target(horizon)
    forecasts, priors = _members(history, horizon, trees)
    exists = np.isfinite(forecasts)
    error = np.where(exists, (forecasts - history.level) / history.scale - target, ERROR_LIMIT)
    limit = np.minimum(history.known_in(MAX_AGE), ERROR_LIMIT)
    importance = np.where(usable, history.importance, 0.0)
    total = decayed_sum(shift(importance * np.minimum(error * error, limit), horizon), ALPHA, SPAN)
    count = decayed_sum(shift(importance, horizon), ALPHA, SPAN)
    least = np.min(total, axis=0)
    variance = (least + PRIOR_WINDOWS) / (count + PRIOR_WINDOWS) * _overlap(horizon)
    mixed, weights = np.zeros(len(history)), np.zeros(len(history))
    for forecast, known, sum_of_squares, prior in zip(forecasts, exists, total, priors, strict=True):
        quarter = 1.0 + (sum_of_squares - least) / (8.0 * variance)
        weight = np.where(known, prior / (quarter * quarter * quarter * quarter), 0.0)
        mixed, weights = mixed + weight * np.where(known, forecast, 0.0), weights + weight
    return mean_where(mixed, weights)


def _overlap(horizon: int) -> float:
    """How many errors of overlapping forecasts are worth one of independent ones."""
    return 1.0 + (horizon - 1) / OVERLAP


def _members(history: TrailingStats, horizon: int, trees: Floats) -> tuple[Floats, list[float]]:
    """Forecasts (members, origins), NaN where a member has nothing to say, and the weight each begins with."""
    averages = {alpha: history.carried(history.ewma(alpha, span)) for alpha, span in EWMA_ALPHAS}
    extrapolation = np.maximum(1.5 * averages[1.0] - 0.5 * averages[0.4], 0.0)
    seasonal = _seasonal(history, horizon)
    forecasts = np.stack([*averages.values(), trees, extrapolation, *seasonal])
    return forecasts, [1.0] * (len(averages) + 1) + [EXTRAPOLATION_WEIGHT] + [1.0] * len(seasonal)


def _seasonal(history: TrailingStats, horizon: int) -> list[Floats]:
    """Yesterday's, last week's and the week's days' mean rate at the target's time, and the growth of the last two."""
    seasons = history.seasons(horizon)
    if not seasons:
        return []
    rates = [seasons[days].rate for days in (1, 7) if days in seasons]
    rates.append(mean_known([season.rate for season in seasons.values()])[0])
    changes = [mean_known([growth(season) for season in seasons.values()])[0]]
    changes += [growth(seasons[7])] if 7 in seasons else []
    return rates + [history.level * (1.0 + change) for change in changes]


def share(history: TrailingStats, horizon: int, learned: Floats, cautious: Floats) -> Floats:
    """Of the learned forecasts in what is said, the rest being the mixture's: (forecasts, rows), 0 to 1.

    Grows with the known windows, the slower the further ahead, since errors of overlapping forecasts tell less; low
    right after an outage. At most the part of the step from the mixture to the learned forecast that came true
    lately: its least squares coefficient, drawn to 1. `learned`: (forecasts, rows), requests per second.
    """
    age = history.known_in(MAX_AGE)
    trust = np.where(age < MIN_WINDOWS, 0.0, age / (age + TRUST_WINDOWS * _overlap(horizon)))
    return trust * np.minimum(1.0, history.known_in(30) / 15.0) * _came_true(history, horizon, learned, cautious)


def _came_true(history: TrailingStats, horizon: int, learned: Floats, cautious: Floats) -> Floats:
    ahead = np.append(history.values, np.full(horizon, np.nan))[horizon:]
    step, error = (learned - cautious) / history.scale, (ahead - cautious) / history.scale
    known = np.isfinite(error) & np.isfinite(step).all(axis=0)
    step, error = (np.where(known, np.clip(each, -SHARE_LIMIT, SHARE_LIMIT), 0.0) for each in (step, error))
    squares, products = (
        decayed_sum(shift(history.importance * each, horizon), ALPHA, SPAN) for each in (step * step, step * error)
    )
    prior = SHARE_PRIOR * horizon
    return np.clip((products + prior) / (squares + prior), 0.0, 1.0)
