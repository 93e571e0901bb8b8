"""Replicas serve after their lead, go at once, and cost until they have drained."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from backend.simulation.fleet import Starts, Steps, fleet_of

changes = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 9)), min_size=1, max_size=30)


def steps(pairs: list[tuple[float, int]]) -> Steps:
    return Steps(np.array([time for time, _ in pairs], np.float64), np.array([count for _, count in pairs]))


def at(found: Steps, *moments: float) -> list[int]:
    return [int(count) for count in found.at(np.array(moments, np.float64))]


@given(changes, st.integers(0, 60))
def test_with_one_lead_those_serve_that_were_asked_for_all_through_it(pairs: list[tuple[int, int]], lead: int) -> None:
    """Worked out second by second, another way: the least of what was asked for in the last `lead` seconds."""
    times = np.cumsum([after for after, _ in pairs]).tolist()
    asked = steps([(0.0, 3), *zip(map(float, times), (count for _, count in pairs), strict=True)])
    end = int(times[-1]) + lead + 5
    wanted = asked.at(np.arange(-lead, end, dtype=np.float64))
    least = [int(wanted[second : second + lead + 1].min()) for second in range(end)]
    fleet = fleet_of(asked, Starts(lead, drain_seconds=0))
    assert fleet.serving.at(np.arange(end, dtype=np.float64)).tolist() == least
    assert fleet.paid.at(np.arange(end, dtype=np.float64)).tolist() == wanted[lead:].tolist()


def test_what_goes_serves_no_more_and_costs_until_it_has_drained() -> None:
    fleet = fleet_of(steps([(0, 5), (100, 2)]), Starts(60, drain_seconds=30))
    assert at(fleet.serving, 99, 100, 131) == [5, 2, 2]
    assert at(fleet.paid, 99, 100, 129, 130) == [5, 5, 5, 2]


def test_what_is_still_starting_goes_first() -> None:
    fleet = fleet_of(steps([(0, 2), (10, 4), (30, 3)]), Starts(60, drain_seconds=0))
    assert at(fleet.serving, 31, 69, 70) == [2, 2, 3]


def test_of_many_that_start_at_once_those_beyond_a_node_wait_for_one() -> None:
    fleet = fleet_of(steps([(0, 1), (10, 6)]), Starts(60, node_every=2, node_lead_seconds=120))
    assert at(fleet.serving, 69, 70, 189, 190) == [1, 3, 3, 6]


def test_a_million_replicas_are_no_more_work_than_a_few() -> None:
    asked = steps([(float(second), 1_000_000 - 7 * (second % 2)) for second in range(5_000)])
    serving = fleet_of(asked, Starts(0.5, drain_seconds=0)).serving
    assert at(serving, 0, 1, 2, 2.5) == [1_000_000, 999_993, 999_993, 1_000_000]


def test_measured_leads_are_drawn_and_the_same_seed_draws_the_same() -> None:
    asked, leads = steps([(0, 1), (10, 200)]), (30.0, 60.0, 90.0)
    one, same, other = (fleet_of(asked, Starts(60, leads, seed=seed)).serving for seed in (1, 1, 2))
    assert one.times.tolist() == [0, 40, 70, 100]
    assert one.values.tolist() == same.values.tolist() != other.values.tolist()
    assert one.values[-1] == 200
