"""Intervals: calibrated once there is history, wide before."""

import numpy as np
import pytest

from backend.models.intervals import INTERVAL, LEVEL_NAMES, LEVELS
from backend.models.predictor import RPSEstimator
from backend.schemas import ForecastPoint
from backend.tests.models.series import traffic


@pytest.mark.parametrize("mean", [0.3, 5.0, 400.0])
def test_four_fifths_lie_inside_whatever_the_size_of_the_traffic(estimator: RPSEstimator, mean: float) -> None:
    frame = traffic(4 * 1_440, mean=mean, seed=9)
    for horizon in estimator.horizons:
        for model, table in estimator.rolling_forecasts(frame, horizon, start=1_440).items():
            actual = frame["actual_rps"].iloc[1_440:]
            below, above = (actual < table["p10"]).mean(), (actual > table["p90"]).mean()
            assert 0.76 < 1 - below - above < 0.84, model
            assert above == pytest.approx(0.1, abs=0.03)


def test_every_quantile_holds_its_share_after_a_week(estimator: RPSEstimator) -> None:
    frame = traffic(9 * 1_440, seed=4)
    for horizon in estimator.horizons:
        table = estimator.rolling_forecasts(frame, horizon, start=7 * 1_440)["lgbm_plus"]
        actual = frame["actual_rps"].iloc[7 * 1_440 :]
        for level, name in zip(LEVELS, LEVEL_NAMES, strict=True):
            share = (actual <= table[name]).mean()
            assert share == pytest.approx(level, abs=0.03 if level <= 0.95 else 0.015), (horizon, name)


def test_the_median_and_the_mean_of_steady_traffic_are_close(estimator: RPSEstimator) -> None:
    table = estimator.forecast(traffic(3 * 1_440)).table
    np.testing.assert_allclose(table["p50"], table["mean"], rtol=0.15)


def test_young_series_get_wider_bands(estimator: RPSEstimator) -> None:
    def width(windows: int) -> float:
        table = estimator.forecast(traffic(windows, seed=2)).table
        return float(((table["p90"] - table["p10"]) / table["mean"]).mean())

    assert width(4) > 1.3 * width(2_000)


def test_rare_spikes_do_not_widen_the_bands(estimator: RPSEstimator) -> None:
    frame = traffic(4 * 1_440, seed=5)
    spikes = np.random.default_rng(5).choice(len(frame), 60, replace=False)
    frame.iloc[spikes, 0] *= 6
    actual = frame["actual_rps"].iloc[1_440:]
    for horizon in estimator.horizons:
        table = estimator.rolling_forecasts(frame, horizon, start=1_440)["lgbm_plus"]
        assert 0.76 < ((actual >= table["p10"]) & (actual <= table["p90"])).mean() < 0.84


def test_one_spike_is_no_quantile_however_far_ahead(estimator: RPSEstimator) -> None:
    frame = traffic(1_440, seed=6)
    frame.iloc[[1_300], 0] *= 20
    table = estimator.forecast(frame).table
    assert (table["p99"] < 3 * table["mean"]).all()


@pytest.mark.parametrize("event", ["rollout", "outage", "step"])
def test_no_quantile_lies_further_off_than_traffic_has_ever_moved(estimator: RPSEstimator, event: str) -> None:
    frame = traffic(3 * 1_440, mean=6_000, seed=8)
    rates = frame["actual_rps"].to_numpy().copy()
    if event == "rollout":
        frame, rates = frame.iloc[-75:], rates[-75:] * np.linspace(0.01, 2.5, 75)
    elif event == "outage":
        rates[-120:-60] = 0.0
    else:
        rates[-60:] *= 3.0
    table = estimator.forecast(frame.assign(actual_rps=rates)).table
    assert (table["p99"] < 3 * rates.max()).all()


def test_the_mean_of_growing_traffic_is_no_lower_than_its_p10(estimator: RPSEstimator) -> None:
    growth = np.exp(np.linspace(0, np.log(50), 1_500))
    frame = traffic(1_500, mean=600, seed=2)
    frame["actual_rps"] *= growth
    table = estimator.forecast(frame).table
    assert (table["mean"] >= table["p10"]).all()
    assert (table["mean"] <= table["p99"]).all()


def test_every_quantile_of_a_forecast_is_on_the_wire() -> None:
    assert [name for name in ForecastPoint.model_fields if name[0] == "p" and name[1:].isdigit()] == list(LEVEL_NAMES)
    assert set(INTERVAL) <= set(LEVEL_NAMES)
