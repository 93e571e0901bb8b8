"""The edge: the fewest replica-hours with which no more is short than a policy left short, the demand being known."""

from dataclasses import dataclass

import numpy as np

from backend.arrays import Floats
from backend.capacity.sizing import capacity_of
from backend.simulation.replay import Replay


@dataclass(frozen=True)
class Edge:
    """items: what the removal of one replica in one step of the demand leaves short, requests, rising; counts: how many
    such there are. hours: replica-hours with nothing short. hours_each: what a removal saves."""

    items: Floats
    counts: Floats
    hours: float
    hours_each: float

    def hours_at(self, requests_short: float) -> float:
        """Every removal saves as much, so the least shortage for it is had by taking those that leave least short
        first; the last one in part."""
        left = np.cumsum(self.items * self.counts)
        whole = int(np.searchsorted(left, requests_short, side="right"))
        removed = float(self.counts[:whole].sum())
        if whole < len(self.items) and self.items[whole] > 0:
            removed += (requests_short - (left[whole - 1] if whole else 0.0)) / self.items[whole]
        return self.hours - removed * self.hours_each


def edge_of(replay: Replay) -> Edge:
    """Of the last replica in a step only the rest of the traffic goes with it, of each before it what it serves."""
    demand, step = replay.traffic.demand.to_numpy(np.float64), replay.traffic.step_seconds
    known = np.isfinite(demand)
    rates, needed = demand[known], replay.needed[known].astype(np.int64)
    least, most = replay.policy.min_replicas, int(needed.max(initial=1))
    capacity = np.array([0.0, *(capacity_of(replay.policy, count) for count in range(1, most + 1))])
    reducible = needed > least
    last = (rates - capacity[needed - 1])[reducible]
    others = np.arange(least + 1, most + 1)  # replica k goes after all above it, in the steps that need more than it
    steps_above = len(needed) - np.searchsorted(np.sort(needed), others, side="right")
    items = np.concatenate([np.maximum(last, 0.0), np.diff(capacity)[others - 1]]) * step
    counts = np.concatenate([np.ones(len(last)), steps_above.astype(np.float64)])
    order = np.argsort(items, kind="stable")
    return Edge(items[order], counts[order], float(needed.sum()) * step / 3600, step / 3600)
