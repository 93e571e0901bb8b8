"""What the estimator learns from the series at hand, causally: trailing ridge regressions.

Every statistic covers a bounded span of windows and is tied to the calendar, not to the beginning of the frame, so
the same window gives the same numbers whatever history came before the span.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from backend.models.rolling import Bools, Floats, Ints, newest, shift, trailing_sum
from backend.models.trailing_stats import TrailingStats

BLOCK = 15  # windows between refits


@dataclass(frozen=True)
class Ridge:
    """A ridge regression refitted every BLOCK windows on the last `blocks` blocks."""

    blocks: int
    gram: Floats  # (p, p) sum of outer products that the prior is worth
    coefficients: Floats  # (p,) what the regression is drawn to


def block_moments(
    stats: TrailingStats, inputs: Collection[Floats], errors: Floats, usable: Bools, horizon: int, limit: float
) -> Floats:
    """Sums of outer products of (inputs, errors) over each calendar block of targets: (..., blocks, p + 1, p + 1).

    inputs and errors by origin, scaled, (..., rows) each. Errors beyond `limit` are level shifts: cut, not learned.
    Origins count with their importance. The first block is the one that row 0 lies in, padded with nothing before it.
    """
    root = np.sqrt(np.where(usable, stats.importance, 0.0))
    before, rows = stats.grid.first % BLOCK, len(stats)
    blocks = -(-(before + rows) // BLOCK)
    padded = np.zeros((*root.shape[:-1], blocks * BLOCK, len(inputs) + 1))
    by_target = padded[..., before + horizon : before + rows, :]  # an origin's row is known `horizon` rows later
    for column, values in enumerate((*inputs, np.clip(errors, -limit, limit))):
        by_target[..., column] = (values * root)[..., : by_target.shape[-2]]
    stacked = padded.reshape(*root.shape[:-1], blocks, BLOCK, len(inputs) + 1)
    moments: Floats = np.matmul(np.swapaxes(stacked, -1, -2), stacked)
    return moments


def newest_block(stats: TrailingStats) -> Ints:
    """For every origin the newest block that is complete at its end, counted from the block of row 0; -1: none."""
    before = stats.grid.first % BLOCK
    return (np.arange(len(stats)) + before + 1) // BLOCK - 1


def coefficients(stats: TrailingStats, moments: Floats, ridge: Ridge, first: int) -> Floats:
    """Of the regression at every origin from row `first`: (..., rows, p)."""
    chosen = newest_block(stats)[first:]
    oldest = max(int(chosen[0]), 0)
    by_block = np.ascontiguousarray(np.moveaxis(moments[..., : int(chosen[-1]) + 1, :, :], -3, -1))
    sums = by_block + shift(trailing_sum(by_block, ridge.blocks - 1), 1)
    nothing = np.zeros((*sums.shape[:-1], 1))  # a block of unknown windows, which is as none
    fitted = solved(np.concatenate([sums[..., oldest:], nothing], axis=-1), ridge)
    return np.asarray(fitted[..., np.where(chosen < 0, -1, chosen - oldest), :])


def older_sum(moments: Floats, ridge: Ridge) -> Floats:
    """What the last of the blocks leaves to a fit at the end of the next: (..., p + 1, p + 1, 1)."""
    return trailing_sum(np.moveaxis(moments, -3, -1), ridge.blocks - 1, 1)


def solved(sums: Floats, ridge: Ridge) -> Floats:
    """The coefficients (..., fits, p) from sums of moments (..., p + 1, p + 1, fits)."""
    span = np.moveaxis(sums, -1, -3)
    gram = span[..., :-1, :-1] + ridge.gram
    moment = span[..., :-1, -1] + ridge.gram @ ridge.coefficients
    return np.asarray(np.linalg.solve(gram, moment[..., np.newaxis])[..., 0], dtype=np.float64)


def weighted_sum(inputs: Iterable[Floats], coefficients: Floats) -> Floats:
    """Of the newest rows of the inputs, as many as there are rows of coefficients: (..., rows, p)."""
    total: Floats = np.zeros(coefficients.shape[:-1])
    for column, values in enumerate(inputs):
        total = total + newest(values, total.shape[-1]) * coefficients[..., column]
    return total
