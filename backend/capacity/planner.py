"""plan(): from a forecast and what runs to a number of replicas. Pure: no clock, no store, nothing remembered.

The order of the steps, each after the one before: demand, size, bounds, rate limits, stabilization. A rate limit and
the stabilization are those of a HorizontalPodAutoscaler (kubernetes.io, "Configurable scaling behavior").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Literal, Protocol

from backend.capacity.path import ForecastPath
from backend.capacity.policy import Policy
from backend.capacity.sizing import replicas_for

MINUTE = timedelta(minutes=1)
MOST_AHEAD = 120  # decisions that are planned ahead: an hour has 60 windows, and a cadence may be shorter than one

Binding = Literal["forecast", "observed", "min_replicas", "max_replicas", "up_limit", "down_limit", "stabilization"]


class Decided(Protocol):
    """What a plan asks of a decision before it. wanted: within the bounds, before rate limits and stabilization."""

    @property
    def at(self) -> datetime: ...
    @property
    def replicas(self) -> int: ...
    @property
    def wanted(self) -> int: ...


@dataclass(frozen=True)
class Step:
    """What a step of the plan allowed (`limit`, replicas) and the number after it."""

    name: Binding
    limit: int
    replicas: int


@dataclass(frozen=True)
class Decision:
    """replicas: what should serve from `at` + lead on. wanted: within the bounds, before rate limits and stabilization.

    demand: requests per second that were planned for, factors included. forecast: the highest rate of the quantile
    `level` in the time the decision is for. observed: the rate of the newest window, None where it is unknown.
    """

    at: datetime
    replicas: int
    wanted: int
    demand: float
    forecast: float
    level: float
    observed: float | None
    steps: tuple[Step, ...]

    @property
    def base(self) -> float:
        """The rate that the factors were applied to: the forecast, or what was observed above it."""
        return self.forecast if self.steps[0].name == "forecast" or self.observed is None else self.observed

    @property
    def binding(self) -> Binding:
        """The last step that changed the number."""
        before = (None, *(step.replicas for step in self.steps))
        return next(
            step.name for step, number in reversed([*zip(self.steps, before, strict=False)]) if step.replicas != number
        )


def plan(
    policy: Policy, at: datetime, observed: float | None, path: ForecastPath, past: Sequence[Decided] = ()
) -> Decision:
    """The decision at the origin `at` of `path`. `past`: the decisions before it, in order of time, of a minute and of
    the policy's stabilization_seconds at least.

    Raises InvalidRequestError where the path does not reach as far as the policy's lead, or has not its quantile.
    """
    return plan_for(policy, at, observed, path.highest(policy.level, policy.lead.seconds, policy.cadence_seconds), past)


def plan_for(
    policy: Policy, at: datetime, observed: float | None, forecast: float, past: Sequence[Decided] = ()
) -> Decision:
    """As plan(), of a forecast that is known: the highest rate of the policy's quantile in the time that the decision
    is for. `past` may begin earlier."""
    base: Binding = "forecast"
    rate = forecast
    if policy.reactive_floor and observed is not None and observed > forecast:
        base, rate = "observed", observed
    demand = rate * policy.headroom * policy.burst_factor
    unbounded = replicas_for(policy, demand)
    lowest, highest = policy.min_replicas, _maximum(policy, unbounded)
    steps = [Step(base, unbounded, unbounded)]
    _at_least(steps, "min_replicas", lowest)
    _at_most(steps, "max_replicas", highest)
    wanted = steps[-1].replicas
    if past:
        if policy.is_rate_limited:
            before = _running(past, at - MINUTE)
            if (up := _up_limit(policy, before)) is not None:
                _at_most(steps, "up_limit", max(up, lowest))
            if (down := _down_limit(policy, before)) is not None:
                _at_least(steps, "down_limit", min(down, highest))
        _at_least(steps, "stabilization", min(_stabilized(policy, at, wanted, past), highest))
    return Decision(at, steps[-1].replicas, wanted, demand, forecast, policy.level, observed, tuple(steps))


def plan_ahead(
    policy: Policy, at: datetime, observed: float | None, path: ForecastPath, past: Sequence[Decided] = ()
) -> list[Decision]:
    """The decision at `at` as plan() gives it, and after it those that would follow if nothing came to be known but the
    forecasts of `path`: one a cadence, as far as the path reaches."""
    decisions = [plan(policy, at, observed, path, past)]
    known = [*past, decisions[0]]
    for number in range(1, MOST_AHEAD):
        seconds = number * policy.cadence_seconds
        later = path.later(seconds)
        if policy.lead.seconds + policy.cadence_seconds > later.seconds_left:
            break
        decisions.append(plan(policy, at + timedelta(seconds=seconds), None, later, known))
        known.append(decisions[-1])
    return decisions


def _at_least(steps: list[Step], name: Binding, limit: int) -> None:
    steps.append(Step(name, limit, max(limit, steps[-1].replicas)))


def _at_most(steps: list[Step], name: Binding, limit: int) -> None:
    steps.append(Step(name, limit, min(limit, steps[-1].replicas)))


def _stabilized(policy: Policy, at: datetime, wanted: int, past: Sequence[Decided]) -> int:
    """What may not be gone below: the most that was wanted lately, but no more than runs."""
    since = at - timedelta(seconds=policy.stabilization_seconds)
    most = wanted
    for decision in reversed(past):
        if decision.at <= since:
            break
        if decision.at < at and decision.wanted > most:
            most = decision.wanted
    return min(past[-1].replicas, most)


def _maximum(policy: Policy, unbounded: int) -> int:
    """max_replicas, or with `extend` the buffer above what is wanted, as AWS predictive scaling's maximum capacity
    breach does: 50 wanted of at most 40, and a buffer of 10 %, is a maximum of 55."""
    if policy.max_behavior == "honor" or unbounded <= policy.max_replicas:
        return policy.max_replicas
    return ceil(round(unbounded * (1 + policy.max_buffer_percent / 100), 6))


def _running(past: Sequence[Decided], at: datetime) -> int:
    """Replicas that were decided up to `at`, or first of all."""
    return next((decision.replicas for decision in reversed(past) if decision.at <= at), past[0].replicas)


def _up_limit(policy: Policy, before: int) -> int | None:
    limits = []
    if policy.up_pods is not None:
        limits.append(before + policy.up_pods)
    if policy.up_percent is not None:
        limits.append(ceil(round(before * (1 + policy.up_percent / 100), 6)))
    return max(limits, default=None)


def _down_limit(policy: Policy, before: int) -> int | None:
    limits = []
    if policy.down_pods is not None:
        limits.append(max(0, before - policy.down_pods))
    if policy.down_percent is not None:
        limits.append(floor(round(before * (1 - policy.down_percent / 100), 6)))
    return min(limits, default=None)
