"""Quantiles of the next rates from the trailing forecast errors, scaled by the square root of the rate.

Errors of request counts grow with the square root of the rate; how fast differs from series to series, so both the
scale and the shape are taken from the series itself (a dispersion fitted on NASA
covers 20 to 91 % elsewhere). Young series borrow shape from the training series and a wide scale.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from backend.arrays import Floats, Ints
from backend.models.lookback import Kept
from backend.models.trailing_stats import TrailingStats, overlap
from backend.models.trailing_sums import newest, trailing_max

# The quantiles of every forecast, and what they are called wherever one is a column. A policy plans for s / (1 + s) of
# its shortage cost s, so they are those of the costs 1, 2, 4, 9, 19, 49 and 99, and the interval's lower edge.
LEVELS = (0.1, 0.5, 0.667, 0.8, 0.9, 0.95, 0.98, 0.99)
LEVEL_NAMES = tuple(f"p{round(100 * level)}" for level in LEVELS)
INTERVAL = ("p10", "p90")  # the 80 % interval that points are drawn with and anomalies are judged by
SAMPLE = 2_048  # trailing errors a quantile is read from
PRIOR_SAMPLE = 390  # quantiles of the training series' errors beside them: worth as many errors, none beside SAMPLE
MOST_OUTWARD = 0.7  # of the way from a level to 0 or 1: all of it is the most extreme error, which no level stands for
LEAST_REACH = 0.5  # of the level: how much further from the mean a quantile may lie than the rates lay apart
REFRESH = 16  # windows between readings
MOST_RATIO = 60_000.0  # scaled errors are kept to three digits, in two bytes: they are a ninth of a live series
SCALE_ALPHA, SCALE_SPAN = 1 / 120, 512
PRIOR_SPREAD = 0.5  # before any error is known: half the level
PRIOR_WINDOWS = 3.0


Ratios = npt.NDArray[np.float16]

# Of every prior quantile the share of them from which on it counts: multiples of the golden ratio, of which any first
# part is spread evenly.
PRIOR_ORDER = np.modf(np.arange(PRIOR_SAMPLE) * ((np.sqrt(5.0) - 1.0) / 2.0))[0]


def prior_errors(ratios: Floats) -> Floats:
    """The shape before a series shows its own: PRIOR_SAMPLE evenly spaced quantiles of the training series' scaled
    errors (errors,), without NaN. They count as errors of a series that has none of its own."""
    return np.asarray(np.quantile(ratios, (np.arange(PRIOR_SAMPLE) + 0.5) / PRIOR_SAMPLE))


@dataclass(frozen=True)
class ScaledErrors:
    ratio: Floats  # at every row the error known since it, over the scale its forecast had; NaN where unknown
    scale: Floats  # of the forecast made at every row, requests per second


def quantiles(stats: TrailingStats, key: str, mean: Floats, horizon: int, prior: Floats, first: int) -> Floats:
    """Quantiles LEVELS of a model's forecasts `mean` made at every origin from row `first`: (levels, ..., rows).

    `mean`: of the newest rows of `stats`, requests per second, NaN where nothing is forecast; the quantiles are NaN
    there too. `prior`: prior_errors() of the training series.
    """
    errors = scaled_errors(stats, key, mean, horizon)
    rows = len(stats) - first
    bounded = np.clip(errors.ratio, -MOST_RATIO, MOST_RATIO)
    ratio = stats.lookback.keep(("ratio", horizon, key), bounded, SAMPLE + REFRESH, np.float16)
    readings = (stats.grid.first + len(stats)) // REFRESH

    def shape() -> Floats:
        return _shape(ratio, stats.grid.from_row(len(stats)).first, horizon, prior, rows)

    held = stats.lookback.hold(("shape", horizon, key), readings, shape, -1)
    reach = newest(stats.once("reach", partial(_reach, stats)), rows)
    return np.asarray(np.maximum(newest(mean, rows) + np.clip(held * newest(errors.scale, rows), -reach, reach), 0.0))


def within(mean: Floats, edges: Floats) -> Floats:
    """The mean, but not outside of its own quantiles `edges` (levels, ..., rows): where traffic grows steadily those
    know by how much the forecasts were too low. Above p90 it may be: most windows of intermittent traffic are empty."""
    return np.clip(mean, edges[0], edges[-1])


def _reach(stats: TrailingStats) -> Floats:
    """How far a quantile may lie from the mean at every origin: as far as the newest SAMPLE rates lie apart, and
    LEAST_REACH.

    A step, an outage or a rollout counts twice, in the errors, which were scaled by what was before, and in the scale
    of now: an hour after an hour of outage p99 sixty windows ahead was 45 times the highest rate there had been.
    """
    highest = trailing_max(np.where(stats.known, stats.values, -np.inf), SAMPLE, stats.rows)
    lowest = -trailing_max(np.where(stats.known, -stats.values, -np.inf), SAMPLE, stats.rows)
    return np.asarray(np.maximum(highest - lowest, 0.0) + LEAST_REACH * stats.level)


def scaled_errors(stats: TrailingStats, key: str, mean: Floats, horizon: int) -> ScaledErrors:
    """The errors of a model's forecasts `mean` as they become known, and the scale of the forecast at every origin."""
    rates, then = newest(stats.values, stats.rows), stats.earlier(("mean", horizon, key), mean, horizon)
    roots = np.sqrt(np.maximum(then, 0.05 * stats.origin(horizon).level))
    scored = np.isfinite(rates) & np.isfinite(then) & (roots > 0)
    error = np.divide(rates - then, roots, out=np.zeros_like(then), where=scored)
    # Not their squares: after a spike those cover 91 to 94 % with p10 to p90 for days.
    named = (("error", np.abs(error)), ("scored", scored.astype(np.float64)))
    total, count = (stats.decayed_sum((name, horizon, key), each, SCALE_ALPHA, SCALE_SPAN) for name, each in named)
    root = np.sqrt(np.maximum(mean, 0.05 * stats.level))
    spread = _spread(total, count, root)
    before = stats.earlier(("spread", horizon, key), spread, horizon)
    usable = scored & (before > 0)
    return ScaledErrors(np.divide(error, before, out=np.full_like(before, np.nan), where=usable), root * spread)


