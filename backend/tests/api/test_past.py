"""What was said before a window is what is scored against it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from backend.api.past import past_forecasts
from backend.deps import State
from backend.errors import NotFoundError
from backend.measurements import MEASUREMENTS
from backend.stores import SeriesKey
from backend.stores.sqlite import SqliteStore
from backend.tests.feeding import until
from backend.tests.server import Server
from backend.tests.shipped import HORIZONS
from backend.tests.stores.samples import points, write_points
from backend.tests.traffic import series_csv


def said(server: Server, **asked: Any) -> dict[str, float]:
    return {point["timestamp"]: point["mean"] for point in server.get("/api/forecast/past", **asked)["points"]}


@pytest.mark.parametrize("horizon", HORIZONS)
def test_a_files_past_forecasts_have_the_errors_that_are_reported(server: Server, horizon: int) -> None:
    server.upload("traffic.csv", series_csv(2_000))
    actual = {point["timestamp"]: point["actual_rps"] for point in server.get("/api/history", range="1h")}
    past = said(server, horizon=horizon, range="1h")
    assert past.keys() == actual.keys()
    scores = server.get("/api/accuracy", span="1h")["scores"]
    (score,) = (one for one in scores if (one["model"], one["horizon"]) == ("lgbm_plus", horizon))
    mean_error = sum(abs(past[moment] - actual[moment]) for moment in past) / len(past)
    assert mean_error == pytest.approx(score["mae"], rel=1e-9)


def past_of_ten(server: Server) -> Any:
    """The past forecasts of the live series, once there are ten."""
    answer = server.client.get("/api/forecast/past", params={"horizon": 5, "range": "live"})
    return answer.json() if answer.status_code == 200 and len(answer.json()["points"]) >= 10 else None


def test_of_a_live_series_they_are_those_that_were_issued(server: Server) -> None:
    server.upload("traffic.csv", series_csv(400))
    server.client.post("/api/replay", json={"filename": "traffic.csv", "speed": 20}).raise_for_status()
    past = until(lambda: past_of_ten(server))
    assert (past["origin"], past["filename"], past["horizon_seconds"]) == ("issued", "replay of traffic.csv", 300)
    predictions = {
        point["timestamp"]: point["predicted_rps_model2"]
        for point in server.get("/api/history", range="6h")
        if point["predicted_rps_model2"] is not None
    }
    issued = said(server, horizon=1, range="6h", model="lgbm")
    assert len(issued) >= 10
    assert {moment: issued[moment] for moment in predictions if moment in issued} == pytest.approx(
        {moment: mean for moment, mean in predictions.items() if moment in issued}
    )


def test_a_day_is_averaged_like_its_history(server: Server) -> None:
    server.upload("traffic.csv", series_csv(3_000))
    history = [point["timestamp"] for point in server.get("/api/history", range="24h")]
    assert list(said(server, horizon=15, range="24h")) == history
    assert len(history) == 720


def test_windows_too_early_to_be_forecast_are_absent(server: Server) -> None:
    server.upload("traffic.csv", series_csv(30))
    assert len(said(server, horizon=15, range="1h")) == 30 - 15


def test_a_model_that_there_is_not_is_refused_with_those_that_there_are(server: Server) -> None:
    server.upload("traffic.csv", series_csv(60))
    answer = server.client.get("/api/forecast/past", params={"horizon": 1, "range": "1h", "model": "gone"})
    assert answer.status_code == 422
    assert "lgbm_plus, lgbm" in answer.json()["detail"]


def test_a_horizon_that_is_not_forecast_is_refused_with_those_that_are(server: Server) -> None:
    server.upload("traffic.csv", series_csv(100))
    answer = server.client.get("/api/forecast/past", params={"horizon": 7, "range": "1h"})
    assert answer.status_code == 422
    assert ", ".join(map(str, HORIZONS)) in answer.json()["detail"]


@pytest.mark.parametrize("status", ["live", "historic"])
def test_a_series_that_is_deleted_while_it_is_asked_for_is_not_found(tmp_path: Path, status: str) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    write_points(store, SeriesKey("traffic.csv", "lgbm_v1"), points(20))
    (found,) = store.list_series()
    store.delete_series("traffic.csv")
    sources = SimpleNamespace(find=lambda *_: found, status=lambda _: status)
    estimator = SimpleNamespace(horizons=(1, 5, 15))
    with pytest.raises(NotFoundError, match=r"traffic\.csv.*deleted"):
        past_forecasts(cast(State, {"store": store, "statuses": sources, "estimator": estimator}), 15, "1h")
