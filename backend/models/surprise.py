"""How far each window lies from what was expected of it: in several ways, each with a number that knows no unit.

All of it is computed from a bounded past, by sums of backend/models/trailing_sums.py, so that a live step has it to the
last digit of a batch. Arrays end in an axis of windows; axes before it, such as one of series, are carried along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from backend.arrays import Bools, Floats, Ints
from backend.models.trailing_stats import MAX_SEASON, Grid
from backend.models.trailing_sums import newest, shift, trailing_sum

NARROWEST = 0.05  # half of an interval, as a share of the forecast: what is closer is nobody's alarm
P90 = 1.28  # standard deviations
CLIP = 4.0  # half intervals that one window of several adds at most, so that a spike is not a level
LEVEL_NOISE = 0.1  # of a level against another, beside that of counting
LAST_HOUR, LAST_HOURS = 4, 16  # quarters of an hour that the two looks at levels reach back
DAY_WIDTH = 4  # quarters of an hour that are held against other days
NEWEST = 3  # windows that must themselves lie off for a level to be news
DAYS = 7
STILL = 64  # windows of one rate that are counted at most
PAIRS = 1_440  # neighbours by which it is judged how seldom rates repeat
PAIRS_PRIOR = (1.0, 10.0)  # repeats among pairs, before any were seen


class Forecast(NamedTuple):
    """What was forecast of each window at one horizon: requests per second, NaN where nothing was."""

    mean: Floats
    low: Floats  # p10
    high: Floats  # p90


@dataclass(frozen=True)
class Averaged:
    """The mean deviation of `windows` windows from forecasts made at least `horizon` windows ahead: before them."""

    windows: int
    horizon: int


# In the order in which `surprises` gives them; then the level of the last hour, of these days, and repeats.
AVERAGED = (Averaged(1, 1), Averaged(3, 5), Averaged(10, 15))
WIDEST = max(each.windows for each in AVERAGED)  # windows of forecasts that one window needs


class Surprises(NamedTuple):
    """By kind and window: (kinds, ..., windows)."""

    size: Floats  # above 0: more came than expected, below: less; NaN where nothing can be said
    expected: Floats  # requests per second


def surprises(rates: Floats, grid: Grid, forecasts: Mapping[int, Forecast], rows: int) -> Surprises:
    """Surprises of the last `rows` windows of `rates` (requests per second, NaN where unknown).

    `forecasts`: by horizon (windows) what was forecast of the last windows, as many of them as there are: with the
    `rows` up to WIDEST - 1 before them are looked at.
    """
    parts = [*_from_forecasts(rates, grid, forecasts, rows), *_from_levels(rates, grid, rows)]
    parts.append((_repeats(rates, rows), newest(rates, rows)))
    return Surprises(np.stack([size for size, _ in parts]), np.stack([expected for _, expected in parts]))


def reach(grid: Grid) -> int:
    """How many windows before one have an effect on its surprises."""
    days, width = _days(grid), _level_width(grid)
    levels = (days[-1] if days else 0) + (LAST_HOURS + DAY_WIDTH) * width
    by_week = _week(grid) + AVERAGED[-1].horizon + 2 * width + WIDEST
    return max(PAIRS + 2 * STILL, levels, by_week)


# -- forecasts


def _from_forecasts(
    rates: Floats, grid: Grid, forecasts: Mapping[int, Forecast], rows: int
) -> list[tuple[Floats, Floats]]:
    """The least deviation from forecasts at several horizons, and from what the week before leads to expect: what one
    of them saw coming is no surprise."""
    wide = min(rates.shape[-1], rows + WIDEST - 1)
    held = {
        horizon: Forecast(*(shift(part, 0, np.nan, wide) for part in forecast))
        for horizon, forecast in forecasts.items()
    }
    known: list[tuple[float, Forecast]] = [*held.items(), *((np.inf, each) for each in _by_week(rates, grid, held))]
    actual, seconds = newest(rates, wide), grid.step_ns / 1e9
    deviations = [(horizon, forecast, _deviation(actual, forecast, seconds)) for horizon, forecast in known]
    parts = []
    for each in AVERAGED:
        looked_at = [(forecast, deviation) for horizon, forecast, deviation in deviations if horizon >= each.horizon]
        sizes = [shift(_averaged(deviation, each.windows), 0, np.nan, rows) for _, deviation in looked_at]
        means = [shift(forecast.mean, 0, np.nan, rows) for forecast, _ in looked_at]
        parts.append(_least(sizes, means, newest(rates, rows)))
    return parts


def _by_week(rates: Floats, grid: Grid, forecasts: Mapping[int, Forecast]) -> list[Forecast]:
    """The level before the longest horizon, changed as it was a week ago, with the interval of that horizon; none where
    a week is too long to be looked up.

    Of a series of a few weeks the forecasts do not know yet what weekends are.
    """
    week = _week(grid)
    if not week or not forecasts:
        return []
    horizon, own = max(forecasts.items())
    rows, width = own.mean.shape[-1], _level_width(grid)
    before, before_then = (_lagged_mean(rates, 2 * width, lag + horizon, rows) for lag in (0, week))
    then = _lagged_mean(rates, min(NEWEST, width), week - min(NEWEST, width) // 2, rows)
    mean = np.where(np.isfinite(then) & np.isfinite(before_then), before * _share(then, before_then, before), np.nan)
    wider = _share(mean, own.mean, before)
    return [Forecast(mean, own.low * wider, own.high * wider)]


def _deviation(actual: Floats, forecast: Forecast, seconds: float) -> Floats:
    """How many half intervals from the mean, in square roots: counts and noise above them are even there.

    The interval is the forecast's own, so it follows a series' noise through the day, but no narrower than counting
    makes it.
    """
    mean = forecast.mean
    narrowest = np.sqrt(P90**2 * mean / seconds + (NARROWEST * mean) ** 2 + seconds**-2)
    low = np.maximum(mean - np.maximum(mean - forecast.low, narrowest), 0.0)
    high = mean + np.maximum(forecast.high - mean, narrowest)
    root = np.sqrt(mean)
    off = np.sqrt(actual) - root
    half = np.where(off < 0, root - np.sqrt(low), np.sqrt(high) - root)
    size: Floats = np.divide(off, half, out=np.zeros_like(off), where=half > 0)
    return np.where(np.isfinite(off) & np.isfinite(half), size, np.nan)


def _averaged(deviation: Floats, windows: int) -> Floats:
    if windows == 1:
        return deviation
    return _with_the_newest(_mean(np.clip(deviation, -CLIP, CLIP), windows), deviation)


def _with_the_newest(mean: Floats, last: Floats) -> Floats:
    """A mean as far as the newest window goes with it: one that is as expected is not marked for those before it."""
    size: Floats = np.sign(mean) * np.minimum(np.abs(mean), 2.0 * np.abs(last))
    known = np.isfinite(mean) & np.isfinite(last)
    return np.where(known, np.where(mean * last > 0, size, 0.0), np.nan)


# -- levels


def _level_width(grid: Grid) -> int:
    """Windows that a level is the mean of: a quarter of an hour of minutes."""
    return int(np.clip(grid.day_lag(1) // 96, 1, 15))


def _days(grid: Grid) -> list[int]:
    return [lag for days in range(1, DAYS + 1) if (lag := _looked_up(grid, days))]


def _week(grid: Grid) -> int:
    return _looked_up(grid, DAYS)


def _looked_up(grid: Grid, days: int) -> int:
    """So many days in windows, 0 where these are too many, or a day too few."""
    lag = grid.day_lag(days)
    return lag if lag <= MAX_SEASON else 0


def _from_levels(rates: Floats, grid: Grid, rows: int) -> list[tuple[Floats, Floats]]:
    """The level against that of an hour ago, and against those of this time in the last days.

    Against the hour, with the change that these days had in it, with that of a week ago and without, and against half
    an hour before that: a spike is in one of the two alone, and an hour after it ordinary traffic is not news. Against
    the days, with how the level lay to them four hours ago and without: a new level is news for so long.
    """
    width = _level_width(grid)
    seconds = grid.step_ns / 1e9
    rate, of_three = newest(rates, rows), _lagged_mean(rates, NEWEST, 0, rows)

    def level(lag: int, quarters: int = 1) -> Floats:
        return _lagged_mean(rates, quarters * width, lag, rows)

    def against(level: Floats, expected: Floats, quarters: int = 1) -> Floats:
        span = quarters * width * seconds
        noise = np.sqrt(LEVEL_NOISE**2 + 1.0 / (expected * span + 1.0))
        mean = _ratio(level, expected, span) / noise
        of_newest, of_these = _ratio(rate, expected, seconds), _ratio(of_three, expected, NEWEST * seconds)
        return _with_the_newest(_with_the_newest(mean, of_these / noise), 2.0 * of_newest / noise)

    days = _days(grid)
    hour, hours = LAST_HOUR * width, LAST_HOURS * width
    now, then = level(0), [level(lag) for lag in days]
    usual = _over_days(then).mean
    by_hour = []
    for back in (hour, hour + 2 * width):
        before, before_then = level(back), [level(lag + back) for lag in days]
        week_ago = zip(then[DAYS - 1 :], before_then[DAYS - 1 :], strict=True)  # none where it is not looked up
        changes = [(usual, _over_days(before_then).mean), *week_ago]
        by_hour += [before, *(before * _share(after, earlier, before) for after, earlier in changes)]
    wide, earlier = level(0, DAY_WIDTH), level(hours, DAY_WIDTH)
    these = _over_days([level(lag, DAY_WIDTH) for lag in days])
    news = _share(earlier, _over_days([level(lag + hours, DAY_WIDTH) for lag in days]).mean, earlier)
    by_days = [edge * factor for edge in (these.least, these.most) for factor in (1.0, news)]
    return [
        _least([against(now, each) for each in by_hour], by_hour, rate),
        _least([against(wide, each, DAY_WIDTH) for each in by_days], by_days, rate),
    ]


class _Days(NamedTuple):
    mean: Floats
    least: Floats
    most: Floats


def _over_days(levels: Sequence[Floats]) -> _Days:
    """Mean and ends of what the last days had; NaN where fewer than two are known."""
    if not levels:
        return _Days(*(np.full(1, np.nan),) * 3)
    days = np.stack(levels)
    known = np.isfinite(days)
    count = known.sum(axis=0)
    total = np.where(known, days, 0.0).sum(axis=0)
    mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 1)
    least, most = np.where(known, days, np.inf).min(axis=0), np.where(known, days, -np.inf).max(axis=0)
    return _Days(mean, *(np.where(count > 1, edge, np.nan) for edge in (least, most)))


def _share(now: Floats, then: Floats, like: Floats) -> Floats:
    """now / then, from a quarter to four times; 1 where one is unknown."""
    whole = np.ones(like.shape)
    return np.clip(np.divide(now, then, out=whole, where=np.isfinite(now) & np.isfinite(then) & (then > 0)), 0.25, 4.0)


def _ratio(actual: Floats, expected: Floats, seconds: float) -> Floats:
    """Logarithm of a rate's ratio to another, both with half a request in so many seconds added."""
    return np.asarray(np.log((actual + 0.5 / seconds) / (expected + 0.5 / seconds)))


