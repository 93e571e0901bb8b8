"""Manifests are what the programs they are for take, whatever the series is called."""

import json
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from backend.capacity.dead_band import dead_band
from backend.capacity.manifests import MANIFESTS, ManifestKind, Subject, kubernetes_name
from backend.capacity.policy import Policy
from backend.tests.capacity.served import refusal_of
from backend.tests.programs import promtool

POLICY = Policy(rps_per_replica=100, lead_seconds=120, min_replicas=2, max_replicas=40, mode="serve")
SHOP = Subject(
    series="web/shop",
    policy=POLICY,
    url="http://scaleops:8000",
    asks=True,
    namespace="shops",
    deployment="shop",
    window_seconds=60,
    fallback=14,
    horizons=(60, 300, 900),
    levels={"p10": 0.1, "p50": 0.5, "p90": 0.9, "p95": 0.95},
    model="lgbm_plus",
    prometheus_url="http://prometheus:9090",
    dead_band=dead_band(POLICY, 12, 11),
)
NAMES = ("web/shop", 'a "quoted" \\ name', "{{ $value }}", "été #1: ${x}", "-")


def text(kind: ManifestKind, subject: Subject = SHOP) -> str:
    return MANIFESTS[kind].text(subject)


def named(name: str) -> Subject:
    return replace(SHOP, series=name, deployment=kubernetes_name(name))


def documents(kind: ManifestKind, subject: Subject = SHOP) -> list[Any]:
    return list(yaml.safe_load_all(text(kind, subject)))


def test_there_is_a_row_for_every_kind() -> None:
    assert set(MANIFESTS) == set(get_args(ManifestKind))


