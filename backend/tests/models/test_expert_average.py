"""The expert average, and what the models weigh beside it."""

import numpy as np
import pytest

from backend.models.expert_average import MIN_WINDOWS, expert_average, shrinkage_weight
from backend.models.frames import series_of
from backend.models.rolling import Floats
from backend.models.trailing_stats import TrailingStats
from backend.tests.models.series import frame_of, traffic

HORIZONS = (1, 5, 15)


def stats_of(rates: object) -> TrailingStats:
    return TrailingStats(*series_of(frame_of(rates)))


def ahead(stats: TrailingStats, horizon: int) -> Floats:
    return np.append(stats.values[horizon:], np.full(horizon, np.nan))


@pytest.mark.parametrize("horizon", HORIZONS)
def test_a_random_walk_is_forecast_by_about_its_last_value(horizon: int) -> None:
    random = np.random.default_rng(1)
    stats = stats_of(100 * np.exp(np.cumsum(random.normal(0, 0.03, 600))))
    error = np.abs(expert_average(stats, horizon) / stats.values - 1)[200:]
    assert error.mean() < 0.03


@pytest.mark.parametrize("horizon", HORIZONS)
def test_noise_is_forecast_by_about_its_mean(horizon: int) -> None:
    stats = stats_of(np.random.default_rng(2).poisson(100, 600))
    error = np.abs(expert_average(stats, horizon) / 100 - 1)[200:]
    assert error.mean() < 0.03


def test_the_first_request_after_silence_does_not_decide_the_hour() -> None:
    stats = stats_of([int(count) for count in "000112101121203110100121111202110131010010200210113100100020"])
    known = slice(10, len(stats) - 1)
    error = (expert_average(stats, 1) - ahead(stats, 1))[known]
    step = (stats.values - ahead(stats, 1))[known]
    assert np.mean(error**2) < 0.7 * np.mean(step**2)  # those of the last value, which was right about that request


@pytest.mark.parametrize("horizon", HORIZONS)
def test_models_whose_steps_come_true_have_weight_and_others_have_none(horizon: int) -> None:
    stats = TrailingStats(*series_of(traffic(600)))
    average = expert_average(stats, horizon)
    future = np.nan_to_num(ahead(stats, horizon))
    right, wrong = future, average - 3.0 * (future - average)
    weight = shrinkage_weight(stats, horizon, np.stack([right, wrong]), average)[:, 400:]
    assert weight[1].max() < 0.1
    assert weight[0].min() > 5 * weight[1].max()
    assert weight[0].min() > 0.3


@pytest.mark.parametrize("horizon", HORIZONS)
@pytest.mark.parametrize("factor", [1e-3, 16.0, 1e6])
def test_the_unit_of_the_rates_changes_nothing(horizon: int, factor: float) -> None:
    """But for the rounding of what is looked back at, to four bytes; also where a long silence leaves no level to scale
    by."""
    rates = np.concatenate([np.random.default_rng(4).poisson(3, 400) / 7, np.zeros(400), [2.0, 0.0, 1.0]])
    plain, scaled = stats_of(rates), stats_of(rates * factor)
    average = expert_average(plain, horizon)
    np.testing.assert_allclose(expert_average(scaled, horizon), factor * average, rtol=1e-5)
    learned = np.stack([average + plain.noise, plain.level])
    weights = shrinkage_weight(plain, horizon, learned, average)
    again = shrinkage_weight(scaled, horizon, factor * learned, factor * average)
    np.testing.assert_allclose(again, weights, rtol=1e-6, atol=1e-8)


def test_models_that_were_right_but_for_one_burst_keep_little_weight() -> None:
    """A step that was wrong by a hundred times the noise once is worth less than fifty that were right."""
    random = np.random.default_rng(5)
    stats = stats_of(100 + random.normal(0, 5, 600))
    average = np.full(600, 100.0)
    right = np.nan_to_num(ahead(stats, 1), nan=100.0)
    once = right.copy()
    once[300] += 1_000.0
    late = slice(400, 598)
    kept, lost = (shrinkage_weight(stats, 1, each[None], average)[0, late] for each in (right, once))
    assert lost.max() < 0.3 < kept.min()


def test_models_gain_weight_later_the_further_they_look_ahead() -> None:
    stats = stats_of(np.full(300, 50.0))
    level = np.full((2, 300), 50.0)
    weight = np.stack([shrinkage_weight(stats, horizon, level, level[0])[0] for horizon in HORIZONS])
    assert (weight[:, : MIN_WINDOWS - 1] == 0).all()
    assert (np.diff(weight[:, MIN_WINDOWS:], axis=0) < 0).all()
    assert (np.diff(weight[:, MIN_WINDOWS:], axis=1) > 0).all()
