"""Where many series come up at once, each is forecast from its newest windows alone until its past is learned."""

from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from backend.arrays import Floats
from backend.errors import StoreUnavailableError
from backend.feed import collector
from backend.feed.collector import Collector
from backend.measurements import SAMPLES, read_points
from backend.models.predictor import RPSEstimator
from backend.serving import live_step
from backend.serving.current import CurrentForecasts
from backend.serving.live_step import INTERIM_WINDOWS
from backend.stores import SeriesKey
from backend.stores.sqlite import SqliteStore
from backend.tests.feed.collected import KEY, WINDOW, Feed, moment, write_past, write_rates
from backend.tests.stores.samples import forecasts_of

NAMES = ("web", "api", "shop")
PAST = INTERIM_WINDOWS + 150  # windows


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three series are as many as a thousand, and no past is learned before a test says so."""
    monkeypatch.setattr(collector, "LEARNED_AT_ONCE", len(NAMES) - 1)
    monkeypatch.setattr(live_step, "PREPARED_TOGETHER", 0)


@pytest.fixture
def feed(sqlite_store: SqliteStore, estimator: RPSEstimator) -> Feed:
    """A backend that was killed, whose series are still fed, and has begun again."""
    for seed, name in enumerate(NAMES):
        rates = np.random.default_rng(seed).poisson(300 + 100 * seed, PAST) / WINDOW
        write_past(sqlite_store, name, rates)
    begun = Feed(sqlite_store, estimator)
    close(begun, 0)
    return begun


def send(feed: Feed, window: int) -> None:
    """The samples of the window before, and one that shows that each series goes on."""
    for name in NAMES:
        feed.send(window - 1, window + 0.1, name)


def close(feed: Feed, window: int) -> None:
    """The window before comes, and is closed in time."""
    send(feed, window)
    feed.at(window)


def past_of(feed: Feed, name: str) -> pd.DataFrame:
    return read_points(feed.store, SeriesKey(name, KEY.version), None, None)[["actual_rps"]].asfreq(f"{WINDOW}s")


def issued(feed: Feed, name: str, window: int) -> Floats:
    """The means of what was forecast of a series from the beginning of a window, by model and horizon."""
    table = forecasts_of(feed.store, SeriesKey(name, KEY.version))
    return table[table["issued_at"] == moment(window)].sort_values(["model", "horizon_seconds"])["mean"].to_numpy()


def expected(estimator: RPSEstimator, frame: pd.DataFrame) -> Floats:
    table = estimator.forecast(frame).table.sort_values(["model", "horizon"])
    return table["mean"].to_numpy().astype(np.float32).astype(np.float64)  # as forecasts are stored


def assert_forecast_from(feed: Feed, estimator: RPSEstimator, window: int, windows: int) -> None:
    for name in NAMES:
        past = past_of(feed, name)[: moment(window - 1)]
        np.testing.assert_array_equal(issued(feed, name, window), expected(estimator, past.iloc[-windows:]), name)


def test_a_start_forecasts_every_series_from_its_newest_windows(feed: Feed, estimator: RPSEstimator) -> None:
    assert_forecast_from(feed, estimator, 0, INTERIM_WINDOWS)


def test_a_close_before_their_pasts_are_learned_goes_on_from_there(feed: Feed, estimator: RPSEstimator) -> None:
    close(feed, 1)
    assert_forecast_from(feed, estimator, 1, INTERIM_WINDOWS + 1)


@pytest.fixture
def learned(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> Feed:
    """The same, once the past of each is learned."""
    monkeypatch.setattr(live_step, "PREPARED_TOGETHER", len(NAMES))
    feed.at(0.1)
    return feed


def test_once_their_pasts_are_learned_forecasts_are_those_of_the_whole_series(
    learned: Feed, estimator: RPSEstimator
) -> None:
    close(learned, 1)
    assert_forecast_from(learned, estimator, 1, PAST + 1)


def test_what_was_forecast_at_the_start_stays_as_it_was_issued(learned: Feed, estimator: RPSEstimator) -> None:
    assert_forecast_from(learned, estimator, 0, INTERIM_WINDOWS)


def test_a_correction_of_long_ago_is_in_the_next_forecasts(feed: Feed, estimator: RPSEstimator) -> None:
    for name in NAMES:
        feed.send(-20, -19, name, value=200.0)
    feed.at(0.1)
    close(feed, 1)
    assert past_of(feed, "web")["actual_rps"].loc[moment(-20)] == 20.0
    assert_forecast_from(feed, estimator, 1, INTERIM_WINDOWS)


def test_a_correction_of_before_the_newest_windows_changes_nothing_of_them(feed: Feed, estimator: RPSEstimator) -> None:
    feed.send(-PAST + 1, -PAST + 2, "web", value=200.0)
    feed.at(0.1)
    close(feed, 1)
    assert_forecast_from(feed, estimator, 1, INTERIM_WINDOWS + 1)


def test_a_deleted_series_is_forecast_no_more(feed: Feed) -> None:
    feed.collector.delete("api")
    feed.at(1)
    assert not len(issued(feed, "api", 1))
    assert len(issued(feed, "web", 1))


def test_a_series_of_other_windows_is_left_alone(feed: Feed, estimator: RPSEstimator) -> None:
    index = pd.date_range(moment(-600), periods=10, freq="3600s", unit="s")
    write_rates(feed.store, "hourly", pd.Series(5.0, index), 3_600)
    feed.send(-1, 0.1, "hourly")
    Feed(feed.store, estimator).at(0)
    assert not len(issued(feed, "hourly", 0))


def test_samples_of_new_series_that_an_earlier_process_did_not_close_are_kept(
    sqlite_store: SqliteStore, estimator: RPSEstimator
) -> None:
    killed = Feed(sqlite_store, estimator)
    for name in NAMES:
        killed.send(-3, 0.5, name)
    sent = len(sqlite_store.read(SAMPLES, {}))
    Feed(sqlite_store, estimator).at(0)
    assert len(sqlite_store.read(SAMPLES, {})) == sent


@pytest.fixture
def unloaded(feed: Feed, estimator: RPSEstimator, monkeypatch: pytest.MonkeyPatch) -> Feed:
    """A backend that has just begun, when all that was sent is stored, and has read no whole past yet."""
    monkeypatch.setattr(collector, "LOADED_TOGETHER", 0)
    begun = Feed(feed.store, estimator)
    begun.at(0)
    assert not begun.collector._step.filenames
    return begun


def test_what_another_backend_corrected_before_a_past_was_read_is_in_the_next_forecasts(
    unloaded: Feed, estimator: RPSEstimator
) -> None:
    write_rates(unloaded.store, "web", pd.Series(99.0, pd.DatetimeIndex([moment(-20)])))
    close(unloaded, 1)
    past = past_of(unloaded, "web")[: moment(0)]
    assert past["actual_rps"].loc[moment(-20)] == 99.0
    np.testing.assert_array_equal(issued(unloaded, "web", 1), expected(estimator, past))


def test_what_another_backend_deleted_before_a_past_was_read_is_forgotten(
    unloaded: Feed, estimator: RPSEstimator
) -> None:
    unloaded.store.delete_series("web")
    close(unloaded, 1)
    np.testing.assert_array_equal(issued(unloaded, "web", 1), expected(estimator, past_of(unloaded, "web")))


def test_a_series_that_falls_silent_before_its_past_was_read_is_forecast_no_more(unloaded: Feed) -> None:
    for name in NAMES[:2]:
        unloaded.send(0, 5.1, name)
    unloaded.at(5)
    assert unloaded.collector.learning("web")
    assert not unloaded.collector.learning("shop")
    assert not len(issued(unloaded, "shop", 5))


def test_a_stop_before_their_pasts_are_learned_leaves_nothing_of_what_was_then(
    feed: Feed, estimator: RPSEstimator, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint"
    stopped = Feed(feed.store, estimator, path)
    stopped.at(0)
    stopped.collector.close()
    assert path.exists()
    send(feed, 1)
    again = Feed(feed.store, estimator, path)
    again.at(1)
    assert_forecast_from(again, estimator, 1, INTERIM_WINDOWS)


def test_a_start_that_the_store_failed_forecasts_from_the_window_that_is_the_newest_then(
    feed: Feed, estimator: RPSEstimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = Feed(feed.store, estimator)
    with monkeypatch.context() as failing:
        failing.setattr(Collector, "_catch_up", Mock(side_effect=StoreUnavailableError("")))
        with pytest.raises(StoreUnavailableError):
            again.at(0)
    send(feed, 1)
    again.at(1)
    assert_forecast_from(again, estimator, 1, INTERIM_WINDOWS)


def test_a_forecast_says_so_until_its_past_is_learned(
    feed: Feed, estimator: RPSEstimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    forecasts = CurrentForecasts(feed.store, estimator.horizons, feed.collector.learning)
    learning = []
    for together in (0, len(NAMES)):
        monkeypatch.setattr(live_step, "PREPARED_TOGETHER", together)
        feed.at(0.1)
        (stored,) = (each for each in feed.store.list_series() if each.name == "web")
        newest = forecasts.newest(stored, "live")
        assert newest is not None
        learning.append(newest.learning)
    assert learning == [True, False]
