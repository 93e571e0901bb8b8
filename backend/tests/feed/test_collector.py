"""Windows in real time, with a clock of the test's own."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from structlog.testing import capture_logs

from backend.errors import StoreUnavailableError
from backend.feed.open_windows import OpenWindows
from backend.live.replay import Replayer
from backend.live.status import SeriesStatuses
from backend.measurements import MEASUREMENTS, POINT_FIELDS, POINTS, SCORE_FIELDS, on_grid
from backend.models import selection
from backend.models.anomalies import THRESHOLD
from backend.models.ensemble import Forecasts
from backend.models.live import LiveForecaster
from backend.models.predictor import RPSEstimator
from backend.serving.current import CurrentForecasts
from backend.serving.file_anomalies import judged_points
from backend.stores import SeriesInfo, SeriesKey, SeriesRecord, Tables
from backend.stores.sqlite import SqliteStore
from backend.tests.feed.collected import KEY, START, WINDOW, Feed, moment, numbers
from backend.tests.shipped import HORIZONS
from backend.tests.stores.samples import write_points


def test_a_window_is_closed_at_its_end_and_the_late_seconds(feed: Feed) -> None:
    feed.send(0, 2)
    feed.at(0.99)
    assert feed.points().empty
    feed.at(1)
    feed.at(2)
    assert numbers(feed.points().index) == [0, 1]


def test_every_close_issues_both_models_at_every_horizon_with_bands(feed: Feed) -> None:
    feed.live(0, 3)
    issued = feed.forecasts()
    newest = issued[issued["issued_at"] == moment(3)]
    assert {(row.model, row.horizon_seconds) for row in newest.itertuples()} == {
        (model, horizon * WINDOW) for model in ("lgbm", "lgbm_plus") for horizon in HORIZONS
    }
    assert newest[["mean", "p10", "p50", "p90", "p95"]].notna().all(axis=None)


def test_a_window_stands_beside_what_was_forecast_for_it(feed: Feed) -> None:
    feed.live(0, 4)
    issued = feed.forecasts()
    said = issued[(issued["horizon_seconds"] == WINDOW) & (issued["model"] == "lgbm_plus")]
    before = said.set_index("timestamp")["mean"]
    points = feed.points()
    beside = points["predicted_rps_model1"].iloc[1:].astype(np.float32)  # as forecasts are stored
    assert beside.tolist() == before.loc[points.index[1:]].tolist()
    assert points["predicted_rps_model1"].iloc[:1].isna().all()


@pytest.mark.long
def test_live_forecasts_are_those_of_the_whole_series(feed: Feed, estimator: RPSEstimator) -> None:
    feed.live(0, 40)
    expected = estimator.predict(feed.points().asfreq("60s"))
    np.testing.assert_array_equal(feed.points()["predicted_rps_model1"], expected["predicted_rps_model1"].astype("f4"))


def test_a_feed_without_a_known_window_is_not_forecast(feed: Feed) -> None:
    feed.send(0.5, 1)
    feed.at(1)
    assert feed.points().empty
    assert feed.forecasts().empty


@pytest.mark.long
def test_late_samples_correct_the_window_and_not_the_forecasts(feed: Feed) -> None:
    feed.live(0, 30)
    feed.send(30, 30.5)
    feed.at(31)  # its second half is late: unknown for now
    assert numbers(feed.points().index)[-1] == 29
    issued = feed.forecasts()
    corrected: list[set[str]] = []
    feed.collector.on_corrected.append(corrected.append)
    feed.send(30.5, 31.2)
    feed.at(31.1)
    point = feed.points().iloc[-1]
    assert numbers(feed.points().index)[-1] == 30
    assert corrected == [{"web"}]
    assert (
        point["predicted_rps_model1"]
        == issued[
            (issued["timestamp"] == moment(30))
            & (issued["horizon_seconds"] == WINDOW)
            & (issued["model"] == "lgbm_plus")
        ]["mean"].item()
    )
    pd.testing.assert_frame_equal(feed.forecasts(), issued)


@pytest.mark.long
def test_forecasts_after_a_correction_are_those_of_the_corrected_series(feed: Feed, estimator: RPSEstimator) -> None:
    feed.live(0, 30)
    feed.send(20, 21, value=90.0)
    feed.at(30.1)
    feed.live(30, 33)
    expected = estimator.predict(feed.points().asfreq("60s"))["predicted_rps_model1"]
    np.testing.assert_array_equal(feed.points()["predicted_rps_model1"].iloc[-2:], expected.iloc[-2:].astype("f4"))
    assert feed.points()["actual_rps"].iloc[20] == 9.0


@pytest.mark.long
def test_what_fails_in_one_listener_is_told_to_the_others(feed: Feed) -> None:
    told: list[set[str]] = []
    for listeners in (feed.collector.on_issued, feed.collector.on_corrected):
        listeners += [Mock(side_effect=RuntimeError("of no concern")), told.append]
    feed.live(0, 2)
    feed.send(1, 2, value=90.0)
    feed.at(2.1)
    assert told == [{"web"}] * 3


@pytest.mark.long
def test_a_correction_computes_the_score_anew(feed: Feed) -> None:
    feed.live(0, 30)
    assert feed.points()["anomaly_score"].iloc[-1] < THRESHOLD
    feed.send(29, 30, value=5_000.0)
    feed.at(30.1)
    assert feed.points()["anomaly_score"].iloc[-1] >= THRESHOLD
    assert feed.points()["actual_rps"].iloc[-1] == 500.0


@pytest.mark.long
def test_scores_are_those_of_a_file_of_the_same_windows_to_the_last_digit(feed: Feed, estimator: RPSEstimator) -> None:
    feed.live(0, 20)
    for unknown in (21, 22):
        feed.at(unknown)
    feed.live(22, 60)
    points = feed.points()
    batch = judged_points(estimator, on_grid(points[["actual_rps"]], 60)).loc[points.index]
    for name in SCORE_FIELDS:
        np.testing.assert_array_equal(points[name], batch[name], err_msg=name)
    assert points["anomaly_score"].nunique() > 20


def test_what_is_sent_twice_counts_once(feed: Feed) -> None:
    feed.send(0, 2)
    feed.send(0, 2)
    feed.at(2)
    once = feed.points()
    feed.send(0, 2)
    feed.at(2.1)
    pd.testing.assert_frame_equal(feed.points(), once)


@pytest.mark.long
def test_a_restart_goes_on_as_if_there_had_been_none(feed: Feed, estimator: RPSEstimator, tmp_path: Path) -> None:
    undisturbed = Feed(SqliteStore(tmp_path / "other.sqlite", MEASUREMENTS), estimator)
    undisturbed.at(0)
    undisturbed.live(0, 35)
    feed.live(0, 30)
    again = Feed(feed.store, estimator)  # nothing is handed over: as after kill -9
    again.at(30.2)
    again.live(30, 35)
    pd.testing.assert_frame_equal(again.points(), undisturbed.points(), check_exact=True)
    pd.testing.assert_frame_equal(again.forecasts(), undisturbed.forecasts(), check_exact=True)


@pytest.mark.long
def test_windows_that_closed_while_nothing_ran_are_known_but_were_not_forecast(
    feed: Feed, estimator: RPSEstimator
) -> None:
    feed.live(0, 30)
    feed.send(30, 33)  # stored and answered, then killed before any of it was closed
    again = Feed(feed.store, estimator)
    again.at(40)
    points = again.points()
    assert numbers(points.index) == list(range(33))
    assert points["predicted_rps_model1"].notna().tolist()[1:] == [True] * 30 + [False] * 2
    assert again.forecasts()["issued_at"].max() == moment(30)
    again.live(40, 42)
    assert set(again.forecasts()["issued_at"]) & {moment(window) for window in range(31, 41)} == set()


def test_what_was_stored_ten_hours_ago_and_not_closed_is_known_within_a_few_steps_of_a_start(
    feed: Feed, estimator: RPSEstimator
) -> None:
    feed.send(0, 2)
    again = Feed(feed.store, estimator)
    for _ in range(12):  # one each 0.2 s
        again.at(600)
    assert numbers(again.points().index) == [0, 1]


def test_a_batch_from_an_outage_of_the_sender_fills_the_windows(feed: Feed) -> None:
    feed.live(0, 5)
    for window in range(6, 9):
        feed.at(window)
    feed.send(5, 9)
    feed.at(9)
    assert numbers(feed.points().index) == list(range(9))


def test_the_newest_forecast_is_shown_also_where_its_window_is_unknown(feed: Feed) -> None:
    feed.live(0, 5)
    feed.at(6)
    (stored,) = feed.store.list_series()
    forecast = CurrentForecasts(feed.store, HORIZONS).newest(stored, "live")
    assert forecast is not None
    assert forecast.issued_at == moment(6)
    assert len(forecast.points) == 2 * len(HORIZONS)


def test_the_growing_window_is_what_came_so_far_and_is_not_stored(feed: Feed) -> None:
    feed.live(0, 3)
    feed.send(3, 3.5, value=20.0)
    growing = OpenWindows(feed.store, feed.tracker).growing(["web", "other"], (START + 3.5) * WINDOW)
    assert growing.keys() == {"web"}
    assert growing["web"][0] == moment(3)
    np.testing.assert_allclose(growing["web"][1:], (2.0, 30.0))
    assert len(feed.points()) == 3


class Spoiling:
    """Has forecasters say three times what they would say, while `spoiled`."""

    spoiled = False


@pytest.fixture
def spoiling(monkeypatch: pytest.MonkeyPatch) -> Spoiling:
    spoiling, whole = Spoiling(), LiveForecaster.forecasts

    def forecasts(self: LiveForecaster, names: Sequence[Hashable]) -> Forecasts:
        found = whole(self, names)
        factor = 3.0 if spoiling.spoiled else 1.0
        return replace(found, mean={key: factor * mean for key, mean in found.mean.items()})

    monkeypatch.setattr(LiveForecaster, "forecasts", forecasts)
    return spoiling


@pytest.mark.long
def test_a_spoiled_model_is_replaced_within_the_span_and_served_again_when_it_is_whole_and_each_is_logged_once(
    feed: Feed, spoiling: Spoiling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "SPAN", 30)
    monkeypatch.setattr(selection, "FEWEST", 15)
    known = pd.DataFrame({"actual_rps": [cycle(window) / 10 for window in range(-600, 0)]})
    known.index = pd.DatetimeIndex([moment(window) for window in range(-600, 0)])
    write_points(feed.store, KEY, known.reindex(columns=list(POINT_FIELDS)), WINDOW)
    changes: list[tuple[int, str, str]] = []
    shown: dict[int, str] = {}
    open_windows = OpenWindows(feed.store, feed.tracker)
    sources = SeriesStatuses(feed.store, Replayer(feed.store, Mock()), feed.tracker, open_windows)
    with capture_logs() as logs:
        for window in range(65):
            spoiling.spoiled = 20 <= window < 28
            feed.send(window, window + 1, value=cycle(window))
            feed.at(window + 1)
            found = [log for log in logs if log["event"] == "selection_changed" and log["horizon"] == 1]
            changes += [(window, log["before"], log["model"]) for log in found[len(changes) :]]
            if window % 10 == 9 or window in [change[0] for change in changes]:
                shown[window] = served(feed, sources)
    (gone, first, _), *_, (back, _, last) = changes
    assert (first, last) == ("lgbm_plus", "lgbm_plus")
    assert {model for _, _, model in changes[:-1]} <= {"ewma", "last_value"}
    assert all(before == model for (_, _, model), (_, before, _) in pairwise(changes))
    assert 20 < gone < 28
    assert 28 < back <= 28 + 1 + 30  # its last bad forecast leaves the span
    assert shown == {window: next((m for at, _, m in reversed(changes) if at <= window), first) for window in shown}
    assert all(log["errors"]["lgbm_plus"] > 0 and "%" in log["reason"] for log in found)


def cycle(window: int) -> float:
    """Requests in ten seconds: a cycle that a mean cannot follow, with noise that the last value repeats."""
    return float(100 + 50 * np.sin(2 * np.pi * window / 100) + 3 * (window * 37 % 11 - 5))


def served(feed: Feed, sources: SeriesStatuses) -> str:
    """What /api/forecast names as served one window ahead."""
    (stored,) = feed.store.list_series()
    forecast = CurrentForecasts(feed.store, HORIZONS).newest(stored, sources.status(stored.name))
    assert forecast is not None
    return forecast.served[0].model


class FailingStore(SqliteStore):
    """Cannot be written to for a while."""

    failing = False

    def write(self, tables: Tables, series: Sequence[SeriesInfo] = (), *, replace: bool = False) -> set[str]:
        if self.failing and POINTS in tables:
            raise StoreUnavailableError("gone")
        return super().write(tables, series, replace=replace)


def test_a_store_that_was_down_gets_the_windows_when_it_is_back(tmp_path: Path, estimator: RPSEstimator) -> None:
    store = FailingStore(tmp_path / "store.sqlite", MEASUREMENTS)
    feed = Feed(store, estimator)
    feed.at(0)
    feed.live(0, 5)
    store.failing = True
    feed.send(5, 8)
    for window in (6, 7, 8):
        with pytest.raises(StoreUnavailableError):
            feed.at(window)
    store.failing = False
    feed.at(8.1)
    assert numbers(feed.points().index) == list(range(8))
    assert feed.forecasts()["issued_at"].max() == moment(8)


def test_a_series_of_other_windows_is_left_alone_and_the_others_go_on(feed: Feed) -> None:
    taken = pd.DataFrame({"actual_rps": [1.0]}, index=pd.DatetimeIndex([moment(-1000)]))
    write_points(feed.store, SeriesKey("taken", KEY.version), taken.reindex(columns=feed.points().columns), 300)
    feed.send(0, 1, name="taken")
    feed.live(0, 2)
    assert len(feed.points("taken")) == 1
    assert len(feed.points()) == 2


def test_a_deleted_series_begins_anew(feed: Feed) -> None:
    feed.live(0, 5)
    assert feed.collector.delete("web") == 5
    feed.at(5.5)
    assert feed.store.list_series() == []
    feed.live(6, 9)
    assert numbers(feed.points().index) == [6, 7, 8]
    stored: list[SeriesRecord] = feed.store.list_series()
    assert [series.name for series in stored] == ["web"]
