"""A live step gives the forecast from the whole frame, whatever frame came before it."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from backend.models.frames import ForecastResult
from backend.models.predictor import RPSEstimator
from backend.models.rolling import newest_sum, trailing_sum
from backend.tests.models.series import MINUTE, frame_of, traffic, unknown


def assert_same(live: ForecastResult, whole: ForecastResult) -> None:
    assert (live.warming_up, live.issued_at) == (whole.warming_up, whole.issued_at)
    pd.testing.assert_frame_equal(live.table, whole.table, check_exact=True)


@pytest.mark.parametrize(
    "frame",
    [traffic(90), unknown(traffic(1_700), 1_600, 1_670), unknown(traffic(7_000), 1_700, 6_960)],
    ids=["young", "outage", "outage beyond memory"],
)
def test_a_growing_frame_is_forecast_as_a_whole_one(estimator: RPSEstimator, frame: pd.DataFrame) -> None:
    live = estimator.live()
    for rows in range(max(1, len(frame) - 50), len(frame) + 1):
        result = live.forecast(frame.iloc[:rows], MINUTE)
        if rows % 13 == 0 or rows < 3:
            assert_same(result, estimator.forecast(frame.iloc[:rows], step=MINUTE))


def test_a_frame_cut_to_the_history_is_continued(estimator: RPSEstimator) -> None:
    frame = unknown(traffic(27_000, seed=4), 20_000, 20_030)
    live = estimator.live()
    for rows in range(26_900, 26_932):
        result = live.forecast(frame.iloc[:rows].tail(estimator.history_windows))
    assert_same(result, estimator.forecast(frame.iloc[:rows]))


def test_a_frame_with_another_past_is_forecast_anew(estimator: RPSEstimator) -> None:
    frame = traffic(2_000)
    corrected = frame.copy()
    corrected.iloc[700] = 50.0
    others = {
        "one window corrected": corrected.iloc[:1_801],
        "cut short": frame.iloc[400:1_801],
        "a window back": frame.iloc[:1_799],
        "the same again": frame.iloc[:1_800],
        "seven windows at once": frame.iloc[:1_807],
        "a hundred at once": frame.iloc[:1_900],
        "another grid": frame_of(frame["actual_rps"].iloc[:1_801], pd.Timedelta("5min")),
        "another time": frame.iloc[:1_801].shift(1, freq="h"),
    }
    for other in others.values():
        live = estimator.live()
        live.forecast(frame.iloc[:1_800])
        assert_same(live.forecast(other), estimator.forecast(other))


def test_one_live_series_may_be_asked_from_many_threads(estimator: RPSEstimator) -> None:
    frames = [traffic(400, seed=1), traffic(401, seed=1), traffic(300, seed=2)]
    alone = [estimator.forecast(frame) for frame in frames]
    live = estimator.live()
    with ThreadPoolExecutor(4) as pool:
        for place, result in enumerate(pool.map(live.forecast, frames * 3)):
            assert_same(result, alone[place % 3])


@pytest.mark.parametrize("rows", [1, 5, 671, 672, 700])
def test_the_newest_sum_is_the_last_trailing_sum(rows: int) -> None:
    values = np.random.default_rng(0).normal(size=(rows, 2))
    np.testing.assert_array_equal(newest_sum(values, 672), trailing_sum(values.T, 672)[:, -1])
