"""What a Prometheus is told, and that page, KEDA endpoint, log and Prometheus agree."""

import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend.capacity.decisions import Decisions, Recomputed
from backend.capacity.metrics import METRICS
from backend.capacity.policies import Policies
from backend.config import Settings
from backend.measurements import POINT_FIELDS, SCORES
from backend.models.predictor import RPSEstimator
from backend.serving.current import CurrentForecasts
from backend.stores import TIME, Store
from backend.tests import clocked
from backend.tests.capacity.agreement import run, watched
from backend.tests.capacity.served import REPLICAS, VERSION, serve
from backend.tests.feed.test_running_selection import fed_before
from backend.tests.feeding import KEY, MINUTE, Home
from backend.tests.programs import promtool
from backend.tests.server import Server, running_server
from backend.tests.stores.samples import write_points

ODD = 'shop "a" \\ b'


@pytest.fixture
def serving(sqlite_home: Home) -> Iterator[tuple[Server, clocked.Clock]]:
    clock = serve(sqlite_home, ["web", ODD, "advised"])
    store = sqlite_home.open()
    at = pd.Timestamp(int(clock.time()), unit="s", tz="UTC").floor("D") - pd.Timedelta(2, "D")
    values = {"n": 1440.0, "mae": 10.0, "rmse": 12.0, "wape": 0.02, "bias": -5.0, "coverage": 0.8}
    row = {"filename": "web", "version": VERSION, "model": "lgbm_plus", "horizon": "300", TIME: at}
    store.write({SCORES: pd.DataFrame([row | values])})
    store.close()
    with running_server(sqlite_home.folder, clocked.serve, **clock.settings) as server:
        policy = {"rps_per_replica": 100, "mode": "advise"}
        server.client.put("/api/policies/advised", json=policy).raise_for_status()
        yield server, clock


def scraped(server: Server) -> dict[str, dict[tuple[str, ...], float]]:
    """By metric its value by labels, in the order of their names."""
    text = server.client.get("/metrics").raise_for_status().text
    return {
        sample.name: {
            tuple(value for _, value in sorted(one.labels.items())): one.value
            for one in family.samples
            if one.name == sample.name
        }
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_metrics_are_those_of_the_newest_decision(serving: tuple[Server, clocked.Clock]) -> None:
    server, _ = serving
    server.client.get("/api/keda/web")
    server.client.get("/api/keda/advised")
    seen = scraped(server)
    assert seen["scaleops_recommended_replicas"] == {("web",): REPLICAS, (ODD,): REPLICAS, ("advised",): REPLICAS}
    assert seen["scaleops_recommended_capacity_requests_per_second"]["web",] == 100 * REPLICAS
    assert seen["scaleops_observed_requests_per_second"]["web",] == 1_000
    assert seen["scaleops_forecast_requests_per_second"]["p90", "300", "lgbm_plus", "web"] > 1_000
    assert seen["scaleops_forecast_age_seconds"]["web",] == 6
    assert seen["scaleops_ingest_lag_seconds"]["web",] == 3
    assert seen["scaleops_policy_mode"]["serve", "web"] == 1
    assert seen["scaleops_policy_mode"]["serve", "advised"] == 0
    assert seen["scaleops_policy_mode"]["advise", "advised"] == 1
    assert seen["scaleops_forecast_error_ratio"] == {("300", "lgbm_plus", "web"): 0.02}
    assert seen["scaleops_forecast_bias_ratio"]["300", "lgbm_plus", "web"] == pytest.approx(-0.01)
    assert seen["scaleops_keda_answers_total"]["served",] == 1
    assert seen["scaleops_keda_answers_total"]["mode",] == 1
    assert seen["scaleops_model_info"] == {(VERSION,): 1}


def test_capacity_is_by_the_policy_that_decided_until_the_next_decision(serving: tuple[Server, clocked.Clock]) -> None:
    server, _ = serving
    server.client.put("/api/policies/advised", json={"rps_per_replica": 50, "mode": "advise"}).raise_for_status()
    assert scraped(server)["scaleops_recommended_capacity_requests_per_second"]["advised",] == 100 * REPLICAS


def test_what_is_silent_or_deleted_vanishes(serving: tuple[Server, clocked.Clock]) -> None:
    server, clock = serving
    server.client.delete("/api/series/advised").raise_for_status()
    assert "advised" not in server.client.get("/metrics").text
    clock.set(clock.time() + 3 * MINUTE + 1)
    seen = scraped(server)
    assert "scaleops_recommended_replicas" not in seen
    assert "scaleops_observed_requests_per_second" not in seen
    assert not any("web" in labels for values in seen.values() for labels in values)
    assert seen["scaleops_keda_answers_total"]["served",] == 0


def test_openmetrics_is_answered_to_those_who_ask_for_it(serving: tuple[Server, clocked.Clock]) -> None:
    server, _ = serving
    answer = server.client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.programs
def test_promtool_has_nothing_against_the_metrics(serving: tuple[Server, clocked.Clock]) -> None:
    text = serving[0].client.get("/metrics").text
    assert all(f"# TYPE {row.name} gauge" in text for row in METRICS)
    result = subprocess.run([promtool(), "check", "metrics"], input=text, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.programs
def test_page_keda_prometheus_and_log_agree_at_every_decision_and_a_cut_is_seen(home: Home, tmp_path: Path) -> None:
    """With forecasts of before that were bad lately, so that a baseline is served; the policy is changed under way."""
    feed = fed_before(home, badly=range(60))
    with watched(feed, tmp_path) as watching:
        seen = list(run(watching, 4))
        assert all(one.agree for one in seen), seen
        assert [one.policy for one in seen] == [1, 1, 2, 2]
        assert seen[2].log >= 2 * (seen[2].observed or 0)  # of the second policy's replicas each serves half
        assert watching.cut() <= 3
    store = home.open()
    again = list(recomputed(store))
    assert len(again) >= len(seen)
    assert [one.again for one in again] == [one.logged for one in again]
    corrected = again[len(seen) - 1].logged
    write_rate(store, corrected.at - timedelta(seconds=MINUTE), 500.0)
    changed = [one for one in recomputed(store) if one.again != one.logged]
    assert changed[0].logged == corrected
    assert changed[0].again is not None
    assert changed[0].again.observed == 500.0
    store.close()


def recomputed(store: Store) -> Iterator[Recomputed]:
    """Every decision of the log beside the one that follows from what is stored."""
    estimator = RPSEstimator.load(Settings().model_path)
    forecasts = CurrentForecasts(store, estimator.horizons)
    record = store.find(KEY.name)
    assert record is not None
    return Decisions(store, forecasts, Policies(store)).recomputed(record, None, None)


def write_rate(store: Store, window: datetime, rate: float) -> None:
    """As a late sample corrects it."""
    index = pd.DatetimeIndex([window]).as_unit("s")
    write_points(store, KEY, pd.DataFrame({"actual_rps": [rate]}, index=index).reindex(columns=list(POINT_FIELDS)))
