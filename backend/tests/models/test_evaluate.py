"""Baselines against values worked out by hand; scores of all models on the same windows."""

import numpy as np
import pandas as pd
import pytest

from backend.models.baselines import IN_BACKTEST, baselines
from backend.models.catalog import model_keys
from backend.models.evaluate import backtest, score_issued, score_predictions
from backend.models.naive import seasonal_naive
from backend.models.predictor import RPSEstimator
from backend.tests.models.series import frame_of, traffic, unknown
from backend.tests.shipped import HORIZONS

nan = float("nan")
HOURLY = pd.Timedelta(hours=12)  # two windows a day: yesterday is two windows ago


def forecast_by(rates: list[float], horizon: int, name: str, step: pd.Timedelta = HOURLY) -> list[float]:
    return list(baselines(frame_of(rates, step)["actual_rps"], horizon)[name])


@pytest.mark.parametrize(
    ("name", "horizon", "expected"),
    [
        ("last_value", 1, [nan, 4, 8, 8, 2]),
        ("last_value", 2, [nan, nan, 4, 8, 8]),
        ("ewma", 1, [nan, 4, 4.6, 4.6, 4.21]),  # 4 + 0.15 x 4; unknown: as before; 4.6 + 0.15 x (2 - 4.6)
        ("mean_15", 1, [nan, 4, 6, 6, 14 / 3]),
        ("seasonal_naive_day", 1, [nan, 4, 4, 8, 2]),  # no yesterday in row 1, unknown in row 4: the last value
        ("seasonal_naive_day", 3, [nan, nan, nan, 4, 4]),  # two windows ago is not past yet: four
    ],
)
def test_baselines_by_hand(name: str, horizon: int, expected: list[float]) -> None:
    np.testing.assert_allclose(forecast_by([4, 8, nan, 2, 6], horizon, name), expected)


def test_the_tuned_ewma_follows_the_past_best_alpha() -> None:
    rising = [2.0**k for k in range(12)]
    assert forecast_by(rising, 1, "ewma_tuned")[3:] == rising[2:-1]  # alpha 1 fits growth best
    noisy = [5.0 + (-1) ** k for k in range(200)]
    assert abs(forecast_by(noisy, 1, "ewma_tuned")[-1] - 5) < 0.05  # the smallest alpha fits noise best


def test_seasonal_naive_of_a_week() -> None:
    rates = frame_of(range(30), HOURLY)["actual_rps"]
    assert list(seasonal_naive(rates, 1, pd.Timedelta(days=7)))[14:] == list(range(16))


@pytest.mark.parametrize("name", IN_BACKTEST)
def test_baselines_never_see_the_future(name: str) -> None:
    frame = traffic(300)["actual_rps"]
    other = frame.copy()
    other.iloc[200:] = 1e6
    for horizon in HORIZONS:
        before, after = baselines(frame, horizon)[name], baselines(other, horizon)[name]
        pd.testing.assert_series_equal(before[: 200 + horizon], after[: 200 + horizon], check_exact=True)


def test_all_models_are_scored_on_the_same_known_windows(estimator: RPSEstimator) -> None:
    frame = unknown(traffic(2_000), 1_600, 1_650)
    start, stop = frame.index[1_500], frame.index[1_900]
    results = backtest(estimator, frame, start, stop)
    assert {(r["model"], r["horizon"]) for r in results} == {
        (model, horizon) for model in ("lgbm_plus", "lgbm", *IN_BACKTEST) for horizon in HORIZONS
    }
    assert {r["origins"] for r in results} == {350}
    for result in results:
        assert (result["p10_coverage"] is None) == (result["model"] in IN_BACKTEST)


def test_backtest_errors_by_hand(estimator: RPSEstimator) -> None:
    results = backtest(estimator, frame_of([2, 4, 6, 6, 4]), frame_of([0] * 5).index[3], horizons=(1,))
    last = next(r for r in results if r["model"] == "last_value")
    # Forecasts 6 and 6 for 6 and 4: errors 0 and 2; steps before were 2 and 2.
    assert last["origins"] == 2
    assert last["mae"] == 1
    assert last["rmse"] == pytest.approx(2**0.5)
    assert last["smape"] == pytest.approx(0.5 * 200 * 2 / 10)
    assert last["mase"] == 0.5


def test_windows_on_the_edge_of_an_interval_lie_inside() -> None:
    """Most windows of intermittent traffic are empty, and so are the lower quantiles."""
    target = frame_of([0, 0, 0, 4, 0])["actual_rps"]
    table = pd.DataFrame({"mean": 0.5, "p10": 0.0, "p50": 0.0, "p90": 2.0}, index=target.index)
    (result,) = score_issued(target, target.index[0], {1: {"lgbm_plus": table}}, naive=[])
    assert (result["p10_coverage"], result["p90_coverage"], result["coverage"]) == (0.8, 0.8, 0.8)
    # p10 and p50 miss the 4 by 4, at 0.1 and 0.5 of it; p90 the zeros by 2, at 0.1, and the 4 by 2, at 0.9.
    assert result["pinball"] == pytest.approx((0.4 / 5 + 2.0 / 5 + (4 * 0.2 + 1.8) / 5) / 3)


