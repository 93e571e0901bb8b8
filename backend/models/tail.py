"""How rare a surprise is among a series' own: the tail of the largest ones of every block of the last week.

Blocks, not windows, since surprises come in clusters, and it is a cluster that is one alarm. The memory is short and
ends before the hour that is judged, so no window helps to judge itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.arrays import Floats, Ints

BLOCK = 15  # windows
MEMORY = 672  # blocks: a week of minutes
KEPT = MEMORY + 96  # blocks, for windows that are corrected a day late
REFIT = 4  # blocks
PRIOR_COPIES = 48  # what is usual elsewhere counts as so many blocks, and keeps a smooth series from crying at ripples
PRIOR_SHARES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.01, 0.0005)  # of blocks that exceed each of a prior's quantiles
ALLOWED = 10  # blocks a week that may hold the like without making it usual: incidents of before
USUAL = 2.0  # rarity of what more blocks than that have held: once in 100 blocks


@dataclass(frozen=True)
class Shape:
    """The tail of one kind of surprise on one side.

    It begins at the size that a share `begin` of the blocks exceeds; how fast it falls is read between that and the
    share `inner`, in sizes to the power `exponent`: 1 for one that falls exponentially, 2 as a normal one. `heavy`
    bends it up (the generalised Pareto shape). prior: sizes that PRIOR_SHARES of blocks exceed elsewhere. least: the
    least power by which the size grows in e times fewer blocks. fewest: own blocks before it is trusted.
    """

    prior: tuple[float, ...]
    inner: float
    begin: float
    exponent: float
    heavy: float = 0.0
    least: float = 0.05
    fewest: int = 0


def block_numbers(first: int, rows: int) -> Ints:
    """The block of each of `rows` windows from number `first` since 1970."""
    return np.arange(first, first + rows) // BLOCK


def block_maxima(sizes: Floats, first: int) -> Floats:
    """The largest size of every block that a window lies in: (..., blocks); NaN where none is known, never below 0.

    To four bytes, as they are stored.
    """
    numbers = block_numbers(first, sizes.shape[-1])
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
    largest = np.maximum.reduceat(np.where(np.isfinite(sizes), np.maximum(sizes, 0.0), -np.inf), starts, axis=-1)
    return np.where(np.isfinite(largest), largest, np.nan).astype(np.float32).astype(np.float64)


def refits(blocks: Ints) -> Ints:
    """The block before which the windows of each of these blocks look back."""
    return blocks // REFIT * REFIT


class Memory:
    """The block maxima of one series: (kinds, blocks), those of the newest KEPT blocks. 34 kB."""

    def __init__(self, kinds: int) -> None:
        self._first = 0
        self._maxima = np.empty((kinds, 0), dtype=np.float32)
        self._fitted: tuple[int, Floats] | None = None

    def put(self, first: int, maxima: Floats) -> None:
        """Take in (kinds, blocks) from block number `first` on, in place of what was known of these."""
        if not self._maxima.shape[1]:
            self._first = first
        begin = min(self._first, first)
        stop = max(self._first + self._maxima.shape[1], first + maxima.shape[1])
        begin = max(begin, stop - KEPT)
        whole = np.full((len(self._maxima), stop - begin), np.nan, dtype=np.float32)
        for start, part in ((self._first, self._maxima), (first, maxima)):
            kept = part[:, max(0, begin - start) :]
            place = max(start, begin) - begin
            whole[:, place : place + kept.shape[1]] = kept
        self._first, self._maxima = begin, whole
        if self._fitted and first < self._fitted[0]:
            self._fitted = None

    def span(self, begin: int, stop: int) -> Floats:
        """Those of the blocks from `begin` up to `stop`, NaN where unknown."""
        blocks = np.full((len(self._maxima), stop - begin), np.nan)
        first, end = max(begin, self._first), min(stop, self._first + self._maxima.shape[1])
        if first < end:
            blocks[:, first - begin : end - begin] = self._maxima[:, first - self._first : end - self._first]
        return blocks

    def fitted(self, block: int) -> Floats | None:
        """The fits that were kept for this block; None where there are none."""
        return self._fitted[1] if self._fitted and self._fitted[0] == block else None

    def keep(self, block: int, fits: Floats) -> None:
        self._fitted = block, fits


def fit(memory: Floats, shape: Shape) -> Floats:
    """Fit the tail to (..., MEMORY) maxima, NaN where unknown.

    What `rarity` reads, along a last axis: the sizes that a half and the shares `inner` and `begin` of the blocks
    exceed, that of the largest but ALLOWED, and the number of blocks.
    """
    prior = np.broadcast_to(_prior_sample(shape), (*memory.shape[:-1], PRIOR_COPIES))
    pool = np.concatenate([memory, prior], axis=-1)
    known = np.isfinite(pool)
    falling = -np.sort(np.where(known, -pool, np.inf), axis=-1)  # unknown ones last
    count = known.sum(axis=-1)

    def exceeded_by(share: float) -> Floats:
        place = np.maximum(share * (count + 1) - 1.0, 0.0)
        low = np.floor(place).astype(np.int64)
        sizes = [np.take_along_axis(falling, at[..., np.newaxis], -1)[..., 0] for at in (low, low + 1)]
        return np.asarray(sizes[0] + (sizes[1] - sizes[0]) * (place - low))

    shares = (0.5, shape.inner, shape.begin)
    return np.stack([*map(exceeded_by, shares), falling[..., ALLOWED], count - PRIOR_COPIES], axis=-1)


def rarity(size: Floats, fits: Floats, shape: Shape) -> Floats:
    """-log10 of the share of blocks that hold one as large; 0 where nothing can be said.

    `fits`: of each size, as `fit` gives them.
    """
    median, inner, begin, seen, count = np.moveaxis(fits, -1, 0)
    powers = [np.maximum(each, 0.0) ** shape.exponent for each in (size, inner, begin)]
    scale = (powers[2] - powers[1]) / np.log(shape.inner / shape.begin)
    beyond = np.maximum(powers[0] - powers[2], 0.0) / np.maximum(scale, shape.least)
    beyond = np.log1p(shape.heavy * beyond) / shape.heavy if shape.heavy else beyond
    tail = beyond / np.log(10.0) - np.log10(shape.begin)
    rare = np.where(size >= begin, tail, _between(size, (np.zeros_like(median), median, inner, begin), shape))
    rare = np.where(size <= seen, np.minimum(rare, USUAL), rare)
    return np.where((size > 0) & (count >= shape.fewest), rare, 0.0)


def _between(size: Floats, knots: Sequence[Floats], shape: Shape) -> Floats:
    """Straight lines between the rarities of 0, the median and the sizes where the tail is read."""
    rarities = (0.0, -np.log10(0.5), -np.log10(shape.inner), -np.log10(shape.begin))
    rare = np.zeros(np.broadcast_shapes(size.shape, knots[0].shape))
    for place in range(3):
        low, high = knots[place], knots[place + 1]
        part = np.clip(np.divide(size - low, high - low, out=np.ones_like(rare), where=high > low), 0.0, 1.0)
        rare = rare + np.where(size > low, part, 0.0) * (rarities[place + 1] - rarities[place])
    return rare


def _prior_sample(shape: Shape) -> Floats:
    shares = (np.arange(PRIOR_COPIES) + 0.5) / PRIOR_COPIES
    return np.interp(-np.log(shares), -np.log(PRIOR_SHARES), shape.prior)
