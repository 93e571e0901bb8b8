"""A HorizontalPodAutoscaler, step by step, as kubernetes computes it for external metrics with an average value.

Kubernetes 1.34, pkg/controller/podautoscaler: GetExternalPerPodMetricReplicas, stabilizeRecommendationWithBehaviors and
convertDesiredReplicasWithBehaviorRate; defaults of pkg/apis/autoscaling/v2/defaults.go.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from typing import Literal

SYNC_SECONDS = 15.0  # of the controller: how often it looks


@dataclass(frozen=True)
class RateLimit:
    """pods: how many, percent: of what ran at the period's beginning, may be added (or removed) in so many seconds."""

    kind: Literal["pods", "percent"]
    value: int
    period_seconds: float


@dataclass(frozen=True)
class Rules:
    """Of one direction. select: of several limits the greatest change, the smallest, or no change at all.
    tolerance: the share within which a ratio to the target changes nothing."""

    stabilization_seconds: float
    limits: tuple[RateLimit, ...]
    select: Literal["max", "min", "disabled"] = "max"
    tolerance: float = 0.1


@dataclass(frozen=True)
class Behavior:
    up: Rules
    down: Rules


def default_behavior(tolerance: float = 0.1) -> Behavior:
    """What holds where a manifest has no `behavior`; `tolerance` is a flag of the controller."""
    double = RateLimit("percent", 100, 15)
    return Behavior(
        Rules(0, (RateLimit("pods", 4, 15), double), tolerance=tolerance), Rules(300, (double,), tolerance=tolerance)
    )


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

    def __post_init__(self) -> None:
        self._lowest = _Extreme(self.behavior.up.stabilization_seconds, sign=-1)
        self._highest = _Extreme(self.behavior.down.stabilization_seconds, sign=1)
        self._added = _Changes(_longest(self.behavior.up, self.behavior.down))
        self._removed = _Changes(_longest(self.behavior.up, self.behavior.down))

    def step(self, at: float, running: int, usages: Sequence[tuple[float, float]]) -> int:
        """Replicas after a sync at `at` (seconds, rising). running: spec and status. usages: value and target of each
        metric that could be read; of several the largest proposal counts. With none nothing changes."""
        if running > self.max_replicas or running < self.min_replicas:
            return self._scaled(at, running, min(max(running, self.min_replicas), self.max_replicas))
        if not usages:
            return running
        up, down = self.behavior.up, self.behavior.down
        wanted = 0
        for usage, target in usages:
            wanted = max(wanted, proposal(usage, target, running, up.tolerance, down.tolerance))
        lowest, highest = self._lowest.with_newest(at, wanted), self._highest.with_newest(at, wanted)
        stable = min(max(running, lowest), highest)
        if stable > running:
            return self._scaled(at, running, min(stable, self.max_replicas, self._limit_up(at, running)))
        if stable < running:
            return self._scaled(at, running, max(stable, self.min_replicas, self._limit_down(at, running)))
        return running

    def _scaled(self, at: float, running: int, replicas: int) -> int:
        if replicas > running:
            self._added.put(at, replicas - running)
        elif replicas < running:
            self._removed.put(at, running - replicas)
        return replicas

    def _limit_up(self, at: float, running: int) -> int:
        def most(limit: RateLimit, begun: int) -> int:
            return begun + limit.value if limit.kind == "pods" else ceil(begun * (1 + limit.value / 100))

        return max(running, self._limited(at, running, self.behavior.up, most, greatest=max))

    def _limit_down(self, at: float, running: int) -> int:
        def least(limit: RateLimit, begun: int) -> int:
            return begun - limit.value if limit.kind == "pods" else floor(begun * (1 - limit.value / 100))

        return min(running, self._limited(at, running, self.behavior.down, least, greatest=min))

    def _limited(
        self,
        at: float,
        running: int,
        rules: Rules,
        reach: Callable[[RateLimit, int], int],
        greatest: Callable[[Sequence[int]], int],
    ) -> int:
        if rules.select == "disabled":
            return running
        reached = []
        for limit in rules.limits:
            begun = running - self._added.since(at, limit.period_seconds)
            reached.append(reach(limit, begun + self._removed.since(at, limit.period_seconds)))
        smallest: Callable[[Sequence[int]], int] = min if greatest is max else max
        return greatest(reached) if rules.select == "max" else smallest(reached)


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
    """How many replicas were added, or removed, and when."""

    def __init__(self, kept_seconds: float) -> None:
        self._kept_seconds = kept_seconds
        self._changes: deque[tuple[float, int]] = deque()

    def put(self, at: float, count: int) -> None:
        while self._changes and self._changes[0][0] <= at - self._kept_seconds:
            self._changes.popleft()
        self._changes.append((at, count))

    def since(self, at: float, seconds: float) -> int:
        """After `at` less the seconds."""
        return sum(count for moment, count in self._changes if moment > at - seconds)


def _longest(*rules: Rules) -> float:
    return max((limit.period_seconds for each in rules for limit in each.limits), default=0.0)
