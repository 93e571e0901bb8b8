"""A raw log's own requests within a window: what is short then, and that nothing else changes."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.models.predictor import RPSEstimator
from backend.simulation.results import paths_of, result_of
from backend.tests.simulation.series import rates, simulated, within_windows

few = settings(max_examples=10, deadline=None)
bursts = st.lists(st.integers(0, 60), min_size=480, max_size=960).map(lambda counts: counts[: len(counts) // 4 * 4])


def windows_of(steps: pd.Series) -> pd.Series:
    return steps.resample("60s").mean()


def test_a_burst_inside_a_window_is_short_though_the_window_is_not(estimator: RPSEstimator) -> None:
    """Two hours of 2 requests a second, in one minute all in its last 30 s: 4 a second for 3 replicas of 1."""
    steps = rates([30] * 480, window=15)
    steps.iloc[300:304] = [0.0, 0.0, 4.0, 4.0]
    asked: dict[str, Any] = {"start": "2026-01-05T01:00:00Z", "policies": "fixed,oracle", "fixed_replicas": 3}
    even = simulated(estimator, windows_of(steps), **asked)
    assert (even.outcomes[0].minutes_short, even.outcomes[0].requests_short) == (0, 0)
    simulation = simulated(estimator, windows_of(steps), steps=within_windows(steps), **asked)
    fixed, oracle = simulation.outcomes
    assert fixed.minutes_short == 0.5
    assert fixed.requests_short == pytest.approx(30)
    assert (fixed.worst[0].needed, (fixed.worst[0].end - fixed.worst[0].start).seconds) == (4, 60)
    assert (oracle.minutes_short, oracle.idle_replica_hours) == (0, 0)
    path = paths_of(simulation)
    assert path["fixed_short"].sum() == pytest.approx(fixed.requests_short)
    assert path["needed"].max() == 4
    (said,) = (note for note in result_of(simulation).notes if "in every 15 s, of which 4 are a window" in note)
    assert said.startswith("Demand is the log's own requests")


@few
@given(bursts)
def test_demand_in_steps_changes_what_is_short_and_neither_requests_nor_who_is_never_short(
    estimator: RPSEstimator, counts: list[int]
) -> None:
    steps = rates(counts, window=15)
    windows = windows_of(steps)
    asked: dict[str, Any] = {"policies": "hpa,fixed,oracle", "fixed_replicas": 4, "policy": {"max_replicas": 1_000}}
    even, within = (simulated(estimator, windows, steps=each, **asked) for each in (None, within_windows(steps)))
    assert result_of(within).requests == pytest.approx(result_of(even).requests)
    for one, other in zip(even.outcomes, within.outcomes, strict=True):
        assert other.requests_short >= one.requests_short - 1e-6 or one.policy == "oracle"
        assert other.policy == "oracle" or other.replica_hours == pytest.approx(one.replica_hours)
    assert within.outcomes[-1].minutes_short == 0


def test_a_window_that_is_unknown_stays_so_and_where_steps_are_missing_the_window_holds(
    estimator: RPSEstimator,
) -> None:
    steps = rates([30] * 480, window=15)
    windows = windows_of(steps)
    windows.iloc[100] = np.nan
    simulation = simulated(estimator, windows, steps=within_windows(steps.iloc[40:-40]), policies="oracle")
    demand = simulation.replay.traffic.demand
    assert demand[demand.isna()].index.tolist() == steps.index[400:404].tolist()
    assert demand.dropna().eq(2.0).all()
    assert any("In 10 windows with traffic no more than" in note for note in result_of(simulation).notes)


def test_steps_of_another_time_are_none(estimator: RPSEstimator) -> None:
    steps = rates([30] * 480, window=15)
    simulation = simulated(estimator, windows_of(steps), steps=within_windows(steps.iloc[:40]), policies="oracle")
    assert simulation.replay.traffic.step_seconds == 60
    assert any("Within a window traffic is taken as even" in note for note in result_of(simulation).notes)


def test_what_if_changes_the_steps_as_it_changes_the_windows(estimator: RPSEstimator) -> None:
    steps = rates(np.arange(4 * 2880) % 50, window=15)
    simulation = simulated(
        estimator,
        windows_of(steps),
        steps=within_windows(steps),
        policies="oracle",
        times=2.0,
        paste="2026-01-05,2026-01-06",
        spike="2026-01-06T12:00,3,30",
    )
    traffic = simulation.replay.traffic
    assert np.allclose(windows_of(traffic.demand), traffic.evaluated)
