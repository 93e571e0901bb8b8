"""The cautious forecast, and how much of the models is heard beside it."""

import numpy as np
import pytest

from backend.models.expert_average import MIN_WINDOWS, mixture, share
from backend.models.frames import series_of
from backend.models.rolling import Floats
from backend.models.trailing_stats import TrailingStats
from backend.tests.models.series import frame_of, traffic

HORIZONS = (1, 5, 15)


def history_of(rates: object) -> TrailingStats:
    return TrailingStats(*series_of(frame_of(rates)))


def without_trees(history: TrailingStats) -> Floats:
    return np.full(len(history), np.nan)


def ahead(history: TrailingStats, horizon: int) -> Floats:
    return np.append(history.values[horizon:], np.full(horizon, np.nan))


@pytest.mark.parametrize("horizon", HORIZONS)
def test_a_random_walk_is_forecast_by_about_its_last_value(horizon: int) -> None:
    random = np.random.default_rng(1)
    history = history_of(100 * np.exp(np.cumsum(random.normal(0, 0.03, 600))))
    error = np.abs(mixture(history, horizon, without_trees(history)) / history.values - 1)[200:]
    assert error.mean() < 0.03


@pytest.mark.parametrize("horizon", HORIZONS)
def test_noise_is_forecast_by_about_its_mean(horizon: int) -> None:
    history = history_of(np.random.default_rng(2).poisson(100, 600))
    error = np.abs(mixture(history, horizon, without_trees(history)) / 100 - 1)[200:]
    assert error.mean() < 0.03


def test_the_first_request_after_silence_does_not_decide_the_hour() -> None:
    history = history_of([int(count) for count in "000112101121203110100121111202110131010010200210113100100020"])
    known = slice(10, len(history) - 1)
    error = (mixture(history, 1, without_trees(history)) - ahead(history, 1))[known]
    step = (history.values - ahead(history, 1))[known]
    assert np.mean(error**2) < 0.7 * np.mean(step**2)  # those of the last value, which was right about that request


@pytest.mark.parametrize("horizon", HORIZONS)
def test_trees_that_know_the_future_are_followed(horizon: int) -> None:
    history = TrailingStats(*series_of(traffic(600)))
    known = np.nan_to_num(ahead(history, horizon))
    error = np.abs(mixture(history, horizon, known) - known)[200:-horizon]
    blind = np.abs(mixture(history, horizon, without_trees(history)) - known)[200:-horizon]
    assert error.mean() < 0.4 * blind.mean()


@pytest.mark.parametrize("horizon", HORIZONS)
def test_models_whose_steps_come_true_are_heard_and_others_are_not(horizon: int) -> None:
    history = TrailingStats(*series_of(traffic(600)))
    cautious = mixture(history, horizon, without_trees(history))
    future = np.nan_to_num(ahead(history, horizon))
    right, wrong = future, cautious - 3.0 * (future - cautious)
    heard = share(history, horizon, np.stack([right, wrong]), cautious)[:, 400:]
    assert heard[1].max() < 0.1
    assert heard[0].min() > 5 * heard[1].max()
    assert heard[0].min() > 0.3


def test_models_are_heard_later_the_further_they_look_ahead() -> None:
    history = history_of(np.full(300, 50.0))
    level = np.full((2, 300), 50.0)
    heard = np.stack([share(history, horizon, level, level[0])[0] for horizon in HORIZONS])
    assert (heard[:, : MIN_WINDOWS - 1] == 0).all()
    assert (np.diff(heard[:, MIN_WINDOWS:], axis=0) < 0).all()
    assert (np.diff(heard[:, MIN_WINDOWS:], axis=1) > 0).all()
