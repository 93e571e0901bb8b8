"""What the estimator learns from the series at hand, causally: a trailing ridge regression and trailing weights.

Every statistic covers a bounded span of windows and is tied to the calendar, not to the beginning of the frame, so
the same window gives the same numbers whatever history came before the span.
"""

from dataclasses import dataclass

import numpy as np

from backend.models.history import History
from backend.models.rolling import Bools, Floats, Ints, decayed_sum, newest_sum, shift, trailing_sum

BLOCK = 15  # windows between refits
REFIT_BLOCKS = 672  # trailing span of a refit: 10,080 windows, seven days of minutes
PRIOR_WINDOWS = 500.0  # how many windows of its own the global fit is worth
TARGET_LIMIT = 8.0  # targets further from the level than this many sigmas are level shifts: cut, not learned

USE_ALPHA, USE_SPAN = 1 / 500, 2_048
USE_PRIOR_WINDOWS = 200.0

TUNED_ALPHAS = ((0.05, 256), (0.1, 128), (0.15, 128), (0.25, 64), (0.4, 32), (0.6, 16), (1.0, 1))
TUNED_ERROR_ALPHA, TUNED_ERROR_SPAN = 1 / 60, 512


@dataclass(frozen=True)
class LinearPrior:
    """The linear model of all training series: mean outer product of its inputs, and coefficients."""

    gram: Floats  # (p, p), per window
    coefficients: Floats  # (p,)


def block_moments(history: History, linear: list[Floats], horizon: int) -> Floats:
    """Sums of outer products of (inputs, target) over each calendar block of targets: (blocks, p + 1, p + 1).

    The first block is the one that row 0 lies in, padded with nothing before it.
    """
    target, usable = history.target(horizon)
    stacked = np.empty((len(history) + horizon, len(linear) + 1))
    for column, values in enumerate((*linear, np.clip(target, -TARGET_LIMIT, TARGET_LIMIT))):
        stacked[horizon:, column] = np.where(usable, values, 0.0)
    stacked[:horizon] = 0.0
    before = history.grid.first % BLOCK
    blocks = -(-(before + len(history)) // BLOCK)
    padded = np.zeros((blocks * BLOCK, len(linear) + 1))
    padded[before : before + len(history)] = stacked[: len(history)]
    rows = padded.reshape(blocks, BLOCK, len(linear) + 1)
    moments: Floats = np.matmul(rows.transpose(0, 2, 1), rows)
    return moments


def newest_block(history: History) -> Ints:
    """For every origin the newest block that is complete at its end, counted from the block of row 0; -1: none."""
    before = history.grid.first % BLOCK
    return (np.arange(len(history)) + before + 1) // BLOCK - 1


def fit_blocks(moments: Floats, prior: LinearPrior, first: int = 0) -> Floats:
    """Ridge coefficients at the end of every block from `first`, from its trailing span, drawn to the prior."""
    if first == len(moments) - 1:
        span = newest_sum(moments, REFIT_BLOCKS)[None]
    else:
        span = trailing_sum(np.ascontiguousarray(moments.transpose(1, 2, 0)), REFIT_BLOCKS).transpose(2, 0, 1)[first:]
    gram = span[:, :-1, :-1] + PRIOR_WINDOWS * prior.gram
    moment = span[:, :-1, -1] + PRIOR_WINDOWS * (prior.gram @ prior.coefficients)
    return np.asarray(np.linalg.solve(gram, moment[:, :, None])[:, :, 0], dtype=np.float64)


def coefficients(history: History, linear: list[Floats], horizon: int, prior: LinearPrior, first: int) -> Floats:
    """Of the trailing ridge regression at every origin from row `first`: (rows, inputs)."""
    chosen = newest_block(history)[first:]
    oldest = max(int(chosen[0]), 0)
    fitted = fit_blocks(block_moments(history, linear, horizon)[: int(chosen[-1]) + 1], prior, oldest)
    with_prior = np.vstack([fitted, prior.coefficients])  # row -1
    return np.asarray(with_prior[np.where(chosen < 0, -1, chosen - oldest)])


def linear_forecast(linear: list[Floats], coefficients: Floats) -> Floats:
    """Scaled forecast from the newest rows of the inputs, as many as there are rows of coefficients."""
    total = np.zeros(len(coefficients))
    for column, values in enumerate(linear):
        total = total + values[len(values) - len(total) :] * coefficients[:, column]
    return total


def usefulness(correction: Floats, error: Floats, usable: Bools, horizon: int, prior_square: float) -> Floats:
    """Share of `correction` to apply at every origin: its trailing regression on the error it should have removed.

    Starts at 1 and is drawn to 1 as by USE_PRIOR_WINDOWS windows of typical corrections (`prior_square`).
    """
    used = np.where(usable, correction, 0.0)
    product = decayed_sum(shift(used * np.where(usable, error, 0.0), horizon), USE_ALPHA, USE_SPAN)
    square = decayed_sum(shift(used * used, horizon), USE_ALPHA, USE_SPAN)
    prior = USE_PRIOR_WINDOWS * prior_square
    return np.asarray(np.clip((product + prior) / (square + prior), 0.0, 1.2))


def tuned_ewma(history: History, horizon: int) -> Floats:
    """EWMA whose alpha had the least trailing error at this horizon, at every origin. The forecast of young series."""
    target, usable = history.target(horizon)
    forecasts = np.stack([history.carried(history.ewma(alpha, span)) for alpha, span in TUNED_ALPHAS])
    scaled = (forecasts - history.level) / history.scale
    error = np.where(usable, scaled - target, 0.0)
    squared = shift(np.minimum(error * error, 100.0), horizon)
    best = np.argmin(decayed_sum(squared, TUNED_ERROR_ALPHA, TUNED_ERROR_SPAN), axis=0)
    return np.asarray(forecasts[best, np.arange(len(history))])
