"""What every store promises of the windows of many series at once. Each test runs over every store."""

from datetime import UTC, datetime, timedelta

import pandas as pd

from backend.measurements import POINTS, points_table, read_points
from backend.stores import SeriesKey, Store
from backend.tests.stores.samples import info, points, write_points

VERSION = "lgbm_v1"
NAMES = ["web", 'a"b,c=d', "naïve-测试"]
START = datetime(2026, 1, 1, tzinfo=UTC)


def write_windows(store: Store, count: int, names: list[str] = NAMES, **fields: float) -> set[str]:
    """Write the same windows of every series, each with values of its own."""
    keys = [SeriesKey(name, VERSION) for name in names]
    parts = [points_table(key, points(count) * (place + 1)) for place, key in enumerate(keys)]
    return store.write({POINTS: pd.concat(parts).assign(**fields)}, [info(key, origin="feed") for key in keys])


def points_of(store: Store, name: str) -> pd.DataFrame:
    return read_points(store, SeriesKey(name, VERSION), None, None)


def test_windows_of_many_series_are_read_back_as_if_each_had_been_written_alone(store: Store) -> None:
    assert write_windows(store, 3) == set()
    assert {record.name: record.points for record in store.list_series()} == dict.fromkeys(NAMES, 3)
    for place, name in enumerate(NAMES):
        pd.testing.assert_frame_equal(
            points_of(store, name), points(3) * (place + 1), check_freq=False, check_names=False
        )


def test_a_list_of_many_series_knows_each_of_them(store: Store) -> None:
    names = [f"s{number}" for number in range(9)]
    write_windows(store, 4, names)
    write_points(store, SeriesKey("s3", "lgbm_v0"), points(2))
    write_windows(store, 6, names[:5])
    listed = {(one.name, one.version): (one.points, one.first, one.last) for one in store.list_series()}
    index = [stamp.to_pydatetime() for stamp in points(6).index]
    assert listed == {
        **{(name, VERSION): (6, index[0], index[5]) for name in names[:5]},
        **{(name, VERSION): (4, index[0], index[3]) for name in names[5:]},
        ("s3", "lgbm_v0"): (2, index[0], index[1]),
    }


def test_windows_written_again_are_replaced(store: Store) -> None:
    write_windows(store, 3)
    write_windows(store, 2, actual_rps=7.0)
    assert points_of(store, "web")["actual_rps"].tolist() == [7.0, 7.0, points(3)["actual_rps"].iloc[2]]


def test_a_series_of_another_window_length_is_left_out_and_named(store: Store) -> None:
    write_points(store, SeriesKey("web", VERSION), points(1, step=300), 300)
    write_points(store, SeriesKey("other", "lgbm_v0"), points(1, step=300), 300)
    assert write_windows(store, 2, ["web", "other"]) == {"web"}
    assert len(points_of(store, "web")) == 1
    assert len(points_of(store, "other")) == 2


def test_unknown_fields_stay_unknown(store: Store) -> None:
    write_windows(store, 1, p10=float("nan"))
    assert points_of(store, "web")["p10"].isna().all()
    assert points_of(store, "web")["p90"].notna().all()


def test_the_rates_of_every_series_of_a_version_are_read_at_once(store: Store) -> None:
    write_windows(store, 5)
    write_points(store, SeriesKey("web", "lgbm_v0"), points(5))
    start, stop = START + timedelta(minutes=1), START + timedelta(minutes=3)
    read = store.read(POINTS, {"version": VERSION}, start, stop, fields=["actual_rps"])
    expected = {(name, moment) for name in NAMES for moment in points(5).index[1:3]}
    assert set(zip(read["filename"], read["timestamp"], strict=True)) == expected
    assert read[read["filename"] == "web"]["actual_rps"].tolist() == points(5)["actual_rps"].iloc[1:3].tolist()
