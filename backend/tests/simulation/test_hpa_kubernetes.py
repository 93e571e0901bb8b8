"""Every step of our HPA is that of Kubernetes' own controller, on random traffic and with random behaviors."""

import json
import subprocess
from collections.abc import Iterator
from math import nan
from typing import IO, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend.capacity.manifests import BEHAVIOR
from backend.simulation.hpa import HorizontalPodAutoscaler, behavior_of
from backend.tests.scripts import find_program

pytestmark = pytest.mark.programs

TARGETS = [100_000, 30_000]  # thousandths
Controller = tuple[IO[str], IO[str]]


@pytest.fixture(scope="module")
def controller() -> Iterator[Controller]:
    program = find_program("ensure-hpa")
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdin, process.stdout
        process.stdin.close()


def kubernetes(controller: Controller, question: dict[str, Any]) -> list[int]:
    asks, answers = controller
    asks.write(json.dumps(question) + "\n")
    asks.flush()
    replicas: list[int] = json.loads(answers.readline())
    return replicas


def ours(question: dict[str, Any]) -> list[int]:
    behavior = behavior_of(question["behavior"], question["tolerance"])
    scaler = HorizontalPodAutoscaler(behavior, question["min"], question["max"])
    running, replicas = question["running"], []
    for number, usages in enumerate(question["usages_milli"]):
        read = [
            (nan if usage is None else usage / 1000, target / 1000)
            for usage, target in zip(usages, question["targets_milli"], strict=True)
        ]
        running = scaler.step(float(number * question["sync_seconds"]), running, read)
        replicas.append(running)
    return replicas


limits = st.fixed_dictionaries(
    {"type": st.sampled_from(["Pods", "Percent"]), "value": st.integers(1, 120), "periodSeconds": st.integers(1, 200)}
)
rules = st.fixed_dictionaries(
    {},
    optional={
        "stabilizationWindowSeconds": st.integers(0, 400),
        "policies": st.lists(limits, min_size=1, max_size=3),
        "selectPolicy": st.sampled_from(["Max", "Min", "Disabled"]),
        "tolerance": st.sampled_from(["0", "0.05", "0.3"]),
    },
)
behaviors = st.none() | st.fixed_dictionaries({}, optional={"scaleUp": rules, "scaleDown": rules}) | st.just(BEHAVIOR)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """Traffic in levels that hold for a while, so that stabilizations end, with noise and unreadable metrics."""
    least = draw(st.integers(1, 5))
    most = draw(st.integers(least, 60))
    targets = TARGETS[: draw(st.integers(1, 2))]
    spells = draw(st.lists(st.tuples(st.floats(0, 80), st.integers(1, 40)), min_size=1, max_size=6))
    random = draw(st.randoms(use_true_random=False))
    unread = draw(st.sampled_from([0.0, 0.1]))
    usages = [
        [None if random.random() < unread else round(level * random.uniform(0.8, 1.2) * target) for target in targets]
        for level, syncs in spells
        for _ in range(syncs)
    ]
    return {
        "min": least,
        "max": most,
        "running": draw(st.integers(1, 80)),
        "tolerance": draw(st.sampled_from([0.1, 0.0])),
        "behavior": draw(behaviors),
        "sync_seconds": draw(st.sampled_from([15, 10, 60])),
        "targets_milli": targets,
        "usages_milli": usages,
    }


def limited_to(pods: int, seconds: int) -> dict[str, Any]:
    policies = [{"type": "Pods", "value": pods, "periodSeconds": seconds}]
    return {"stabilizationWindowSeconds": 0, "policies": policies, "tolerance": "0"}


LONGER_DOWN: dict[str, Any] = {  # what was added is asked about for longer by the limit downwards than by that upwards
    "min": 1,
    "max": 60,
    "running": 10,
    "tolerance": 0.1,
    "behavior": {"scaleUp": limited_to(2, 15), "scaleDown": limited_to(3, 180)},
    "sync_seconds": 15,
    "targets_milli": TARGETS[:1],
    "usages_milli": [[usage] for usage in [6_000_000] * 5 + [100_000] * 30],
}


@settings(max_examples=200, deadline=None)
@given(question=questions())
@example(question=LONGER_DOWN)
def test_every_step_is_that_of_kubernetes(controller: Controller, question: dict[str, Any]) -> None:
    assert ours(question) == kubernetes(controller, question)
