"""When a policy decides, and how far back it looks then."""

from datetime import datetime, timedelta

from backend.capacity.planner import MINUTE
from backend.capacity.policy import Policy


def on_cadence(policy: Policy, at: datetime, window_seconds: int) -> bool:
    """Whether a decision is due at an origin: with a cadence of several windows not at every one."""
    return int(at.timestamp()) % policy.cadence_seconds < window_seconds


def looks_back(policy: Policy) -> timedelta:
    """How old a decision may be that still has a say: in the rate limits, or in the stabilization."""
    return max(MINUTE, timedelta(seconds=policy.stabilization_seconds)) + timedelta(seconds=policy.cadence_seconds)
