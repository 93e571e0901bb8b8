"""Files that connect a series to what scales, alerts and draws, filled in with its own values: a row a kind."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import yaml

from backend.capacity import dashboards
from backend.capacity.dead_band import DeadBand
from backend.capacity.policy import Policy
from backend.capacity.promql import minutes, selector, templated
from backend.capacity.sizing import replicas_for

ManifestKind = Literal[
    "scaled-object",
    "hpa",
    "prometheus-scrape",
    "prometheus-rules",
    "prometheus-rule",
    "grafana-datasource",
    "grafana-dashboard",
    "telegraf",
]

POLLING_SECONDS = 15  # as often as an HPA looks at what KEDA has
TIMEOUT_MILLISECONDS = 2_000  # /api/keda answers within 500
NAME_LENGTH = 52  # of what runs: KEDA puts "keda-hpa-" before it, and 63 is the most


@dataclass(frozen=True)
class Subject:
    """What a manifest is about. url: of this server, without a slash at its end; asks: whether it asks for a token.
    deployment: what is scaled, in `namespace`. fallback: replicas where no number can be had. levels: by name the
    quantiles that are forecast; horizons in seconds, rising."""

    series: str
    policy: Policy
    url: str
    asks: bool
    namespace: str
    deployment: str
    window_seconds: int
    fallback: int
    horizons: tuple[int, ...]
    levels: dict[str, float]
    model: str
    prometheus_url: str
    dead_band: DeadBand | None

    @property
    def keda_url(self) -> str:
        return f"{self.url}/api/keda/{quote(self.series)}"

    @property
    def most(self) -> int:
        """The largest number that the policy may give; where it may extend the maximum, twice that."""
        return self.policy.max_replicas * (1 if self.policy.max_behavior == "honor" else 2)


@dataclass(frozen=True)
class Manifest:
    """label, description: for people. ending: of the file's name."""

    label: str
    description: str
    ending: str
    text: Callable[[Subject], str]


def fallback_of(policy: Policy, highest_rate: float) -> int:
    """Replicas for the highest rate that was seen, within the policy's bounds."""
    replicas = replicas_for(policy, highest_rate * policy.headroom * policy.burst_factor)
    return min(max(replicas, policy.min_replicas), policy.max_replicas)


