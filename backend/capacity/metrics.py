"""What a Prometheus is told: of every feed that is live the rates, forecasts and decisions; a row a metric.

Read from the store in a few queries for all series at once, so that backends over one store say the same. A series that
fell silent is absent: Prometheus ends it at once, while a number that stays would be taken for a new one.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

import pandas as pd
from prometheus_client import CollectorRegistry, Counter, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from backend.capacity.log import LoggedDecision, decision_of
from backend.capacity.planner import Binding
from backend.capacity.policies import Policies, PolicyVersion
from backend.capacity.policy import Mode, Policy
from backend.capacity.schemas import Reason
from backend.capacity.serving import due_within, unknown_windows
from backend.capacity.sizing import capacity_of
from backend.measurements import DECISIONS, FORECASTS, POINTS, SCORES, STALE_WINDOWS
from backend.models.intervals import LEVEL_NAMES
from backend.stores import TIME, Store

SCORED_WITHIN = timedelta(days=4)  # a day is scored once nothing can correct it: one to two days after its end
SERVED = "served"

Labels = tuple[str, ...]
Samples = Iterable[tuple[Labels, float]]


class Counts:
    """What is counted since the process began. Every label has a bounded set of values, all there from the start."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._answers = Counter(
            "scaleops_keda_answers",
            "Answers of /api/keda: served, or the reason why not.",
            ["outcome"],
            registry=self.registry,
        )
        self._decisions = Counter(
            "scaleops_decisions",
            "Decisions made, by the step that the number followed from.",
            ["binding"],
            registry=self.registry,
        )
        for outcome in (SERVED, *get_args(Reason)):
            self._answers.labels(outcome)
        for binding in get_args(Binding):
            self._decisions.labels(binding)

    def answered(self, outcome: str) -> None:
        self._answers.labels(outcome).inc()

    def decided(self, decision: LoggedDecision) -> None:
        self._decisions.labels(decision.binding).inc()


@dataclass(frozen=True)
class Readings:
    """What the metrics are taken from, of live feeds. forecasts: the newest of each series, a row a model. capacities:
    of the decisions' replicas. scores: of each series' newest scored day, a row a model and horizon."""

    now: datetime
    version: str
    lags: Mapping[str, float]
    rates: Mapping[str, float]
    forecasts: pd.DataFrame
    decisions: Mapping[str, tuple[PolicyVersion, LoggedDecision]]
    capacities: Mapping[str, float]
    policies: Mapping[str, PolicyVersion]
    scores: pd.DataFrame


def read(
    store: Store, policies: Policies, version: str, lags: Mapping[str, float], window_seconds: int, now: datetime
) -> Readings:
    """lags: by live feed the seconds since its newest sample; others are left out."""
    window = timedelta(seconds=window_seconds)
    since = now - (STALE_WINDOWS + 1) * window
    of_model = {"version": version}
    rates = _newest(store.read(POINTS, of_model, since, fields=["actual_rps"]), lags)
    held = {name: one for name, one in policies.current().items() if name in lags}
    decided = min([since, *(now - due_within(one.policy, window) for one in held.values() if one.policy)])
    newest = _newest(store.read(DECISIONS, of_model, decided), held).to_dict("records")
    logged = {str(row["filename"]): (held[row["filename"]], decision_of(row)) for row in newest}
    known = rates
    if not logged.keys() <= set(rates["filename"]):  # how long a decision outlasts silence is a policy's
        most = max(one.policy.serve_forecast_windows for one, _ in logged.values() if one.policy)
        known = _newest(store.read(POINTS, of_model, decided - (most + 1) * window, fields=["actual_rps"]), logged)
    known_until = {name: at + window for name, at in zip(known["filename"], known[TIME], strict=True)}
    decisions = {
        name: one
        for name, one in logged.items()
        if name in known_until and is_served(*one, known_until[name], window, now)
    }
    return Readings(
        now,
        version,
        lags,
        dict(zip(rates["filename"], rates["actual_rps"], strict=True)),
        _newest(store.read(FORECASTS, of_model, since), lags),
        decisions,
        {name: capacity_of(_followed(policies, name, *one), one[1].replicas) for name, one in decisions.items()},
        held,
        _newest(store.read(SCORES, of_model, now - SCORED_WITHIN), lags),
    )


def _followed(policies: Policies, name: str, version: PolicyVersion, decision: LoggedDecision) -> Policy:
    """The policy that a decision was made by: after a change, until the next decision, that of before."""
    made_by = version.policy if decision.policy == version.number else policies.by_number(name).get(decision.policy)
    policy = made_by or version.policy
    assert policy is not None
    return policy


def _newest(table: pd.DataFrame, names: Collection[str]) -> pd.DataFrame:
    """The rows of the newest time of each of these series."""
    table = table[table["filename"].isin(list(names))]
    return table[table[TIME] == table.groupby("filename")[TIME].transform("max")]


def is_served(
    version: PolicyVersion, decision: LoggedDecision, known_until: datetime, window: timedelta, now: datetime
) -> bool:
    """Whether a decision is one that /api/keda serves in mode `serve`."""
    assert version.policy is not None
    if now - decision.at > due_within(version.policy, window):
        return False
    return unknown_windows(decision, known_until, window) <= version.policy.serve_forecast_windows


@dataclass(frozen=True)
class Row:
    """A gauge: `samples` gives its values, each with those of the labels."""

    name: str
    help: str
    labels: Labels
    samples: Callable[[Readings], Samples]


