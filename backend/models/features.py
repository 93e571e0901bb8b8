"""Scale-free features of every origin: rates as deviations from the level, in units of the series' own noise.

Trees cannot predict above the levels they were trained on: on the World Cup trace plain LightGBM was 5 times worse
than the last value. So no feature carries the level itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import methodcaller

import numpy as np

from backend.arrays import Bools, Floats
from backend.models.trailing_stats import Season, TrailingStats, scaled_target
from backend.models.trailing_sums import mean_where, newest, shift, trailing_max, trailing_sum

LAGS = (*range(15), 19, 29)
MEANS = (3, 5, 10, 15, 30, 60, 120, 240)
EWMAS = (0.02, 0.05, 0.1, 0.3, 0.5)
STEPS = (5, 15, 60, 240)  # spans of the mean absolute step
EXTREMES = (15, 60, 240)
SLOPES = (5, 15, 60)
ERROR_ALPHA, ERROR_SPAN = 1 / 120, 512
# Simple forecasts by name, and the features that they are.
SIMPLE_FORECASTS = {
    "last": "lag_0",
    "ewma_02": "ewma_0.02",
    "ewma_05": "ewma_0.05",
    "ewma_50": "ewma_0.5",
    "mean_15": "mean_15",
    "mean_60": "mean_60",
    "day": "season_day",
    "day_growth": "season_day_growth",
    "week_growth": "season_week_growth",
}
SEASONAL_FORECASTS = ("day", "day_growth", "week_growth")  # which differ from horizon to horizon
SEASONAL = (
    *("day", "day_growth", "day_level", "week", "week_growth", "week_level"),
    *("days", "days_growth", "days_step", "weeks", "weeks_growth", "weeks_step"),
)
MAX_AGE = 2_048
REACH = MAX_AGE + 64  # windows before a row that its features look at, beside level, sigma and seasons

Columns = dict[str, Floats]

NAMES: tuple[str, ...] = (
    *(f"lag_{lag}" for lag in LAGS),
    *(f"mean_{width}" for width in MEANS),
    *(f"ewma_{alpha}" for alpha in EWMAS),
    *(f"step_{width}" for width in STEPS),
    *(f"{side}_{width}" for width in EXTREMES for side in ("max", "min")),
    *(f"slope_{width}" for width in SLOPES),
    *(f"season_{name}" for name in SEASONAL),
    "season_count",
    "sigma",
    "sigma_short",
    "level_in_day",
    "age",
    "silence",
    "known_60",
    *(f"error_{name}" for name in SIMPLE_FORECASTS),
)

# The linear model takes a subset: it has a few hundred windows to adapt to a series and no use for more.
LINEAR_LAGS = range(10)
LINEAR_MEANS = (15, 30, 60, 120, 240)
LINEAR_REACH = 240
LINEAR_SEASONAL = (
    *("day", "day_growth", "week", "week_growth"),
    *("days", "days_growth", "days_step", "weeks", "weeks_growth", "weeks_step"),
)
LINEAR_NAMES: tuple[str, ...] = (
    "constant",
    *(f"lag_{lag}" for lag in LINEAR_LAGS),
    *(f"mean_{width}" for width in LINEAR_MEANS),
    *(f"season_{name}" for name in LINEAR_SEASONAL),
)


@dataclass(frozen=True)
class Features:
    """Columns of one horizon, one value an origin: (..., origins) each. `trees` in the order of NAMES, NaN where
    unknown; `linear` in that of LINEAR_NAMES, clipped, 0 where unknown."""

    trees: Columns
    linear: Columns


def compute(stats: TrailingStats, horizon: int) -> Features:
    """Features of the newest rows of `stats` as origins of forecasts `horizon` windows ahead."""
    columns = stats.once("features", lambda: _recent(stats) | _state(stats)) | _seasonal(stats, horizon)
    columns |= _simple_errors(stats, columns, horizon)
    return Features({name: columns[name] for name in NAMES}, _linear(columns))


def linear(stats: TrailingStats, horizon: int) -> Columns:
    """The inputs of the linear model alone."""
    columns = _lags(stats, LINEAR_LAGS) | _means(stats, LINEAR_MEANS) | _seasonal(stats, horizon)
    return _linear(columns)


def _linear(columns: Columns) -> Columns:
    inputs = {"constant": np.ones_like(columns[LINEAR_NAMES[1]])}
    for name in LINEAR_NAMES[1:]:
        column = columns[name]
        inputs[name] = np.where(np.isfinite(column), np.clip(column, -10.0, 10.0), 0.0)
    return inputs


def _scaled(stats: TrailingStats, rate: Floats) -> Floats:
    return (rate - stats.level) / stats.scale


def _lags(stats: TrailingStats, lags: Iterable[int]) -> Columns:
    return {f"lag_{lag}": _scaled(stats, shift(stats.values, lag, np.nan, stats.rows)) for lag in lags}


def _means(stats: TrailingStats, widths: Iterable[int]) -> Columns:
    return {f"mean_{width}": _scaled(stats, stats.mean(width)) for width in widths}


def _recent(stats: TrailingStats) -> Columns:
    columns = _lags(stats, LAGS) | _means(stats, MEANS)
    for alpha in EWMAS:
        columns[f"ewma_{alpha}"] = _scaled(stats, stats.ewma(alpha))
    step = np.abs(np.diff(newest(stats.values, stats.rows + STEPS[-1]), prepend=np.nan))
    stepped = np.isfinite(step)
    step, count = np.where(stepped, step, 0.0), stepped.astype(np.float64)
    for width in STEPS:
        columns[f"step_{width}"] = (
            mean_where(*(trailing_sum(each, width, stats.rows) for each in (step, count))) / stats.scale
        )
    high = np.where(stats.known, stats.rate, -np.inf)
    low = np.where(stats.known, -stats.rate, -np.inf)
    for width in EXTREMES:
        columns[f"max_{width}"] = _finite(_scaled(stats, trailing_max(high, width, stats.rows)))
        columns[f"min_{width}"] = _finite(_scaled(stats, -trailing_max(low, width, stats.rows)))
    for width in SLOPES:
        before = stats.lagged(width, width, methodcaller("mean", width))
        columns[f"slope_{width}"] = (stats.mean(width) - before) / stats.scale
    return columns


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


def _seasonal(stats: TrailingStats, horizon: int) -> Columns:
    """Yesterday, last week, the mean of up to seven days and that of up to four weeks, at the target's time; NaN where
    there is no such past.

    `day` takes the rate as it was, `day_growth` its ratio to the level then, applied to the level now; `days_step` the
    ratio of the rates at the target's and the origin's time, applied to the newest rate.
    """
    nothing = np.full_like(stats.level, np.nan)
    absent = Season(nothing, nothing, nothing)
    seasons = stats.seasons(horizon)
    day = seasons[min(seasons)] if seasons else absent
    week = seasons.get(7, absent)
    columns = {}
    for name, season in (("day", day), ("week", week)):
        columns[f"season_{name}"] = _scaled(stats, season.rate)
        columns[f"season_{name}_growth"] = growth(season) / stats.sigma
        columns[f"season_{name}_level"] = _scaled(stats, season.level)
    for name, chosen in (("weeks", of_weeks(seasons)), ("days", of_days(seasons))):
        several = chosen or [absent]
        rate, count = mean_known([season.rate for season in several])
        before = mean_known([season.origin for season in several])[0]
        columns[f"season_{name}"] = _scaled(stats, rate)
        columns[f"season_{name}_growth"] = mean_known([growth(season) for season in several])[0] / stats.sigma
        columns[f"season_{name}_step"] = _scaled(stats, stats.newest_rate * (1.0 + change(before, rate)))
    return columns | {"season_count": count}  # of days, which come last


def of_days(seasons: Mapping[int, Season]) -> list[Season]:
    """Those of the last week's days."""
    return [season for days, season in seasons.items() if days <= 7]


