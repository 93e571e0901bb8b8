"""Replicas for a rate, by each way of sizing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from backend.capacity.policy import Policy
from backend.capacity.sizing import capacity_of, replicas_for, waiting

RATE = Policy(rps_per_replica=100)
QUEUE = Policy(sizing="queue", service_seconds=0.1, wait_seconds=0.01, wait_share=0.05)
CURVE = Policy.model_validate({"sizing": "curve", "measured": "1:100,4:340,10:600"})


def test_erlang_c_has_the_values_of_its_tables() -> None:
    """reference: Erlang C at a load of 2.5 and 3 to 7 servers."""
    shares = [round(waiting(2.5, servers), 4) for servers in range(3, 8)]
    assert shares == [0.7022, 0.3199, 0.1304, 0.0474, 0.0154]


def test_a_million_servers_are_as_quick_as_ten() -> None:
    assert waiting(999_000, 1_000_000) == pytest.approx(0.2233, abs=1e-4)
    assert replicas_for(QUEUE.model_copy(update={"service_seconds": 1e9}), 1_000) == 1_000_000


@pytest.mark.parametrize(("rate", "replicas"), [(95, 15), (950, 107), (9_500, 971)])
def test_a_queue_needs_more_the_smaller_it_is(rate: float, replicas: int) -> None:
    assert replicas_for(QUEUE, rate) == replicas


def test_workers_share_a_replica() -> None:
    assert replicas_for(QUEUE.model_copy(update={"workers": 8}), 950) == 14  # 107 servers


def test_a_division_that_is_whole_is_not_rounded_up() -> None:
    assert replicas_for(Policy(rps_per_replica=0.1), 1_200) == 12_000
    assert replicas_for(RATE, 300.0000000001) == 3
    assert replicas_for(RATE, 300.1) == 4


def test_a_curve_is_followed_between_its_points_and_on_beyond_them() -> None:
    assert [replicas_for(CURVE, rate) for rate in (50, 100, 101, 340, 600, 601, 687)] == [1, 1, 2, 4, 10, 11, 13]
    assert [capacity_of(CURVE, replicas) for replicas in (1, 4, 7, 10)] == [100, 340, 470, 600]


@pytest.mark.parametrize("measured", ["1:100", "4:340,1:100", "1:100,4:90", "1:100,1:120", "0:10,4:90"])
def test_a_curve_that_does_not_rise_is_refused(measured: str) -> None:
    with pytest.raises(ValidationError, match="measured"):
        Policy.model_validate({"sizing": "curve", "measured": measured})


@pytest.mark.parametrize(("fields", "asked"), [({}, "rps_per_replica"), ({"sizing": "queue"}, "service_seconds")])
def test_what_a_sizing_needs_is_asked_for(fields: dict[str, str], asked: str) -> None:
    with pytest.raises(ValidationError, match=asked):
        Policy.model_validate(fields)


@pytest.mark.parametrize("policy", [RATE, QUEUE, CURVE], ids=lambda policy: policy.sizing)
@given(rate=st.floats(0, 50_000))
def test_replicas_are_the_fewest_that_serve_the_rate(policy: Policy, rate: float) -> None:
    replicas = replicas_for(policy, rate)
    assert capacity_of(policy, replicas) >= rate * (1 - 1e-5)
    if replicas > 1:
        assert capacity_of(policy, replicas - 1) <= rate * (1 + 1e-5)
