"""What callers may rely on, whatever the traffic: properties of the shipped estimator."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.models.frames import ForecastResult, series_of
from backend.models.intervals import LEVEL_NAMES
from backend.models.predictor import RPSEstimator
from backend.tests.models.series import MINUTE, frame_of, traffic, unknown
from backend.tests.shipped import HORIZONS

BEYOND = HORIZONS[-1] + 1
rates = st.lists(st.one_of(st.floats(0, 1e5), st.just(0.0), st.just(float("nan"))), min_size=1, max_size=120)
few = settings(max_examples=25)


def test_an_estimator_that_was_pickled_gives_the_same_forecasts(estimator: RPSEstimator) -> None:
    again: RPSEstimator = pickle.loads(pickle.dumps(estimator))  # noqa: S301  (just made here)
    frame = traffic(2_000)
    assert (again.version, again.horizons, again.manifest) == (
        estimator.version,
        estimator.horizons,
        estimator.manifest,
    )
    pd.testing.assert_frame_equal(again.predict(frame), estimator.predict(frame), check_exact=True)
    pd.testing.assert_frame_equal(again.forecast(frame).table, estimator.forecast(frame).table, check_exact=True)


def is_sound(table: pd.DataFrame) -> bool:
    numbers = table[["mean", *LEVEL_NAMES]].to_numpy()
    edges = numbers[:, 1:]
    return bool(np.isfinite(numbers).all() and (numbers >= 0).all() and (np.diff(edges, axis=1) >= 0).all())


def one_step(result: ForecastResult) -> list[float]:
    table = result.table[result.table["horizon"] == 1].set_index("model")
    numbers = {model: dict(table.loc[model]) for model in ("lgbm_plus", "lgbm")}
    plus = numbers["lgbm_plus"]
    return [plus["mean"], numbers["lgbm"]["mean"], plus["p10"], plus["p90"]]


@pytest.mark.parametrize("horizon", [1, 7, *HORIZONS[1:]])
@pytest.mark.parametrize("now", [1, 300, 1_999])
def test_the_future_never_changes_a_forecast(estimator: RPSEstimator, horizon: int, now: int) -> None:
    frame = traffic(2_000)
    other = frame.copy()
    other.iloc[now + 1 :, 0] = np.random.default_rng(1).uniform(0, 1e4, 1_999 - now)
    before = estimator.rolling_forecasts(frame, horizon)
    after = estimator.rolling_forecasts(other, horizon)
    for model in before:
        reach = now + horizon + 1  # targets whose origin is at or before `now`
        pd.testing.assert_frame_equal(before[model][:reach], after[model][:reach], check_exact=True)


@given(values=rates)
@few
def test_predict_gives_the_forecast_just_before(estimator: RPSEstimator, values: list[float]) -> None:
    frame = frame_of(values)
    predicted = estimator.predict(frame)
    for row in range(1, len(frame), 17):
        result = estimator.forecast(frame.iloc[:row])
        if result.table.empty:
            assert predicted.iloc[row].isna().all()
        else:
            assert one_step(result) == list(predicted.iloc[row])


@pytest.mark.long
def test_a_live_forecast_equals_the_batch_to_the_last_digit(estimator: RPSEstimator) -> None:
    frame = unknown(traffic(12_000), 9_000, 9_700)
    predicted = estimator.predict(frame)
    for row in (11_999, 11_123, 9_650, 9_705):
        assert one_step(estimator.forecast(frame.iloc[:row])) == list(predicted.iloc[row])


@pytest.mark.long
def test_nothing_older_than_the_history_has_an_effect(estimator: RPSEstimator) -> None:
    windows = estimator.history_windows
    frame = traffic(windows + 2_000)
    other = frame.copy()
    other.iloc[:2_000] = 500.0
    forecasts = estimator.forecast(frame).table
    pd.testing.assert_frame_equal(estimator.forecast(other).table, forecasts, check_exact=True)
    pd.testing.assert_frame_equal(estimator.forecast(frame.tail(windows)).table, forecasts, check_exact=True)


@pytest.mark.parametrize("horizon", [7, *HORIZONS[1:]])
def test_rolling_forecasts_are_the_forecasts_made_that_many_windows_before(
    estimator: RPSEstimator, horizon: int
) -> None:
    frame = traffic(1_500)
    rolled = estimator.rolling_forecasts(frame, horizon, start=1_400)
    table = estimator.forecast(frame.iloc[: 1_450 - horizon + 1], [horizon]).table.set_index("model")
    for model in ("lgbm_plus", "lgbm"):
        assert len(rolled[model]) == 100
        assert list(rolled[model].loc[frame.index[1_450]]) == list(table.loc[model, ["mean", *LEVEL_NAMES]])
        assert table.loc[model, "timestamp"] == frame.index[1_450]


@pytest.mark.parametrize("factor", [10.0, 0.1, 1024.0])
def test_multiplying_the_series_multiplies_the_forecasts(estimator: RPSEstimator, factor: float) -> None:
    frame = unknown(traffic(3_000), 1_000, 1_100)
    plain, scaled = estimator.predict(frame), estimator.predict(frame * factor)
    np.testing.assert_allclose(scaled, plain * factor, rtol=1e-6)


@given(values=rates, step=st.sampled_from(["1s", "1min", "30min", "1D"]))
@few
def test_never_nan_or_negative_where_anything_is_known(estimator: RPSEstimator, values: list[float], step: str) -> None:
    frame = frame_of(values, pd.Timedelta(step))
    result = estimator.forecast(frame)
    if np.isfinite(values).any():
        assert len(result.table) == 2 * len(estimator.horizons)
        assert is_sound(result.table)
    else:
        assert result.table.empty
        assert result.warming_up


@pytest.mark.parametrize(("windows", "warming_up"), [(3, True), (19, True), (20, False), (2_000, False)])
def test_any_length_of_history_gives_an_answer(estimator: RPSEstimator, windows: int, warming_up: bool) -> None:
    result = estimator.forecast(traffic(windows))
    assert result.warming_up is warming_up
    assert is_sound(result.table)
    assert estimator.predict(traffic(windows)).iloc[1:].notna().all(axis=None)


@pytest.mark.parametrize("outage", [60, 1_440, 3 * 1_440])
def test_outages_are_survived(estimator: RPSEstimator, outage: int) -> None:
    frame = unknown(traffic(4 * 1_440 + outage), 2 * 1_440, 2 * 1_440 + outage)
    predicted = estimator.predict(frame)
    assert predicted.iloc[1:].notna().all(axis=None)
    back = slice(2 * 1_440 + outage + 30, None)
    error = (predicted["predicted_rps_model1"] - frame["actual_rps"])[back].abs()
    steady = (estimator.predict(traffic(len(frame)))["predicted_rps_model1"] - traffic(len(frame))["actual_rps"])[back]
    assert error.mean() < 1.1 * steady.abs().mean()


def test_an_outage_longer_than_the_history_leaves_nothing_to_forecast_from(estimator: RPSEstimator) -> None:
    frame = unknown(traffic(30_000), 100, 30_000)
    result = estimator.forecast(frame)
    assert result.table.empty
    assert result.warming_up


@pytest.mark.parametrize("rate", [0.0, 7.0])
def test_a_constant_series_is_forecast_as_it_is(estimator: RPSEstimator, rate: float) -> None:
    table = estimator.forecast(frame_of([rate] * 500)).table
    assert is_sound(table)
    np.testing.assert_allclose(table["mean"], rate, rtol=0.02)


@pytest.mark.parametrize("step", ["1s", "10s", "5min", "30min", "1h", "3h", "4h", "6h", "1D"])
def test_windows_of_any_length_are_served(estimator: RPSEstimator, step: str) -> None:
    window = pd.Timedelta(step)
    frame = traffic(1_000, window, mean=50)
    result = estimator.forecast(frame)
    assert is_sound(result.table)
    assert result.issued_at == frame.index[-1] + window
    assert set(result.table["timestamp"] - frame.index[-1]) == {horizon * window for horizon in estimator.horizons}


def test_the_first_window_ever_is_enough(estimator: RPSEstimator) -> None:
    result = estimator.forecast(traffic(1))
    assert result.issued_at == traffic(1).index[-1] + MINUTE
    assert is_sound(result.table)


def test_bands_cover_four_fifths_of_a_series_never_seen(estimator: RPSEstimator) -> None:
    frame = traffic(6 * 1_440, seed=5)
    for horizon in estimator.horizons:
        for model, table in estimator.rolling_forecasts(frame, horizon, start=1_440).items():
            actual = frame["actual_rps"].iloc[1_440:]
            inside = (actual >= table["p10"]) & (actual <= table["p90"])
            assert 0.77 < inside.mean() < 0.83, model


def test_threads_do_not_disturb_each_other(estimator: RPSEstimator) -> None:
    frames = [traffic(400, seed=seed) for seed in range(4)]
    alone = [estimator.forecast(frame).table for frame in frames]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda frame: estimator.forecast(frame).table, frames * 3))
    for place, table in enumerate(together):
        pd.testing.assert_frame_equal(table, alone[place % 4], check_exact=True)


def test_frames_off_the_grid_are_refused(estimator: RPSEstimator) -> None:
    frame = traffic(100)
    for bad in (frame.drop(frame.index[50]), frame.iloc[::-1], frame.tz_localize(None), frame.iloc[:0]):
        with pytest.raises(ValueError, match="frame"):
            estimator.forecast(bad)


@pytest.mark.parametrize("ask", ["forecast", "rolling"])
def test_a_horizon_beyond_the_trained_ones_is_refused_with_them(estimator: RPSEstimator, ask: str) -> None:
    frame = traffic(50)
    with pytest.raises(ValueError, match=rf"Horizon {BEYOND} lies outside.* 1 to {HORIZONS[-1]} windows ahead"):
        estimator.forecast(frame, [5, BEYOND]) if ask == "forecast" else estimator.rolling_forecasts(frame, BEYOND)


@pytest.mark.long
@given(values=rates)
@few
def test_between_trained_horizons_forecasts_lie_between_and_quantiles_never_cross(
    estimator: RPSEstimator, values: list[float]
) -> None:
    table = estimator.forecast(frame_of([*values, 1.0]), range(1, BEYOND)).table
    assert is_sound(table)
    for _, path in table.set_index("horizon").groupby("model"):
        for low, high in pairwise(estimator.horizons):
            between, ends = path["mean"].loc[low:high], path["mean"].loc[[low, high]]
            assert between.between(ends.min() - 1e-9, ends.max() + 1e-9).all()


def test_live_forecasts_between_trained_horizons_are_those_of_a_backtest(estimator: RPSEstimator) -> None:
    frame = traffic(900)
    rolled = estimator.rolling_forecasts(frame, 7, start=870)
    values, grid = series_of(frame)
    live = estimator.live(60, [7])
    live.learn({"web": (grid.first, values[:870])})
    for row in range(870, 877):
        live.put("web", grid.first + row, values[row])
        live.advance(grid.first + row)
    said = live.forecasts(["web"])
    for model, forecasts in rolled.items():
        wanted = forecasts.loc[frame.index[876 + 7]]
        assert [said.mean[model][0, 0], *said.quantiles[model][:, 0, 0]] == list(wanted)
