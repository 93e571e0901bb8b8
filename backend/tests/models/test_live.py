"""A live step gives the forecasts from the whole of every series, to the last digit."""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd
import pytest

from backend.arrays import Floats
from backend.models.ensemble import HISTORY_WINDOWS
from backend.models.intervals import LEVEL_NAMES
from backend.models.live import CORRECTED, SMALLEST_GROUP, LiveForecaster
from backend.models.predictor import RPSEstimator
from backend.tests.models.series import traffic, unknown

LAST = 900_000  # window: the first of a block of the refits
SERIES = {
    "young": traffic(90, seed=1),
    "of a day and a half": traffic(2_100, seed=2),
    "with an outage": unknown(traffic(1_700, seed=3), 1_600, 1_665),
    "back from an outage of hours": unknown(traffic(2_800, seed=7), 2_000, 2_750),
    "back from an outage beyond memory": unknown(traffic(7_000, seed=4), 1_700, 6_945),
    "longer than the history": unknown(traffic(HISTORY_WINDOWS + 100, seed=5), 20_000, 20_030),
    "silent": unknown(traffic(3_000, seed=6), 2_950, 3_000),
}
STEPS = 40


def rates_of(frame: pd.DataFrame) -> Floats:
    return frame["actual_rps"].to_numpy()


def learned(estimator: RPSEstimator, series: Mapping[str, pd.DataFrame] = SERIES, window: int = LAST) -> LiveForecaster:
    """All series, whose last STEPS windows come after `window`."""
    live = estimator.live(60, together=4)
    live.advance(window)
    pasts = {name: rates_of(frame)[: window - LAST - STEPS or None] for name, frame in series.items()}
    live.learn({name: (window + 1 - len(past), past) for name, past in pasts.items()})
    return live


def pass_windows(live: LiveForecaster, stop: int, series: Mapping[str, pd.DataFrame] = SERIES) -> None:
    """Every window up to number `stop` comes in time."""
    assert live.last is not None
    for window in range(live.last + 1, stop):
        for name, frame in series.items():
            live.put(name, window, rates_of(frame)[window - LAST - STEPS - 1])
        live.advance(window)


def assert_whole(live: LiveForecaster, estimator: RPSEstimator, series: Mapping[str, pd.DataFrame] = SERIES) -> None:
    """What is forecast of every series is what its whole frame gives."""
    assert live.last is not None
    stop = live.last - LAST - STEPS or None
    for name, frame in series.items():
        past = frame.iloc[:stop]
        times = pd.to_datetime((live.last + 1 + np.arange(-len(past), 0)) * 60, unit="s", utc=True)
        table = estimator.forecast(past.set_axis(pd.DatetimeIndex(times))).table
        forecasts = live.forecasts([name])
        for place, horizon in enumerate(estimator.horizons):
            for model, mean in forecasts.mean.items():
                whole = table[(table["model"] == model) & (table["horizon"] == horizon)]
                quantiles = forecasts.quantiles[model][:, place, 0]
                said = [mean[place, 0], *quantiles] if np.isfinite(mean[place, 0]) else []
                assert whole[["mean", *LEVEL_NAMES]].to_numpy().ravel().tolist() == said, (name, model, horizon)


@pytest.fixture(scope="module")
def begun(estimator: RPSEstimator) -> LiveForecaster:
    return learned(estimator)


@pytest.mark.long
def test_series_of_every_age_that_grow_together_are_forecast_as_whole_ones(
    begun: LiveForecaster, estimator: RPSEstimator
) -> None:
    for stop in (1, 14, 40):  # the second at the end of a block
        pass_windows(begun, LAST + 1 + stop)
        assert_whole(begun, estimator)


@pytest.mark.long
def test_a_series_joins_leaves_and_has_another_past_beside_the_others(estimator: RPSEstimator) -> None:
    series = {name: SERIES[name] for name in ("of a day and a half", "with an outage")}
    live = learned(estimator, series)
    pass_windows(live, LAST + 8, series)
    live.forget("with an outage")
    joined = {"of a day and a half": SERIES["of a day and a half"], "young": SERIES["young"]}
    corrected = joined["of a day and a half"].copy()
    corrected.iloc[1_500] = 50.0
    joined["of a day and a half"] = corrected
    for name, frame in joined.items():
        rates = rates_of(frame)[: 7 - STEPS]
        live.learn({name: (LAST + 8 - len(rates), rates)})
    assert "with an outage" not in live
    pass_windows(live, LAST + 20, joined)
    assert_whole(live, estimator, joined)


def test_with_whom_a_series_is_computed_changes_no_digit(estimator: RPSEstimator) -> None:
    numbers = range(2 * SMALLEST_GROUP + 1)
    pasts: dict[Hashable, tuple[int, Floats]] = {
        number: (LAST - 59, rates_of(traffic(60, seed=number))) for number in numbers
    }
    by_size = []
    for together in (SMALLEST_GROUP // 3, 4 * SMALLEST_GROUP):  # all of one size; of 16, 16 and 32
        live = estimator.live(60, together=together)
        live.learn(pasts)
        live.advance(LAST + 1)
        by_size.append(live.forecasts(list(pasts)))
    few, many = by_size
    for model, means in few.mean.items():
        np.testing.assert_array_equal(means, many.mean[model])
        np.testing.assert_array_equal(few.quantiles[model], many.quantiles[model])


def test_windows_that_nothing_came_of_are_unknown(estimator: RPSEstimator) -> None:
    frame = SERIES["of a day and a half"]
    series = {"silent for a while": unknown(frame, len(frame) - STEPS + 3, len(frame) - STEPS + 20)}
    live = learned(estimator, series)
    pass_windows(live, LAST + 4, series)
    live.advance(LAST + 20)
    pass_windows(live, LAST + 25, series)
    assert_whole(live, estimator, series)


@pytest.mark.long
def test_rates_that_come_late_or_are_corrected_shortly_after_their_window_leave_nothing_of_what_was(
    estimator: RPSEstimator,
) -> None:
    whole = SERIES["of a day and a half"]
    silent = unknown(unknown(whole, len(whole) - 30, len(whole) - 20), len(whole) - 5, len(whole))
    series = {"young": SERIES["young"], "silent twice": silent}
    random = np.random.default_rng(4)
    live = learned(estimator, series)
    wrong = [(name, LAST) for name in series]
    assert all(live.put(name, LAST, 7.0) for name in series)
    for window in range(LAST + 1, LAST + 1 + STEPS):
        for name in series:
            if random.random() < 0.5:
                live.put(name, window, float(random.integers(1, 200)))
            wrong.append((name, window))
        live.advance(window)
        for name, late in list(wrong):
            if window == LAST + STEPS or late == window + 1 - CORRECTED or random.random() < 0.3:
                assert live.put(name, late, rates_of(series[name])[late - LAST - STEPS - 1])
                wrong.remove((name, late))
    assert_whole(live, estimator, series)


def test_a_past_that_changed_longer_ago_or_before_the_newest_window_of_one_just_learned_is_to_be_learned_anew(
    estimator: RPSEstimator,
) -> None:
    series = {"young": SERIES["young"]}
    live = learned(estimator, series)
    assert live.put("young", LAST, 1.0)
    assert not live.put("young", LAST - 1, 1.0)
    pass_windows(live, LAST + 1 + CORRECTED + 1, series)
    assert live.put("young", LAST + 2, 1.0)
    assert not live.put("young", LAST + 1, 1.0)
