"""What every store promises of a feed's samples beside what it does of any measurement."""

from datetime import UTC, datetime, timedelta

import pandas as pd

from backend.feed.samples import Row, samples_frame
from backend.measurements import POINTS, SAMPLE_COLUMNS, SAMPLES
from backend.stores import TIME, SeriesKey, Store
from backend.tests.stores.samples import points, write_points

T = datetime(2026, 1, 1, tzinfo=UTC)
NS = int(T.timestamp()) * 10**9


def row(
    seconds: float, value: float = 1.0, source: str = "host=a", filename: str = "nginx", kind: str = "count"
) -> Row:
    return (filename, source, kind, NS + round(seconds * 10**9), value)


def write(store: Store, *rows: Row) -> None:
    store.write({SAMPLES: samples_frame(list(rows))})


def read(store: Store) -> list[Row]:
    table = store.read(SAMPLES, {}, T)
    times = pd.DatetimeIndex(table[TIME]).as_unit("ns").asi8.tolist()
    return list(zip(table["filename"], table["source"], table["kind"], times, table["value"], strict=True))


def test_samples_are_read_back_in_order_to_the_nanosecond(store: Store) -> None:
    rows = [row(1.123456789, 0.1), row(0.5, 3.0, source=""), row(1.123456788, 2e9, filename='x/"é, =')]
    write(store, *rows)
    assert set(store.read(SAMPLES, {}, T).columns) == set(SAMPLE_COLUMNS)
    assert read(store) == sorted(rows, key=lambda one: one[3])


def test_a_sample_written_again_is_replaced_whatever_its_kind(store: Store) -> None:
    write(store, row(1, 5.0))
    write(store, row(1, 7.0, kind="counter"))
    assert read(store) == [row(1, 7.0, kind="counter")]


def test_hosts_are_kept_apart(store: Store) -> None:
    write(store, row(1, source="host=a"), row(1, source="host=b"))
    assert len(read(store)) == 2


def test_samples_need_no_series_and_are_deleted_by_age_alone(store: Store) -> None:
    key = SeriesKey("nginx", "lgbm_v1")
    write_points(store, key, points(3))
    write(store, *(row(second, filename=name) for second in range(5) for name in ("nginx", "not yet a series")))
    store.delete(SAMPLES, {}, T + timedelta(seconds=3))
    assert [one[3] for one in read(store)] == [row(3)[3], row(3)[3], row(4)[3], row(4)[3]]
    assert len(store.read(POINTS, key.tags)) == 3
