"""Which replicas run when: a decision's from its lead on, until those of the next."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Annotated

from pydantic import Field

from backend.capacity.log import LoggedDecision
from backend.capacity.path import ForecastPath
from backend.capacity.planner import Decided, Decision, plan_ahead
from backend.capacity.policy import Policy
from backend.capacity.sizing import capacity_of


@dataclass(frozen=True)
class Running:
    """capacity: requests per second that the replicas serve."""

    since: datetime
    replicas: int
    capacity: float


@dataclass(frozen=True)
class WindowAhead:
    """timestamp: its start. forecast: the quantile that is planned for, requests per second. replicas and capacity:
    what runs in it; None where no decision reaches."""

    timestamp: datetime
    forecast: float
    replicas: int | None
    capacity: float | None


@dataclass(frozen=True)
class RunDecision(LoggedDecision):
    """A decision with what comes to run by it."""

    policy: Annotated[int, Field(description="number of the policy that held; 0: what a policy would have decided")]
    serving_from: Annotated[datetime, Field(description="when these replicas serve: a lead later")]
    capacity: Annotated[float, Field(description="requests per second that they serve")]


@dataclass(frozen=True)
class Outlook:
    """decision: the one that is due now. running: what runs now; None where nothing was decided. windows: what is
    forecast and what will run, from now on."""

    decision: Decision
    running: Running | None
    windows: list[WindowAhead]


def outlook(
    policy: Policy,
    at: datetime,
    observed: float | None,
    path: ForecastPath,
    past: Sequence[Decided],
    running: Sequence[Running],
) -> Outlook:
    """What is decided now and, nothing else coming to be known, next. running: what runs by the decisions before."""
    planned = plan_ahead(policy, at, observed, path, past)
    taken = in_turn([*running, *(running_since(decision, policy) for decision in planned)])
    return Outlook(planned[0], running_at(taken, at), windows_ahead(policy, at, path, taken))


def run_decision(decision: LoggedDecision, policy: Policy) -> RunDecision:
    running = running_since(decision, policy)
    return RunDecision(**vars(decision), serving_from=running.since, capacity=running.capacity)


def running_since(decision: Decided, policy: Policy) -> Running:
    since = decision.at + timedelta(seconds=policy.lead.seconds)
    return Running(since, decision.replicas, capacity_of(policy, decision.replicas))


def running_at(running: Sequence[Running], moment: datetime) -> Running | None:
    """Of `running`, in order of time, the one that holds at a moment."""
    place = bisect_right(running, moment, key=attrgetter("since"))
    return running[place - 1] if place else None


def in_turn(running: Sequence[Running]) -> list[Running]:
    """What comes to run of what decisions give, in their order: one that serves sooner replaces those before it."""
    kept: list[Running] = []
    for one in running:
        while kept and kept[-1].since >= one.since:
            kept.pop()
        kept.append(one)
    return kept


def windows_ahead(policy: Policy, at: datetime, path: ForecastPath, running: Sequence[Running]) -> list[WindowAhead]:
    """The windows from the origin `at` on, as far as the path reaches."""
    windows = []
    for number, forecast in enumerate(path.every_window(policy.level)):
        start = at + timedelta(seconds=number * path.window_seconds)
        one = running_at(running, start)
        replicas, capacity = (one.replicas, one.capacity) if one else (None, None)
        windows.append(WindowAhead(start, float(forecast), replicas, capacity))
    return windows


def crossed_at(windows: Sequence[WindowAhead], capacity: float) -> datetime | None:
    """When what is forecast first exceeds a capacity; None where it does not."""
    return next((window.timestamp for window in windows if window.forecast > capacity), None)
