"""Replicas for a request rate, and the rate that replicas serve: a row a rule."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, exp, isclose

import numpy as np

from backend.capacity.policy import MOST, Policy, Sizing


@dataclass(frozen=True)
class SizingRule:
    """replicas: the fewest for a rate. capacity: the rate that so many serve. Both rise with their argument."""

    replicas: Callable[[Policy, float], int]
    capacity: Callable[[Policy, int], float]


def replicas_for(policy: Policy, rate: float) -> int:
    """The fewest replicas that serve `rate` (requests per second); at least 1, at most MOST."""
    return min(MOST, max(1, SIZINGS[policy.sizing].replicas(policy, rate)))


def capacity_of(policy: Policy, replicas: int) -> float:
    """Requests per second that so many replicas serve."""
    return SIZINGS[policy.sizing].capacity(policy, replicas)


def waiting(load: float, servers: int) -> float:
    """Erlang C: the share of requests that wait, at `load` (arrivals times service time, below `servers`).

    From Erlang B, a term of the Poisson distribution over the sum of those up to it: as quick for a million servers.
    """
    from scipy.special import gammaln, pdtr, xlogy  # loaded by what interpolates forecasts

    blocked = exp(xlogy(servers, load) - load - gammaln(servers + 1)) / pdtr(servers, load)
    return float(servers * blocked / (servers - load * (1 - blocked)))


def _by_rate(policy: Policy, rate: float) -> int:
    return _whole(rate / _given(policy.rps_per_replica))


def _rate_capacity(policy: Policy, replicas: int) -> float:
    return replicas * _given(policy.rps_per_replica)


def _by_queue(policy: Policy, rate: float) -> int:
    """By bisection between the load and twice what is ample: to search server by server costs their square."""
    load = rate * _given(policy.service_seconds)
    few, many = int(load / policy.workers), max(1, ceil(2 * (load + 1) / policy.workers))
    while not _waits_little(policy, load, many) and many < MOST:
        many *= 2
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if _waits_little(policy, load, middle) else (middle, many)
    return many


def _queue_capacity(policy: Policy, replicas: int) -> float:
    """By bisection, to a millionth of what the workers could do at most."""
    service = _given(policy.service_seconds)
    served, refused = 0.0, replicas * policy.workers / service
    step = refused / 1_000_000
    while refused - served > step:
        middle = (served + refused) / 2
        little = _waits_little(policy, middle * service, replicas)
        served, refused = (middle, refused) if little else (served, middle)
    return served


def _waits_little(policy: Policy, load: float, replicas: int) -> bool:
    """Whether no more requests wait too long than may: P(wait > t) = C·exp(-(c - a)·t / service time) (M/M/c)."""
    servers = replicas * policy.workers
    if servers <= load:
        return False
    late = exp(-(servers - load) * policy.wait_seconds / _given(policy.service_seconds))
    return waiting(load, servers) * late <= policy.wait_share


def _by_curve(policy: Policy, rate: float) -> int:
    """Between two points on the line through them, below the first from nothing, beyond the last by its slope."""
    replicas, rates = _curve(policy)
    if rate <= rates[-1]:
        return _whole(float(np.interp(rate, rates, replicas)))
    return _whole(replicas[-1] + (rate - rates[-1]) * _last_slope(replicas, rates))


def _curve_capacity(policy: Policy, count: int) -> float:
    replicas, rates = _curve(policy)
    if count <= replicas[-1]:
        return float(np.interp(count, replicas, rates))
    return rates[-1] + (count - replicas[-1]) / _last_slope(replicas, rates)


def _curve(policy: Policy) -> tuple[list[float], list[float]]:
    points = ((0, 0.0), *policy.measured)
    return [float(replicas) for replicas, _ in points], [rate for _, rate in points]


def _last_slope(replicas: list[float], rates: list[float]) -> float:
    return (replicas[-1] - replicas[-2]) / (rates[-1] - rates[-2])


def _whole(replicas: float) -> int:
    """Rounded up; 1,200 at 0.1 each is 12,000 replicas, though the division says a little more."""
    nearest = round(replicas)
    return nearest if isclose(replicas, nearest, rel_tol=1e-9) else ceil(replicas)


def _given(value: float | None) -> float:
    assert value is not None  # Policy refuses a sizing without it
    return value


SIZINGS: dict[Sizing, SizingRule] = {
    "rate": SizingRule(_by_rate, _rate_capacity),
    "queue": SizingRule(_by_queue, _queue_capacity),
    "curve": SizingRule(_by_curve, _curve_capacity),
}
