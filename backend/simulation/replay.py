"""What every simulated policy is asked with: traffic, policy, settings, and forecasts, which are made once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from backend.arrays import Floats, Ints
from backend.capacity.cadence import looks_back
from backend.capacity.path import windows_within
from backend.capacity.planner import Decision
from backend.capacity.policy import Policy
from backend.capacity.sizing import capacity_of, replicas_for
from backend.capacity.what_if import decisions_at, planned
from backend.models.interpolation import between
from backend.models.predictor import RPSEstimator
from backend.serving.past import ServedPast
from backend.simulation.fleet import Starts, Steps, steps_of
from backend.simulation.forecasts import horizons_for, served_then
from backend.simulation.settings import SimulationSettings
from backend.simulation.traffic import Traffic

LEAD_IN = pd.Timedelta(hours=1)  # before the span, in which policies come to what they would run; not scored


class NotReplayedError(Exception):
    """Why a policy cannot be replayed on this traffic."""


@dataclass(frozen=True)
class Planned:
    """The replicas of decisions, and when they were made (seconds since 1970)."""

    times: Floats
    replicas: Ints


@dataclass(frozen=True)
class Replay:
    """All policies begin LEAD_IN and a lead before the span, with what its first known window needs. forecasting:
    hears which share of the forecasts is made."""

    traffic: Traffic
    policy: Policy
    settings: SimulationSettings
    estimator: RPSEstimator
    forecasting: Callable[[float], None] = lambda _: None

    @cached_property
    def begin(self) -> pd.Timestamp:
        """The first origin; not before the series' first window has ended."""
        window = self.traffic.window_seconds
        ahead = LEAD_IN + looks_back(self.policy) + pd.Timedelta(self.policy.lead.seconds, "s")
        asked = (self.traffic.start - ahead).floor(f"{window}s")
        begin: pd.Timestamp = max(asked, self.traffic.rates.index[0] + pd.Timedelta(window, "s"))
        return begin

    @cached_property
    def starts(self) -> Starts:
        settings, policy = self.settings, self.policy
        return Starts(
            policy.lead.seconds,
            policy.lead_samples,
            settings.node_every,
            settings.node_lead_seconds,
            settings.drain_seconds,
            settings.seed,
        )

    @cached_property
    def first_replicas(self) -> int:
        rates = self.traffic.rates[self.traffic.rates.index >= self.begin - pd.Timedelta(self.window, "s")].dropna()
        return min(max(self.needed_for(float(rates.iloc[0])), self.policy.min_replicas), self.policy.max_replicas)

    @cached_property
    def rate_each(self) -> float:
        """What a replica serves, in a fleet as at the beginning: requests per second."""
        return capacity_of(self.policy, self.first_replicas) / self.first_replicas

    @cached_property
    def past(self) -> ServedPast:
        """What would have been served at every origin."""
        horizons = horizons_for(self.policy, self.window, self.estimator.horizons)
        return served_then(self.estimator, self.traffic.rates, self.window, self.begin, horizons, self.forecasting)

    @cached_property
    def mean_ahead(self) -> Floats:
        """At every origin the highest mean in the time that a decision is for."""
        past = self.past
        windows = windows_within(self.window, past.horizons[-1], self.policy.lead.seconds, self.policy.cadence_seconds)
        served = ~np.isnan(past.means).any(axis=1)
        highest = np.full(len(past.origins), np.nan)
        highest[served] = between(past.horizons, windows, past.means[served].T).max(axis=0)
        return highest

    @cached_property
    def last_known(self) -> Floats:
        """At every origin the newest known rate."""
        rates = self.traffic.rates.ffill()
        return np.asarray(rates[rates.index >= self.begin - pd.Timedelta(self.window, "s")].to_numpy(np.float64))

    @property
    def window(self) -> int:
        return self.traffic.window_seconds

    def needed_for(self, rate: float) -> int:
        """The fewest replicas that serve a rate, no fewer than the policy's least."""
        return max(replicas_for(self.policy, rate), self.policy.min_replicas)

    @cached_property
    def needed(self) -> Floats:
        """In every step of the demand; NaN where it is unknown."""
        rates = self.traffic.demand.to_numpy(np.float64)
        known = np.isfinite(rates)
        distinct, places = np.unique(rates[known], return_inverse=True)
        needed = np.full(len(rates), np.nan)
        needed[known] = np.array([self.needed_for(rate) for rate in distinct.tolist()], np.float64)[places]
        return needed

    @property
    def needed_in_windows(self) -> Floats:
        """In every window that is scored, in that of its steps that needs most."""
        return np.asarray(self.needed.reshape(-1, self.window // self.traffic.step_seconds).max(axis=1))

    def planned_for(self, policy: Policy, forecasts: Floats) -> Planned:
        """By the planner that serves, from the highest rates that are planned for."""
        return _columns(planned(policy, self.window, self.past.origins, self.past.observed, forecasts))

    def planned_at(self, level: float) -> Planned:
        """By the policy with this quantile; several simulated policies ask for the same."""
        if level not in self._planned:
            policy = self.policy.model_copy(update={"quantile": level})
            self._planned[level] = _columns(decisions_at(policy, self.past))
        return self._planned[level]

    @cached_property
    def _planned(self) -> dict[float, Planned]:
        return {}

    def asked(self, times: Floats, replicas: Ints) -> Steps:
        """What is asked for, from first_replicas at the beginning on."""
        begin = self.begin.timestamp()
        return steps_of(np.concatenate([[begin], times]), np.concatenate([[self.first_replicas], replicas]))


def _columns(decisions: Iterable[Decision]) -> Planned:
    """Of a decision, which weighs a kilobyte, two numbers stay."""
    made = np.array([(one.at.timestamp(), one.replicas) for one in decisions], np.float64)
    if not len(made):
        raise NotReplayedError("nothing was forecast at any origin of the span")
    return Planned(made[:, 0], made[:, 1].astype(np.int64))
