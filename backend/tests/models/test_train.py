"""Training gives the same file from the same series, and a manifest that tells the truth about it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.errors import UnusableFileError
from backend.models import model_file
from backend.models.evaluate import backtest
from backend.models.predictor import RPSEstimator
from backend.models.train import LONGER_WINDOWS, train, validation_start, with_longer_windows
from backend.tests.models.series import traffic, unknown
from backend.tests.shipped import SHIPPED

pytestmark = pytest.mark.long

HORIZONS = (1, 15)
FRAMES = [("one", traffic(2_500, seed=1)), ("two", unknown(traffic(2_500, mean=300, seed=2), 400, 700))]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "mine.pkl"
    train(FRAMES, out, rounds=3, threads=1, refit=False, horizons=HORIZONS)
    return out


@pytest.fixture(scope="module")
def refitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("refitted") / "mine.pkl"
    train(FRAMES, out, rounds=3, threads=1, horizons=HORIZONS)
    return out


def test_the_same_series_give_the_same_forecasts(refitted: Path, tmp_path: Path) -> None:
    again = tmp_path / "mine.pkl"
    steps: list[tuple[str, int, int]] = []
    train(FRAMES, again, lambda *step: steps.append(step), rounds=3, threads=2, horizons=HORIZONS)
    assert again.read_bytes() == refitted.read_bytes()
    assert [done for _, done, _ in steps] == list(range(7))
    assert steps[-1] == ("done", 6, 6)


def test_validation_days_do_not_reach_the_model(trained: Path, tmp_path: Path) -> None:
    changed = []
    for name, frame in FRAMES:
        other = frame.copy()
        other.loc[validation_start(frame) :] = 1.0
        changed.append((name, other))
    train(changed, tmp_path / "mine.pkl", rounds=3, threads=1, refit=False, horizons=HORIZONS)
    assert (tmp_path / "mine.pkl").read_bytes() == trained.read_bytes()


def test_the_manifest_tells_what_was_trained_on_and_how_it_validates(trained: Path) -> None:
    _, manifest = model_file.read(trained)
    estimator = RPSEstimator.load(trained)
    assert estimator.version == "mine"
    for (name, frame), training, validation in zip(FRAMES, manifest["training"], manifest["validation"], strict=True):
        assert training["name"] == validation["name"] == name
        assert pd.Timestamp(training["last"]) < pd.Timestamp(validation["from"])
        assert validation["results"] == backtest(estimator, frame, validation_start(frame))
    assert manifest["libraries"]["lightgbm"]


def test_what_is_written_was_trained_on_all_days_and_scored_without_the_last(trained: Path, refitted: Path) -> None:
    (_, scored), (_, manifest) = model_file.read(trained), model_file.read(refitted)
    assert refitted.read_bytes() != trained.read_bytes()
    for (_, frame), training in zip(FRAMES, manifest["training"], strict=True):
        assert pd.Timestamp(training["last"]) == frame.index[-1]
    for before, after in zip(scored["validation"], manifest["validation"], strict=True):
        assert before["results"] == after["results"]


def test_the_horizons_of_a_model_are_those_it_was_trained_for(tmp_path: Path) -> None:
    path = tmp_path / "mine.pkl"
    manifest = train(FRAMES[:1], path, rounds=3, threads=1, refit=False, horizons=(2, 30))
    estimator = RPSEstimator.load(path)
    assert estimator.horizons == (2, 30)
    assert manifest["horizons"] == [2, 30]
    assert set(estimator.forecast(FRAMES[0][1]).table["horizon"]) == {2, 30}


@pytest.mark.parametrize(
    ("rates", "reason"), [([1.0], "mine has 1 windows"), ([0.0] * 900, "cannot be learned from mine: too few windows")]
)
def test_a_file_that_nothing_can_be_learned_from_is_refused(rates: list[float], reason: str, tmp_path: Path) -> None:
    frame = traffic(900).iloc[: len(rates)].assign(actual_rps=rates)
    with pytest.raises(UnusableFileError, match=reason):
        train([("mine", frame)], tmp_path / "mine.pkl", rounds=3, threads=1, horizons=(1,))


def test_a_horizon_that_cannot_be_learned_is_refused_before_another_is_trained(tmp_path: Path) -> None:
    steps: list[str] = []
    with pytest.raises(UnusableFileError, match="Forecasts 60 windows ahead cannot be learned from mine"):
        train([("mine", traffic(60))], tmp_path / "mine.pkl", lambda step, *_: steps.append(step), horizons=(1, 60))
    assert steps == []


def test_the_last_ten_days_or_a_fifth_are_kept_out() -> None:
    long, short = traffic(60 * 48, pd.Timedelta(minutes=30)), traffic(1_000)
    assert long.index[-1] - validation_start(long) >= pd.Timedelta(days=10) - pd.Timedelta(minutes=30)
    assert (validation_start(long).hour, validation_start(long).minute) == (0, 0)
    assert validation_start(short) == short.index[0] + 800 * pd.Timedelta(minutes=1)


def test_longer_windows_are_means_of_shorter_ones_and_unknown_where_a_fifth_is() -> None:
    frame = FRAMES[1][1]["2024-03-04T05:10:00Z":"2024-03-05T05:09:00Z"]  # a day of whole five minutes
    same, five, half, hour = with_longer_windows(frame)
    pd.testing.assert_frame_equal(same, frame)
    assert [longer.index[1] - longer.index[0] for longer in (five, half, hour)] == [*map(pd.Timedelta, LONGER_WINDOWS)]
    rates = frame["actual_rps"].to_numpy().reshape(-1, 5)
    known = np.isfinite(rates).all(axis=1)
    assert 0 < known.sum() < len(known)
    np.testing.assert_allclose(five["actual_rps"].to_numpy(), np.where(known, rates.mean(axis=1), np.nan))
    (alone,) = with_longer_windows(hour)
    pd.testing.assert_frame_equal(alone, hour)


def test_the_shipped_manifest_beats_the_baselines_on_days_not_trained_on() -> None:
    _, manifest = model_file.read(SHIPPED)
    for validation in manifest["validation"]:
        rmse = {(r["model"], r["horizon"]): r["rmse"] for r in validation["results"]}
        for horizon in manifest["horizons"]:
            assert rmse["lgbm_plus", horizon] <= rmse["last_value", horizon]
            if "nasa" in validation["name"]:
                naive = [rmse[name, horizon] for name in ("last_value", "ewma", "seasonal_naive_day")]
                assert max(rmse["lgbm_plus", horizon], rmse["lgbm", horizon]) < min(naive)
        if "nasa" in validation["name"]:
            assert rmse["lgbm_plus", 1] * 60 > 11.9  # below the noise of the trace: a leak
