"""GET /api/limits: what the page names and lays out without a word of its own."""

from backend.schemas import ChartDataPoint
from backend.tests.server import Server
from backend.tests.traffic import series_csv


def test_every_model_names_the_member_of_a_chart_point_that_holds_its_forecast(server: Server) -> None:
    columns = {model["column"] for model in server.get("/api/limits")["models"]}
    assert columns
    assert columns <= set(ChartDataPoint.model_fields)


def test_every_model_and_baseline_of_the_answers_has_a_label(server: Server) -> None:
    scores = server.upload("traffic.csv", series_csv(3000)).json()["scores"]
    limits = server.get("/api/limits")
    labels = {row["key"]: row["label"] for row in limits["models"] + limits["baselines"]}
    assert set(scores) <= set(labels)
    assert all(labels.values())
