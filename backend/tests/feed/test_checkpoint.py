"""What was learned of live series outlasts a stop of the server."""

import os
import pickle
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from unittest.mock import Mock

import pandas as pd
import pytest
from structlog.testing import capture_logs

from backend.measurements import MEASUREMENTS
from backend.models.live import LEARNING_STEPS, LiveForecaster
from backend.models.predictor import RPSEstimator
from backend.serving import checkpoint
from backend.serving.live_step import LiveStep
from backend.stores.sqlite import SqliteStore
from backend.tests.feed.collected import Feed, moment

Restart = Callable[[], Feed]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint"


@pytest.fixture
def stopped(sqlite_store: SqliteStore, estimator: RPSEstimator, path: Path) -> Feed:
    """A feed of 20 windows whose backend was stopped."""
    feed = Feed(sqlite_store, estimator, path)
    feed.at(0)
    feed.live(0, 20)
    feed.collector.close()
    return feed


@pytest.fixture
def restart(stopped: Feed, estimator: RPSEstimator, path: Path) -> Restart:
    """A backend over the same store, as soon as the next one runs."""

    def started() -> Feed:
        feed = Feed(stopped.store, estimator, path)
        feed.at(20.2)
        return feed

    return started


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Called with every series that is learned from its past."""
    learn = Mock(side_effect=LiveForecaster.learn, autospec=True)
    monkeypatch.setattr(LiveForecaster, "learn", lambda *arguments: learn(*arguments))
    return learn


@pytest.mark.long
def test_after_a_stop_nothing_is_learned_anew_and_all_goes_on_as_if_there_had_been_none(
    restart: Restart, learned: Mock, estimator: RPSEstimator, tmp_path: Path
) -> None:
    undisturbed = Feed(SqliteStore(tmp_path / "other.sqlite", MEASUREMENTS), estimator)
    undisturbed.at(0)
    undisturbed.live(0, 36)
    learned.reset_mock()
    again = restart()
    again.live(20, 36)  # past the end of a block, where regressions are refitted
    learned.assert_not_called()
    pd.testing.assert_frame_equal(again.points(), undisturbed.points(), check_exact=True)
    pd.testing.assert_frame_equal(again.forecasts(), undisturbed.forecasts(), check_exact=True)


@pytest.mark.parametrize(("missed", "calls"), [(LEARNING_STEPS, 0), (LEARNING_STEPS + 1, 1)])
def test_where_stepping_through_the_windows_of_a_stop_takes_longer_than_learning_the_past_is_learned_anew(
    stopped: Feed, learned: Mock, estimator: RPSEstimator, path: Path, missed: int, calls: int
) -> None:
    again = Feed(stopped.store, estimator, path)
    again.at(20 + missed)
    again.live(20 + missed, 21 + missed)
    assert learned.call_count == calls
    assert moment(21 + missed) in set(again.forecasts()["issued_at"])


@pytest.mark.parametrize("change", ["deleted", "written anew"])
def test_a_series_that_changed_meanwhile_is_learned_anew(
    stopped: Feed, restart: Restart, learned: Mock, estimator: RPSEstimator, change: str
) -> None:
    stopped.store.delete_series("web")
    if change == "written anew":
        other = Feed(stopped.store, estimator)
        other.send(0, 20, value=500.0)
        other.at(20)
    learned.reset_mock()
    again = restart()
    again.live(20, 21)
    learned.assert_called_once()


def test_what_another_version_or_model_left_is_not_read(
    restart: Restart, learned: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "_code", lambda: "another")
    restart()
    learned.assert_called_once()


@pytest.mark.parametrize("place", [0, 70, 200, -1])
def test_a_damaged_file_is_not_read_and_said(restart: Restart, learned: Mock, path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with capture_logs() as logs:
        restart()
    learned.assert_called_once()
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["checkpoint_not_read"]


def test_a_file_that_somebody_else_wrote_runs_nothing(restart: Restart, learned: Mock, path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
            return os.system, (f"touch {path}-was-here",)

    header, content = path.read_bytes().split(b"\n")[0], pickle.dumps(Hostile())
    path.write_bytes(header.split()[0] + b" " + sha256(content).hexdigest().encode() + b"\n" + content)
    with capture_logs() as logs:
        restart()
    assert not Path(f"{path}-was-here").exists()
    assert "posix.system" in next(line["reason"] for line in logs if line["event"] == "checkpoint_not_read")
    learned.assert_called_once()


def test_it_is_read_once(restart: Restart, path: Path, learned: Mock) -> None:
    restart()
    assert list(path.parent.glob("checkpoint*")) == []
    restart()
    learned.assert_called_once()


def test_where_the_clock_was_set_back_all_is_learned_anew(
    stopped: Feed, estimator: RPSEstimator, path: Path, learned: Mock
) -> None:
    again = Feed(stopped.store, estimator, path)
    again.at(10)
    again.at(11)
    learned.assert_called_once()


def test_a_disk_without_room_gets_none(stopped: Feed, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.unlink()
    monkeypatch.setattr(checkpoint, "LEAST_FREE_BYTES", 2**60)
    with capture_logs() as logs:
        stopped.collector.close()
    assert [line["event"] for line in logs] == ["checkpoint_not_written"]
    assert list(path.parent.glob("checkpoint*")) == []


def test_a_start_forecasts_from_the_newest_window_at_once_and_from_none_before(
    stopped: Feed, estimator: RPSEstimator, path: Path
) -> None:
    stopped.send(20, 22)  # stored and answered, then killed before any of it was closed
    again = Feed(stopped.store, estimator, path)
    again.at(22.1)
    issued = set(again.forecasts()["issued_at"])
    assert moment(22) in issued
    assert moment(21) not in issued


def test_a_checkpoint_holds_neither_the_store_nor_the_model(stopped: Feed, path: Path, estimator: RPSEstimator) -> None:
    """So its size follows from its series: one here."""
    step = LiveStep(stopped.store, estimator, 60)
    assert set(step.outside) == {"store", "models"}
    assert path.stat().st_size < 17 * 500_000  # a group of 16 series that are computed together
