"""Trailing sums of the newest rows alone are those of all, to the last digit."""

import numpy as np
import pytest

from backend.models.trailing_sums import trailing_max, trailing_sum


@pytest.mark.parametrize("rows", [1, 5, 671, 672, 700])
def test_the_newest_sum_is_the_last_of_all(rows: int) -> None:
    values = np.random.default_rng(0).normal(size=(2, rows))
    for width in (1, 15, 672):
        np.testing.assert_array_equal(trailing_sum(values, width, 1), trailing_sum(values, width)[:, -1:])
        np.testing.assert_array_equal(trailing_max(values, width, 1), trailing_max(values, width)[:, -1:])
