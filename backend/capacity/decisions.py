"""Decisions of series that have a policy: made at every close from the forecast that is served, kept as a log."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import structlog

from backend.capacity.cadence import looks_back, on_cadence
from backend.capacity.log import LoggedDecision, logged, read_log, write_log
from backend.capacity.path import ForecastPath
from backend.capacity.planner import Decision, plan
from backend.capacity.policies import Policies, PolicyVersion
from backend.capacity.policy import Policy
from backend.errors import NoDecisionError, ProblemError
from backend.measurements import read_rates
from backend.models.intervals import LEVEL_NAMES, LEVELS
from backend.schemas import Forecast
from backend.serving.current import CurrentForecasts
from backend.stores import SeriesRecord, Store

log = structlog.get_logger()

LOGGED = ("advise", "serve")  # modes whose decisions are kept
LOOKBACK = timedelta(days=1)  # for the newest decision of an earlier process


@dataclass(frozen=True)
class Standing:
    """Where a series stands. decision: its newest, None before the first; known_until: end of its newest known window;
    points: known windows."""

    version: PolicyVersion | None
    decision: LoggedDecision | None
    window: timedelta
    points: int
    known_until: datetime


@dataclass(frozen=True)
class Recomputed:
    """A decision of the log and the same one made again; again: None where its forecast is no longer stored."""

    logged: LoggedDecision
    again: LoggedDecision | None


class Decisions:
    """Thread-safe. What it needs of the past it reads from the log. Where a series stands it remembers until the next
    close, so that a machine that asks costs no query, and a store that answers slowly is waited for once."""

    def __init__(self, store: Store, forecasts: CurrentForecasts, policies: Policies) -> None:
        self._store = store
        self._forecasts = forecasts
        self._policies = policies
        self._standing: dict[str, Standing] = {}
        self._changes = 0
        self.on_decided: Callable[[LoggedDecision], None] = lambda _: None

    def decide(self, filenames: Collection[str]) -> None:
        """Make and keep the decisions of those series whose policy asks for a log, from their newest forecasts."""
        made: dict[str, tuple[SeriesRecord, LoggedDecision]] = {}
        for name in filenames:
            self.forget(name)
        versions = self._policies.current()
        for name, version in versions.items():
            if name in filenames and version.policy is not None and version.policy.mode in LOGGED:
                try:
                    if (one := self._decision(name, version, version.policy)) is not None:
                        made[name] = one
                except ProblemError as problem:  # of one series must not keep the others from theirs
                    log.warning("no_decision", filename=name, detail=problem.detail)
        write_log(self._store, [(record.key, decision) for record, decision in made.values()])
        for name, (record, decision) in made.items():
            self._standing[name] = _standing(record, versions[name], decision)
            self.on_decided(decision)

    def plan(self, record: SeriesRecord, policy: Policy, forecast: Forecast) -> Decision:
        """The decision at the origin of a forecast, after those of the log."""
        return self._plan(record, policy, forecast, self._before(record, policy, forecast.issued_at))

    def log(self, record: SeriesRecord, start: datetime | None, stop: datetime | None) -> list[LoggedDecision]:
        """The decisions of a series from `start` up to `stop`, in order of time."""
        return read_log(self._store, record.key, start, stop)

    def newest(self, record: SeriesRecord) -> LoggedDecision | None:
        """The newest decision of a series' last day."""
        return next(reversed(self.log(record, record.last - LOOKBACK, None)), None)

    def recomputed(self, record: SeriesRecord, start: datetime | None, stop: datetime | None) -> Iterator[Recomputed]:
        """Every decision of the log made again from the stored forecasts, rates and policies.

        The same to the last digit, unless a late sample has corrected a rate since: then with what is known today.
        """
        held = self._policies.by_number(record.name)
        for one in self.log(record, start, stop):
            policy = held.get(one.policy)
            forecast = self._forecasts.newest(record, "live", until=one.at)
            if policy is None or forecast is None or forecast.issued_at != one.at:
                yield Recomputed(one, None)
            else:
                yield Recomputed(one, logged(self.plan(record, policy, forecast), one.policy, one.before))

    def remembered(self, filename: str) -> Standing | None:
        """Where a series stands, if that is remembered: waits for nothing."""
        return self._standing.get(filename)

    def standing(self, filename: str) -> Standing | None:
        """Where a series stands by the store, remembered from then on; None where there is none of that name."""
        changes = self._changes
        record = self._store.find(filename)
        if record is None:
            return None
        standing = _standing(record, self._policies.newest(filename), self.newest(record))
        if changes != self._changes:  # what was read may be of before
            return standing
        return self._standing.setdefault(filename, standing)

    def forget(self, filename: str) -> None:
        """Its policy was changed, a window closed, or the series was deleted."""
        self._changes += 1
        self._standing.pop(filename, None)

    def _decision(
        self, name: str, version: PolicyVersion, policy: Policy
    ) -> tuple[SeriesRecord, LoggedDecision] | None:
        """What is due at the end of the newest window; None where nothing is."""
        record = self._store.find(name)
        forecast = self._forecasts.newest(record, "live") if record else None
        if record is None or forecast is None or forecast.warming_up:
            return None
        if not on_cadence(policy, forecast.issued_at, forecast.window_seconds):
            return None
        past = self._before(record, policy, forecast.issued_at)
        decision = self._plan(record, policy, forecast, past)
        return record, logged(decision, version.number, past[-1].replicas if past else None)

    def _plan(
        self, record: SeriesRecord, policy: Policy, forecast: Forecast, before: Sequence[LoggedDecision]
    ) -> Decision:
        at = forecast.issued_at
        return plan(policy, at, self.observed(record, at), path_of(forecast), before)

    def _before(self, record: SeriesRecord, policy: Policy, at: datetime) -> list[LoggedDecision]:
        """The decisions of the log that one at `at` follows from."""
        return self.log(record, at - looks_back(policy), at)

    def observed(self, record: SeriesRecord, at: datetime) -> float | None:
        """The rate of the window that ends at `at`."""
        rates = read_rates(self._store, record.key, at - timedelta(seconds=record.window_seconds), at)
        return None if rates.empty else float(rates.iloc[-1])


def path_of(forecast: Forecast) -> ForecastPath:
    """What selection serves at each horizon."""
    served = sorted(forecast.served, key=lambda point: point.horizon)
    if not served:
        raise NoDecisionError(f'No forecast of "{forecast.filename}" is served, so nothing can be planned from it.')
    quantiles = np.array([[getattr(point, name) for point in served] for name in LEVEL_NAMES])
    return ForecastPath(forecast.window_seconds, tuple(point.horizon for point in served), LEVELS, quantiles)


def _standing(record: SeriesRecord, version: PolicyVersion | None, decision: LoggedDecision | None) -> Standing:
    window = timedelta(seconds=record.window_seconds)
    return Standing(version, decision, window, record.points, record.last + window)
