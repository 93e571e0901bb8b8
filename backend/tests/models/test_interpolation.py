"""Between the trained horizons: through the trained forecasts, without a kink, without crossing."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from backend.models.interpolation import between, quantiles_between

TRAINED = (1, 5, 15, 30, 60)
values = st.lists(st.floats(0, 1e6), min_size=5, max_size=5)


@given(values)
def test_at_a_trained_horizon_it_is_the_trained_forecast(means: list[float]) -> None:
    np.testing.assert_allclose(between(TRAINED, TRAINED, np.array(means)), means, rtol=1e-9, atol=1e-9)


@given(values)
def test_between_two_horizons_it_lies_between_them(means: list[float]) -> None:
    for place, (low, high) in enumerate(pairwise(TRAINED)):
        path, ends = between(TRAINED, np.arange(low, high + 1), np.array(means)), means[place : place + 2]
        slack = 1e-9 * max(ends)
        assert path.min() >= min(ends) - slack
        assert path.max() <= max(ends) + slack


def test_there_is_no_kink_at_a_trained_horizon() -> None:
    means, near = np.array([10.0, 14.0, 30.0, 41.0, 47.0]), 1e-4
    for horizon in TRAINED[1:-1]:
        before, at, after = between(TRAINED, horizon * np.exp([-near, 0.0, near]), means)
        np.testing.assert_allclose(after - at, at - before, rtol=1e-2)
        assert after > at > before


@given(st.lists(st.lists(st.floats(0, 1e6), min_size=8, max_size=8), min_size=5, max_size=5))
def test_quantiles_that_do_not_cross_at_trained_horizons_cross_nowhere(rows: list[list[float]]) -> None:
    path = quantiles_between(TRAINED, np.arange(1, 61), np.sort(np.array(rows), axis=1))
    assert path.shape == (60, 8)
    assert (path >= 0).all()
    assert (np.diff(path, axis=1) >= 0).all()


def test_one_trained_horizon_is_all_there_is() -> None:
    np.testing.assert_array_equal(between((5,), [5, 5], np.array([7.0])), [7.0, 7.0])


def test_what_is_unknown_at_one_horizon_is_unknown_between_and_spoils_no_other() -> None:
    means = np.array([[10.0, 10.0], [14.0, np.nan], [30.0, 30.0], [41.0, 41.0], [47.0, 47.0]])
    known, unknown = between(TRAINED, 20, means)
    assert known == between(TRAINED, 20, means[:, 0])
    assert np.isnan(unknown)