def _of_decisions(value: Callable[[PolicyVersion, LoggedDecision], float]) -> Callable[[Readings], Samples]:
    return lambda readings: (((name,), value(*one)) for name, one in readings.decisions.items())


def _forecasts(readings: Readings) -> Iterator[tuple[Labels, float]]:
    """Of every model at every horizon (seconds) every quantile."""
    table = readings.forecasts
    bounds = [(name, *name.split("_")) for name in table.columns if name.partition("_")[0] in LEVEL_NAMES]
    for row in table.to_dict("records"):
        for column, bound, seconds in bounds:
            if pd.notna(row[column]):
                yield (row["filename"], row["model"], seconds, bound), row[column]


def _issued(readings: Readings) -> dict[str, float]:
    table = readings.forecasts.drop_duplicates("filename")
    return {name: at.timestamp() for name, at in zip(table["filename"], table[TIME], strict=True)}


def _of_scores(value: Callable[[pd.DataFrame], "pd.Series[float]"]) -> Callable[[Readings], Samples]:
    def samples(readings: Readings) -> Samples:
        table = readings.scores[readings.scores["wape"].notna()]
        return zip(table[list(SCORED_TAGS)].itertuples(index=False, name=None), value(table), strict=True)

    return samples


def _modes(readings: Readings) -> Iterator[tuple[Labels, float]]:
    for name, version in readings.policies.items():
        for mode in get_args(Mode):
            assert version.policy is not None
            yield (name, mode), float(version.policy.mode == mode)


SERIES = ("series",)
SCORED, SCORED_TAGS = ("series", "model", "horizon"), ("filename", "model", "horizon")
OF_THE_DAY = "of the newest day that was scored, by horizon in seconds."
METRICS = (
    Row(
        "scaleops_observed_requests_per_second",
        "Rate of the newest closed window.",
        SERIES,
        lambda readings: (((name,), rate) for name, rate in readings.rates.items()),
    ),
    Row(
        "scaleops_forecast_requests_per_second",
        "Newest forecast for the window that many seconds ahead; bound is a quantile.",
        ("series", "model", "horizon", "bound"),
        _forecasts,
    ),
    Row(
        "scaleops_forecast_generated_timestamp_seconds",
        "Origin of the newest forecast: the end of the window it was made from.",
        SERIES,
        lambda readings: (((name,), at) for name, at in _issued(readings).items()),
    ),
    Row(
        "scaleops_forecast_age_seconds",
        "Since the origin of the newest forecast.",
        SERIES,
        lambda readings: (((name,), readings.now.timestamp() - at) for name, at in _issued(readings).items()),
    ),
    Row(
        "scaleops_ingest_lag_seconds",
        "Since the newest sample.",
        SERIES,
        lambda readings: (((name,), lag) for name, lag in readings.lags.items()),
    ),
    Row(
        "scaleops_decision_timestamp_seconds",
        "Origin of the newest decision: the end of the window it was made from.",
        SERIES,
        _of_decisions(lambda _, decision: decision.at.timestamp()),
    ),
    Row(
        "scaleops_recommended_replicas",
        "Replicas of the newest decision.",
        SERIES,
        _of_decisions(lambda _, decision: decision.replicas),
    ),
    Row(
        "scaleops_wanted_replicas",
        "Replicas of the newest decision before rate limits and stabilization.",
        SERIES,
        _of_decisions(lambda _, decision: decision.wanted),
    ),
    Row(
        "scaleops_recommended_capacity_requests_per_second",
        "What the recommended replicas serve.",
        SERIES,
        lambda readings: (((name,), capacity) for name, capacity in readings.capacities.items()),
    ),
    Row(
        "scaleops_demand_requests_per_second",
        "What the newest decision planned for, headroom and burst factor included.",
        SERIES,
        _of_decisions(lambda _, decision: decision.demand),
    ),
    Row(
        "scaleops_policy_mode", "1 for the mode of the policy that holds, 0 for the others.", ("series", "mode"), _modes
    ),
    Row(
        "scaleops_policy_version",
        "Number of the policy that the newest decision followed.",
        SERIES,
        _of_decisions(lambda _, decision: decision.policy),
    ),
    Row(
        "scaleops_forecast_error_ratio",
        f"Sum of absolute errors over the sum of traffic (WAPE) {OF_THE_DAY}",
        SCORED,
        _of_scores(lambda table: table["wape"]),
    ),
    Row(
        "scaleops_forecast_bias_ratio",
        f"Forecast less actual, over the traffic, {OF_THE_DAY}",
        SCORED,
        # wape is mae over the mean rate
        _of_scores(lambda table: table["bias"] * table["wape"] / table["mae"].where(table["mae"] > 0)),
    ),
    Row(
        "scaleops_forecast_interval_coverage_ratio",
        f"Share of windows from p10 to p90 {OF_THE_DAY}",
        SCORED,
        _of_scores(lambda table: table["coverage"]),
    ),
    Row(
        "scaleops_model_info",
        "The model file that forecasts.",
        ("version",),
        lambda readings: [((readings.version,), 1.0)],
    ),
)


class Exposition:
    """The metrics of some readings, and what was counted, as prometheus-client collects them."""

    def __init__(self, readings: Readings, counts: Counts) -> None:
        self._readings = readings
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        for row in METRICS:
            family = GaugeMetricFamily(row.name, row.help, labels=row.labels)
            for labels, value in row.samples(self._readings):
                family.add_metric(labels, value)
            yield family
        yield from self._counts.registry.collect()
