"""What a simulation says: of who wins, and honestly where we do not."""

import re
from dataclasses import replace

import numpy as np
import pytest

from backend.models.predictor import RPSEstimator
from backend.simulation.conclusions import difference, duration, minutes, recommended, sentence_of
from backend.simulation.outcome import SUMS
from backend.simulation.simulator import Simulation
from backend.tests.simulation.series import days, rates, simulated


@pytest.fixture(scope="module")
def simulation(estimator: RPSEstimator) -> Simulation:
    return simulated(estimator, days(6), policies="hpa,hpa_50,model,model_p50,model_p90,model_p95")


def cheaper(simulation: Simulation, key: str, share: float, shaky: bool = False) -> Simulation:
    """The simulation with a policy that cost another share of what it did, on every day or on one alone."""
    sums = simulation.measured[key].sums.copy()
    columns = [SUMS.index(name) for name in ("paid", "used", "missing")]
    days_changed = slice(0, 1) if shaky else slice(None)
    sums[days_changed, columns[0]] = sums[days_changed, columns[1]] + share * (
        sums[days_changed, columns[0]] - sums[days_changed, columns[1]]
    )
    sums[days_changed, columns[2]] *= share
    measured = simulation.measured | {key: replace(simulation.measured[key], sums=sums)}
    outcomes = [
        each.model_copy(
            update={"weighed_cost": each.weighed_cost * (1 - (1 - share) * (1 / len(sums) if shaky else 1))}
        )
        if each.policy == key
        else each
        for each in simulation.outcomes
    ]
    return replace(simulation, measured=measured, outcomes=outcomes)


def test_the_sentence_has_our_policy_beside_the_hpa(simulation: Simulation) -> None:
    said = sentence_of(simulation)
    assert re.match(
        r"With p90 and 2 minutes of lead you would have been short [\d.,]+ minutes? instead of [\d.,]+, for "
        r"(\d+ % (more|fewer)|no more) replica-hours than an HPA with a target of 80 %\. ",
        said,
    )


@pytest.mark.parametrize("policies", ["hpa,hpa_50,model", "hpa,hpa_50"])
def test_from_less_than_a_day_nothing_is_concluded(estimator: RPSEstimator, policies: str) -> None:
    said = sentence_of(simulated(estimator, days(1), policies=policies))
    assert said.endswith("Nothing can be concluded from 12 hours of traffic: load repeats by the day.")
    assert "heap" not in said


def test_where_another_costs_less_on_most_days_the_sentence_says_which(simulation: Simulation) -> None:
    said = sentence_of(cheaper(simulation, "hpa_50", 0.01))
    assert "Cheaper is HPA, target 50 %: short" in said
    assert "a missing replica costing 9 times an idle one." in said


def test_a_sweep_that_agrees_with_the_rule_is_recommended_as_that(simulation: Simulation) -> None:
    found = recommended(cheaper(simulation, "model_p90", 0.5))
    assert found is not None
    assert (found.quantile, found.policy) == (0.9, "model_p90")
    assert "by the newsvendor rule p90; on this traffic it was the cheapest too" in found.sentence


def test_another_quantile_is_recommended_where_it_cost_less_on_most_days(simulation: Simulation) -> None:
    found = recommended(cheaper(simulation, "model_p50", 0.01))
    assert found is not None
    assert found.quantile == 0.5
    assert "but on this traffic p50 was" in found.sentence
    assert [cost.policy for cost in found.costs] == ["model_p50", "model_p90", "model_p95"]


def test_too_few_days_leave_the_rule_alone(estimator: RPSEstimator) -> None:
    found = recommended(cheaper(simulated(estimator, days(1), policies="model,model_p50,model_p90"), "model_p50", 0.01))
    assert found is not None
    assert found.quantile == 0.9
    assert "fewer than three days cannot tell that from luck" in found.sentence


def test_where_nothing_costs_anything_nobody_is_cheaper(estimator: RPSEstimator) -> None:
    idle = simulated(estimator, rates(np.zeros(3 * 1440)))  # one replica, always
    assert "None of the other policies would reliably have cost less" in sentence_of(idle)
    found = recommended(idle)
    assert found is not None
    assert found.quantile == 0.9
    assert "on this traffic it was the cheapest too" in found.sentence


def test_a_quantile_is_called_as_its_policy_is(estimator: RPSEstimator) -> None:
    sweep = simulated(estimator, days(1), policy={"shortage_cost": 2}, policies="model_p67,model_p90")
    found = recommended(sweep)
    assert found is not None
    assert found.sentence.startswith("p67: A missing replica costs 2 times an idle one")


def test_the_oracle_alone_is_nothing_to_compare(estimator: RPSEstimator) -> None:
    assert sentence_of(simulated(estimator, days(2), policies="oracle")).startswith("Beside the oracle no policy")
    assert sentence_of(simulated(estimator, days(2), policies="fixed")).startswith("No policy could be replayed")


def test_without_our_policy_the_cheapest_is_named(estimator: RPSEstimator) -> None:
    said = sentence_of(simulated(estimator, days(3), policies="hpa,hpa_50"))
    assert said.startswith("Of these policies HPA")
    assert recommended(simulated(estimator, days(1), policies="hpa")) is None


def test_numbers_read_as_people_say_them() -> None:
    assert [minutes(value) for value in (0, 1, 2.25, 14.4, 1234)] == [
        "0 minutes",
        "1 minute",
        "2.2 minutes",
        "14 minutes",
        "1,234 minutes",
    ]
    assert [difference(value, 100) for value in (103, 88, 100.1)] == [
        "3 % more replica-hours",
        "12 % fewer replica-hours",
        "no more replica-hours",
    ]
    assert [duration(seconds) for seconds in (60, 90, 120)] == ["1 minute", "90 seconds", "2 minutes"]
