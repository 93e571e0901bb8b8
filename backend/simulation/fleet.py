"""Replicas over time: asked for, starting, serving, draining."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.models.rolling import Floats, Ints


@dataclass(frozen=True)
class Starts:
    """How long a replica takes from being asked for until it serves, and how long one that goes still costs.

    lead_samples: measured times (seconds) of which every start draws one; without them lead_seconds holds for all. Of
    replicas that are asked for at once those after the first `node_every` wait node_lead_seconds more, for a node.
    """

    lead_seconds: float
    lead_samples: tuple[float, ...] = ()
    node_every: int | None = None
    node_lead_seconds: float = 0.0
    drain_seconds: float = 30.0
    seed: int = 1


@dataclass(frozen=True)
class Steps:
    """A number that changes at moments: values[i] from times[i] (seconds, rising) on, the first one before it too."""

    times: Floats
    values: Ints

    def at(self, moments: Floats) -> Ints:
        places = np.searchsorted(self.times, moments, side="right") - 1
        return np.asarray(self.values[np.maximum(places, 0)])


@dataclass(frozen=True)
class Fleet:
    """serving: replicas that take requests. paid: those that cost: starting, serving, and draining ones."""

    serving: Steps
    paid: Steps


def fleet_of(asked: Steps, starts: Starts) -> Fleet:
    """What runs when so many replicas are asked for. Those of the first moment serve from then on.

    One that goes takes no more requests at once, and costs until it has drained. The newest go first, and so those that
    are still starting before those that serve (as a ReplicaSet does).
    """
    draws = np.random.default_rng(starts.seed)
    alive: list[tuple[float, float]] = [(asked.times[0], asked.times[0])] * int(asked.values[0])
    served: list[tuple[float, float]] = []
    paid: list[tuple[float, float]] = []
    for moment, count in zip(asked.times.tolist(), asked.values.tolist(), strict=True):
        if count > len(alive):
            leads = _leads(count - len(alive), starts, draws)
            alive += [(moment, moment + lead) for lead in leads.tolist()]
        while count < len(alive):
            began, ready = alive.pop()
            if ready < moment:
                served.append((ready, moment))
            paid.append((began, moment + starts.drain_seconds))
    served += [(ready, np.inf) for _, ready in alive]
    paid += [(began, np.inf) for began, _ in alive]
    return Fleet(_counted(served), _counted(paid))


def _leads(count: int, starts: Starts, draws: np.random.Generator) -> Floats:
    if starts.lead_samples:
        leads: Floats = draws.choice(np.array(starts.lead_samples, np.float64), count)
    else:
        leads = np.full(count, starts.lead_seconds)
    if starts.node_every is not None:
        leads[starts.node_every :] += starts.node_lead_seconds
    return leads


def _counted(spans: Sequence[tuple[float, float]]) -> Steps:
    """How many of the half-open spans hold at every moment."""
    edges = np.array(spans, np.float64).reshape(-1, 2)
    ends = edges[np.isfinite(edges[:, 1]), 1]
    times = np.concatenate([edges[:, 0], ends])
    changes = np.concatenate([np.ones(len(edges), np.int64), np.full(len(ends), -1)])
    moments, places = np.unique(times, return_inverse=True)
    totals = np.zeros(len(moments), np.int64)
    np.add.at(totals, places, changes)
    return Steps(moments, np.cumsum(totals))


def steps_of(times: Floats, values: Ints) -> Steps:
    """Without the moments at which nothing changes."""
    changed = np.concatenate([[True], np.diff(values) != 0])
    return Steps(times[changed], values[changed])
