"""What every store promises of any measurement: those of the table, and one of this test's own."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from backend.measurements import FORECASTS, MEASUREMENTS, POINTS, points_table
from backend.stores import TIME, Field, Measurement, SeriesKey, Store
from backend.tests.stores.samples import forecasts, info, points, rows_of, write_points

KEY = SeriesKey("traffic.csv", "lgbm_v1")
OTHER = SeriesKey("other.csv", "lgbm_v1")
SHIPMENTS = Measurement(
    "shipments",
    ("filename", "version", "port"),
    (Field("weight"), Field("reason", "text"), Field("mode", "text", choices=("air", "sea"))),
    required="weight",
)
ALL = (*MEASUREMENTS, SHIPMENTS)
EVERY = pytest.mark.parametrize("measurement", ALL, ids=lambda each: str(each.name))
OF_SERIES = pytest.mark.parametrize(
    "measurement", [each for each in ALL if "filename" in each.tags], ids=lambda each: str(each.name)
)


@pytest.fixture
def measurements() -> tuple[Measurement, ...]:
    return ALL


@pytest.fixture
def both(store: Store) -> Store:
    """The store with a record of two series, and no points of them in the way."""
    for key in (KEY, OTHER):
        write_points(store, key, points(3, start="2020-01-01T00:00:00Z"))
    return store


def tags_of(measurement: Measurement, key: SeriesKey) -> dict[str, str]:
    return {tag: value for tag, value in key.tags.items() if tag in measurement.tags}


def write(store: Store, measurement: Measurement, table: pd.DataFrame) -> None:
    store.write({measurement: table}, [info(KEY), info(OTHER)] if measurement.counted else [])


def since_2026(store: Store, measurement: Measurement, key: SeriesKey) -> pd.DataFrame:
    return store.read(measurement, tags_of(measurement, key), datetime(2026, 1, 1, tzinfo=UTC))


def another_value(table: pd.DataFrame) -> tuple[str, float | str]:
    """A field, and a value of it that no row has."""
    floats = [str(name) for name in table if table[name].dtype == "float64"]
    return (floats[0], 5.0) if floats else (str(table.columns[-1]), "another")


def with_value(table: pd.DataFrame, field: str, value: float | str) -> pd.DataFrame:
    changed = table.copy()
    changed[field] = value
    return changed


@EVERY
def test_rows_are_read_back_as_they_were_written(both: Store, measurement: Measurement) -> None:
    written = rows_of(measurement, KEY)
    write(both, measurement, written)
    read = since_2026(both, measurement, KEY).assign(**tags_of(measurement, KEY))
    pd.testing.assert_frame_equal(read[list(written)], written, check_dtype=False)


@OF_SERIES
def test_rows_of_several_series_are_read_together_with_their_tags(both: Store, measurement: Measurement) -> None:
    written = pd.concat([rows_of(measurement, KEY), rows_of(measurement, OTHER)])
    write(both, measurement, written)
    read = both.read(measurement, {}, datetime(2026, 1, 1, tzinfo=UTC))
    assert read["filename"].value_counts().to_dict() == {KEY.name: 6, OTHER.name: 6}
    assert set(measurement.tags) <= set(read.columns)


@EVERY
def test_a_row_written_again_is_replaced(both: Store, measurement: Measurement) -> None:
    written = rows_of(measurement, KEY)
    field, value = another_value(written)
    write(both, measurement, written)
    write(both, measurement, with_value(written.iloc[2:3], field, value))
    read = since_2026(both, measurement, KEY)
    assert len(read) == 6
    assert read[field].iloc[2] == value


@EVERY
def test_of_two_rows_with_one_identity_the_later_stays(both: Store, measurement: Measurement) -> None:
    written = rows_of(measurement, KEY)
    field, value = another_value(written)
    write(both, measurement, pd.concat([written, with_value(written, field, value)]))
    assert since_2026(both, measurement, KEY)[field].tolist() == [value] * 6


@EVERY
def test_a_range_holds_its_start_and_not_its_stop(both: Store, measurement: Measurement) -> None:
    written = rows_of(measurement, KEY)
    write(both, measurement, written)
    start, stop = written[TIME].iloc[1].to_pydatetime(), written[TIME].iloc[4].to_pydatetime()
    read = both.read(measurement, tags_of(measurement, KEY), start, stop)
    assert read[TIME].tolist() == written[TIME].iloc[1:4].tolist()


@EVERY
def test_only_the_named_fields_are_read(both: Store, measurement: Measurement) -> None:
    written = rows_of(measurement, KEY)
    write(both, measurement, written)
    names = [another_value(written)[0]]
    read = both.read(measurement, tags_of(measurement, KEY), datetime(2026, 1, 1, tzinfo=UTC), fields=names)
    assert set(read.columns) == {TIME, *names, *(set(measurement.tags) - {"filename", "version"})}
    assert read[names[0]].tolist() == written[names[0]].tolist()


@EVERY
def test_the_rows_of_one_own_tag_are_read_alone(both: Store, measurement: Measurement) -> None:
    if not measurement.own_tags or measurement.own_tags == ("filename",):
        return
    tag = measurement.own_tags[-1]
    written = pd.concat([rows_of(measurement, KEY), rows_of(measurement, KEY).assign(**{tag: "another"})])
    write(both, measurement, written)
    read = both.read(measurement, tags_of(measurement, KEY) | {tag: "another"}, datetime(2026, 1, 1, tzinfo=UTC))
    assert len(read) == 6
    assert tag not in read


@OF_SERIES
def test_older_rows_are_deleted_and_newer_ones_and_other_series_stay(both: Store, measurement: Measurement) -> None:
    written = rows_of(measurement, KEY)
    write(both, measurement, pd.concat([written, rows_of(measurement, OTHER)]))
    both.delete(measurement, tags_of(measurement, KEY), written[TIME].iloc[4].to_pydatetime())
    assert since_2026(both, measurement, KEY)[TIME].tolist() == written[TIME].iloc[4:].tolist()
    assert len(since_2026(both, measurement, OTHER)) == 6


@OF_SERIES
def test_deleting_the_series_deletes_its_rows(both: Store, measurement: Measurement) -> None:
    write(both, measurement, pd.concat([rows_of(measurement, KEY), rows_of(measurement, OTHER)]))
    both.delete_series(KEY.name)
    assert since_2026(both, measurement, KEY).empty
    assert len(since_2026(both, measurement, OTHER)) == 6


@EVERY
def test_nothing_is_an_empty_table_with_a_time(both: Store, measurement: Measurement) -> None:
    read = since_2026(both, measurement, KEY)
    assert read.empty
    assert {TIME, *measurement.field_names} <= set(read.columns)


def test_points_that_were_deleted_are_not_counted_any_more(store: Store) -> None:
    written = points(5_000)
    write_points(store, KEY, written)
    store.delete(POINTS, KEY.tags, written.index[4_200].to_pydatetime())
    record = store.find(KEY.name)
    assert record is not None
    assert (record.points, record.first, record.last) == (800, written.index[4_200], written.index[-1])


def test_forecasts_of_other_horizons_are_read_beside_the_earlier_ones(both: Store) -> None:
    earlier = forecasts(KEY, "2026-01-01T00:01:00Z")
    later = forecasts(KEY, "2026-01-01T00:02:00Z").drop(columns=["mean_900"]).assign(mean_1800=3.0)
    both.write({FORECASTS: earlier})
    both.write({FORECASTS: later})
    read = both.read(FORECASTS, KEY.tags)
    assert read["mean_1800"].tolist()[2:] == [3.0, 3.0]
    assert read["mean_1800"].iloc[:2].isna().all()
    assert read["mean_900"].isna().tolist() == [False, False, True, True]


def test_forecasts_of_the_future_are_found(both: Store) -> None:
    both.write({FORECASTS: forecasts(KEY, "2099-01-01T00:00:00Z")})
    assert len(both.read(FORECASTS, KEY.tags, datetime(2098, 1, 1, tzinfo=UTC))) == 2


def test_four_byte_floats_are_exact_to_seven_digits(both: Store) -> None:
    written = forecasts(KEY, "2026-01-01T00:01:00Z").assign(mean_60=[1 / 3, 123456.789])
    both.write({FORECASTS: written})
    assert both.read(FORECASTS, KEY.tags)["mean_60"].tolist() == pytest.approx([1 / 3, 123456.789], rel=1e-7)


def test_a_sample_without_a_source_keeps_none(store: Store) -> None:
    samples = next(each for each in MEASUREMENTS if each.name == "samples")
    store.write({samples: rows_of(samples, KEY).assign(source="")})
    assert since_2026(store, samples, KEY)["source"].tolist() == [""] * 6


def test_points_of_a_series_nobody_told_of_are_not_kept(store: Store) -> None:
    write_points(store, KEY, points(3))
    rows = pd.concat([points_table(KEY, points(5)), points_table(OTHER, points(5))])
    store.write({POINTS: rows}, [info(KEY)])
    assert [record.name for record in store.list_series()] == [KEY.name]
    assert store.read(POINTS, OTHER.tags, None, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=1)).empty
