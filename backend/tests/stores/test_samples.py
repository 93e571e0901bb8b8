"""What every store promises of a feed's samples. Each test runs over every store."""

from datetime import UTC, datetime, timedelta

import pandas as pd

from backend.feed.samples import Row, samples_frame
from backend.stores import SAMPLE_COLUMNS, SeriesKey, Store
from backend.tests.stores.samples import points

T = datetime(2026, 1, 1, tzinfo=UTC)
NS = int(T.timestamp()) * 10**9


def row(
    seconds: float, value: float = 1.0, source: str = "host=a", filename: str = "nginx", kind: str = "count"
) -> Row:
    return (filename, source, kind, NS + round(seconds * 10**9), value)


def rows(read: pd.DataFrame) -> list[Row]:
    times = pd.DatetimeIndex(read["time"]).as_unit("ns").asi8.tolist()
    return list(zip(read["filename"], read["source"], read["kind"], times, read["value"], strict=True))


def test_samples_are_read_back_in_order_to_the_nanosecond(store: Store) -> None:
    written = [row(1.123456789, 0.1), row(0.5, 3.0, source=""), row(1.123456788, 2e9, filename='x/"é, =')]
    assert store.write_samples(samples_frame(written)) == 3
    read = store.read_samples(T, None)
    assert tuple(read.columns) == SAMPLE_COLUMNS
    assert rows(read) == sorted(written, key=lambda one: one[3])


def test_a_sample_sent_again_is_the_same_sample(store: Store) -> None:
    for _ in range(2):
        store.write_samples(samples_frame([row(1), row(2)]))
    assert len(store.read_samples(T, None)) == 2


def test_a_sample_written_again_is_replaced_whatever_its_kind(store: Store) -> None:
    store.write_samples(samples_frame([row(1, 5.0)]))
    store.write_samples(samples_frame([row(1, 7.0, kind="counter")]))
    assert rows(store.read_samples(T, None)) == [row(1, 7.0, kind="counter")]


def test_of_two_samples_at_once_in_one_write_the_later_stays(store: Store) -> None:
    store.write_samples(samples_frame([row(1, 5.0), row(1, 7.0)]))
    assert rows(store.read_samples(T, None)) == [row(1, 7.0)]


def test_hosts_are_kept_apart(store: Store) -> None:
    store.write_samples(samples_frame([row(1, source="host=a"), row(1, source="host=b")]))
    assert len(store.read_samples(T, None)) == 2


def test_ranges_hold_their_start_and_not_their_stop_and_may_be_of_one_series(store: Store) -> None:
    store.write_samples(samples_frame([row(second, filename=name) for second in range(5) for name in ("one", "two")]))
    read = store.read_samples(T + timedelta(seconds=1), T + timedelta(seconds=3), "two")
    assert rows(read) == [row(1, filename="two"), row(2, filename="two")]


def test_no_samples_are_an_empty_table(store: Store) -> None:
    assert tuple(store.read_samples(T, None).columns) == SAMPLE_COLUMNS
    assert store.read_samples(T, None).empty


def test_old_samples_are_deleted_and_points_stay(store: Store) -> None:
    key = SeriesKey("nginx", "lgbm_v1")
    store.write_points(key, 60, points(3))
    store.write_samples(samples_frame([row(second) for second in range(5)]))
    store.delete_samples(T + timedelta(seconds=3))
    assert [one[3] for one in rows(store.read_samples(T, None))] == [row(3)[3], row(4)[3]]
    assert len(store.read_points(key, None, None)) == 3


def test_deleting_a_series_takes_its_samples_and_no_others(store: Store) -> None:
    store.write_samples(samples_frame([row(1, filename="nginx"), row(1, filename="other")]))
    store.delete_series("nginx")
    assert rows(store.read_samples(T, None)) == [row(1, filename="other")]