def _spread(total: Floats, count: Floats, root: Floats) -> Floats:
    """Mean of the absolute errors over root(rate), from their decayed sum and number."""
    fade = np.maximum(0.0, 1.0 - count / 30.0) * PRIOR_WINDOWS  # gone after about 40 windows
    return np.asarray((total + fade * PRIOR_SPREAD * root) / np.maximum(count + fade, 1e-12))


def _shape(ratio: Ratios, end: int, horizon: int, prior: Floats, rows: int) -> Floats:
    """Quantiles of the last SAMPLE ratios and the prior's, read every REFRESH windows, of the newest rows: (levels,
    ..., rows). `end`: number of the window after the last row."""
    numbers = np.arange(end - rows, end) + 1
    blocks = numbers // REFRESH
    read = np.unique(blocks) * REFRESH  # numbers of the windows after those that a reading ends with
    unknown = np.full((*ratio.shape[:-1], SAMPLE + REFRESH), np.nan, dtype=np.float16)
    padded = newest(np.concatenate([unknown, ratio], axis=-1), SAMPLE + REFRESH + rows)
    windows = np.lib.stride_tricks.sliding_window_view(padded, SAMPLE, -1)
    sample = windows[..., read - end - 1, :].astype(np.float32)
    known = np.isfinite(sample).sum(axis=-1, keepdims=True)
    # Fewer, evenly, the more errors are known: 390 beside 2,048 put 54 % of a bursty trace below its p50.
    shared = np.where(PRIOR_ORDER < 1.0 - known / SAMPLE, prior.astype(np.float32), np.float32(np.nan))
    sample = np.sort(np.concatenate([sample, shared], axis=-1), axis=-1)  # unknown ones last
    count = np.isfinite(sample).sum(axis=-1)
    readings = np.stack([_read(sample, count, level, horizon) for level in LEVELS])
    return np.asarray(readings[..., blocks - blocks[0]])


def _read(sample: Kept, count: Ints, level: float, horizon: int) -> Floats:
    """Quantile of the first `count` values of sorted samples, further out for what so small a sample misses.

    Errors of forecasts h windows ahead overlap, so that they are worth fewer of their own: counted as if independent,
    p10 to p90 cover 76 to 78 % fifteen windows ahead on bursty traffic.
    """
    independent = count / overlap(horizon)
    outward = 0.5 + (level - 0.5) * (1.0 + 2.0 / independent)
    furthest = level + MOST_OUTWARD * (round(level) - level)
    place = np.clip(outward, min(furthest, 0.5), max(furthest, 0.5)) * (count - 1)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, count - 1)
    part = place - low
    below, above = (np.take_along_axis(sample, at[..., np.newaxis], -1)[..., 0] for at in (low, high))
    return np.asarray(below * (1 - part) + above * part)
