"""Decisions that a policy would have made, from what was served at every origin of the past."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isnan

import numpy as np
import pandas as pd

from backend.arrays import Floats
from backend.capacity.cadence import looks_back, on_cadence
from backend.capacity.outlook import running_at, running_since
from backend.capacity.path import highest_rates, windows_within
from backend.capacity.planner import Decision, plan_for
from backend.capacity.policy import Policy
from backend.models.intervals import LEVELS
from backend.serving.past import ServedPast


@dataclass(frozen=True)
class Shortage:
    """windows: those with a known rate in which a decision's replicas ran. short: of these, with more traffic than
    they serve."""

    windows: int
    short: int


def decisions_at(policy: Policy, past: ServedPast) -> Iterator[Decision]:
    """One decision an origin on the policy's cadence, each knowing those before it; none where nothing was served.

    Raises InvalidRequestError where forecasts do not reach as far as the policy's lead, or have not its quantile.
    """
    windows = windows_within(past.window_seconds, past.horizons[-1], policy.lead.seconds, policy.cadence_seconds)
    served = ~np.isnan(past.quantiles).any(axis=(1, 2))
    forecasts = np.full(len(past.origins), np.nan)
    forecasts[served] = highest_rates(past.horizons, LEVELS, past.quantiles[served], policy.level, windows)
    return planned(policy, past.window_seconds, past.origins, past.observed, forecasts)


def planned(
    policy: Policy, window_seconds: int, origins: pd.DatetimeIndex, observed: Floats, forecasts: Floats
) -> Iterator[Decision]:
    """The decisions at origins whose forecasts, the highest rates that are planned for, are known; none where one is
    NaN."""
    before, far = deque[Decision](), looks_back(policy)
    for at, rate, forecast in zip(origins.to_pydatetime(), observed.tolist(), forecasts.tolist(), strict=True):
        if isnan(forecast) or not on_cadence(policy, at, window_seconds):
            continue
        while before and before[0].at < at - far:
            before.popleft()
        before.append(plan_for(policy, at, None if isnan(rate) else rate, forecast, before))
        yield before[-1]


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
