"""A HorizontalPodAutoscaler, step by step, as kubernetes computes it for external metrics with an average value.

Kubernetes 1.36, pkg/controller/podautoscaler: reconcileAutoscaler with GetExternalPerPodMetricReplicas,
normalizeDesiredReplicas and normalizeDesiredReplicasWithBehaviors; defaults of pkg/apis/autoscaling/v2/defaults.go. The
tests compare every step with that code.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, isnan
from typing import Any, Literal

SYNC_SECONDS = 15.0  # of the controller: how often it looks


@dataclass(frozen=True)
class RateLimit:
    """Pods: how many, Percent: of what ran at the period's beginning, may be added (or removed) in so many seconds."""

    kind: Literal["Pods", "Percent"]
    value: int
    period_seconds: float


@dataclass(frozen=True)
class Rules:
    """Of one direction. select: of several limits the greatest change, the smallest, or no change at all.
    tolerance: the share within which a ratio to the target changes nothing."""

    stabilization_seconds: float
    limits: tuple[RateLimit, ...]
    select: Literal["Max", "Min", "Disabled"] = "Max"
    tolerance: float = 0.1


@dataclass(frozen=True)
class Behavior:
    """stated: whether a manifest has a `behavior`. Without one older rules hold than those that it would default to:
    replicas go to the most that was recommended lately, upwards too, by doubling or up to four a sync."""

    up: Rules
    down: Rules
    stated: bool = True


# What the API server fills in where a manifest's behavior leaves it out.
SCALE_UP: Mapping[str, Any] = {
    "stabilizationWindowSeconds": 0,
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
    "selectPolicy": "Max",
}
SCALE_DOWN: Mapping[str, Any] = {
    "stabilizationWindowSeconds": 300,
    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
    "selectPolicy": "Max",
}


def behavior_of(stated: Mapping[str, Any] | None, tolerance: float) -> Behavior:
    """Of a manifest's `behavior`, None where it has none. tolerance: the controller's, where the behavior has none."""
    given = stated or {}
    up, down = ({**SCALE_UP, **given.get("scaleUp", {})}, {**SCALE_DOWN, **given.get("scaleDown", {})})
    return Behavior(_rules(up, tolerance), _rules(down, tolerance), stated is not None)


def _rules(fields: Mapping[str, Any], tolerance: float) -> Rules:
    limits = tuple(RateLimit(each["type"], each["value"], each["periodSeconds"]) for each in fields["policies"])
    own = float(fields.get("tolerance", tolerance))
    return Rules(fields["stabilizationWindowSeconds"], limits, fields["selectPolicy"], own)


def proposal(usage: float, target: float, running: int, up_tolerance: float, down_tolerance: float) -> int:
    """Replicas for one external metric. usage: its value, target: averageValue, running: status.replicas.

    Both ends of the tolerance are inside, as from Kubernetes 1.33 on. Values travel in thousandths.
    """
    total, each = round(usage * 1000), max(1, round(target * 1000))
    if running and 1 - down_tolerance <= total / (each * running) <= 1 + up_tolerance:
        return running
    return ceil(total / each)


