"""Replicas over time: asked for, starting, serving, draining."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from backend.arrays import Floats, Ints


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
    first, running = float(asked.times[0]), int(asked.values[0])
    alive = [_Batch(first, first, running)]  # so that the work grows with the changes, not with the replicas
    gone: list[tuple[_Batch, float]] = []
    for moment, count in zip(asked.times.tolist(), asked.values.tolist(), strict=True):
        if count > running:
            alive += _started(moment, count - running, starts, draws)
        leaving = running - count
        while leaving > 0:
            batch = alive.pop()
            going = min(leaving, batch.count)
            gone.append((replace(batch, count=going), moment))
            if going < batch.count:
                alive.append(replace(batch, count=batch.count - going))
            leaving -= going
        running = count
    ended = [*gone, *((batch, np.inf) for batch in alive)]
    return Fleet(
        _counted([(batch.ready, end, batch.count) for batch, end in ended if batch.ready < end]),
        _counted([(batch.began, end + starts.drain_seconds, batch.count) for batch, end in ended]),
    )


@dataclass(frozen=True)
class _Batch:
    """Replicas that were asked for together and serve from `ready` on."""

    began: float
    ready: float
    count: int


def _started(moment: float, count: int, starts: Starts, draws: np.random.Generator) -> list[_Batch]:
    """Replicas that are asked for at once, those that serve first before the others."""
    samples = starts.lead_samples
    leads = draws.choice(np.array(samples), count).tolist() if samples else [starts.lead_seconds] * count
    at_once = count if starts.node_every is None else starts.node_every
    waits = Counter(leads[:at_once] + [lead + starts.node_lead_seconds for lead in leads[at_once:]])
    return [_Batch(moment, moment + wait, number) for wait, number in sorted(waits.items())]


def _counted(spans: Sequence[tuple[float, float, int]]) -> Steps:
    """How many there are at every moment, of half-open spans with their counts."""
    begins, ends, counts = (np.array(column) for column in zip(*spans, strict=True))
    ending = np.isfinite(ends)
    moments, places = np.unique(np.concatenate([begins, ends[ending]]), return_inverse=True)
    changes = np.zeros(len(moments), np.int64)
    np.add.at(changes, places, np.concatenate([counts, -counts[ending]]))
    return Steps(moments, np.cumsum(changes))


def steps_of(times: Floats, values: Ints) -> Steps:
    """Without the moments at which nothing changes."""
    changed = np.concatenate([[True], np.diff(values) != 0])
    return Steps(times[changed], values[changed])
