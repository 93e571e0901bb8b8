"""What the estimator learns from the series at hand, causally: trailing ridge regressions.

Every statistic covers a bounded span of windows and is tied to the calendar, not to the beginning of the frame, so
the same window gives the same numbers whatever history came before the span. Moments are sums of products of two
columns, the upper triangle of a symmetric matrix: (pairs, ..., blocks).
"""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass

import numpy as np

from backend.arrays import Bools, Floats, Ints
from backend.models.trailing_stats import TrailingStats
from backend.models.trailing_sums import newest

REFIT_WINDOWS = 15  # windows between refits


@dataclass(frozen=True)
class Ridge:
    """A ridge regression refitted every REFIT_WINDOWS windows on the last `blocks` blocks, at most: decayed_sum.py."""

    blocks: int
    gram: Floats  # (p, p) sum of outer products that the prior is worth
    coefficients: Floats  # (p,) what the regression is drawn to


def block_moments(
    stats: TrailingStats, inputs: Collection[Floats], errors: Floats, usable: Bools, horizon: int, limit: float
) -> Floats:
    """Moments of (inputs, errors) over each calendar block of targets: (pairs, ..., blocks).

    inputs and errors by origin, scaled, (..., rows) each. Errors beyond `limit` are level shifts: cut, not learned.
    Origins count with their importance. The first block is the one that row 0 lies in, padded with nothing before it.
    """
    root = np.sqrt(np.where(usable, stats.importance, 0.0))
    before, rows = stats.grid.first % REFIT_WINDOWS, len(stats)
    blocks = -(-(before + rows) // REFIT_WINDOWS)
    padded = np.zeros((*root.shape[:-1], blocks * REFIT_WINDOWS, len(inputs) + 1))
    by_target = padded[..., before + horizon : before + rows, :]  # an origin's row is known `horizon` rows later
    for column, values in enumerate((*inputs, np.clip(errors, -limit, limit))):
        by_target[..., column] = (values * root)[..., : by_target.shape[-2]]
    stacked = padded.reshape(*root.shape[:-1], blocks, REFIT_WINDOWS, len(inputs) + 1)
    products: Floats = np.matmul(np.swapaxes(stacked, -1, -2), stacked)
    return np.ascontiguousarray(np.moveaxis(products[..., *np.triu_indices(len(inputs) + 1)], -1, 0))


def matrices(moments: Floats) -> Floats:
    """The symmetric matrices that moments (pairs, ...) are the upper triangles of: (..., columns, columns)."""
    columns = round(np.sqrt(2 * len(moments) + 0.25) - 0.5)
    places = np.zeros((columns, columns), dtype=np.int64)
    places[np.triu_indices(columns)] = np.arange(len(moments))
    return np.moveaxis(moments[np.maximum(places, places.T)], (0, 1), (-2, -1))


def newest_block(stats: TrailingStats) -> Ints:
    """For every origin the newest block that is complete at its end, counted from the block of row 0; -1: none."""
    before = stats.grid.first % REFIT_WINDOWS
    return (np.arange(len(stats)) + before + 1) // REFIT_WINDOWS - 1


def coefficients(stats: TrailingStats, name: Hashable, moments: Floats, ridge: Ridge, first: int) -> Floats:
    """Of the regression at every origin from row `first`: (..., rows, p). `name`: one for each regression."""
    chosen = newest_block(stats)[first:]
    oldest = max(int(chosen[0]), 0)
    sums = _trailing_moments(stats, name, moments[..., : int(chosen[-1]) + 1], ridge)
    nothing = np.zeros((*sums.shape[:-1], 1))  # a block of unknown windows, which is as none
    fitted = _solved(np.concatenate([sums[..., oldest:], nothing], axis=-1), ridge)
    return np.asarray(fitted[..., np.where(chosen < 0, -1, chosen - oldest), :])


def newest_coefficients(stats: TrailingStats, name: Hashable, moments: Floats, ridge: Ridge) -> Floats:
    """Of the regression in a live step, from the moments of the block that has just become complete: (..., 1, p)."""
    return _solved(_trailing_moments(stats, name, moments, ridge), ridge)


def _trailing_moments(stats: TrailingStats, name: Hashable, moments: Floats, ridge: Ridge) -> Floats:
    """The sums that fits at the end of the newest complete blocks are made from: (pairs, ..., blocks)."""
    return stats.lookback.decayed_sum(name, moments, stats.end // REFIT_WINDOWS, 0.0, ridge.blocks)


def _solved(sums: Floats, ridge: Ridge) -> Floats:
    """The coefficients (..., fits, p) from sums of moments (pairs, ..., fits)."""
    span = matrices(sums)
    gram = span[..., :-1, :-1] + ridge.gram
    moment = span[..., :-1, -1] + ridge.gram @ ridge.coefficients
    return np.asarray(np.linalg.solve(gram, moment[..., np.newaxis])[..., 0], dtype=np.float64)


def weighted_sum(inputs: Iterable[Floats], coefficients: Floats) -> Floats:
    """Of the newest rows of the inputs, as many as there are rows of coefficients: (..., rows, p)."""
    total: Floats = np.zeros(coefficients.shape[:-1])
    for column, values in enumerate(inputs):
        total = total + newest(values, total.shape[-1]) * coefficients[..., column]
    return total
