"""Replicas from a forecast: cases of other planners, and what holds for every policy and traffic."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.capacity.outlook import Running, crossed_at, in_turn, running_since, windows_ahead
from backend.capacity.path import ForecastPath
from backend.capacity.planner import Decision, plan, plan_ahead
from backend.capacity.policy import Policy
from backend.errors import InvalidRequestError

START = datetime(2026, 11, 26, tzinfo=UTC)
LEVELS = (0.1, 0.5, 0.667, 0.8, 0.9, 0.95, 0.98, 0.99)


PLACES = (-1, 0, 0.2, 0.6, 1, 1.5, 2, 2.5)  # of the levels in flat_path


@dataclass(frozen=True)
class PastDecision:
    at: datetime
    replicas: int
    wanted: int


def policy(**fields: object) -> Policy:
    return Policy.model_validate({"rps_per_replica": 100, **fields})


def flat_path(*rates: float, spread: float = 0.0) -> ForecastPath:
    """A path of minutes; its quantiles lie `spread` apart."""
    quantiles = np.array([[max(0.0, rate + place * spread) for rate in rates] for place in PLACES])
    return ForecastPath(60, tuple(range(1, len(rates) + 1)), LEVELS, quantiles)


def walk(chosen: Policy, rates: list[float], running: int) -> list[Decision]:
    """A decision a minute, each with the rest of the rates as its path."""
    past = [PastDecision(START - timedelta(minutes=1), running, running)]
    decisions = []
    for minute in range(len(rates)):
        ahead = [*rates[minute:], rates[-1]]  # past the end Kedastral repeats the last
        decision = plan(chosen, START + timedelta(minutes=minute), None, flat_path(*ahead), past)
        past.append(PastDecision(decision.at, decision.replicas, decision.wanted))
        decisions.append(decision)
    return decisions


def test_kedastrals_own_example_gives_its_replicas() -> None:
    """github.com/HatiCode/kedastral, docs/planner/MATH.md, section 9."""
    chosen = policy(
        rps_per_replica=50,
        headroom=1.2,
        lead_seconds=60,
        up_percent=100,
        down_percent=50,
        stabilization_seconds=0,
    )
    decisions = walk(chosen, [120, 130, 125, 140, 100], running=2)
    assert [decision.replicas for decision in decisions] == [4, 3, 4, 3, 3]


def test_a_demand_beyond_the_maximum_is_cut_or_raises_it_with_a_buffer() -> None:
    honoured = plan(policy(max_replicas=40), START, None, flat_path(*[5_000.0] * 4))
    assert (honoured.replicas, honoured.binding) == (40, "max_replicas")
    extended = policy(max_replicas=40, max_behavior="extend", max_buffer_percent=10)
    decision = plan(extended, START, None, flat_path(*[5_000.0] * 4))
    assert decision.replicas == 50
    assert {step.name: step.limit for step in decision.steps}["max_replicas"] == 55


def test_the_shortage_cost_sets_the_quantile() -> None:
    assert [policy(shortage_cost=cost).level for cost in (1, 2, 4, 9, 19, 49, 99)] == pytest.approx(
        [1 / 2, 2 / 3, 0.8, 0.9, 0.95, 0.98, 0.99]
    )
    assert policy(shortage_cost=9, quantile=0.5).level == 0.5
    path = flat_path(*[1_000.0] * 4, spread=100)
    rates = [plan(policy(quantile=level), START, None, path).forecast for level in (0.5, 0.8, 0.9, 0.95)]
    assert rates[0] == 1_000
    assert 1_000 < rates[1] < rates[2]
    assert rates[2:] == [1_100, 1_150]


def test_the_windows_from_lead_to_the_next_decision_count() -> None:
    path = flat_path(100, 200, 900, 400, 500, 600)
    rates = {lead: plan(policy(lead_seconds=lead), START, None, path).forecast for lead in (0, 60, 90, 120, 180)}
    assert rates == {0: 100, 60: 200, 90: 900, 120: 900, 180: 400}
    assert plan(policy(lead_seconds=180, cadence_seconds=180), START, None, path).forecast == 600


def test_a_lead_beyond_the_longest_horizon_is_refused_with_that_horizon() -> None:
    with pytest.raises(InvalidRequestError, match="reach 4 windows, which is 240 s"):
        plan(policy(lead_seconds=240), START, None, flat_path(1, 1, 1, 1))


def test_a_quantile_that_is_not_forecast_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidRequestError, match=r"from 0\.1 to 0\.99.*from 0\.11 to 99"):
        plan(policy(quantile=0.995), START, None, flat_path(1, 1, 1, 1))


def test_traffic_above_the_forecast_is_the_floor() -> None:
    path = flat_path(*[300.0] * 4)
    assert (plan(policy(), START, 950, path).replicas, plan(policy(), START, 950, path).binding) == (10, "observed")
    assert plan(policy(reactive_floor=False), START, 950, path).replicas == 3


def test_going_down_waits_for_the_stabilization() -> None:
    chosen = policy(lead_seconds=0, stabilization_seconds=180)
    decisions = walk(chosen, [1_000, 200, 200, 200, 200, 200], running=10)
    assert [decision.replicas for decision in decisions] == [10, 10, 10, 2, 2, 2]
    assert decisions[1].binding == "stabilization"
    assert decisions[3].binding == "forecast"


def test_of_two_rate_limits_the_wider_holds() -> None:
    chosen = policy(lead_seconds=0, up_percent=50, up_pods=4)
    assert [decision.replicas for decision in walk(chosen, [5_000] * 5, running=4)] == [8, 12, 18, 27, 41]


def test_a_plan_ahead_is_what_plan_gives_at_each_of_its_moments() -> None:
    chosen = policy(lead_seconds=60, stabilization_seconds=0)
    rates = [100, 200, 900, 400, 500, 650]
    ahead = plan_ahead(chosen, START, None, flat_path(*rates))
    assert [decision.at for decision in ahead] == [START + timedelta(minutes=minute) for minute in range(5)]
    assert [decision.replicas for decision in ahead] == [2, 9, 4, 5, 7]
    assert ahead[0] == plan(chosen, START, None, flat_path(*rates))


def test_replicas_run_from_their_lead_on_until_the_next() -> None:
    chosen, path = policy(lead_seconds=60, stabilization_seconds=0), flat_path(100, 200, 900, 400)
    planned = [running_since(decision, chosen) for decision in plan_ahead(chosen, START, None, path)]
    windows = windows_ahead(chosen, START, path, [Running(START, 3, 300.0), *planned])
    assert [window.replicas for window in windows] == [3, 2, 9, 4]
    assert [window.capacity for window in windows] == [300, 200, 900, 400]
    assert [window.forecast for window in windows] == [100, 200, 900, 400]
    assert crossed_at(windows, 300.0) == START + timedelta(minutes=2)
    assert crossed_at(windows, 900.0) is None


def test_a_later_decision_that_serves_sooner_takes_the_place_of_those_before() -> None:
    late, soon = (Running(START + timedelta(seconds=lead), replicas, 1.0) for lead, replicas in ((300, 9), (120, 4)))
    assert in_turn([late, soon]) == [soon]
    assert in_turn([soon, late]) == [soon, late]


RATES = st.floats(0, 1e6)
POLICIES = st.builds(
    policy,
    rps_per_replica=st.floats(0.1, 1e4),
    lead_seconds=st.floats(0, 180),
    headroom=st.floats(0.5, 3),
    reactive_floor=st.booleans(),
    min_replicas=st.integers(1, 50),
    max_replicas=st.integers(50, 5_000),
    max_behavior=st.sampled_from(["honor", "extend"]),
    up_percent=st.none() | st.floats(1, 300),
    up_pods=st.none() | st.integers(1, 50),
    down_percent=st.none() | st.floats(1, 100),
    down_pods=st.none() | st.integers(1, 50),
    stabilization_seconds=st.floats(0, 900),
)
PAST = st.lists(st.tuples(st.integers(1, 5_000), st.integers(1, 5_000)), max_size=20).map(
    lambda pairs: [
        PastDecision(START - timedelta(minutes=len(pairs) - place), *pair) for place, pair in enumerate(pairs)
    ]
)
PATHS = st.lists(RATES, min_size=4, max_size=4)


@given(POLICIES, PATHS, PAST, st.none() | RATES, st.floats(1, 10))
def test_more_traffic_never_gives_fewer_replicas(
    chosen: Policy, rates: list[float], past: list[PastDecision], observed: float | None, factor: float
) -> None:
    path = flat_path(*rates)
    more = replace(path, quantiles=path.quantiles * factor)
    higher = None if observed is None else observed * factor
    assert plan(chosen, START, higher, more, past).replicas >= plan(chosen, START, observed, path, past).replicas


@given(POLICIES, PATHS, PAST, st.floats(0.1, 0.99), st.floats(0.1, 0.99), st.floats(1, 5))
def test_a_higher_quantile_or_headroom_never_gives_fewer_replicas(
    chosen: Policy, rates: list[float], past: list[PastDecision], one: float, other: float, factor: float
) -> None:
    path = flat_path(*rates, spread=50)
    low, high = sorted((one, other))
    cautious = chosen.model_copy(update={"quantile": high, "headroom": chosen.headroom * factor})
    bold = chosen.model_copy(update={"quantile": low})
    assert plan(cautious, START, None, path, past).replicas >= plan(bold, START, None, path, past).replicas


@given(POLICIES, PATHS, PAST, st.none() | RATES)
def test_replicas_stay_within_the_bounds(
    chosen: Policy, rates: list[float], past: list[PastDecision], observed: float | None
) -> None:
    decision = plan(chosen, START, observed, flat_path(*rates), past)
    limits = {step.name: step.limit for step in decision.steps}
    assert chosen.min_replicas <= decision.replicas <= limits["max_replicas"]
    if chosen.max_behavior == "honor":
        assert limits["max_replicas"] == chosen.max_replicas
    if past and decision.replicas < past[-1].replicas:
        recent = [one.wanted for one in past if START - one.at < timedelta(seconds=chosen.stabilization_seconds)]
        assert decision.replicas >= min(max(recent, default=0), past[-1].replicas, limits["max_replicas"])


@given(POLICIES, PATHS, PAST)
def test_older_decisions_than_the_policy_looks_back_on_change_nothing(
    chosen: Policy, rates: list[float], past: list[PastDecision]
) -> None:
    back = timedelta(seconds=max(60.0, chosen.stabilization_seconds))
    recent = [one for one in past if START - one.at <= back]
    if recent:
        path = flat_path(*rates)
        assert plan(chosen, START, None, path, recent) == plan(chosen, START, None, path, past)
