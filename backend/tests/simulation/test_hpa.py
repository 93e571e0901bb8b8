"""The HPA's steps: golden cases of the real calculator, and its rate limits and stabilization by hand."""

from collections.abc import Sequence
from math import nan

import pytest

from backend.simulation.hpa import Behavior, HorizontalPodAutoscaler, RateLimit, Rules, behavior_of, proposal

ANY = RateLimit("Percent", 100_000, 15)
UNSTATED = behavior_of(None, 0.1)


def autoscaler(behavior: Behavior, least: int = 1, most: int = 10_000) -> HorizontalPodAutoscaler:
    return HorizontalPodAutoscaler(behavior, least, most)


def followed(scaler: HorizontalPodAutoscaler, running: int, usages: Sequence[float], target: float = 100) -> list[int]:
    """Replicas after each of the syncs, 15 s apart."""
    numbers = []
    for number, usage in enumerate(usages):
        running = scaler.step(15.0 * number, running, [(usage, target)])
        numbers.append(running)
    return numbers


@pytest.mark.parametrize(
    ("running", "usage", "target", "replicas"),
    [  # run with k8s.io/kubernetes v1.32.13's own NewReplicaCalculator
        (11, 1140, 100, 11),
        (10, 1140, 100, 12),
        (12, 1140, 100, 12),
        (13, 1140, 100, 12),
        (10, 1101, 100, 12),
        (10, 900, 100, 10),
        (10, 899, 100, 9),
        (3, 299, 100, 3),
        (1, 0, 100, 0),
        (88, 89, 1, 88),
    ],
)
def test_what_an_hpa_proposes_is_what_kubernetes_proposes(
    running: int, usage: float, target: float, replicas: int
) -> None:
    assert proposal(usage, target, running, 0.1, 0.1) == replicas


def test_within_the_tolerance_a_right_number_changes_nothing_until_the_tolerance_is_0() -> None:
    assert followed(autoscaler(UNSTATED), 11, [1140] * 4) == [11] * 4
    none = Behavior(Rules(0, (ANY,), tolerance=0), Rules(0, (ANY,), tolerance=0))
    assert followed(autoscaler(none), 11, [1140, 1100]) == [12, 11]


def test_going_up_it_doubles_or_goes_to_four_and_with_a_behavior_adds_four() -> None:
    assert followed(autoscaler(UNSTATED), 1, [10_000] * 6) == [4, 8, 16, 32, 64, 100]
    assert followed(autoscaler(behavior_of({}, 0.1)), 1, [10_000] * 6) == [5, 10, 20, 40, 80, 100]


def test_without_a_behavior_it_goes_up_to_what_was_recommended_lately() -> None:
    assert followed(autoscaler(UNSTATED), 4, [2_000, 400, 400]) == [8, 16, 20]
    assert followed(autoscaler(behavior_of({}, 0.1)), 4, [2_000, 400, 400]) == [8, 8, 8]


def test_what_ran_at_first_counts_as_recommended() -> None:
    numbers = followed(autoscaler(UNSTATED), 10, [300] * 21)
    assert numbers == [10] * 20 + [3]


def test_going_down_it_waits_for_five_minutes_of_lower_proposals() -> None:
    numbers = followed(autoscaler(UNSTATED), 10, [1000] + [300] * 25)
    assert numbers[:20] == [10] * 20
    assert numbers[20] == 3  # the proposal of 10 is 300 s old, and no longer after the cutoff


def test_the_highest_proposal_of_the_window_is_what_it_goes_down_to() -> None:
    numbers = followed(autoscaler(UNSTATED), 10, [1000, 300, 600] + [300] * 25)
    assert numbers[20:22] == [6, 6]
    assert numbers[22] == 3


def test_a_limit_counts_what_its_period_has_added_and_removed_already() -> None:
    slow = Rules(0, (RateLimit("Pods", 2, 60),), tolerance=0)
    numbers = followed(autoscaler(Behavior(slow, slow)), 4, [1000] * 5 + [100] * 5)
    assert numbers[:5] == [6, 6, 6, 6, 8]
    # At 75 s the last minute began with the 6 that ran at 15 s, so 4 is the least; the increase of 60 s counts too.
    assert numbers[5:] == [4, 4, 4, 4, 2]


def test_of_two_limits_the_smaller_holds_where_that_is_selected_and_none_where_it_is_disabled() -> None:
    limits = (RateLimit("Pods", 4, 15), RateLimit("Percent", 10, 15))
    least, off = Rules(0, limits, "Min", 0), Rules(0, limits, "Disabled", 0)
    assert followed(autoscaler(Behavior(least, least)), 20, [10_000]) == [22]
    assert followed(autoscaler(Behavior(off, off)), 20, [10_000, 100]) == [20, 20]


def test_going_up_it_waits_where_a_stabilization_is_set_for_that() -> None:
    waits = Behavior(Rules(60, (ANY,), tolerance=0), Rules(0, (ANY,), tolerance=0))
    assert followed(autoscaler(waits), 2, [200, 800, 500, 800, 800, 800, 800]) == [2, 2, 2, 2, 5, 5, 8]


def test_of_several_metrics_the_most_replicas_count_and_none_goes_down_while_one_cannot_be_read() -> None:
    scaler = autoscaler(behavior_of({"scaleDown": {"stabilizationWindowSeconds": 0}}, 0.1))
    assert scaler.step(0, 3, [(250, 100), (700, 100)]) == 7
    assert scaler.step(15, 7, [(250, 100), (nan, 100)]) == 7
    assert scaler.step(30, 7, [(nan, 100), (nan, 100)]) == 7
    assert scaler.step(45, 7, [(900, 100), (nan, 100)]) == 9
    assert scaler.step(60, 9, [(250, 100), (200, 100)]) == 3


def test_the_bounds_hold_whatever_is_proposed() -> None:
    scaler = autoscaler(UNSTATED, least=2, most=6)
    assert scaler.step(0, 3, [(5_000, 100)]) == 6
    assert scaler.step(15, 9, [(5_000, 100)]) == 6
    assert scaler.step(30, 1, [(5_000, 100)]) == 2
