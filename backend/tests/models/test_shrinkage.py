"""What the models weigh beside simple forecasts."""

import numpy as np
import pytest

from backend.models.expert_average import expert_average, experts_at
from backend.models.frames import series_of
from backend.models.shrinkage import MIN_WINDOWS, average_weight, best_weight
from backend.models.trailing_stats import TrailingStats
from backend.tests.models.series import ahead, stats_of, traffic

HORIZONS = (1, 5, 15)


@pytest.mark.parametrize("horizon", HORIZONS)
def test_models_whose_steps_come_true_have_weight_and_others_have_none(horizon: int) -> None:
    stats = TrailingStats(*series_of(traffic(600)))
    average = expert_average(stats, horizon, experts_at(stats, horizon))
    future = np.nan_to_num(ahead(stats, horizon))
    right, wrong = future, average - 3.0 * (future - average)
    for weigh in (average_weight, best_weight):
        weight = weigh(stats, horizon, np.stack([right, wrong]), average)[:, 400:]
        assert weight[1].max() < 0.3
        assert weight[0].min() > 5 * weight[1].max()
        assert weight[0].min() > 0.3


@pytest.mark.parametrize("horizon", HORIZONS)
@pytest.mark.parametrize("factor", [1e-3, 16.0, 1e6])
def test_the_unit_of_the_rates_changes_nothing(horizon: int, factor: float) -> None:
    """But for the rounding of what is looked back at, to four bytes; also where a long silence leaves no level to scale
    by."""
    rates = np.concatenate([np.random.default_rng(4).poisson(3, 400) / 7, np.zeros(400), [2.0, 0.0, 1.0]])
    plain, scaled = stats_of(rates), stats_of(rates * factor)
    average = expert_average(plain, horizon, experts_at(plain, horizon))
    learned = np.stack([average + plain.noise, plain.level])
    for weigh in (average_weight, best_weight):
        weights = weigh(plain, horizon, learned, average)
        again = weigh(scaled, horizon, factor * learned, factor * average)
        np.testing.assert_allclose(again, weights, rtol=1e-6, atol=1e-7)


def test_models_that_were_right_but_for_one_burst_keep_little_weight() -> None:
    """A step that was wrong by a hundred times the noise once is worth less than fifty that were right."""
    random = np.random.default_rng(5)
    stats = stats_of(100 + random.normal(0, 5, 600))
    best = np.full(600, 100.0)
    right = np.nan_to_num(ahead(stats, 1), nan=100.0)
    once = right.copy()
    once[300] += 1_000.0
    late = slice(400, 598)
    kept, lost = (best_weight(stats, 1, each[None], best)[0, late] for each in (right, once))
    assert lost.max() < 0.3 < kept.min()


def test_models_gain_weight_later_the_further_they_look_ahead() -> None:
    stats = stats_of(np.full(300, 50.0))
    level = np.full((2, 300), 50.0)
    weight = np.stack([average_weight(stats, horizon, level, level[0])[0] for horizon in HORIZONS])
    assert (weight[:, : MIN_WINDOWS - 1] == 0).all()
    assert (np.diff(weight[:, MIN_WINDOWS:], axis=0) < 0).all()
    assert (np.diff(weight[:, MIN_WINDOWS:], axis=1) > 0).all()
