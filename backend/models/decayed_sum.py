"""Exponentially decayed sums that are cut off at blocks of windows of the calendar.

A recursion would be simpler, but its rounding carries everything before it, and a live step that begins at another
window than a backtest would forecast other digits. Here a row adds up its own block from its beginning and a fixed
number of whole blocks before that one, so that it adds the same numbers in the same order wherever the array begins,
and what a live step needs to go on with is a number a block (SummedBlocks). All functions work along the last axis.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend.arrays import Floats
from backend.models.trailing_sums import newest, shift

SUM_BLOCK = 32  # windows


def decayed_sum(values: Floats, first: int, alpha: float, width: int) -> Floats:
    """Sum of the last `width` rows, at most: k rows back weighted (1 - alpha)^k.

    first: number of the window of the first row; rows before it count as 0. width: a multiple of SUM_BLOCK. A row sees
    all of its own block so far and width / SUM_BLOCK - 1 whole ones before it.
    """
    return across_blocks(within_blocks(values, first, alpha), first, values.shape[-1], alpha, width)


def across_blocks(within: Floats, first: int, rows: int, alpha: float, width: int) -> Floats:
    """The decayed sum at each of so many rows, from within_blocks of them."""
    sums = within[..., -1].astype(np.float32).astype(np.float64)  # as they are kept for a live step
    older = _of_blocks((shift(sums, back) for back in range(width // SUM_BLOCK - 1, 0, -1)), alpha)
    total = older[..., np.newaxis] * _decays(alpha) + within
    begin = first % SUM_BLOCK
    return total.reshape(*within.shape[:-2], -1)[..., begin : begin + rows]


def within_blocks(values: Floats, first: int, alpha: float) -> Floats:
    """The sums from the beginning of every row's block: (..., blocks, SUM_BLOCK), one block at least. 0 stands before
    row 0 and after the last one."""
    begin, rows = first % SUM_BLOCK, values.shape[-1]
    sums = np.zeros((*values.shape[:-1], max(1, -(-(begin + rows) // SUM_BLOCK)) * SUM_BLOCK))
    sums[..., begin : begin + rows] = values
    sums = sums.reshape(*values.shape[:-1], -1, SUM_BLOCK)
    for place in range(1, SUM_BLOCK):
        sums[..., place] += sums[..., place - 1] * (1.0 - alpha)
    return sums


def _of_blocks(sums: Iterable[Floats], alpha: float) -> Floats:
    """What whole blocks come to at the end of the last, from the sum of each."""
    decay, total = float(_decays(alpha)[-1]), np.zeros(1)
    for each in sums:
        total = total * decay + each
    return total


def _decays(alpha: float) -> Floats:
    """What a sum before the block weighs at each of its rows."""
    return np.cumprod(np.full(SUM_BLOCK, 1.0 - alpha))


@dataclass
class SummedBlocks:
    """A decayed sum of many series that goes on window by window.

    blocks: the sums of the whole blocks before the newest, in four bytes, (..., series, width / SUM_BLOCK - 1). older:
    what those come to at the beginning of the newest, within: the sum of the newest so far, (..., series, 1) each.
    """

    alpha: float
    blocks: npt.NDArray[np.float32]
    older: Floats
    within: Floats

    @classmethod
    def of_nothing(cls, axes: tuple[int, ...], alpha: float, width: int) -> "SummedBlocks":
        """`axes`: all but that of blocks."""
        blocks = np.zeros((*axes, width // SUM_BLOCK - 1), dtype=np.float32)
        return cls(alpha, blocks, np.zeros((*axes, 1)), np.zeros((*axes, 1)))

    def put(self, slots: Sequence[int], within: Floats, stop: int) -> None:
        """The past of some series, within_blocks of it, (..., slots, blocks, SUM_BLOCK), up to the window before number
        `stop`."""
        kept = self.blocks.shape[-1]
        whole = newest(within[..., :-1, -1], kept)
        blocks = np.zeros((*whole.shape[:-1], kept), dtype=np.float32)
        blocks[..., kept - whole.shape[-1] :] = whole
        self.blocks[..., slots, :] = blocks
        self.older[..., slots, :] = self._of_whole(blocks)
        self.within[..., slots, 0] = within[..., -1, (stop - 1) % SUM_BLOCK]

    def next(self, values: Floats, window: int) -> Floats:
        """The sum with the values of the next window, (..., series, 1) each; `window`: its number. A copy from before
        stays as it is."""
        place = window % SUM_BLOCK
        if place == 0:
            self.blocks = np.concatenate([self.blocks[..., 1:], self.within.astype(np.float32)], axis=-1)
            self.older = self._of_whole(self.blocks)
            self.within = values.copy()  # not what it is a view of, which has every window
        else:
            self.within = values + self.within * (1.0 - self.alpha)
        return np.asarray(self.older * _decays(self.alpha)[place] + self.within)

    def _of_whole(self, blocks: npt.NDArray[np.float32]) -> Floats:
        places = range(blocks.shape[-1])
        return _of_blocks((blocks[..., place : place + 1].astype(np.float64) for place in places), self.alpha)
