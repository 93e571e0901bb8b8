"""The decision now by a policy, with all that led there: the same for the API and the command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from backend.capacity.dead_band import dead_band
from backend.capacity.decisions import Decisions
from backend.capacity.manifests import Subject, fallback_of, kubernetes_name
from backend.capacity.policies import Policies
from backend.capacity.policy import Policy, changed
from backend.capacity.schemas import Recommendation
from backend.capacity.sentences import sentence
from backend.capacity.sizing import capacity_of
from backend.errors import NotFoundError
from backend.models.catalog import PREFERRED
from backend.models.intervals import LEVEL_NAMES, LEVELS
from backend.schemas import SeriesStatus
from backend.serving.current import CurrentForecasts
from backend.stores import SeriesRecord

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Planning:
    """What a recommendation is made from."""

    policies: Policies
    forecasts: CurrentForecasts
    decisions: Decisions

    def policy(self, filename: str, changes: Mapping[str, str]) -> Policy:
        """The policy that holds, with other values for some names. Raises InvalidRequestError."""
        held = next(reversed(self.policies.history(filename)), None)
        return changed(held.policy if held else None, dict(changes))

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
        newest = next(reversed(self.decisions.log(series, series.last - DAY, None)), None)
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
        decision = self.decisions.plan(series, policy, forecast)
        return Recommendation(
            filename=series.name,
            at=decision.at,
            serving_from=decision.at + timedelta(seconds=policy.lead.seconds),
            replicas=decision.replicas,
            wanted=decision.wanted,
            demand=decision.demand,
            forecast=decision.forecast,
            level=decision.level,
            observed=decision.observed,
            capacity=capacity_of(policy, decision.replicas),
            steps=list(decision.steps),
            binding=decision.binding,
            sentence=sentence(policy, decision),
            policy=policy,
            lead=policy.lead,
            hpa=dead_band(policy, decision.replicas, current_replicas) if current_replicas else None,
        )
