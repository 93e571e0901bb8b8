"""Decisions that a policy would have made, from what was served at every origin of the past."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter

import numpy as np

from backend.capacity.cadence import looks_back, on_cadence
from backend.capacity.outlook import running_at, running_since
from backend.capacity.path import ForecastPath
from backend.capacity.planner import Decision, plan
from backend.capacity.policy import Policy
from backend.models.intervals import LEVELS
from backend.serving.past import ServedPast


@dataclass(frozen=True)
class Shortage:
    """windows: those with a known rate in which a decision's replicas ran. short: of these, with more traffic than
    they serve."""

    windows: int
    short: int


def decisions_at(policy: Policy, past: ServedPast) -> list[Decision]:
    """One decision an origin on the policy's cadence, each knowing those before it; none where nothing was served."""
    decisions: list[Decision] = []
    for origin, observed, quantiles in zip(past.origins, past.observed, past.quantiles, strict=True):
        at = origin.to_pydatetime()
        if np.isnan(quantiles).any() or not on_cadence(policy, at, past.window_seconds):
            continue
        path = ForecastPath(past.window_seconds, past.horizons, LEVELS, quantiles)
        before = decisions[bisect_left(decisions, at - looks_back(policy), key=attrgetter("at")) :]
        decisions.append(plan(policy, at, None if np.isnan(observed) else float(observed), path, before))
    return decisions


def shortage(policy: Policy, decisions: Sequence[Decision], past: ServedPast) -> Shortage:
    """How often the replicas of these decisions were too few for what came."""
    running = [running_since(decision, policy) for decision in decisions]
    window = timedelta(seconds=past.window_seconds)
    known = [
        observed > one.capacity
        for origin, observed in zip(past.origins, past.observed, strict=True)
        if (one := running_at(running, origin - window)) is not None and not np.isnan(observed)
    ]
    return Shortage(len(known), sum(known))
