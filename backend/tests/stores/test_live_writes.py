"""What every store promises of the windows and forecasts of many series at once. Each test runs over every store."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from backend.stores import SeriesKey, Store
from backend.tests.stores.samples import forecasts, points

VERSION = "lgbm_v1"
NAMES = ["web", 'a"b,c=d', "naïve-测试"]
START, STOP = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC)


def windows(count: int, names: list[str] = NAMES) -> pd.DataFrame:
    """The same windows of every series, each with values of its own."""
    parts = [(points(count) * (place + 1)).assign(filename=name) for place, name in enumerate(names)]
    return pd.concat(parts).rename_axis("timestamp").reset_index()


def points_of(store: Store, name: str) -> pd.DataFrame:
    return store.read_points(SeriesKey(name, VERSION), None, None)


def test_windows_of_many_series_are_read_back_as_if_each_had_been_written_alone(store: Store) -> None:
    assert store.write_windows(VERSION, 60, windows(3)) == set()
    assert {series.filename: series.points for series in store.list_series()} == dict.fromkeys(NAMES, 3)
    for place, name in enumerate(NAMES):
        pd.testing.assert_frame_equal(
            points_of(store, name), points(3) * (place + 1), check_freq=False, check_names=False
        )


def test_a_list_of_many_series_knows_each_of_them(store: Store) -> None:
    names = [f"s{number}" for number in range(9)]
    store.write_windows(VERSION, 60, windows(4, names))
    store.write_points(SeriesKey("s3", "lgbm_v0"), 60, points(2))
    store.write_windows(VERSION, 60, windows(6, names[:5]))
    listed = {(one.filename, one.version): (one.points, one.first, one.last) for one in store.list_series()}
    index = [stamp.to_pydatetime() for stamp in points(6).index]
    assert listed == {
        **{(name, VERSION): (6, index[0], index[5]) for name in names[:5]},
        **{(name, VERSION): (4, index[0], index[3]) for name in names[5:]},
        ("s3", "lgbm_v0"): (2, index[0], index[1]),
    }


def test_windows_written_again_are_replaced(store: Store) -> None:
    store.write_windows(VERSION, 60, windows(3))
    store.write_windows(VERSION, 60, windows(2).assign(actual_rps=7.0))
    assert points_of(store, "web")["actual_rps"].tolist() == [7.0, 7.0, points(3)["actual_rps"].iloc[2]]


def test_a_series_of_another_window_length_is_left_out_and_named(store: Store) -> None:
    store.write_points(SeriesKey("web", VERSION), 300, points(1, step=300))
    store.write_points(SeriesKey("other", "lgbm_v0"), 300, points(1, step=300))
    assert store.write_windows(VERSION, 60, windows(2, ["web", "other"])) == {"web"}
    assert len(points_of(store, "web")) == 1
    assert len(points_of(store, "other")) == 2


def test_unknown_fields_stay_unknown(store: Store) -> None:
    store.write_windows(VERSION, 60, windows(1).assign(p10=float("nan")))
    assert points_of(store, "web")["p10"].isna().all()
    assert points_of(store, "web")["p90"].notna().all()


def test_what_came_of_every_series_is_read_at_once(store: Store) -> None:
    written = windows(5)
    store.write_windows(VERSION, 60, written)
    store.write_points(SeriesKey("web", "lgbm_v0"), 60, points(5))
    read = store.read_rates(VERSION, START + timedelta(minutes=1), START + timedelta(minutes=3))
    expected = written[written["timestamp"].isin(points(5).index[1:3])]
    columns = ["filename", "timestamp", "actual_rps"]
    pd.testing.assert_frame_equal(
        read.sort_values(columns, ignore_index=True), expected[columns].sort_values(columns, ignore_index=True)
    )
    assert read["timestamp"].dtype == expected["timestamp"].dtype


def test_what_came_of_one_series_is_read_alone(store: Store) -> None:
    store.write_windows(VERSION, 60, windows(2))
    read = store.read_rates(VERSION, START, STOP, 'a"b,c=d')
    assert set(read["filename"]) == {'a"b,c=d'}
    assert len(read) == 2


def test_nothing_that_came_is_an_empty_table(store: Store) -> None:
    read = store.read_rates(VERSION, START, STOP)
    assert read.empty
    assert list(read.columns) == ["filename", "timestamp", "actual_rps"]


@pytest.mark.parametrize("names", [NAMES, []], ids=["many", "none"])
def test_forecasts_of_many_series_are_read_back_as_if_each_had_been_written_alone(
    store: Store, names: list[str]
) -> None:
    store.write_windows(VERSION, 60, windows(1))
    one = forecasts("2026-01-01T00:01:00Z")
    written = pd.concat([one.assign(filename=name) for name in names] or [one.assign(filename="").head(0)])
    assert store.write_issued(VERSION, written) == len(written)
    for name in NAMES:
        read = store.read_forecasts(SeriesKey(name, VERSION), None, None)
        if name in names:
            pd.testing.assert_frame_equal(read, one[read.columns], check_exact=True)
        else:
            assert read.empty