# -- repeats


def _repeats(rates: Floats, rows: int) -> Floats:
    """How improbable a run of equal rates is (its logarithm), by how often neighbours were equal before it began.

    Rates of 0 are no run: silence is a matter of level.
    """
    wide = min(rates.shape[-1], rows + PAIRS + 2 * STILL)
    values = newest(rates, wide)
    before = shift(values, 1, np.nan)
    pair = np.isfinite(values) & np.isfinite(before) & (values > 0)
    equal = pair & (values == before)
    repeats, pairs = (shift(trailing_sum(each.astype(np.float64), PAIRS), STILL) for each in (equal, pair))
    share = (repeats + PAIRS_PRIOR[0]) / (pairs + PAIRS_PRIOR[1])
    size = _run(equal) * -np.log(share)
    return np.where(np.isfinite(values), size, np.nan)[..., wide - rows :]


def _run(equal: Bools) -> Ints:
    """How many rows that end with each are true, at most STILL."""
    places = np.broadcast_to(np.arange(equal.shape[-1]), equal.shape)
    broken: Ints = np.maximum.accumulate(np.where(equal, -1, places), axis=-1)
    return np.asarray(np.minimum(places - broken, STILL))


# -- sums


def _mean(values: Floats, width: int) -> Floats:
    """Mean of the last `width` rows, of which half must be known."""
    known = np.isfinite(values)
    total, count = trailing_sum(np.where(known, values, 0.0), width), trailing_sum(known.astype(np.float64), width)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=2 * count >= width))