def of_weeks(seasons: Mapping[int, Season]) -> list[Season]:
    """Those of the same day of the last four weeks."""
    return [season for days, season in seasons.items() if days % 7 == 0]


def growth(season: Season) -> Floats:
    """Relative change from the level at the origin's time to the target's rate, a season ago."""
    return change(season.level, season.rate)


def change(before: Floats, after: Floats) -> Floats:
    """Relative; NaN where it is unknown or begins at 0."""
    relative = np.divide(after - before, before, out=np.full_like(after, np.nan), where=before > 0)
    return np.clip(relative, -1.0, 20.0)


def mean_known(rows: list[Floats]) -> tuple[Floats, Floats]:
    total, count = np.zeros_like(rows[0]), np.zeros_like(rows[0])
    for row in rows:
        known = np.isfinite(row)
        total = total + np.where(known, row, 0.0)
        count = count + known
    return mean_where(total, count), count


def _state(stats: TrailingStats) -> Columns:
    error, usable = stats.level_errors
    kept = stats.lookback.keep("level_error", np.where(usable, error, np.nan), 20, np.float32).astype(np.float64)
    sums = (trailing_sum(each, 20, stats.rows) for each in (np.nan_to_num(kept), np.isfinite(kept).astype(np.float64)))
    recent = mean_where(*sums)
    day = stats.mean(1_440)
    return {
        "sigma": stats.sigma,
        "sigma_short": recent / stats.sigma,
        "level_in_day": np.divide(stats.level, day, out=np.full_like(day, np.nan), where=day > 0),
        "age": stats.known_in(MAX_AGE),
        "silence": stats.silence,
        "known_60": stats.known_in(60),
    }


def _simple_errors(stats: TrailingStats, columns: Columns, horizon: int) -> Columns:
    """Trailing error of simple forecasts relative to the level's: tells the trees what kind of series this is."""
    target, usable = scaled_target(newest(stats.values, stats.rows), stats.origin(horizon))
    forecasts = [
        stats.earlier((name, horizon) if name in SEASONAL_FORECASTS else name, columns[source], horizon)
        for name, source in SIMPLE_FORECASTS.items()
    ]
    errors = _trailing_errors(stats, horizon, np.stack([np.zeros_like(target), *forecasts]), target, usable)
    return {
        f"error_{name}": error / (errors[0] + 1e-3) for name, error in zip(SIMPLE_FORECASTS, errors[1:], strict=True)
    }


def _trailing_errors(stats: TrailingStats, horizon: int, forecasts: Floats, target: Floats, usable: Bools) -> Floats:
    """Mean squared scaled error over the newest targets: (forecasts, ..., rows)."""
    scored = usable & np.isfinite(forecasts)
    error = np.where(scored, forecasts, target) - target
    named = (("simple", np.minimum(error * error, 100.0)), ("simple_scored", scored.astype(np.float64)))
    sums = (stats.decayed_sum((name, horizon), each, ERROR_ALPHA, ERROR_SPAN) for name, each in named)
    return mean_where(*sums)
