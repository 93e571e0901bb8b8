"""What every store promises of series and their points. Each test runs over every store (fixture `store`)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from backend.measurements import FORECASTS, POINT_FIELDS, POINTS, POLICIES, points_table, read_points
from backend.stores import Origin, SeriesInfo, SeriesKey, Store
from backend.tests.stores.samples import forecasts, info, points, rows_of, write_forecasts, write_points

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
    "replay of traffic.csv",
    "12",
]


def test_points_are_read_back_to_the_last_digit(store: Store) -> None:
    written = points(50)
    write_points(store, KEY, written)
    pd.testing.assert_frame_equal(read_points(store, KEY, None, None), written, check_freq=False, check_names=False)


def test_writing_twice_leaves_the_same_as_writing_once(store: Store) -> None:
    written = points(50)
    write_points(store, KEY, written)
    write_points(store, KEY, written)
    assert len(read_points(store, KEY, None, None)) == 50
    assert store.list_series()[0].points == 50


def test_a_point_written_again_is_replaced_and_the_others_stay(store: Store) -> None:
    written = points(10)
    write_points(store, KEY, written)
    write_points(store, KEY, written.iloc[3:4].assign(actual_rps=99.0))
    actual = read_points(store, KEY, None, None)["actual_rps"]
    assert actual.iloc[3] == 99.0
    assert actual.drop(actual.index[3]).tolist() == written["actual_rps"].drop(written.index[3]).tolist()


def test_ranges_hold_their_start_and_not_their_stop(store: Store) -> None:
    written = points(10)
    write_points(store, KEY, written)
    read = read_points(store, KEY, written.index[2].to_pydatetime(), written.index[5].to_pydatetime())
    assert list(read.index) == list(written.index[2:5])


def test_points_come_in_order_of_time_however_they_were_written(store: Store) -> None:
    write_points(store, KEY, points(30).sample(frac=1, random_state=1))
    assert read_points(store, KEY, None, None).index.is_monotonic_increasing


def test_the_store_averages_into_buckets_of_the_utc_grid(store: Store) -> None:
    written = points(60)
    write_points(store, KEY, written)
    read = read_points(store, KEY, None, None, every=300)
    expected = written.resample("300s").mean()
    assert list(read.index) == list(expected.index)
    np.testing.assert_allclose(read["actual_rps"], expected["actual_rps"], rtol=1e-12)


def test_a_bucket_has_the_largest_score_of_its_windows(store: Store) -> None:
    written = points(10)
    written.loc[written.index[7], "anomaly_score"] = 0.8
    write_points(store, KEY, written)
    assert read_points(store, KEY, None, None, every=300)["anomaly_score"].tolist() == [0.0, 0.8]


def test_a_bucket_averages_only_what_is_known(store: Store) -> None:
    write_points(store, KEY, points(5).assign(predicted_rps_model1=[np.nan, 2.0, 4.0, np.nan, np.nan]))
    assert read_points(store, KEY, None, None, every=300)["predicted_rps_model1"].tolist() == [3.0]


def test_unknown_windows_are_not_stored_and_an_outage_stays_a_gap(store: Store) -> None:
    written = points(20)
    written.loc[written.index[5:15], "actual_rps"] = np.nan
    store.write({POINTS: written.rename_axis("timestamp").reset_index().assign(**KEY.tags)}, [info(KEY)])
    assert list(read_points(store, KEY, None, None).index) == [*written.index[:5], *written.index[15:]]
    assert len(read_points(store, KEY, None, None, every=300)) == 2
    assert store.list_series()[0].points == 10


def test_an_unknown_prediction_is_read_back_as_unknown(store: Store) -> None:
    write_points(store, KEY, points(3).assign(predicted_rps_model2=np.nan))
    assert read_points(store, KEY, None, None)["predicted_rps_model2"].isna().all()


@pytest.mark.parametrize("every", [None, 120])
@pytest.mark.parametrize("stop", [None, datetime(2050, 1, 1, tzinfo=UTC), datetime(2049, 1, 1, tzinfo=UTC)])
def test_a_range_without_points_is_empty_with_the_same_columns(
    store: Store, stop: datetime | None, every: int | None
) -> None:
    write_points(store, KEY, points(3))
    read = read_points(store, KEY, datetime(2050, 1, 1, tzinfo=UTC), stop, every)
    assert read.empty
    assert tuple(read.columns) == POINT_FIELDS


def test_points_before_1970_are_kept_on_the_grid(store: Store) -> None:
    written = points(10, start="1969-12-31T23:57:00Z")
    write_points(store, KEY, written)
    read = read_points(store, KEY, None, None, every=300)
    assert list(read.index) == list(written.resample("300s").mean().index)


def test_records_tell_what_is_stored_the_newest_written_first(store: Store) -> None:
    written = points(10)
    write_points(store, KEY, written)
    write_points(store, SeriesKey("later.csv", "lgbm_v1"), points(4, step=300), 300)
    later, earlier = store.list_series()
    assert (later.name, later.window_seconds, later.points) == ("later.csv", 300, 4)
    assert (earlier.first, earlier.last) == (written.index[0], written.index[-1])
    assert earlier.written_at <= later.written_at
    assert abs(datetime.now(UTC) - later.written_at) < timedelta(minutes=5)


def test_a_record_follows_points_before_between_and_after_those_that_are_there(store: Store) -> None:
    written = points(30)
    for part in (written.iloc[10:20], written.iloc[25:], written.iloc[:5], written.iloc[3:28]):
        write_points(store, KEY, part)
        whole = read_points(store, KEY, None, None)
        record = store.find(KEY.name)
        assert record is not None
        assert (record.points, record.first, record.last) == (len(whole), whole.index[0], whole.index[-1])


def test_a_series_is_found_by_its_name_in_the_version_written_last(store: Store) -> None:
    write_points(store, KEY, points(5))
    write_points(store, SeriesKey(KEY.name, "lgbm_v2"), points(3))
    write_points(store, SeriesKey("other.csv", "lgbm_v1"), points(3))
    record = store.find(KEY.name)
    assert record is not None
    assert (record.key, record.points) == (SeriesKey(KEY.name, "lgbm_v2"), 3)
    assert store.find("nothing.csv") is None


@pytest.mark.parametrize("origin", ["upload", "feed", "replay", "sample"])
def test_a_record_keeps_its_origin(store: Store, origin: Origin) -> None:
    store.write({POINTS: points_table(KEY, points(3))}, [SeriesInfo(KEY, 60, origin)])
    assert store.list_series()[0].origin == origin


def test_a_feed_into_which_a_file_is_uploaded_stays_a_feed(store: Store) -> None:
    origins: tuple[Origin, ...] = ("upload", "feed", "upload")
    for origin in origins:
        store.write({POINTS: points_table(KEY, points(3))}, [info(KEY, origin=origin)])
    assert store.list_series()[0].origin == "feed"


def test_attributes_are_kept_with_the_series_and_added_to(store: Store) -> None:
    attributes = {"replay_of": 'é "x" \\ y', "synthetic": True}
    store.write({POINTS: points_table(KEY, points(3))}, [SeriesInfo(KEY, 60, "replay", attributes)])
    store.set_attributes(KEY, {"scored_until": "2026-01-01"})
    write_points(store, KEY, points(5))
    assert store.list_series()[0].attributes == attributes | {"scored_until": "2026-01-01"}


def test_an_attribute_is_replaced_as_a_whole(store: Store) -> None:
    store.write(
        {POINTS: points_table(KEY, points(3))}, [SeriesInfo(KEY, 60, "upload", {"files": {"a": {"rows": "sum"}}})]
    )
    store.write({POINTS: points_table(KEY, points(3))}, [SeriesInfo(KEY, 60, "upload", {"files": {"a": {}}})])
    store.set_attributes(KEY, {"scored": {"a": 1, "b": 2}})
    store.set_attributes(KEY, {"scored": {"b": 3}})
    assert store.list_series()[0].attributes == {"files": {"a": {}}, "scored": {"b": 3}}


def test_attributes_of_a_series_that_is_gone_are_nothing(store: Store) -> None:
    store.set_attributes(KEY, {"scored_until": "2026-01-01"})
    assert store.list_series() == []


def test_versions_of_one_series_are_kept_apart(store: Store) -> None:
    write_points(store, KEY, points(5))
    write_points(store, SeriesKey(KEY.name, "lgbm_v2"), points(5) * 2)
    assert read_points(store, KEY, None, None)["actual_rps"].tolist() == points(5)["actual_rps"].tolist()


def test_another_window_length_is_refused_and_leaves_the_series_as_it_was(store: Store) -> None:
    write_points(store, KEY, points(5))
    before = store.list_series()
    table = {POINTS: points_table(KEY, points(5, step=300) * 2), FORECASTS: forecasts(KEY, "2026-01-01T00:05:00Z")}
    assert store.write(table, [info(KEY, 300)]) == {KEY.name}
    assert read_points(store, KEY, None, None)["actual_rps"].tolist() == points(5)["actual_rps"].tolist()
    assert store.read(FORECASTS, KEY.tags).empty
    assert store.list_series() == before


def test_a_series_without_a_known_window_is_none(store: Store) -> None:
    nothing = points(3).assign(actual_rps=np.nan).rename_axis("timestamp").reset_index().assign(**KEY.tags)
    store.write({POINTS: nothing, FORECASTS: forecasts(KEY, "2026-01-01T00:03:00Z")}, [info(KEY)])
    assert store.list_series() == []
    assert store.read(FORECASTS, KEY.tags).empty


def test_points_and_forecasts_of_one_write_are_both_there(store: Store) -> None:
    issued = forecasts(KEY, "2026-01-01T00:01:00Z", count=8_000)
    store.write({POINTS: points_table(KEY, points(8_000)), FORECASTS: issued}, [info(KEY)])
    assert len(read_points(store, KEY, None, None)) == 8_000
    assert len(store.read(FORECASTS, KEY.tags)) == len(issued)
    (record,) = store.list_series()
    assert (record.points, record.incomplete) == (8_000, None)


def test_deleting_takes_one_series_with_its_forecasts_and_no_other(store: Store) -> None:
    other = SeriesKey("other.csv", "lgbm_v1")
    for key in (KEY, other):
        write_points(store, key, points(5))
        write_forecasts(store, forecasts(key, "2026-01-01T00:05:00Z"))
    assert store.delete_series(KEY.name) == 5
    assert read_points(store, KEY, None, None).empty
    assert store.read(FORECASTS, KEY.tags).empty
    assert [record.name for record in store.list_series()] == ["other.csv"]
    assert not store.read(FORECASTS, other.tags).empty


def test_deleting_a_large_series_takes_all_of_it(store: Store) -> None:
    write_points(store, KEY, points(9_000))
    assert store.delete_series(KEY.name) == 9_000
    assert read_points(store, KEY, None, None).empty
    assert store.list_series() == []


def replace_points(store: Store, key: SeriesKey, frame: pd.DataFrame, window_seconds: int = 60) -> set[str]:
    return store.write({POINTS: points_table(key, frame)}, [info(key, window_seconds)], replace=True)


@pytest.mark.parametrize("count", [10, 9_000])
def test_a_series_that_is_replaced_has_the_new_windows_alone(store: Store, count: int) -> None:
    """Of another length, elsewhere, by another model: nothing of the old is left, however many requests it takes."""
    old = SeriesKey(KEY.name, "an older model")
    for key in (old, KEY):
        write_points(store, key, points(20))
        write_forecasts(store, forecasts(key, "2026-01-01T00:19:00Z"))
    new = points(count, step=300, start="2026-02-01T00:00:00Z")
    assert replace_points(store, KEY, new, 300) == set()
    (record,) = store.list_series()
    assert (record.key, record.window_seconds, record.points, record.incomplete) == (KEY, 300, count, None)
    assert (record.first, record.last) == (new.index[0], new.index[-1])
    assert read_points(store, KEY, None, None).index.tolist() == new.index.tolist()
    assert all(store.read(measurement, old.tags).empty for measurement in (POINTS, FORECASTS))
    assert store.read(FORECASTS, KEY.tags).empty


def test_replacing_a_series_leaves_others_and_what_is_set_for_its_name(store: Store) -> None:
    other = SeriesKey("other.csv", KEY.version)
    write_points(store, KEY, points(5))
    write_points(store, other, points(5))
    store.write({POLICIES: rows_of(POLICIES, KEY, 1)})
    replace_points(store, KEY, points(3))
    assert {record.name: record.points for record in store.list_series()} == {KEY.name: 3, other.name: 5}
    assert len(store.read(POLICIES, {"filename": KEY.name})) == 1


def test_a_series_that_is_not_there_is_replaced_like_any_other(store: Store) -> None:
    replace_points(store, KEY, points(3))
    assert [record.points for record in store.list_series()] == [3]


def test_deleting_what_is_not_there_deletes_nothing(store: Store) -> None:
    assert store.delete_series("nothing.csv") == 0


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_any_file_name_is_only_a_name(store: Store, name: str) -> None:
    write_points(store, KEY, points(5))
    hostile = SeriesKey(name, "lgbm_v1")
    write_points(store, hostile, points(3))
    write_forecasts(store, forecasts(hostile, "2026-01-01T00:03:00Z"))
    assert len(read_points(store, hostile, None, None)) == 3
    assert len(store.read(FORECASTS, hostile.tags)) == 2
    assert {record.name for record in store.list_series()} == {KEY.name, name}
    assert store.delete_series(name) == 3
    assert len(read_points(store, KEY, None, None)) == 5


def test_a_large_write_is_confirmed_in_full(store: Store) -> None:
    write_points(store, KEY, points(12_000))
    read = read_points(store, KEY, None, None)
    assert len(read) == 12_000
    assert all(later - earlier == pd.Timedelta(60, "s") for earlier, later in pairwise(read.index))


def test_a_store_that_works_passes_its_check_and_is_left_as_it_was(store: Store) -> None:
    write_points(store, KEY, points(3))
    before = store.list_series()
    store.check()
    assert store.list_series() == before
