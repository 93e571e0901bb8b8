"""What is stored, as the chart and others ask for it."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from backend.tests.server import Server
from backend.tests.shipped import HORIZONS
from backend.tests.traffic import series_csv


def times(points: list[dict[str, Any]]) -> list[datetime]:
    return [datetime.fromisoformat(point["timestamp"]) for point in points]


@pytest.mark.parametrize(("span", "count", "step"), [("1h", 60, 60), ("6h", 360, 60), ("24h", 720, 120)])
def test_ranges_end_at_the_last_point_and_have_at_most_720_buckets(
    server: Server, span: str, count: int, step: int
) -> None:
    server.upload("traffic.csv", series_csv(3000))
    points = server.get("/api/history", range=span)
    assert len(points) == count
    assert all(later - earlier == timedelta(seconds=step) for earlier, later in pairwise(times(points)))
    last = datetime.fromisoformat(server.get("/api/series")[0]["last"])
    assert last - timedelta(seconds=step) < times(points)[-1] <= last


def test_points_have_actual_both_predictions_the_band_and_the_anomaly_mark(server: Server) -> None:
    server.upload("traffic.csv", series_csv(3000))
    point = server.get("/api/history", range="1h")[-1]
    assert set(point) == {
        "timestamp",
        "actual_rps",
        "predicted_rps_model1",
        "predicted_rps_model2",
        "p10",
        "p90",
        "anomaly_score",
        "anomaly",
        "anomalies",
    }
    assert point["p10"] <= point["predicted_rps_model1"] <= point["p90"]


def test_an_outage_is_a_gap_of_nulls(server: Server) -> None:
    server.upload("traffic.csv", series_csv(3000, missing=slice(2900, 2970)))
    points = server.get("/api/history", range="6h")
    unknown = [point for point in points if point["actual_rps"] is None]
    assert len(unknown) == 70
    assert all(point["predicted_rps_model1"] is None and not point["anomaly"] for point in unknown)


def test_a_spike_is_the_same_anomaly_in_every_range_with_its_own_time_and_rate(server: Server) -> None:
    lines = series_csv(3000).decode().splitlines()
    lines[2981] = lines[2981].split(",")[0] + ",900"
    server.upload("traffic.csv", "\n".join(lines).encode())
    for span in ("1h", "6h", "24h"):
        points = server.get("/api/history", range=span)
        (marked,) = [point for point in points if point["anomaly"] and point["anomaly_score"] > 0.9]
        (anomaly,) = marked["anomalies"]
        assert anomaly["timestamp"] == lines[2981].split(",")[0].replace("+00:00", "Z"), span
        assert anomaly["actual_rps"] == 15.0
        assert anomaly["score"] == marked["anomaly_score"] >= 0.5
        assert anomaly["reason"].endswith("what was forecast or usual by the week before")


def test_anchored_to_the_present_an_old_log_is_empty(server: Server) -> None:
    server.upload("traffic.csv", series_csv(300))
    assert server.get("/api/history", range="24h", anchor="now") == []


def test_a_range_longer_than_the_series_gives_the_whole_series(server: Server) -> None:
    server.upload("traffic.csv", series_csv(100))
    assert len(server.get("/api/history", range="6h")) == 100


def test_long_windows_are_shown_one_by_one(server: Server) -> None:
    server.upload("traffic.csv", series_csv(300, step=1800))
    assert len(server.get("/api/history", range="24h")) == 48


@pytest.mark.parametrize("query", [{"range": "2h"}, {}, {"range": "1h", "anchor": "then"}])
def test_a_range_that_does_not_exist_is_refused_by_name(server: Server, query: dict[str, str]) -> None:
    answer = server.client.get("/api/history", params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["fields"]


@pytest.mark.parametrize("path", ["/api/decisions?", "/api/decisions/what-if?", "/api/forecast/past?horizon=1&"])
def test_where_the_newest_windows_are_a_range_all_are_told_in_one_list(server: Server, path: str) -> None:
    answer = server.client.get(f"{path}range=2h")
    assert answer.status_code == 422
    assert answer.json()["fields"] == ["range"]
    assert "'live', '1h', '6h' or '24h'" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "media_type", "reason"),
    [
        ('{"rps_per_replica": 1}', "text/plain", "sent with Content-Type: application/json"),
        ('{"rps_per_replica": ', "application/json", "not JSON: Expecting value at character 20"),
        ("", "application/json", "is to be a JSON object"),
    ],
)
def test_a_body_that_is_no_json_is_told_so(server: Server, content: str, media_type: str, reason: str) -> None:
    answer = server.client.put("/api/policies/web", content=content, headers={"Content-Type": media_type})
    assert answer.status_code == 422
    assert reason in answer.json()["detail"]
    assert answer.json()["fields"] == ["body"]


def test_asking_for_a_series_that_is_not_stored_names_the_way_out(server: Server) -> None:
    for path in ("/api/history?range=1h&", "/api/forecast?", "/api/accuracy?"):
        answer = server.client.get(f"{path}filename=nothing")
        assert answer.status_code == 404
        assert "/api/series" in answer.json()["detail"]


def test_without_a_name_the_series_written_last_answers(server: Server) -> None:
    server.upload("first.csv", series_csv(100, seed=1))
    server.upload("second.csv", series_csv(100, seed=2))
    assert server.get("/api/history", range="1h") == server.get("/api/history", range="1h", filename="second.csv")


def test_the_forecast_continues_from_the_end_of_the_data(server: Server) -> None:
    server.upload("traffic.csv", series_csv(3000))
    forecast = server.get("/api/forecast")
    end = datetime.fromisoformat(server.get("/api/series")[0]["last"]) + timedelta(minutes=1)
    assert datetime.fromisoformat(forecast["issued_at"]) == end
    assert (forecast["stale"], forecast["status"], forecast["warming_up"]) == (True, "historic", False)
    assert [(point["model"], point["horizon"]) for point in forecast["points"]] == [
        (model, horizon) for model in ("lgbm", "lgbm_plus") for horizon in HORIZONS
    ]
    for point in forecast["points"]:
        assert datetime.fromisoformat(point["timestamp"]) == end + timedelta(minutes=point["horizon"] - 1)
        assert 0 <= point["p10"] <= point["p50"] <= point["p90"] <= point["p95"]
        assert point["trend"] in ("up", "down", "flat")


def test_accuracy_over_the_whole_series_is_what_the_upload_answered(server: Server) -> None:
    result = server.upload("traffic.csv", series_csv(1500)).json()
    accuracy = server.get("/api/accuracy", span="7d")
    one_ahead = {score["model"]: score for score in accuracy["scores"] if score["horizon"] == 1}
    for model, score in result["scores"].items():
        for name in ("origins", "mae", "rmse", "smape", "wape", "bias", "under_forecast"):
            assert one_ahead[model][name] == pytest.approx(
                score[name], rel=1e-6, abs=1e-8
            )  # means are kept to 7 digits


def test_accuracy_scores_only_the_span(server: Server) -> None:
    server.upload("traffic.csv", series_csv(6000))
    hour = {score["model"]: score for score in server.get("/api/accuracy", span="1h")["scores"]}
    assert {score["origins"] for score in hour.values()} == {60}
    assert "seasonal_naive_day" in hour


def test_deleting_a_series_takes_it_away_everywhere(server: Server) -> None:
    server.upload("traffic.csv", series_csv(100))
    answer = server.client.delete("/api/series/traffic.csv")
    assert answer.json() == {"filename": "traffic.csv", "points": 100}
    assert server.get("/api/series") == []
    assert server.client.get("/api/forecast", params={"filename": "traffic.csv"}).status_code == 404
    assert server.client.delete("/api/series/traffic.csv").status_code == 404


def test_limits_say_what_the_page_writes_on_its_drop_zone(server: Server) -> None:
    limits = server.get("/api/limits")
    assert limits["max_upload_bytes"] == 8 * 1024**2
    assert limits["horizons"] == list(HORIZONS)
