"""The decision now by a policy, with all that led there: the same for the API and the command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from backend.capacity.cadence import looks_back
from backend.capacity.dead_band import dead_band
from backend.capacity.decisions import Decisions, path_of
from backend.capacity.log import logged
from backend.capacity.manifests import Subject, fallback_of, kubernetes_name
from backend.capacity.outlook import Outlook, RunDecision, Running, crossed_at, outlook, run_decision, running_since
from backend.capacity.path import ForecastPath
from backend.capacity.planner import plan
from backend.capacity.policies import Policies
from backend.capacity.policy import Policy, changed
from backend.capacity.schemas import Recommendation
from backend.capacity.sentences import sentence
from backend.capacity.sizing import capacity_of
from backend.capacity.what_if import Shortage, decisions_at, shortage
from backend.errors import NotFoundError
from backend.models.catalog import PREFERRED
from backend.models.intervals import LEVEL_NAMES, LEVELS
from backend.schemas import Forecast, SeriesStatus
from backend.serving.current import CurrentForecasts
from backend.stores import SeriesRecord

DAY = timedelta(days=1)


@dataclass(frozen=True)
class WhatIf:
    decisions: list[RunDecision]
    shortage: Shortage


@dataclass(frozen=True)
class Planning:
    """What a recommendation is made from."""

    policies: Policies
    forecasts: CurrentForecasts
    decisions: Decisions

    def policy(self, filename: str, changes: Mapping[str, str]) -> Policy:
        """The policy that holds, with other values for some names. Raises InvalidRequestError."""
        held = self.policies.newest(filename)
        return changed(held.policy if held else None, dict(changes))

    def check(self, series: SeriesRecord, policy: Policy) -> None:
        """Raises InvalidRequestError where the forecasts of the series do not have what the policy plans for."""
        horizons = tuple(self.forecasts.horizons)
        no_traffic = np.zeros((len(LEVELS), len(horizons)))
        plan(policy, series.last, None, ForecastPath(series.window_seconds, horizons, LEVELS, no_traffic))

    def subject(
        self,
        series: SeriesRecord,
        policy: Policy,
        *,
        url: str,
        asks: bool,
        namespace: str,
        deployment: str | None,
        prometheus_url: str,
        current_replicas: int | None,
    ) -> Subject:
        """What the manifests of a series are filled in with."""
        newest = self.decisions.newest(series)
        window = series.window_seconds
        return Subject(
            series.name,
            policy,
            url.rstrip("/"),
            asks,
            namespace,
            deployment or kubernetes_name(series.name),
            window,
            fallback_of(policy, self.forecasts.highest_rate(series, series.last - DAY)),
            tuple(horizon * window for horizon in self.forecasts.horizons),
            dict(zip(LEVEL_NAMES, LEVELS, strict=True)),
            PREFERRED.key,
            prometheus_url or "http://prometheus:9090",
            dead_band(policy, newest.replicas, current_replicas) if newest and current_replicas else None,
        )

    def recommend(
        self, series: SeriesRecord, status: SeriesStatus, changes: Mapping[str, str], current_replicas: int | None
    ) -> Recommendation:
        """What the policy, changed so, gives for the newest forecast. Nothing is kept."""
        policy = self.policy(series.name, changes)
        forecast = self.forecasts.newest(series, status)
        if forecast is None:
            raise NotFoundError(f'No forecast was made from the end of "{series.name}", so nothing can be planned.')
        seen = self._outlook(series, policy, forecast, current_replicas)
        decision, running = seen.decision, seen.running
        serving = running_since(decision, policy)
        return Recommendation(
            **vars(decision),
            filename=series.name,
            serving_from=serving.since,
            capacity=serving.capacity,
            binding=decision.binding,
            sentence=sentence(policy, decision),
            policy=policy,
            lead=policy.lead,
            running=running,
            crossed_at=crossed_at(seen.windows, running.capacity) if running else None,
            ahead=seen.windows,
            hpa=dead_band(policy, decision.replicas, current_replicas) if current_replicas else None,
        )

    def log(self, series: SeriesRecord, start: datetime) -> list[RunDecision]:
        """The decisions of the log from `start` on, each with what the policy that held makes of it."""
        held = self.policies.by_number(series.name)
        return [
            run_decision(one, policy)
            for one in self.decisions.log(series, start, None)
            if (policy := held.get(one.policy)) is not None
        ]

    def what_if(self, series: SeriesRecord, policy: Policy, start: datetime, stop: datetime) -> WhatIf:
        """What a policy would have decided at the origins in [start, stop]."""
        past = self.forecasts.past(series, start, stop)
        made = list(decisions_at(policy, past))
        before = [None, *(one.replicas for one in made)]
        rows = [run_decision(logged(one, 0, last), policy) for one, last in zip(made, before, strict=False)]
        return WhatIf(rows, shortage(policy, made, past))

    def _outlook(
        self, series: SeriesRecord, policy: Policy, forecast: Forecast, current_replicas: int | None
    ) -> Outlook:
        """Where no decision was kept lately, it follows on those that the policy would have made."""
        at, path = forecast.issued_at, path_of(forecast)
        start = at - looks_back(policy) - timedelta(seconds=policy.lead.seconds)
        past = [one for one in self.log(series, start) if one.at < at]
        if not past:
            past = self.what_if(series, policy, start, at - timedelta(seconds=series.window_seconds)).decisions
        running = [Running(one.serving_from, one.replicas, one.capacity) for one in past]
        if current_replicas is not None:
            running = [Running(at, current_replicas, capacity_of(policy, current_replicas))]
        return outlook(policy, at, self.decisions.observed(series, at), path, past, running)