def test_backtest_windows_after_stop_change_nothing(estimator: RPSEstimator) -> None:
    frame = traffic(600)
    other = frame.copy()
    other.iloc[500:] = 1e6
    stop = frame.index[500]
    assert backtest(estimator, frame, None, stop) == backtest(estimator, other, None, stop)


def test_scores_of_an_upload_are_those_of_the_backtest(estimator: RPSEstimator) -> None:
    frame = unknown(traffic(800), 300, 380)
    scores = score_predictions(frame, estimator.predict(frame))
    for result in backtest(estimator, frame, horizons=(1,)):
        for key in ("origins", "mae", "rmse", "smape", "mase"):
            assert scores[str(result["model"])][key] == pytest.approx(result[key])


def test_nothing_known_scores_nothing(estimator: RPSEstimator) -> None:
    frame = frame_of([nan] * 50)
    assert score_predictions(frame, estimator.predict(frame)) == {}
    assert backtest(estimator, frame) == []


def test_the_models_stay_with_the_best_baseline_on_traffic_never_seen(estimator: RPSEstimator) -> None:
    frame = traffic(4 * 1_440, seed=3)
    rmse = {(r["model"], r["horizon"]): r["rmse"] for r in backtest(estimator, frame, frame.index[1_440])}
    for horizon in HORIZONS:
        best = min(rmse[name, horizon] for name in IN_BACKTEST)
        assert rmse["lgbm_plus", horizon] < 1.02 * best
        assert rmse["lgbm", horizon] < 1.05 * best


@pytest.mark.parametrize("empty", [0.6, 0.8, 0.95])
def test_where_most_windows_are_empty_no_baseline_is_half_a_percent_better(
    estimator: RPSEstimator, empty: float
) -> None:
    random = np.random.default_rng(6)
    windows = 8_640
    frame = frame_of(np.where(random.random(windows) > empty, random.lognormal(0, 0.6, windows), 0.0))
    scores = backtest(estimator, frame, frame.index[windows // 3])
    for horizon in estimator.horizons:
        errors = {score["model"]: score["rmse"] for score in scores if score["horizon"] == horizon}
        models = {key: errors.pop(key) for key in model_keys()}
        assert models["lgbm_plus"] < 1.005 * min(errors.values()), horizon


def test_hours_of_four_weeks_tell_more_than_those_of_the_last_one(estimator: RPSEstimator) -> None:
    """Working days and weekends by the hour, each hour with noise of its own."""
    hours = np.arange(10 * 168)
    random = np.random.default_rng(7)
    shape = (1 + 0.8 * np.sin(hours * 2 * np.pi / 24)) * np.where(hours // 24 % 7 < 5, 1.0, 0.3)
    frame = frame_of(50 * shape * random.lognormal(0, 0.1, len(hours)), pd.Timedelta(hours=1))
    scores = backtest(estimator, frame, frame.index[5 * 168], naive=("seasonal_naive_week",))
    for horizon in (5, 15):
        errors = {score["model"]: score["rmse"] for score in scores if score["horizon"] == horizon}
        assert errors["lgbm_plus"] < 0.92 * errors["seasonal_naive_week"]


def test_a_strong_weekly_cycle_is_followed_better_than_by_repeating_it(estimator: RPSEstimator) -> None:
    step, days = pd.Timedelta(minutes=30), 35
    random = np.random.default_rng(6)
    hours = np.arange(48 * days) / 2
    weekend = (hours // 24 % 7) >= 5
    shape = np.sin(hours * np.pi / 12) * np.where(weekend, 0.4, 0.9) + 0.3 * np.cos(hours * np.pi / 6)
    drift = np.cumsum(random.normal(0, 0.01, len(hours)))
    frame = frame_of(10 * np.exp(shape + drift + random.normal(0, 0.05, len(hours))), step)
    start = frame.index[48 * 21]
    for result in backtest(estimator, frame, start):
        if result["model"] != "lgbm_plus":
            continue
        target = frame["actual_rps"]
        week = seasonal_naive(target, result["horizon"], pd.Timedelta(days=7)) - target
        yesterday = seasonal_naive(target, result["horizon"], pd.Timedelta(days=1)) - target
        for naive in (week, yesterday):
            assert result["rmse"] < np.sqrt((naive[start:] ** 2).mean())
