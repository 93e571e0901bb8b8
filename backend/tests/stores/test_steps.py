"""What came within the windows of a raw log is given back by every store, and only where it still is what they had."""

import numpy as np
import pandas as pd

from backend.measurements import POINTS, STEPS, points_table, read_rates, read_steps, series_table
from backend.stores import SeriesKey, Store
from backend.tests.stores.samples import info, points

KEY = SeriesKey("web", "lgbm_v1")


def steps_of(rates: pd.Series) -> pd.DataFrame:
    """Three parts of the requests of each window in its second step, one in its last; by name the order is another."""
    counts = (rates * 15).round()
    return pd.DataFrame(
        np.outer(counts, [0, 3, 0, 1]), rates.index, [f"requests_{second}" for second in range(0, 300, 75)]
    )


def test_steps_come_back_but_for_windows_that_were_stored_otherwise_since(store: Store) -> None:
    first = points(10)
    first["actual_rps"] = first["actual_rps"].round()
    steps = steps_of(first["actual_rps"])
    store.write({POINTS: points_table(KEY, first), STEPS: series_table(KEY, steps)}, [info(KEY)])
    again = first.iloc[3:5].assign(actual_rps=first["actual_rps"].iloc[3:5] * 1.01)
    store.write({POINTS: points_table(KEY, again)}, [info(KEY)])
    found = read_steps(store, KEY, read_rates(store, KEY, None, None), 60)
    assert found is not None
    expected = steps.drop(steps.index[3:5])
    assert found.index.tolist() == expected.index.tolist()
    np.testing.assert_array_equal(found, expected)


def test_a_series_without_any_has_none_and_with_the_series_they_go(store: Store) -> None:
    rates = points(4)["actual_rps"]
    written = {POINTS: points_table(KEY, points(4)), STEPS: series_table(KEY, steps_of(rates))}
    store.write(written, [info(KEY)])
    store.delete_series(KEY.name)
    store.write({POINTS: points_table(KEY, points(4))}, [info(KEY)])
    assert read_steps(store, KEY, rates, 60) is None