def test_a_scaled_object_has_the_policy_s_own_values() -> None:
    authentication, scaled = documents("scaled-object")
    assert authentication["kind"] == "TriggerAuthentication"
    spec = scaled["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (2, 40)
    assert spec["fallback"] == {"failureThreshold": 3, "replicas": 14, "behavior": "currentReplicasIfHigher"}
    assert spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleUp"]["tolerance"] == "0"
    (trigger,) = spec["triggers"]
    assert trigger["metadata"] == {
        "url": "http://scaleops:8000/api/keda/web/shop",
        "valueLocation": "replicas",
        "targetValue": "1",
        "timeout": "2000",
        "authMode": "bearer",
    }


def test_a_scaled_object_asks_the_same_whatever_rate_a_replica_serves() -> None:
    """KEDA rounds to thousandths: 11 replicas of 3.3333333 would become 12; and a policy may change its rate later."""
    triggers = []
    for rate in (100, 3.3333333, 0.0013):
        policy = POLICY.model_copy(update={"rps_per_replica": rate})
        _, scaled = documents("scaled-object", replace(SHOP, policy=policy))
        triggers.append(scaled["spec"]["triggers"])
    assert triggers == [triggers[0]] * 3


def test_the_dead_band_is_said_where_an_hpa_would_not_act() -> None:
    kinds: tuple[ManifestKind, ...] = ("scaled-object", "hpa")
    for kind in kinds:
        assert "An HPA will keep 11: 12 is within its tolerance of 10%" in text(kind)


def test_a_server_that_asks_for_no_token_needs_no_secret() -> None:
    (scaled,) = documents("scaled-object", replace(SHOP, asks=False))
    assert "authenticationRef" not in scaled["spec"]["triggers"][0]
    assert "Bearer" not in text("telegraf", replace(SHOP, asks=False))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", [kind for kind, row in MANIFESTS.items() if row.ending == "yaml"])
def test_yaml_is_yaml_for_every_name(kind: ManifestKind, name: str) -> None:
    assert documents(kind, named(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_dashboard_is_json_and_a_telegraf_input_toml_for_every_name(name: str) -> None:
    dashboard = json.loads(text("grafana-dashboard", named(name)))
    assert len(dashboard["uid"]) <= 40
    assert dashboard["title"].endswith(name)
    (source,) = tomllib.loads(text("telegraf", named(name)))["inputs"]["http"]
    assert source["tags"]["series"] == name


@pytest.mark.programs
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["scaled-object", "hpa"])
def test_keda_and_kubernetes_know_every_field(kind: ManifestKind, name: str) -> None:
    for document in documents(kind, named(name)):
        assert refusal_of(yaml.safe_dump(document)) == ""


@pytest.mark.programs
def test_a_field_that_nobody_knows_would_be_seen() -> None:
    _, scaled = documents("scaled-object")
    scaled["spec"]["minReplicas"] = 1
    assert 'unknown field "minReplicas"' in refusal_of(yaml.safe_dump(scaled))


def check(*arguments: str | Path) -> str:
    result = subprocess.run([promtool(), *map(str, arguments)], capture_output=True, text=True)
    return result.stdout + result.stderr if result.returncode else ""


@pytest.mark.programs
@pytest.mark.parametrize("name", NAMES)
def test_promtool_has_nothing_against_the_rules(tmp_path: Path, name: str) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(text("prometheus-rules", named(name)))
    assert check("check", "rules", "--lint-fatal", path) == ""
    (operator,) = documents("prometheus-rule", named(name))
    path.write_text(yaml.safe_dump(operator["spec"]))
    assert check("check", "rules", "--lint-fatal", path) == ""


@pytest.mark.programs
def test_promtool_has_nothing_against_the_scrape(tmp_path: Path) -> None:
    path = tmp_path / "prometheus.yml"
    path.write_text(text("prometheus-scrape", replace(SHOP, asks=False)))
    assert check("check", "config", path) == ""


RAMP = """
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      # from 10 replicas up by 2 a minute to 30, and what runs stays at 10 for long
      - series: 'scaleops_recommended_replicas{series="web/shop"}'
        values: '10x4 12+2x9 30x10 stale _x20'
      - series: 'kube_deployment_status_replicas_available{namespace="shops",deployment="shop"}'
        values: '10x18 30x20'
      # demand outgrows what the policy allows for three minutes
      - series: 'scaleops_demand_requests_per_second{series="web/shop"}'
        values: '950x14 3500x2 2900x20'
      - series: 'scaleops_recommended_capacity_requests_per_second{series="web/shop"}'
        values: '1000x4 1200+200x9 3000x30'
    alert_rule_test:
      - {alertname: ScaleOpsTooFewRunning, eval_time: 7m, exp_alerts: []}
      - alertname: ScaleOpsTooFewRunning
        eval_time: 8m
        exp_alerts: [{exp_labels: {severity: warning, series: web/shop}, exp_annotations: RUNNING}]
      - {alertname: ScaleOpsTooFewRunning, eval_time: 19m, exp_alerts: []}
      - {alertname: ScaleOpsDemandAboveCapacity, eval_time: 16m, exp_alerts: []}
      - alertname: ScaleOpsDemandAboveCapacity
        eval_time: 17m
        exp_alerts: [{exp_labels: {severity: warning, series: web/shop}, exp_annotations: DEMAND}]
      - {alertname: ScaleOpsDemandAboveCapacity, eval_time: 18m, exp_alerts: []}
      - {alertname: ScaleOpsNoDecision, eval_time: 24m, exp_alerts: []}
      - alertname: ScaleOpsNoDecision
        eval_time: 27m
        exp_alerts: [{exp_labels: {severity: warning, series: web/shop}, exp_annotations: NONE}]
"""


@pytest.mark.programs
def test_the_rules_fire_on_a_ramp_and_on_silence_and_at_no_other_time(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(text("prometheus-rules"))
    (groups,) = documents("prometheus-rules")
    annotations = {rule["alert"]: rule["annotations"] for rule in groups["groups"][0]["rules"]}

    def said(alert: str, value: str) -> str:
        return json.dumps({name: said.replace("{{ $value }}", value) for name, said in annotations[alert].items()})

    (tmp_path / "ramp.yml").write_text(
        RAMP.replace("RUNNING", said("ScaleOpsTooFewRunning", "18"))
        .replace("DEMAND", said("ScaleOpsDemandAboveCapacity", "3500"))
        .replace("NONE", said("ScaleOpsNoDecision", ""))
    )
    assert check("test", "rules", tmp_path / "ramp.yml") == ""
