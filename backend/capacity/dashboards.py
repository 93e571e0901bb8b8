"""A Grafana dashboard of a series, over the Prometheus that scrapes /metrics."""

import json
from typing import Any

from backend.capacity.promql import minutes, selector

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH, HEIGHT = 24, 9


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def dashboard(series: str, name: str, deployment: str, model: str, horizon: int, bound: str) -> str:
    """JSON. horizon (seconds) and bound: of the forecast that is drawn, where its window comes: in Prometheus it is
    stamped with its origin."""
    of_series = selector(series)
    forecast = "max(scaleops_forecast_requests_per_second{}) offset {}"
    ahead = minutes(horizon)
    bounds = {each: selector(series, model=model, horizon=str(horizon), bound=each) for each in ("p50", bound)}
    running = f"max(kube_deployment_status_replicas_available{{deployment={quoted(deployment)}}})"
    panels = [
        _panel(
            "Traffic, forecast and capacity",
            "reqps",
            ("observed", f"max(scaleops_observed_requests_per_second{of_series})"),
            *((f"{each}, {ahead} before", forecast.format(labels, ahead)) for each, labels in bounds.items()),
            ("capacity", f"max(scaleops_recommended_capacity_requests_per_second{of_series})"),
        ),
        _panel(
            "Replicas",
            "short",
            ("recommended", f"max(scaleops_recommended_replicas{of_series})"),
            ("before limits", f"max(scaleops_wanted_replicas{of_series})"),
            ("running", running),
        ),
        _panel(
            "Error of the newest scored day (WAPE)",
            "percentunit",
            ("{{model}} {{horizon}} s", f"scaleops_forecast_error_ratio{of_series}"),
        ),
        _panel(
            "Answers to KEDA",
            "reqps",
            ("{{outcome}}", "sum by (outcome) (rate(scaleops_keda_answers_total[5m]))"),
        ),
    ]
    places = [{"h": HEIGHT, "w": WIDTH, "x": 0, "y": HEIGHT * place} for place in range(len(panels))]
    variable = {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    return json.dumps(
        {
            "uid": f"scaleops-{name}"[:40],
            "title": f"ScaleOps: {series}",
            "tags": ["scaleops"],
            "schemaVersion": 39,
            "timezone": "utc",
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "templating": {"list": [variable]},
            "panels": [
                {"id": number, "gridPos": place, **panel}
                for number, (panel, place) in enumerate(zip(panels, places, strict=True), start=1)
            ],
        },
        indent=2,
        ensure_ascii=False,
    )


def _panel(title: str, unit: str, *targets: tuple[str, str]) -> dict[str, Any]:
    return {
        "title": title,
        "type": "timeseries",
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"fillOpacity": 0}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
            for place, (legend, expression) in enumerate(targets)
        ],
    }
