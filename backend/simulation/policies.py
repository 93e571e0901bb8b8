"""The policies that are replayed: a row each, with how it comes to the replicas it asks for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from backend.capacity.manifests import BEHAVIOR
from backend.models.intervals import LEVEL_NAMES, LEVELS
from backend.simulation.autoscaled import Metric, autoscaled, observed_rate, rate_of_a_week_before
from backend.simulation.fleet import Fleet, Steps, fleet_of, steps_of
from backend.simulation.replay import NotReplayedError, Planned, Replay
from backend.simulation.schedule import entries_of, scheduled
from backend.simulation.schemas import PolicyKind

OURS, REFERENCE = "model", "hpa"  # keys of the series' own policy, and of the one that the others are measured against
MEDIAN = 0.5  # of the sweep: below it nobody plans
TARGETS = (50, 70, 90)  # percent of what a replica serves, of the HPAs beside the one that is set


@dataclass(frozen=True)
class SimulatedPolicy:
    """asked: the replicas it asks for. sweep: it is one of a line of policies that differ in one number. level: the
    quantile of one of our own sweep."""

    key: str
    label: str
    description: str
    kind: PolicyKind
    asked: Callable[[Replay], Steps]
    sweep: str | None = None
    level: float | None = None

    def fleet(self, replay: Replay) -> tuple[Steps, Fleet]:
        """What it asks for, and what runs. Who knows the demand asks a lead before, and drains nothing."""
        asked = self.asked(replay)
        return asked, Fleet(asked, asked) if self.kind == "oracle" else fleet_of(asked, replay.starts)


def _fixed(replay: Replay) -> Steps:
    count = replay.settings.fixed_replicas
    if count is None:
        raise NotReplayedError("fixed_replicas says how many")
    return _constant(replay, count)


def _fixed_peak(replay: Replay) -> Steps:
    before = replay.traffic.before
    if not before.notna().any():
        raise NotReplayedError("nothing is known before the span, so there is no peak to go by")
    return _constant(replay, replay.needed_for(float(before.max())))


def _constant(replay: Replay, count: int) -> Steps:
    return Steps(np.array([replay.begin.timestamp()]), np.array([count]))


def _hpa(replay: Replay, share: float | None = None) -> Steps:
    target = replay.rate_each * (share or replay.settings.hpa_target)
    return autoscaled(replay, [observed_rate(replay, target)])


def _week_ago(replay: Replay) -> Steps:
    target = replay.rate_each * replay.settings.hpa_target
    before = replay.traffic.rates.index < replay.traffic.stop - pd.Timedelta(days=7)
    if not replay.traffic.rates[before].notna().any():
        raise NotReplayedError("no window is known a week before")
    metrics = [observed_rate(replay, target), rate_of_a_week_before(replay, target)]
    return autoscaled(replay, metrics)


def _scheduled(replay: Replay) -> Steps:
    settings, traffic = replay.settings, replay.traffic
    if settings.schedule:
        entries = entries_of(settings.schedule)
        begin, stop = replay.begin.timestamp(), traffic.stop.timestamp()
        times, replicas = scheduled(entries, begin, stop, settings.schedule_timezone)
        if not len(times):
            raise NotReplayedError("no line of the schedule falls into the span or the week before")
        return replay.asked(times, replicas)
    before = traffic.before.dropna()
    hours = before.groupby(pd.DatetimeIndex(before.index).hour).max()
    if len(hours) < 24:
        raise NotReplayedError("no whole day is known before the span, so there is no schedule to go by")
    starts = pd.date_range(replay.begin.floor("h"), traffic.stop, freq="h", inclusive="left")
    needed = np.array([replay.needed_for(float(hours[hour])) for hour in starts.hour])
    lead = replay.policy.lead.seconds  # who schedules knows it
    times = np.maximum(starts.as_unit("s").asi8 - lead, replay.begin.timestamp())
    return replay.asked(times, needed)


def _model(replay: Replay, level: float | None = None) -> Steps:
    return _asked(replay, replay.planned_at(replay.policy.level if level is None else level))


def _mean_headroom(replay: Replay) -> Steps:
    policy = replay.policy.model_copy(update={"headroom": replay.settings.mean_headroom})
    return _asked(replay, replay.planned_for(policy, replay.mean_ahead))


def _last_value(replay: Replay) -> Steps:
    return _asked(replay, replay.planned_for(replay.policy, replay.last_known))


def _asked(replay: Replay, planned: Planned) -> Steps:
    return replay.asked(planned.times, planned.replicas)


def _keda(replay: Replay, behavior: Mapping[str, Any] | None) -> Steps:
    """What the HPA makes of `/api/keda`, which KEDA reads at every sync."""
    planned, target = replay.planned_at(replay.policy.level), replay.policy.target
    metric = Metric(planned.times + replay.settings.late_seconds, planned.replicas.astype(np.float64) * target, target)
    return autoscaled(replay, [metric], behavior)


def _oracle(replay: Replay) -> Steps:
    needed = pd.Series(replay.needed, replay.traffic.demand.index).ffill().bfill()
    times = np.asarray(pd.DatetimeIndex(needed.index).as_unit("s").asi8, np.float64)
    return steps_of(times, np.asarray(needed, np.int64))


POLICIES = (
    SimulatedPolicy(
        "fixed_peak", "fixed, peak before", "what the peak of the period before needs", "fixed", _fixed_peak
    ),
    SimulatedPolicy("fixed", "fixed", "fixed_replicas, always", "fixed", _fixed),
    SimulatedPolicy(
        REFERENCE, "HPA", "on the observed rate, its target hpa_target of what a replica serves", "reactive", _hpa
    ),
    *(
        SimulatedPolicy(
            f"hpa_{percent}",
            f"HPA, target {percent} %",
            f"on the observed rate, its target {percent} % of what a replica serves",
            "reactive",
            partial(_hpa, share=percent / 100),
            sweep=REFERENCE,
        )
        for percent in TARGETS
    ),
    SimulatedPolicy(
        "week_ago",
        "HPA, a week before too",
        "on the observed rate, and on the rate a week before the time when its replicas will serve",
        "reactive",
        _week_ago,
    ),
    SimulatedPolicy(
        "scheduled",
        "scheduled",
        "by the cron lines of `schedule`, else by hour of the day what the period before needed at most",
        "scheduled",
        _scheduled,
    ),
    SimulatedPolicy(
        "last_value", "last value", "the policy's plan, with the newest rate as forecast", "forecast", _last_value
    ),
    SimulatedPolicy(
        "mean_headroom",
        "mean with headroom",
        "the policy's plan, with the forecast's mean times mean_headroom",
        "forecast",
        _mean_headroom,
    ),
    SimulatedPolicy(OURS, "your policy", "the policy's plan, as its decisions say", "forecast", _model),
    *(
        SimulatedPolicy(
            f"model_{name}",
            f"forecast {name}",
            f"the policy's plan, with {name} of the forecast",
            "forecast",
            partial(_model, level=level),
            sweep=OURS,
            level=level,
        )
        for name, level in zip(LEVEL_NAMES, LEVELS, strict=True)
        if level >= MEDIAN
    ),
    SimulatedPolicy(
        "keda_hpa",
        "KEDA with HPA defaults",
        "an HPA on the policy's number, with the tolerance and the stabilization that it has unasked",
        "forecast",
        partial(_keda, behavior=None),
    ),
    SimulatedPolicy(
        "keda_hpa_tolerance_0",
        "KEDA with our manifest",
        "an HPA on the policy's number, its tolerance and stabilization 0 as the generated manifest has them",
        "forecast",
        partial(_keda, behavior=BEHAVIOR),
    ),
    SimulatedPolicy("oracle", "oracle", "knows the demand: the least that is never short", "oracle", _oracle),
)


def policies_of(keys: Sequence[str]) -> list[SimulatedPolicy]:
    """Those of the keys in the table's order, all without keys. Raises KeyError for one that is none."""
    known = {policy.key: policy for policy in POLICIES}
    for key in keys:
        known[key]
    return [policy for policy in POLICIES if not keys or policy.key in keys]
