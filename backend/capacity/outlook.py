"""Which replicas run when: a decision's from its lead on, until those of the next."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from backend.capacity.path import ForecastPath
from backend.capacity.planner import Decided
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
