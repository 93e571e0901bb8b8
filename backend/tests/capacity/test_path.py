"""The highest rate ahead: at many origins at once as at each alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.capacity.path import ForecastPath, highest_rates, windows_within
from backend.errors import InvalidRequestError
from backend.models.intervals import LEVELS

HORIZONS = (1, 5, 15)


@given(st.integers(0, 2**32 - 1), st.integers(0, 600), st.integers(60, 240), st.floats(LEVELS[0], LEVELS[-1]))
def test_many_origins_at_once_give_what_each_gives_alone(seed: int, lead: int, cadence: int, level: float) -> None:
    quantiles = np.sort(np.random.default_rng(seed).gamma(2.0, 100.0, (7, len(LEVELS), len(HORIZONS))), axis=1)
    windows = windows_within(60, HORIZONS[-1], lead, cadence)
    together = highest_rates(HORIZONS, LEVELS, quantiles, level, windows)
    alone = [ForecastPath(60, HORIZONS, LEVELS, each).highest(level, lead, cadence) for each in quantiles]
    assert together.tolist() == alone


def test_at_what_forecasts_have_nothing_is_rounded() -> None:
    quantiles = np.sort(np.random.default_rng(1).gamma(2.0, 100.0, (len(LEVELS), len(HORIZONS))), axis=0)
    path = ForecastPath(60, HORIZONS, LEVELS, quantiles)
    for row, level in enumerate(LEVELS):
        for column, horizon in enumerate(HORIZONS):
            assert path.highest(level, 60 * (horizon - 1), 60) == quantiles[row, column]


def test_beyond_the_last_horizon_there_is_nothing() -> None:
    assert windows_within(60, 15, 840, 60).tolist() == [15]
    with pytest.raises(InvalidRequestError, match="reach 16 windows of 60 s ahead"):
        windows_within(60, 15, 900, 60)
