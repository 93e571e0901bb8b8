"""What every store promises. Each test runs over every store (fixture `store`)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from backend.errors import ConflictError
from backend.stores import POINT_FIELDS, SeriesKey, Store
from backend.tests.stores.samples import forecasts, points

KEY = SeriesKey("traffic.csv", "lgbm_v1")
HOSTILE_NAMES = [
    'a"b',
    "a'b",
    "a,b=c d",
    "back\\slash",
    'x") |> drop(columns: ["_value"])',
    "${__import__}",
    "'; DROP TABLE series; --",
    "\u202eright-to-left",
    "naïve-测试-🙂",
    "<img src=x onerror=alert(1)>",
    "../../etc/passwd",
    "100%_",
    "tab\tand\nnewline",
]


def test_what_is_written_is_read_back_to_the_last_digit(store: Store) -> None:
    written = points(50)
    assert store.write_points(KEY, 60, written) == 50
    pd.testing.assert_frame_equal(store.read_points(KEY, None, None), written, check_freq=False, check_names=False)


def test_writing_twice_leaves_the_same_as_writing_once(store: Store) -> None:
    written = points(50)
    store.write_points(KEY, 60, written)
    store.write_points(KEY, 60, written)
    assert len(store.read_points(KEY, None, None)) == 50
    assert store.list_series()[0].points == 50


def test_a_point_written_again_is_replaced_and_the_others_stay(store: Store) -> None:
    written = points(10)
    store.write_points(KEY, 60, written)
    store.write_points(KEY, 60, written.iloc[3:4].assign(actual_rps=99.0))
    actual = store.read_points(KEY, None, None)["actual_rps"]
    assert actual.iloc[3] == 99.0
    assert actual.drop(actual.index[3]).tolist() == written["actual_rps"].drop(written.index[3]).tolist()


def test_ranges_hold_their_start_and_not_their_stop(store: Store) -> None:
    written = points(10)
    store.write_points(KEY, 60, written)
    read = store.read_points(KEY, written.index[2].to_pydatetime(), written.index[5].to_pydatetime())
    assert list(read.index) == list(written.index[2:5])


def test_points_come_in_order_of_time_however_they_were_written(store: Store) -> None:
    written = points(30)
    store.write_points(KEY, 60, written.sample(frac=1, random_state=1))
    assert store.read_points(KEY, None, None).index.is_monotonic_increasing


def test_the_store_averages_into_buckets_of_the_utc_grid(store: Store) -> None:
    written = points(60)
    store.write_points(KEY, 60, written)
    read = store.read_points(KEY, None, None, every=300)
    expected = written.resample("300s").mean()
    assert list(read.index) == list(expected.index)
    np.testing.assert_allclose(read["actual_rps"], expected["actual_rps"], rtol=1e-12)


def test_a_bucket_with_one_anomaly_is_an_anomaly(store: Store) -> None:
    written = points(10).assign(anomaly=0.0)
    written.loc[written.index[7], "anomaly"] = 1.0
    store.write_points(KEY, 60, written)
    assert store.read_points(KEY, None, None, every=300)["anomaly"].tolist() == [0.0, 1.0]


def test_a_bucket_averages_only_what_is_known(store: Store) -> None:
    written = points(5).assign(predicted_rps_model1=[np.nan, 2.0, 4.0, np.nan, np.nan])
    store.write_points(KEY, 60, written)
    assert store.read_points(KEY, None, None, every=300)["predicted_rps_model1"].tolist() == [3.0]


def test_unknown_windows_are_not_stored_and_an_outage_stays_a_gap(store: Store) -> None:
    written = points(20)
    written.loc[written.index[5:15], "actual_rps"] = np.nan
    assert store.write_points(KEY, 60, written) == 10
    assert list(store.read_points(KEY, None, None).index) == [*written.index[:5], *written.index[15:]]
    assert len(store.read_points(KEY, None, None, every=300)) == 2


def test_an_unknown_prediction_is_read_back_as_unknown(store: Store) -> None:
    store.write_points(KEY, 60, points(3).assign(predicted_rps_model2=np.nan))
    assert store.read_points(KEY, None, None)["predicted_rps_model2"].isna().all()


def test_a_range_without_points_is_empty_with_the_same_columns(store: Store) -> None:
    store.write_points(KEY, 60, points(3))
    read = store.read_points(KEY, datetime(2050, 1, 1, tzinfo=UTC), None)
    assert read.empty
    assert tuple(read.columns) == POINT_FIELDS


def test_points_before_1970_are_kept_on_the_grid(store: Store) -> None:
    written = points(10, start="1969-12-31T23:57:00Z")
    store.write_points(KEY, 60, written)
    read = store.read_points(KEY, None, None, every=300)
    assert list(read.index) == list(written.resample("300s").mean().index)


def test_series_say_what_is_stored_the_newest_written_first(store: Store) -> None:
    written = points(10)
    store.write_points(KEY, 60, written)
    store.write_points(SeriesKey("later.csv", "lgbm_v1"), 300, points(4, step=300))
    later, earlier = store.list_series()
    assert (later.filename, later.window_seconds, later.points) == ("later.csv", 300, 4)
    assert (earlier.first, earlier.last) == (written.index[0], written.index[-1])
    assert earlier.written_at <= later.written_at
    assert abs(datetime.now(UTC) - later.written_at) < timedelta(minutes=5)


def test_versions_of_one_series_are_kept_apart(store: Store) -> None:
    store.write_points(KEY, 60, points(5))
    store.write_points(SeriesKey(KEY.filename, "lgbm_v2"), 60, points(5) * 2)
    assert store.read_points(KEY, None, None)["actual_rps"].tolist() == points(5)["actual_rps"].tolist()


def test_another_window_length_is_refused_and_leaves_the_series_as_it_was(store: Store) -> None:
    store.write_points(KEY, 60, points(5))
    with pytest.raises(ConflictError, match="60 s"):
        store.write_points(KEY, 300, points(5, step=300) * 2)
    assert store.read_points(KEY, None, None)["actual_rps"].tolist() == points(5)["actual_rps"].tolist()


def test_forecasts_are_read_back_with_their_targets(store: Store) -> None:
    store.write_points(KEY, 60, points(5))
    written = forecasts(issued_at="2026-01-01T00:05:00Z")
    assert store.write_forecasts(KEY, written) == len(written)
    read = store.read_forecasts(KEY, None, None)
    pd.testing.assert_frame_equal(read, written, check_dtype=False)


def test_a_forecast_issued_again_for_the_same_target_replaces_the_earlier_one(store: Store) -> None:
    store.write_points(KEY, 60, points(5))
    written = forecasts(issued_at="2026-01-01T00:05:00Z")
    store.write_forecasts(KEY, written)
    store.write_forecasts(KEY, written.assign(mean=7.0))
    assert store.read_forecasts(KEY, None, None)["mean"].tolist() == [7.0] * len(written)


def test_forecasts_of_the_future_are_found_by_their_target(store: Store) -> None:
    store.write_points(KEY, 60, points(5))
    written = forecasts(issued_at="2099-01-01T00:00:00Z")
    store.write_forecasts(KEY, written)
    start = datetime(2099, 1, 1, 0, 5, tzinfo=UTC)
    assert (store.read_forecasts(KEY, start, None)["timestamp"] >= start).all()
    assert len(store.read_forecasts(KEY, None, None)) == len(written)


def test_deleting_takes_one_series_with_its_forecasts_and_no_other(store: Store) -> None:
    other = SeriesKey("other.csv", "lgbm_v1")
    for key in (KEY, other):
        store.write_points(key, 60, points(5))
        store.write_forecasts(key, forecasts(issued_at="2026-01-01T00:05:00Z"))
    assert store.delete_series(KEY.filename) == 5
    assert store.read_points(KEY, None, None).empty
    assert store.read_forecasts(KEY, None, None).empty
    assert [series.filename for series in store.list_series()] == ["other.csv"]
    assert not store.read_forecasts(other, None, None).empty


def test_deleting_what_is_not_there_deletes_nothing(store: Store) -> None:
    assert store.delete_series("nothing.csv") == 0


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_any_file_name_is_only_a_name(store: Store, name: str) -> None:
    store.write_points(KEY, 60, points(5))
    hostile = SeriesKey(name, "lgbm_v1")
    store.write_points(hostile, 60, points(3))
    assert len(store.read_points(hostile, None, None)) == 3
    assert {series.filename for series in store.list_series()} == {KEY.filename, name}
    assert store.delete_series(name) == 3
    assert len(store.read_points(KEY, None, None)) == 5


def test_a_large_write_is_confirmed_in_full(store: Store) -> None:
    assert store.write_points(KEY, 60, points(12_000)) == 12_000
    read = store.read_points(KEY, None, None)
    assert len(read) == 12_000
    assert all(later - earlier == pd.Timedelta(60, "s") for earlier, later in pairwise(read.index))


def test_a_store_that_works_passes_its_check(store: Store) -> None:
    store.check()
