"""Files of one name after each other: which of them a series still has, so that they are not read again."""

from collections.abc import Callable, Iterator
from contextlib import closing
from copy import copy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.config import Settings
from backend.errors import SameNameError
from backend.ingest import ReadOptions
from backend.measurements import MEASUREMENTS, POINTS, points_table, read_rates
from backend.models.predictor import RPSEstimator
from backend.stores import SeriesInfo, SeriesKey, Store, open_store
from backend.tests.stores.samples import points
from backend.uploads.importing import file_reader
from backend.uploads.job import local_import, store_here
from backend.uploads.same_name import SameName

START = 1_700_006_400  # 2023-11-15 00:00:00 UTC
Send = Callable[..., dict[str, Any]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(sqlite_path=tmp_path / "store.sqlite")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with closing(open_store(settings, MEASUREMENTS)) as store:
        yield store


@pytest.fixture(scope="module")
def estimator() -> RPSEstimator:
    return RPSEstimator.load(Settings().model_path)


@pytest.fixture
def send(tmp_path: Path, settings: Settings, store: Store, estimator: RPSEstimator) -> Send:
    """Import this content as part.csv."""

    def send(
        content: bytes,
        same_name: SameName | None = None,
        version: str | None = None,
        again: str | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        path = tmp_path / "part.csv"
        path.write_bytes(content)
        asked = local_import(path, ReadOptions(**options), same_name)
        model = copy(estimator)
        model.version = version or estimator.version
        asked = replace(asked, id=again or asked.id)
        return store_here(asked, file_reader(settings), model, store, settings.max_series, lambda _: None)

    return send


def part(rate: float, begin: int = 0, windows: int = 60) -> bytes:
    """Minutes of one rate from the minute `begin` on."""
    minutes = range(begin, begin + windows)
    return b"timestamp,rps\n" + b"".join(b"%d,%.1f\n" % (START + 60 * minute, rate) for minute in minutes)


def rates(store: Store, name: str = "part.csv") -> list[float]:
    record = store.find(name)
    assert record is not None
    return read_rates(store, record.key, record.first, record.last + timedelta(minutes=1)).tolist()


def is_already_stored(summary: dict[str, Any]) -> bool:
    return summary["already_stored"] is not None


def test_a_file_whose_windows_another_replaced_is_asked_about_when_it_comes_again(store: Store, send: Send) -> None:
    before, replaced, other = part(10), part(20, begin=60), part(30, begin=90)
    send(before)
    send(replaced)
    send(other, same_name="continue")
    with pytest.raises(SameNameError, match="60 windows"):
        send(replaced)
    assert rates(store) == [10] * 60 + [20] * 30 + [30] * 60
    assert not is_already_stored(send(replaced, same_name="continue"))
    assert rates(store) == [10] * 60 + [20] * 60 + [30] * 30


def test_of_two_files_that_replace_each_other_the_last_one_is_stored(send: Send) -> None:
    first, second = part(20), part(30)
    for content in (first, second, first):
        send(content, same_name="continue")
    assert is_already_stored(send(first))
    with pytest.raises(SameNameError):
        send(second)


def test_files_none_of_whose_windows_were_replaced_are_stored_already(send: Send) -> None:
    untouched, grown = part(10), part(20, begin=60)
    send(untouched)
    send(grown)
    send(part(20, begin=60, windows=90))
    send(part(30, begin=140), same_name="continue")
    assert is_already_stored(send(untouched))
    assert is_already_stored(send(grown))


def test_a_file_that_is_read_with_other_fields_replaces_windows_of_others(send: Send) -> None:
    first, second = part(10), part(20, begin=60)
    send(first)
    send(second)
    send(second, same_name="continue", value_unit="count")
    assert is_already_stored(send(first))
    with pytest.raises(SameNameError):
        send(second)


def test_a_reading_that_went_into_another_series_is_no_answer_of_this_one(store: Store, send: Send) -> None:
    send(part(10))
    second = part(20, begin=60)
    stored = send(second)
    aside = send(second, same_name="separate", value_unit="count", again=stored["id"])
    assert aside["filename"] == "part.csv (2)"
    answer = send(second)
    assert (answer["filename"], answer["value_unit"]) == ("part.csv", "rate")
    assert rates(store) == [10] * 60 + [20] * 60


def test_what_was_stored_with_another_model_is_read_again(store: Store, send: Send) -> None:
    first = part(10)
    send(first, version="older")
    send(part(20, begin=60))
    assert not is_already_stored(send(first))
    assert rates(store) == [10] * 60 + [20] * 60


def test_a_file_whose_windows_a_feed_wrote_again_is_asked_about(
    store: Store, send: Send, estimator: RPSEstimator
) -> None:
    send(part(10))
    key = SeriesKey("part.csv", estimator.version)
    fed = points(1, start="2023-11-15T00:00:00Z").assign(actual_rps=70.0)
    store.write({POINTS: points_table(key, fed)}, [SeriesInfo(key, 60, "feed")])
    with pytest.raises(SameNameError):
        send(part(10))
    assert rates(store) == [70] + [10] * 59


def test_a_file_of_a_deleted_series_is_read_again(store: Store, send: Send) -> None:
    first, second = part(10), part(20, begin=60)
    send(first)
    send(second)
    store.delete_series("part.csv")
    send(second)
    assert not is_already_stored(send(first))
    assert rates(store) == [10] * 60 + [20] * 60
