"""Decisions of series that have a policy: made at every close from the forecast that is served, kept as a log."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import structlog

from backend.capacity.cadence import looks_back, on_cadence
from backend.capacity.path import ForecastPath
from backend.capacity.planner import Decided, Decision, plan, plan_ahead
from backend.capacity.policies import Policies, PolicyVersion
from backend.capacity.policy import Policy
from backend.capacity.what_if import recompute
from backend.capacity.outlook import Running, WindowAhead, in_turn, running_at, running_since, windows_ahead
from backend.capacity.sizing import capacity_of
from backend.errors import NoDecisionError, ProblemError
from backend.measurements import DECISIONS, read_rates
from backend.models.intervals import LEVEL_NAMES, LEVELS
from backend.schemas import Forecast
from backend.serving.current import CurrentForecasts
from backend.serving.past import ServedPast, served_past
from backend.stores import TIME, SeriesRecord, Store

log = structlog.get_logger()

LOGGED = ("advise", "serve")  # modes whose decisions are kept
LOOKBACK = timedelta(days=1)  # for the newest decision of an earlier process


@dataclass(frozen=True)
class LoggedDecision:
    """A row of the log; rates in requests per second. policy: the number of the policy that held."""

    at: datetime
    replicas: int
    wanted: int
    demand: float
    forecast: float
    level: float
    observed: float | None
    binding: str
    policy: int


@dataclass(frozen=True)
class Outlook:
    """decision: the one that is due now. running: what runs now; None where nothing was decided. windows: what is
    forecast and what will run, from now on."""

    decision: Decision
    running: Running | None
    windows: list[WindowAhead]


@dataclass(frozen=True)
class Standing:
    """Where a series stands. decision: its newest, None before the first; known_until: end of its newest known window;
    points: known windows."""

    version: PolicyVersion | None
    decision: LoggedDecision | None
    window: timedelta
    points: int
    known_until: datetime


class Decisions:
    """Thread-safe. What it needs of the past it reads from the log; what it decided last it remembers, so that a
    machine that asks costs no query."""

    def __init__(self, store: Store, forecasts: CurrentForecasts, policies: Policies) -> None:
        self._store = store
        self._forecasts = forecasts
        self._policies = policies
        self._standing: dict[str, Standing] = {}

    def decide(self, filenames: Collection[str]) -> None:
        """Make and keep the decisions of those series whose policy asks for a log, from their newest forecasts."""
        for name, version in self._policies.current().items():
            if name in filenames and version.policy is not None and version.policy.mode in LOGGED:
                try:
                    self._decide(name, version, version.policy)
                except ProblemError as problem:  # of one series must not keep the others from theirs
                    log.warning("no_decision", filename=name, detail=problem.detail)

    def plan(self, record: SeriesRecord, policy: Policy, forecast: Forecast) -> Decision:
        """The decision at the origin of a forecast, after those of the log."""
        at = forecast.issued_at
        past = self.log(record, at - looks_back(policy), at)
        return plan(policy, at, self._observed(record, at), path_of(forecast), past)

    def outlook(self, record: SeriesRecord, policy: Policy, forecast: Forecast, current: int | None) -> Outlook:
        """What would be decided now and, nothing else coming to be known, next. Where no decision was kept lately, it
        follows on those that the policy would have made. `current`: replicas that run, whatever was decided."""
        at, path = forecast.issued_at, path_of(forecast)
        start = at - looks_back(policy) - timedelta(seconds=policy.lead.seconds)
        logged = self.log(record, start, at)
        past: Sequence[Decided] = logged
        running = running_of(logged, self._policies.history(record.name))
        if not logged:
            past, _ = self.recomputed(record, policy, start, at - timedelta(seconds=record.window_seconds))
            running = [running_since(decision, policy) for decision in past]
        if current is not None:
            running = [Running(at, current, capacity_of(policy, current))]
        planned = plan_ahead(policy, at, self._observed(record, at), path, past)
        running = in_turn([*running, *(running_since(decision, policy) for decision in planned)])
        return Outlook(planned[0], running_at(running, at), windows_ahead(policy, at, path, running))

    def recomputed(
        self, record: SeriesRecord, policy: Policy, start: datetime, stop: datetime
    ) -> tuple[list[Decision], ServedPast]:
        """The decisions that the policy would have made at the origins in [start, stop], and what they follow from."""
        past = served_past(self._store, record, self._forecasts.horizons, start, stop)
        return recompute(policy, past), past

    def log(self, record: SeriesRecord, start: datetime | None, stop: datetime | None) -> list[LoggedDecision]:
        """The decisions of a series from `start` up to `stop`, in order of time."""
        table = self._store.read(DECISIONS, record.key.tags, start, stop).sort_values(TIME)
        return [_logged(row) for row in table.to_dict("records")]

    def standing(self, filename: str) -> Standing | None:
        """Where a series stands; None where there is none of that name."""
        remembered = self._standing.get(filename)
        if remembered is not None:
            return remembered
        record = self._store.find(filename)
        if record is None:
            return None
        version = next(reversed(self._policies.history(filename)), None)
        return _standing(record, version, next(reversed(self.log(record, record.last - LOOKBACK, None)), None))

    def forget(self, filename: str) -> None:
        """Its policy was changed, or the series deleted."""
        self._standing.pop(filename, None)

    def _decide(self, name: str, version: PolicyVersion, policy: Policy) -> None:
        self.forget(name)
        record = self._store.find(name)
        forecast = self._forecasts.newest(record, "live") if record else None
        if (
            record is None
            or forecast is None
            or forecast.warming_up
            or not on_cadence(policy, forecast.issued_at, forecast.window_seconds)
        ):
            return
        decision = self.plan(record, policy, forecast)
        row = {field: getattr(decision, field) for field in DECISIONS.field_names if field != "policy"}
        row |= {TIME: decision.at, "policy": version.number}
        self._store.write({DECISIONS: pd.DataFrame([row | record.key.tags]).astype({"observed": "float64"})})
        self._standing[name] = _standing(record, version, _logged(row))

    def _observed(self, record: SeriesRecord, at: datetime) -> float | None:
        """The rate of the window that ends at `at`."""
        rates = read_rates(self._store, record.key, at - timedelta(seconds=record.window_seconds), at)
        return None if rates.empty else float(rates.iloc[-1])


def running_of(log: Sequence[LoggedDecision], history: Sequence[PolicyVersion]) -> list[Running]:
    """What runs by logged decisions, each with the lead and the capacity of the policy that held."""
    policies = {version.number: version.policy for version in history}
    return [running_since(one, policy) for one in log if (policy := policies.get(one.policy)) is not None]


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


def _logged(row: Mapping[Any, Any]) -> LoggedDecision:
    return LoggedDecision(
        at=pd.Timestamp(row[TIME]).to_pydatetime(),
        replicas=int(row["replicas"]),
        wanted=int(row["wanted"]),
        demand=row["demand"],
        forecast=row["forecast"],
        level=row["level"],
        observed=None if pd.isna(row["observed"]) else row["observed"],
        binding=row["binding"],
        policy=int(row["policy"]),
    )
