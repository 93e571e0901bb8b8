"""What a live step knows is what the store has: of very late samples, over failures, by models of any horizons."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from structlog.testing import capture_logs

from backend.errors import StoreUnavailableError
from backend.measurements import FORECASTS, MEASUREMENTS, POINTS, SURPRISES, on_grid
from backend.models import model_file
from backend.models.catalog import MODELS
from backend.models.ensemble import LIVE_SPAN
from backend.models.intervals import INTERVAL
from backend.models.live import LiveForecaster
from backend.models.predictor import RPSEstimator
from backend.serving.file_anomalies import judged_points
from backend.serving.live_step import LiveStep
from backend.serving.stream import SeriesStream
from backend.stores import Measurement
from backend.stores.sqlite import SqliteStore
from backend.tests.feed.collected import KEY, START, WINDOW, Feed, write_past
from backend.tests.shipped import SHIPPED

DAY = 86_400 // WINDOW


def fail(*_: object) -> None:
    raise StoreUnavailableError("It restarts.")


@pytest.mark.long
@pytest.mark.parametrize("hours", [1, 12])
def test_a_late_window_is_held_against_the_same_week_whether_a_process_has_just_begun_or_not(
    sqlite_store: SqliteStore, estimator: RPSEstimator, hours: int
) -> None:
    """Half a day late, the week before lies further back than what is at hand: an hour of it was as busy as now."""
    random, late = np.random.default_rng(0), -hours * WINDOW
    rates = 20 + random.normal(0, 0.6, LIVE_SPAN + DAY)
    for busy in (late, late - 7 * DAY):
        rates[busy - 30 : busy + 31 if busy + 31 < 0 else None] *= 2
    value = float(rates[late])
    rates[late] = np.nan
    write_past(sqlite_store, "web", rates)
    judged = []
    for learned in (True, False):
        step = LiveStep(sqlite_store, estimator, WINDOW)
        step.load("web", START)
        if learned:
            step.prepare(START - 1)
        judged.append(step.judged({"web": {START + late: value}}))
    for name in (POINTS, SURPRISES):
        pd.testing.assert_frame_equal(judged[0][name], judged[1][name], check_exact=True)
    assert (judged[0][SURPRISES]["days_above"] < 0.2).all()  # 4.5 without that week


def test_what_is_at_hand_of_a_series_that_fell_silent_is_all_that_is_stored(
    sqlite_store: SqliteStore, estimator: RPSEstimator
) -> None:
    write_past(sqlite_store, "web", np.random.default_rng(2).poisson(600, LIVE_SPAN + 20) / WINDOW)
    forecaster = estimator.live(WINDOW)
    stream = SeriesStream(KEY, WINDOW, forecaster)
    stream.load(sqlite_store, START)
    forecaster.advance(START - 1)
    stream.learn(START - 1)
    forecaster.advance(START + 39)
    firsts = [first for first in range(START - LIVE_SPAN, START - LIVE_SPAN + 60) if stream.has_at_hand(first)]
    assert len(firsts) == 20
    for first in firsts:
        np.testing.assert_array_equal(stream.rates(first, START), stream.past(sqlite_store, first, START))


def test_late_samples_of_the_newest_windows_read_no_forecasts(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    feed.at(0)
    feed.live(0, 6)
    before = feed.points()
    read = Mock(side_effect=feed.store.read)
    monkeypatch.setattr(feed.store, "read", read)
    feed.send(3, 6, value=400.0)
    feed.at(6.1)
    assert FORECASTS not in [call.args[0] for call in read.call_args_list]
    monkeypatch.undo()
    assert (feed.points()["actual_rps"] != before["actual_rps"]).sum() == 3
    predicted = [model.column for model in MODELS] + [*INTERVAL]
    pd.testing.assert_frame_equal(feed.points()[predicted], before[predicted], check_exact=True)


def test_a_correction_is_not_lost_where_the_store_fails_right_after_it(
    feed: Feed, estimator: RPSEstimator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = Feed(SqliteStore(tmp_path / "other.sqlite", MEASUREMENTS), estimator)
    undisturbed.at(0)
    for each in (feed, undisturbed):
        each.live(0, 30)
        each.send(3, 6, value=400.0)
        if each is feed:
            monkeypatch.setattr(SeriesStream, "put", fail)
        each.at(30.1)
        monkeypatch.undo()
        each.live(30, 33)
    pd.testing.assert_frame_equal(feed.points(), undisturbed.points(), check_exact=True)
    pd.testing.assert_frame_equal(feed.forecasts(), undisturbed.forecasts(), check_exact=True)


def test_a_window_is_held_against_no_forecast_that_could_not_be_stored(
    sqlite_store: SqliteStore, estimator: RPSEstimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_past(sqlite_store, "web", np.random.default_rng(1).poisson(600, 400) / WINDOW)
    step, begun = (LiveStep(sqlite_store, estimator, WINDOW) for _ in range(2))
    step.load("web", START)
    step.advance(START - 1, ["web"])
    monkeypatch.setattr(SqliteStore, "write", fail)
    with pytest.raises(StoreUnavailableError):
        step.issue(["web"], START - 1)
    monkeypatch.undo()
    begun.load("web", START)
    (points, expected) = (each.judged({"web": {START: 30.0}})[POINTS] for each in (step, begun))
    pd.testing.assert_frame_equal(points, expected, check_exact=True)
    assert points["predicted_rps_model1"].isna().all()


@pytest.mark.parametrize("horizons", [(1,), (1, 15), (5, 15), (30, 60)])
def test_a_feed_is_judged_as_its_file_by_a_model_of_any_horizons(
    sqlite_store: SqliteStore, horizons: tuple[int, ...]
) -> None:
    content, manifest = model_file.read(SHIPPED)
    content["horizons"] = {horizon: content["horizons"][horizon] for horizon in horizons}
    estimator = RPSEstimator.from_content(KEY.version, content, manifest)
    feed = Feed(sqlite_store, estimator)
    feed.at(0)
    feed.live(0, 40)
    points = feed.points()
    batch = judged_points(estimator, on_grid(points[["actual_rps"]], WINDOW)).loc[points.index]
    pd.testing.assert_frame_equal(points, batch, check_exact=True, check_freq=False, check_names=False)
    assert set(feed.forecasts()["horizon_seconds"]) == {horizon * WINDOW for horizon in horizons}


@pytest.mark.parametrize("below", ["a directory", "a file"])
def test_a_checkpoint_path_that_cannot_be_used_holds_up_no_feed(
    sqlite_store: SqliteStore, estimator: RPSEstimator, tmp_path: Path, below: str
) -> None:
    path = tmp_path / "checkpoint"
    if below == "a directory":
        path.mkdir()
    else:
        path.write_bytes(b"")
        path /= "checkpoint"
    feed = Feed(sqlite_store, estimator, path)
    with capture_logs() as logs:
        feed.at(0)
        feed.live(0, 3)
        feed.collector.close()
    assert len(feed.points()) == 3
    assert [log["event"] for log in logs if log["log_level"] == "warning"] == [
        "checkpoint_not_read",
        "checkpoint_not_written",
    ]


def test_next_to_no_traffic_is_learned_once(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    learned, learn = [], LiveForecaster.learn

    def counted(self: LiveForecaster, pasts: Any) -> None:
        learned.extend(pasts)
        learn(self, pasts)

    monkeypatch.setattr(LiveForecaster, "learn", counted)
    for window in range(6):
        feed.send(window, window + 1, value=1e-13)
        feed.at(window + 1)
    assert feed.points()["actual_rps"].max() < 1e-12
    assert learned == [KEY.name]


def test_many_late_windows_of_a_series_take_one_look_at_their_forecasts(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day that was sent late took 1,380 reads of 1,380 windows, and no window was closed meanwhile."""
    reads, read = [], SqliteStore.read

    def counted(self: SqliteStore, measurement: Measurement, *arguments: Any, **named: Any) -> pd.DataFrame:
        reads.append(measurement)
        return read(self, measurement, *arguments, **named)

    feed.live(0, 3)
    feed.send(-300, -5)
    monkeypatch.setattr(SqliteStore, "read", counted)
    feed.at(3.1)
    assert len(feed.points()) > 290
    assert reads.count(FORECASTS) < 30
