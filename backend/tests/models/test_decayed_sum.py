"""Decayed sums see their own block of windows and whole ones before it, the same wherever an array begins."""

import numpy as np
import pytest

from backend.arrays import Floats
from backend.models.decayed_sum import SUM_BLOCK, SummedBlocks, decayed_sum, within_blocks

WIDTH = 4 * SUM_BLOCK
ALPHA = 0.01
FIRST = 1_007  # the number of the first row's window, inside a block


def values(rows: int) -> Floats:
    return np.random.default_rng(0).normal(size=(2, 3, rows))


@pytest.mark.parametrize("rows", [1, SUM_BLOCK, 500])
def test_every_row_adds_up_its_block_and_the_whole_ones_before_it(rows: int) -> None:
    each = values(rows)
    sums = decayed_sum(each, FIRST, ALPHA, WIDTH)
    for row in range(rows):
        span = min(row, WIDTH - SUM_BLOCK + (FIRST + row) % SUM_BLOCK) + 1
        weights = (1 - ALPHA) ** np.arange(span)[::-1]
        np.testing.assert_allclose(sums[..., row], each[..., row + 1 - span : row + 1] @ weights, atol=1e-6)


def test_a_row_has_the_same_sum_wherever_the_array_begins() -> None:
    each = values(500)
    for begin in (1, 77, 300):
        late = decayed_sum(each[..., begin:], FIRST + begin, ALPHA, WIDTH)
        np.testing.assert_array_equal(late[..., WIDTH:], decayed_sum(each, FIRST, ALPHA, WIDTH)[..., begin + WIDTH :])


@pytest.mark.parametrize(("first", "past"), [(FIRST, past) for past in (0, 1, 20, 25, 26, 400)] + [(32 * SUM_BLOCK, 0)])
def test_a_sum_that_goes_on_by_windows_is_that_of_all(first: int, past: int) -> None:
    each = values(500)
    whole = decayed_sum(each, first, ALPHA, WIDTH)
    going = SummedBlocks.of_nothing((2, 3), ALPHA, WIDTH)
    for slots in ([1], [2, 0]):
        going.put(slots, within_blocks(each[:, slots, :past], first, ALPHA), first + past)
    for row in range(past, 500):
        np.testing.assert_array_equal(going.next(each[..., row : row + 1], first + row)[..., 0], whole[..., row])


def test_a_series_that_joins_has_nothing_of_the_one_before_it() -> None:
    each = values(500)
    going = SummedBlocks.of_nothing((2, 3), ALPHA, WIDTH)
    for stop in (300, 10):
        within = within_blocks(each[:, 1:2, :stop], FIRST + 300 - stop, ALPHA)
        going.put([1], within, FIRST + 300)
    np.testing.assert_array_equal(
        going.next(each[..., 10:11], FIRST + 300)[:, 1, 0],
        decayed_sum(each[:, 1, :11], FIRST + 290, ALPHA, WIDTH)[:, -1],
    )