@dataclass
class HorizontalPodAutoscaler:
    """One autoscaler over time: it remembers what it recommended and when it scaled."""

    behavior: Behavior
    min_replicas: int
    max_replicas: int
    _lowest: "_Extreme" = field(init=False)
    _highest: "_Extreme" = field(init=False)
    _added: "_Changes" = field(init=False)
    _removed: "_Changes" = field(init=False)
    _begun: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._lowest = _Extreme(self.behavior.up.stabilization_seconds, sign=-1)
        self._highest = _Extreme(self.behavior.down.stabilization_seconds, sign=1)
        self._added, self._removed = _Changes(self.behavior.up), _Changes(self.behavior.down)

    def step(self, at: float, running: int, usages: Sequence[tuple[float, float]]) -> int:
        """Replicas after a sync at `at` (seconds, rising). running: spec and status. usages: value and target of each
        metric, NaN where it cannot be read. Of several the largest proposal counts; none goes down while one of them
        cannot be read."""
        if not self._begun:  # what runs at first counts as recommended
            self._begun = True
            self._recommended(at, running)
        if running > self.max_replicas or running < self.min_replicas:
            return self._scaled(at, running, min(max(running, self.min_replicas), self.max_replicas))
        up, down = self.behavior.up.tolerance, self.behavior.down.tolerance
        read = [each for each in usages if not isnan(each[0])]
        wanted = 0
        for usage, target in read:
            wanted = max(wanted, proposal(usage, target, running, up, down))
        if not read or (len(read) < len(usages) and wanted < running):
            return running
        lowest, highest = self._recommended(at, wanted)
        if not self.behavior.stated:
            return max(self.min_replicas, min(highest, self.max_replicas, max(2 * running, 4)))
        stable = min(max(running, lowest), highest)
        if stable > running:
            return self._scaled(at, running, min(stable, self.max_replicas, self._limit_up(at, running)))
        if stable < running:
            return self._scaled(at, running, max(stable, self.min_replicas, self._limit_down(at, running)))
        return running

    def _recommended(self, at: float, replicas: int) -> tuple[int, int]:
        """The least and the most of what was recommended lately, with the newest."""
        return self._lowest.with_newest(at, replicas), self._highest.with_newest(at, replicas)

    def _scaled(self, at: float, running: int, replicas: int) -> int:
        if replicas > running:
            self._added.put(at, replicas - running)
        elif replicas < running:
            self._removed.put(at, running - replicas)
        return replicas

    def _limit_up(self, at: float, running: int) -> int:
        def most(limit: RateLimit, begun: int) -> int:
            return begun + limit.value if limit.kind == "Pods" else ceil(begun * (1 + limit.value / 100))

        return max(running, self._limited(at, running, self.behavior.up, most, greatest=max))

    def _limit_down(self, at: float, running: int) -> int:
        def least(limit: RateLimit, begun: int) -> int:
            return begun - limit.value if limit.kind == "Pods" else floor(begun * (1 - limit.value / 100))

        return min(running, self._limited(at, running, self.behavior.down, least, greatest=min))

    def _limited(
        self,
        at: float,
        running: int,
        rules: Rules,
        reach: Callable[[RateLimit, int], int],
        greatest: Callable[[Sequence[int]], int],
    ) -> int:
        if rules.select == "Disabled":
            return running
        reached = []
        for limit in rules.limits:
            begun = running - self._added.since(at, limit.period_seconds)
            reached.append(reach(limit, begun + self._removed.since(at, limit.period_seconds)))
        smallest: Callable[[Sequence[int]], int] = min if greatest is max else max
        return greatest(reached) if rules.select == "Max" else smallest(reached)


class _Extreme:
    """The greatest (sign 1) or least (sign -1) recommendation of the last seconds."""

    def __init__(self, seconds: float, sign: int) -> None:
        self._seconds = seconds
        self._sign = sign
        self._kept: deque[tuple[float, int]] = deque()

    def with_newest(self, at: float, recommendation: int) -> int:
        """Of those after `at` less the seconds and the newest, which is kept."""
        if not self._seconds:
            return recommendation
        kept, sign = self._kept, self._sign
        while kept and sign * (kept[-1][1] - recommendation) <= 0:
            kept.pop()
        kept.append((at, recommendation))
        while kept[0][0] <= at - self._seconds and len(kept) > 1:
            kept.popleft()
        return kept[0][1]


class _Changes:
    """How many replicas were added, or removed, and when. One of a time that no limit of its own direction asks about
    makes room for the next, as in Kubernetes: a longer limit of the other direction does not see it any more."""

    def __init__(self, rules: Rules) -> None:
        self._kept_seconds = max((limit.period_seconds for limit in rules.limits), default=0.0)
        self._changes: list[tuple[float, int]] = []

    def put(self, at: float, count: int) -> None:
        old = [place for place, (moment, _) in enumerate(self._changes) if moment <= at - self._kept_seconds]
        if old:
            self._changes[old[-1]] = (at, count)
        else:
            self._changes.append((at, count))

    def since(self, at: float, seconds: float) -> int:
        """After `at` less the seconds."""
        return sum(count for moment, count in self._changes if moment > at - seconds)