def kubernetes_name(text: str) -> str:
    """A name that Kubernetes takes, from that of a series: web/shop becomes web-shop."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:NAME_LENGTH].strip("-") or "series"


def _yaml(*documents: dict[str, Any], comments: str = "") -> str:
    lines = "".join(f"# {line}\n" for line in comments.splitlines())
    return lines + yaml.safe_dump_all(documents, sort_keys=False, width=1_000, allow_unicode=True)


def _metadata(subject: Subject, name: str | None = None) -> dict[str, str]:
    return {"name": name or subject.deployment, "namespace": subject.namespace}


# The plan has limited and stabilized already; an HPA that does it again is late. Its tolerance would ignore a number
# within 10 % of what runs.
BEHAVIOR = {
    "scaleUp": {"stabilizationWindowSeconds": 0, "tolerance": "0"},
    "scaleDown": {"stabilizationWindowSeconds": 0, "tolerance": "0"},
}


def _about_tolerance(subject: Subject) -> str:
    said = f"\nNow: {subject.dead_band.sentence}" if subject.dead_band else ""
    return (
        "tolerance: 0 needs Kubernetes 1.35 (or its gate HPAConfigurableTolerance from 1.33 on). Before, an HPA\n"
        f"ignores a number within {subject.policy.hpa_tolerance:.0%} of what runs: with 11 replicas it stays at 11 "
        f"where 12 are recommended.{said}"
    )


def _scaled_object(subject: Subject) -> str:
    # Replicas, not a rate that KEDA divides by another: it rounds both to thousandths, and a policy that changes its
    # rate would be divided by that of before until this is applied again.
    trigger: dict[str, Any] = {
        "type": "metrics-api",
        "metricType": "AverageValue",
        "metadata": {
            "url": subject.keda_url,
            "valueLocation": "replicas",
            "targetValue": "1",
            "timeout": str(TIMEOUT_MILLISECONDS),
        },
    }
    documents: list[dict[str, Any]] = []
    if subject.asks:
        trigger["metadata"]["authMode"] = "bearer"
        trigger["authenticationRef"] = {"name": "scaleops"}
        reference = {"parameter": "token", "name": "scaleops", "key": "token"}
        documents.append(
            {
                "apiVersion": "keda.sh/v1alpha1",
                "kind": "TriggerAuthentication",
                "metadata": _metadata(subject, "scaleops"),
                "spec": {"secretTargetRef": [reference]},
            }
        )
    documents.append(
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "metadata": _metadata(subject),
            "spec": {
                "scaleTargetRef": {"name": subject.deployment},
                "pollingInterval": POLLING_SECONDS,
                "minReplicaCount": subject.policy.min_replicas,
                "maxReplicaCount": subject.most,
                "fallback": {
                    "failureThreshold": 3,
                    "replicas": subject.fallback,
                    "behavior": "currentReplicasIfHigher",
                },
                "advanced": {"horizontalPodAutoscalerConfig": {"behavior": BEHAVIOR}},
                "triggers": [trigger],
            },
        }
    )
    secret = (
        f"kubectl -n {subject.namespace} create secret generic scaleops --from-literal=token=(SCALEOPS_READ_TOKEN)\n"
        if subject.asks
        else ""
    )
    comments = (
        f"Replicas of {subject.deployment} from the forecast of {subject.series}. The policy must be in mode serve.\n"
        f"{secret}fallback: {subject.fallback} replicas is what the highest rate of the last day needs.\n"
        f"{_about_tolerance(subject)}"
    )
    return _yaml(*documents, comments=comments)


def _hpa(subject: Subject) -> str:
    """The adapter's rule has the series in it: a selector's label takes no slash."""
    metric = "scaleops_" + kubernetes_name(subject.series).replace("-", "_") + "_replicas"
    of_series = selector(subject.series)
    serving = f"scaleops_policy_mode{selector(subject.series, mode='serve')} == 1"
    rule = {
        "seriesQuery": f"scaleops_recommended_replicas{of_series}",
        "name": {"as": metric},
        "resources": {"namespaced": False},
        "metricsQuery": f"max(scaleops_recommended_replicas{of_series} and on (series) ({serving}))",
    }
    hpa = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _metadata(subject),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": subject.deployment},
            "minReplicas": subject.policy.min_replicas,
            "maxReplicas": subject.most,
            "metrics": [
                {
                    "type": "External",
                    "external": {
                        "metric": {"name": metric},
                        "target": {"type": "AverageValue", "averageValue": "1"},
                    },
                }
            ],
            "behavior": BEHAVIOR,
        },
    }
    adapter = "".join(f"  {line}\n" for line in yaml.safe_dump({"externalRules": [rule]}, width=1_000).splitlines())
    comments = (
        "An HPA over prometheus-adapter, which needs this in its configuration:\n"
        f"{adapter}"
        "Without a number (a silent feed, another mode than serve) an HPA leaves the replicas as they are.\n"
        f"{_about_tolerance(subject)}"
    )
    return _yaml(hpa, comments=comments)


def _scrape(subject: Subject) -> str:
    job: dict[str, Any] = {"job_name": "scaleops", "scrape_interval": "15s"}
    scheme, _, address = subject.url.partition("://")
    host, _, path = address.partition("/")
    if scheme != "http":
        job["scheme"] = scheme
    if path:
        job["metrics_path"] = f"/{path}/metrics"
    if subject.asks:
        job["authorization"] = {"credentials_file": "/etc/prometheus/scaleops-read-token"}
    job["static_configs"] = [{"targets": [host]}]
    return _yaml({"scrape_configs": [job]}, comments="For prometheus.yml. One job has all series.")


def _rule_groups(subject: Subject) -> dict[str, Any]:
    of_series, name = selector(subject.series), templated(subject.series)
    labels = {"severity": "warning", "series": name}
    place = f'namespace="{subject.namespace}",deployment="{subject.deployment}"'
    running = f"kube_deployment_status_replicas_available{{{place}}}"
    lead = round(subject.policy.lead.seconds)
    window = subject.window_seconds
    alerts = [
        {
            "alert": "ScaleOpsTooFewRunning",
            "expr": f"max(scaleops_recommended_replicas{of_series}) > max({running})",
            "for": minutes(lead + window),
            "labels": labels,
            "annotations": {
                "summary": f"{name} runs fewer replicas than were recommended for longer than its lead",
                "description": f"{{{{ $value }}}} are recommended for {name}. Look at the autoscaler and at pending "
                "pods.",
            },
        },
        {
            "alert": "ScaleOpsDemandAboveCapacity",
            "expr": (
                f"max(scaleops_demand_requests_per_second{of_series})"
                f" > max(scaleops_recommended_capacity_requests_per_second{of_series})"
            ),
            "for": minutes(2 * window),
            "labels": labels,
            "annotations": {
                "summary": f"The policy of {name} holds its replicas below what the forecast needs",
                "description": f"{{{{ $value }}}} requests per second are planned for: raise max_replicas of {name}, or"
                " its rate limits.",
            },
        },
        {
            "alert": "ScaleOpsNoDecision",
            "expr": f"absent(scaleops_recommended_replicas{of_series})",
            "for": minutes(window),
            "labels": labels,
            "annotations": {
                "summary": f"Nothing is recommended for {name}",
                "description": f"Its feed is silent, or ScaleOps is down. {templated(subject.keda_url)} says why.",
            },
        },
    ]
    return {"groups": [{"name": f"scaleops-{kubernetes_name(subject.series)}", "rules": alerts}]}


def _rules(subject: Subject) -> str:
    comments = "A file of rules for Prometheus. The first alert needs kube-state-metrics; without it, it stays silent."
    return _yaml(_rule_groups(subject), comments=comments)


def _prometheus_rule(subject: Subject) -> str:
    return _yaml(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": _metadata(subject, f"scaleops-{kubernetes_name(subject.series)}"),
            "spec": _rule_groups(subject),
        },
        comments="The rules for a Prometheus that the Prometheus operator runs.",
    )


def _datasource(subject: Subject) -> str:
    source = {"name": "Prometheus", "type": "prometheus", "access": "proxy", "url": subject.prometheus_url}
    return _yaml({"apiVersion": 1, "datasources": [source]}, comments="For Grafana's provisioning/datasources.")


def _dashboard(subject: Subject) -> str:
    lead = subject.policy.lead.seconds
    horizon = next((each for each in subject.horizons if each >= lead), subject.horizons[-1])
    bound = min(subject.levels, key=lambda name: abs(subject.levels[name] - subject.policy.level))
    return dashboards.dashboard(
        subject.series, kubernetes_name(subject.series), subject.deployment, subject.model, horizon, bound
    )


def _telegraf(subject: Subject) -> str:
    headers = '  headers = {"Authorization" = "Bearer ${SCALEOPS_READ_TOKEN}"}\n' if subject.asks else ""
    return (
        "# Replicas and demand as fields of the measurement scaleops. Where there is no number, there is no point.\n"
        "[[inputs.http]]\n"
        f'  urls = ["{subject.keda_url}"]\n'
        f"{headers}"
        f'  interval = "{POLLING_SECONDS}s"\n'
        f'  timeout = "{TIMEOUT_MILLISECONDS}ms"\n'
        '  name_override = "scaleops"\n'
        '  data_format = "json"\n'
        '  json_string_fields = ["mode"]\n'
        '  json_time_key = "at"\n'
        '  json_time_format = "2006-01-02T15:04:05Z07:00"\n'
        "  [inputs.http.tags]\n"
        f"    series = {dashboards.quoted(subject.series)}\n"
    )


MANIFESTS: dict[ManifestKind, Manifest] = {
    "scaled-object": Manifest("KEDA ScaledObject", "KEDA asks this server and scales.", "yaml", _scaled_object),
    "hpa": Manifest(
        "HorizontalPodAutoscaler", "An HPA over Prometheus and prometheus-adapter, without KEDA.", "yaml", _hpa
    ),
    "prometheus-scrape": Manifest("Prometheus scrape", "Has Prometheus read /metrics.", "yaml", _scrape),
    "prometheus-rules": Manifest("Prometheus rules", "Alerts, as a file of rules.", "yaml", _rules),
    "prometheus-rule": Manifest("PrometheusRule", "The same for the Prometheus operator.", "yaml", _prometheus_rule),
    "grafana-datasource": Manifest("Grafana data source", "Provisions the Prometheus.", "yaml", _datasource),
    "grafana-dashboard": Manifest("Grafana dashboard", "Traffic, forecast, capacity, replicas.", "json", _dashboard),
    "telegraf": Manifest("Telegraf input", "Replicas and demand to wherever Telegraf writes.", "conf", _telegraf),
}
