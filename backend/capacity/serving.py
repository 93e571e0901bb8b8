"""What a machine is told: the newest decision, or why there is none. Never a number that is not meant."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.capacity.decisions import Standing
from backend.capacity.log import LoggedDecision
from backend.capacity.policy import Policy
from backend.capacity.schemas import Reason
from backend.errors import NoDecisionError
from backend.measurements import STALE_WINDOWS
from backend.models.shrinkage import MIN_WINDOWS
from backend.schemas import SeriesStatus


@dataclass(frozen=True)
class Served:
    """unknown_windows: how many windows before the decision are unknown, so that the forecast alone speaks."""

    policy: Policy
    decision: LoggedDecision
    unknown_windows: int


def served(name: str, standing: Standing, status: SeriesStatus, now: datetime) -> Served:
    """The newest decision of a series; raises NoDecisionError with the reason and since when."""
    version, decision, until = standing.version, standing.decision, standing.known_until
    if version is None or version.policy is None:
        raise _none("no_policy", f'"{name}" has no policy. PUT /api/policies/{name} sets one.', None)
    policy = version.policy
    if policy.mode != "serve":
        raise _none("mode", f'The policy of "{name}" is in mode {policy.mode}; mode serve serves.', version.since)
    if status == "historic":
        raise _none("not_live", f'"{name}" is not live: its data ends at {until:%Y-%m-%d %H:%M} UTC.', until)
    if status == "stale":
        raise _none("stale", f'No sample of "{name}" has come for {STALE_WINDOWS} windows.', until)
    if standing.points < MIN_WINDOWS:
        detail = f'"{name}" has {standing.points} windows; its forecasts are served from {MIN_WINDOWS} on.'
        raise _none("warming_up", detail, None)
    if decision is None:
        raise _none(
            "no_decision", f'No decision of "{name}" was made yet; the end of a window makes one.', version.since
        )
    if now - decision.at > due_within(policy, standing.window):
        raise _none("stale", f'The newest decision of "{name}" is older than {STALE_WINDOWS} are due in.', decision.at)
    unknown = unknown_windows(decision, until, standing.window)
    if unknown > policy.serve_forecast_windows:
        allowed = policy.serve_forecast_windows
        detail = f'The last {unknown} windows of "{name}" are unknown; serve_forecast_windows allows {allowed}.'
        raise _none("unknown", detail, until)
    return Served(policy, decision, unknown)


def unknown_windows(decision: LoggedDecision, known_until: datetime, window: timedelta) -> int:
    """How many windows before a decision are unknown."""
    return max(0, (decision.at - known_until) // window)


def due_within(policy: Policy, window: timedelta) -> timedelta:
    """How old the newest decision may be."""
    return STALE_WINDOWS * max(window, timedelta(seconds=policy.cadence_seconds))


def _none(reason: Reason, detail: str, since: datetime | None) -> NoDecisionError:
    return NoDecisionError(detail, reason=reason, since=None if since is None else since.isoformat())
