"""Simple forecasts: the expert average and the best expert."""

import numpy as np
import pytest

from backend.arrays import Floats
from backend.models import expert_average as simple
from backend.models.trailing_stats import TrailingStats
from backend.tests.models.series import ahead, stats_of

HORIZONS = (1, 5, 15)


def expert_average(stats: TrailingStats, horizon: int) -> Floats:
    return simple.expert_average(stats, horizon, simple.experts_at(stats, horizon))


def best_expert(stats: TrailingStats, horizon: int) -> Floats:
    return simple.best_expert(stats, horizon, simple.experts_at(stats, horizon))


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
def test_the_best_expert_of_a_random_walk_is_its_last_value_and_of_noise_its_mean(horizon: int) -> None:
    random = np.random.default_rng(3)
    walk = stats_of(100 * np.exp(np.cumsum(random.normal(0, 0.03, 600))))
    np.testing.assert_array_equal(best_expert(walk, horizon)[200:], walk.values[200:])
    error = np.abs(best_expert(stats_of(random.poisson(100, 600)), horizon) / 100 - 1)[200:]
    assert error.mean() < 0.03


def test_one_burst_in_two_thousand_windows_does_not_change_the_best_expert() -> None:
    rates = np.random.default_rng(4).poisson(100, 2_000).astype(float)
    rates[1_500] += 300  # the hour after it, the last value would have been better
    assert np.ptp(best_expert(stats_of(rates), 1)[1_501:1_600]) < 20


@pytest.mark.parametrize("horizon", HORIZONS)
@pytest.mark.parametrize("factor", [1e-3, 16.0, 1e6])
def test_the_unit_of_the_rates_changes_nothing(horizon: int, factor: float) -> None:
    """But for the rounding of what is looked back at, to four bytes."""
    rates = np.concatenate([np.random.default_rng(4).poisson(3, 400) / 7, np.zeros(400), [2.0, 0.0, 1.0]])
    for forecast in (expert_average, best_expert):
        expected = factor * forecast(stats_of(rates), horizon)
        np.testing.assert_allclose(forecast(stats_of(rates * factor), horizon), expected, rtol=1e-5)


def test_the_best_expert_of_a_series_with_strong_days_is_their_mean() -> None:
    minutes = np.arange(7 * 1_440)
    rates = 100 + 80 * np.sin(minutes * 2 * np.pi / 60) * (minutes % 1_440 < 720)  # no EWMA follows an hour's cycle
    error = np.abs(best_expert(stats_of(rates), 15) - ahead(stats_of(rates), 15))[6 * 1_440 : -15]
    assert error.mean() < 5


def test_forty_windows_tell_noise_from_a_walk_fifteen_ahead() -> None:
    """Of the latter's errors they know few, and those overlap."""
    newest = slice(20, 40)
    noise, walk = [], []
    for seed in range(60):
        random = np.random.default_rng(seed)
        stats = stats_of(random.poisson(100, 40))
        noise.append(np.square(expert_average(stats, 15) / 100 - 1)[newest])
        stats = stats_of(100 * np.exp(np.cumsum(random.normal(0, 0.05, 40))))
        walk.append(np.square(expert_average(stats, 15) / stats.values - 1)[newest])
    assert np.mean(noise) < 0.0007  # 0.01 by the last value
    assert np.mean(walk) < 0.006  # 0 by the last value


def test_what_came_yesterday_is_expected_an_hour_after_it_can_be() -> None:
    minutes = np.arange(1_440 + 180)
    rates = 100 + 80 * np.sin(minutes * 2 * np.pi / 60)  # no EWMA follows an hour's cycle
    error = np.abs(expert_average(stats_of(rates), 15) - ahead(stats_of(rates), 15))[1_440 + 60 : -15]
    assert error.mean() < 10
