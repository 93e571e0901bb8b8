"""How forecasts are kept: the mean to seven digits, its quantiles within a small part of their spread."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.measurements import FORECASTS, QUANTITIES
from backend.stores.packing import Layout, as_kept, layout_of

rates = st.floats(0, 1e7, allow_subnormal=False)
groups = st.lists(rates, min_size=len(QUANTITIES), max_size=len(QUANTITIES))


def table(*rows: list[float]) -> pd.DataFrame:
    """A row a list, of one horizon: the mean, then the quantiles."""
    return pd.DataFrame(list(rows), columns=[f"{name}_60" for name in QUANTITIES])


@given(groups)
def test_means_keep_seven_digits_and_quantiles_a_160th_of_how_far_the_furthest_lies(group: list[float]) -> None:
    mean, *quantiles = group
    (kept,) = as_kept(FORECASTS, table(group)).to_numpy()
    assert kept[0] == np.float32(mean)
    furthest = max(abs(quantile - mean) for quantile in quantiles)
    assert np.abs(kept[1:] - quantiles).max() <= furthest / 79 + 1e-6 * mean + 1e-30


@given(st.lists(groups, min_size=1, max_size=5))
def test_what_was_kept_once_is_kept_as_it_is(rows: list[list[float]]) -> None:
    kept = as_kept(FORECASTS, table(*rows))
    pd.testing.assert_frame_equal(as_kept(FORECASTS, kept), kept, check_exact=True)


@given(groups)
def test_quantiles_in_order_stay_in_order_and_never_fall_below_nothing(group: list[float]) -> None:
    mean, *quantiles = group
    kept = as_kept(FORECASTS, table([mean, *sorted(quantiles)])).to_numpy()[0]
    assert (np.diff(kept[1:]) >= 0).all()
    assert (kept >= 0).all()


def test_what_is_unknown_stays_unknown() -> None:
    nan = float("nan")
    row = [10.0, 8.0, nan, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0]
    kept = as_kept(FORECASTS, table(row, [nan] * 9))
    assert np.isnan(kept.to_numpy()).tolist() == np.isnan(np.array([row, [nan] * 9])).tolist()


def test_no_rows_are_kept_as_none() -> None:
    assert as_kept(FORECASTS, table([1.0] * 9).iloc[:0]).shape == (0, 9)


@pytest.mark.parametrize("names", [["mean_60"], ["mean_60", "p10_60", "other"], ["a", "b_60"]])
def test_columns_that_are_no_whole_group_are_four_byte_floats(names: list[str]) -> None:
    written = pd.DataFrame([[1 / 3] * len(names)], columns=names)
    assert as_kept(FORECASTS, written).to_numpy().tolist() == [[float(np.float32(1 / 3))] * len(names)]


def test_a_layout_is_read_back_from_its_text() -> None:
    for layout in (layout_of(FORECASTS, table([1.0] * 9)), Layout(("mean_60", "p10_60"))):
        assert Layout.of_text(layout.text) == layout
    assert layout_of(FORECASTS, table([1.0] * 9)).row.itemsize == 13