def _lagged_mean(rates: Floats, width: int, lag: int, rows: int) -> Floats:
    """The mean that ends `lag` windows before each of the last `rows` windows."""
    stop = rates.shape[-1] - lag
    part = rates[..., max(0, stop - rows - width + 1) : max(0, stop)]
    return shift(_mean(part, width), 0, np.nan, rows)


def _least(sizes: Sequence[Floats], expected: Sequence[Floats], like: Floats) -> tuple[Floats, Floats]:
    """The size nearest to 0 where all that are known have one sign, else 0; and what was expected by it."""
    if not sizes:
        return np.full(like.shape, np.nan), np.full(like.shape, np.nan)
    stacked = np.stack(sizes)
    known = np.isfinite(stacked)
    distance = np.where(known, np.abs(stacked), np.inf)
    nearest = distance.argmin(axis=0)[np.newaxis]
    one_side = ~((known & (stacked > 0)).any(axis=0) & (known & (stacked < 0)).any(axis=0))
    size = np.take_along_axis(stacked, nearest, 0)[0]
    chosen = np.take_along_axis(np.stack([np.broadcast_to(each, like.shape) for each in expected]), nearest, 0)[0]
    return np.where(known.any(axis=0), np.where(one_side, size, 0.0), np.nan), chosen
