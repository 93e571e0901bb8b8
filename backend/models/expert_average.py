"""Simple forecasts: the average of them by their squared errors, and the one that erred least for long.

The models shrink to both (shrinkage.py). Errors are squared requests per second, so that what is least is what RMSE
measures: scaled by the series' noise, the hours after one burst count like any others, and traffic of rare bursts is
forecast up to 6 % worse than by the best EWMA. Every statistic covers a bounded span, as in rolling_ridge.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from backend.arrays import Floats
from backend.models.features import change, mean_known, of_days, of_weeks
from backend.models.trailing_stats import Season, TrailingStats
from backend.models.trailing_sums import mean_where, newest

EWMA_ALPHAS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.4, 0.6, 1.0)
MOST_GROWTH = 2.0  # of a seasonal expert: three times the level
EXTRAPOLATION_WEIGHT = 0.25  # beside 1 for each other expert: as much as the others it costs the first hour 1 %
ERROR_ALPHA, ERROR_SPAN = 1 / 200, 800  # memory of the errors that decide weights
NEARER = 3  # the part of a horizon whose errors count beside those at the horizon: they are known earlier
SEASONAL_NEARER = 0.8  # of the least of them, a seasonal expert's: it waits a day for its first forecast
BEST_EWMAS = (0.005, 0.02, 0.15, 1.0)  # of EWMA_ALPHAS: what is best for long lies near one of them
SEASONAL_HANDICAP = 1.15  # by how much less a season's mean must err: it is wrong at once where a season ends
BEST_ALPHA, BEST_SPAN = 1 / 2_000, 4_096  # memory of the errors that the best of them is chosen by
ERROR_PRIOR = 0.3  # windows of an error of the series' noise
LEAST_SHARE = 1e-9  # of the largest error, below which errors are alike


@dataclass(frozen=True)
class Experts:
    """Simple forecasts at every origin, requests per second, and their squared errors as they become known, those of
    one that had no forecast the mean of the EWMAs': (experts, ..., rows) each. EWMAs come first, at EWMA_ALPHAS, then
    an extrapolation, then `means` seasonal means, then other seasonal ones."""

    forecasts: Floats
    squared: Floats
    means: int


def experts_at(stats: TrailingStats, horizon: int) -> Experts:
    """All simple forecasts."""
    averages, seasons = stats.once("averages", partial(_averages, stats)), stats.seasons(horizon)
    seasonal = _seasonal(stats, seasons)
    groups = (("averages", averages), (("seasonal", horizon), seasonal))
    then = np.concatenate([stats.earlier(name, group, horizon) for name, group in groups if len(group)])
    squared = _squared(stats, then)
    # As an expert that is drawn at random: taken to err like the worst, the week's days had no weight for days.
    squared = np.where(np.isfinite(then), squared, sum(squared[: len(EWMA_ALPHAS)]) / len(EWMA_ALPHAS))
    return Experts(np.concatenate([averages, seasonal]), squared, len(_groups(seasons)))


def expert_average(stats: TrailingStats, horizon: int, experts: Experts) -> Floats:
    """Forecasts at every origin, requests per second: (..., rows), NaN where nothing is known.

    Weights are (least trailing squared error / the expert's)^12, Bayes' posterior for normal errors of unknown variance
    as if the memory held 24 independent ones: errors overlap and have heavy tails. Errors at a third of the horizon are
    added to those at the horizon, of which a young series has few.
    """
    averages = experts.forecasts[: len(EWMA_ALPHAS) + 1]
    exists, nearer = np.isfinite(experts.forecasts), _nearer(stats, horizon, averages)
    others = len(exists) - len(averages)
    priors = [1.0] * len(EWMA_ALPHAS) + [EXTRAPOLATION_WEIGHT] + [1.0] * others
    total = stats.decayed_sum(("squared", horizon), experts.squared, ERROR_ALPHA, ERROR_SPAN)
    total = total + np.concatenate([nearer, *[SEASONAL_NEARER * nearer.min(axis=0, keepdims=True)] * others])
    total = total + ERROR_PRIOR * np.square(stats.noise)
    total += LEAST_SHARE * total.max(axis=0)
    least = total.min(axis=0)
    share = np.divide(least, total, out=np.ones_like(total), where=least > 0)
    fourth = np.square(np.square(share))  # by products: a power's last digit is not the same on every processor
    average, weights = np.zeros_like(least), np.zeros_like(least)
    # One by one: numpy adds up a column of one row in another order than one of many.
    for forecast, known, power, prior in zip(experts.forecasts, exists, fourth, priors, strict=True):
        weight = np.where(known, prior * power * power * power, 0.0)
        average, weights = average + weight * np.where(known, forecast, 0.0), weights + weight
    return mean_where(average, weights)


def _nearer(stats: TrailingStats, horizon: int, averages: Floats) -> Floats:
    """Trailing squared errors of the averages at a third of the horizon: (averages, ..., rows)."""
    squared = _squared(stats, stats.earlier("averages", averages, -(-horizon // NEARER)))
    return stats.decayed_sum(("nearer", horizon), squared, ERROR_ALPHA, ERROR_SPAN)


def _squared(stats: TrailingStats, then: Floats) -> Floats:
    """Squared errors of forecasts for the newest windows, 0 where one of both is unknown."""
    rates = newest(stats.values, stats.rows)
    return np.where(np.isfinite(then) & np.isfinite(rates), np.square(then - rates), 0.0)


def best_expert(stats: TrailingStats, horizon: int, experts: Experts) -> Floats:
    """At every origin the forecast of the one of BEST_EWMAS and the seasonal means whose squared errors were the least
    over the last BEST_SPAN windows, requests per second: (..., rows), NaN where none has a forecast.

    One alone, and over five times as long as the average: on traffic of rare bursts the average's weights follow the
    last of them, and shrinking to it loses 1 % there that this wins.
    """
    begin = len(EWMA_ALPHAS) + 1
    ewmas = [place for place, alpha in enumerate(EWMA_ALPHAS) if alpha in BEST_EWMAS]
    places = [*ewmas, *range(begin, begin + experts.means)]
    total = stats.decayed_sum(("best", horizon), experts.squared[places], BEST_ALPHA, BEST_SPAN)
    total[len(ewmas) :] *= SEASONAL_HANDICAP
    forecasts = experts.forecasts[places]
    best = np.where(np.isfinite(forecasts), total, np.inf).argmin(axis=0)[np.newaxis]
    return np.asarray(np.take_along_axis(forecasts, best, axis=0)[0])


def _averages(stats: TrailingStats) -> Floats:
    """The experts that are the same at every horizon, EWMAs and an extrapolation: (experts, ..., origins)."""
    averages = {alpha: stats.carried(f"ewma_{alpha}", stats.ewma(alpha)) for alpha in EWMA_ALPHAS}
    extrapolation = np.maximum(1.5 * averages[1.0] - 0.5 * averages[0.4], 0.0)
    return np.stack([*averages.values(), extrapolation])


def _seasonal(stats: TrailingStats, seasons: Mapping[int, Season]) -> Floats:
    """The mean rate of the week's days and of the weeks at the target's time, yesterday's and last week's, and the
    growth of the first two and of last week: (experts, ..., origins), NaN where one has no forecast."""
    if not seasons:
        return np.empty((0, *stats.level.shape))
    groups = _groups(seasons)
    rates = [mean_known([season.rate for season in group])[0] for group in groups]
    rates += [seasons[days].rate for days in (1, 7) if days in seasons]
    groups += [[seasons[7]]] if 7 in seasons else []
    return np.stack(rates + [stats.level * (1.0 + _growth_of(group)) for group in groups])


def _groups(seasons: Mapping[int, Season]) -> list[list[Season]]:
    """The seasons that are averaged: the last week's days, and weeks where those are others. For a target sixty windows
    of four hours ahead no day of the last week is known."""
    days, weeks = of_days(seasons), of_weeks(seasons)
    return [group for group, fewest in ((days, 1), (weeks, 2 if days else 1)) if len(group) >= fewest]


def _growth_of(seasons: Sequence[Season]) -> Floats:
    """The growth of seasons together: of their mean rate over their mean level, at most MOST_GROWTH.

    Not the mean of each one's: where most windows are empty, a day whose level was next to nothing has any growth, and
    a burst of 15 requests was forecast to become one of 27 (a thinned World Cup 1.14 of the best baseline's RMSE at
    five windows, in place of 1.02).
    """
    rate = mean_known([np.where(np.isfinite(season.level), season.rate, np.nan) for season in seasons])[0]
    level = mean_known([np.where(np.isfinite(season.rate), season.level, np.nan) for season in seasons])[0]
    return np.minimum(change(level, rate), MOST_GROWTH)
