"""What a series is surprised by is given back by every store as it was, so that a restart changes no score."""

import numpy as np

from backend.measurements import POINTS, SURPRISES, points_table
from backend.models.anomalies import KEYS
from backend.models.tail import MEMORY
from backend.serving.watch import stored_memory, surprises_table
from backend.stores import SeriesKey, Store
from backend.tests.stores.samples import info, points

KEY = SeriesKey("web", "lgbm_v1")
BLOCK = 1_900_000  # in 2024, of windows of a minute


def test_the_memory_of_a_week_comes_back_to_the_last_digit_without_what_came_later(store: Store) -> None:
    sizes = np.random.default_rng(5).gamma(1.0, 1.0, (len(KEYS), 40)).astype(np.float32).astype(np.float64)
    sizes[:, 7] = np.nan
    sizes[3, 9] = np.nan
    table = surprises_table(KEY, 60, BLOCK, sizes)
    assert len(table) == 39  # of a block where nothing is known there is no row
    store.write({POINTS: points_table(KEY, points(1)), SURPRISES: table}, [info(KEY)])
    memory = stored_memory(store, KEY, 60, BLOCK + 30)
    np.testing.assert_array_equal(memory.span(BLOCK, BLOCK + 30), sizes[:, :30])
    assert np.isnan(memory.span(BLOCK + 30, BLOCK + 40)).all()


def test_a_series_without_any_has_an_empty_memory(store: Store) -> None:
    assert np.isnan(stored_memory(store, KEY, 60, BLOCK).span(BLOCK - MEMORY, BLOCK)).all()
