"""A model is one row of the catalog: the running product stores, scores, compares and lists it."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from backend.models import catalog
from backend.tests import toy_model
from backend.tests.feeding import Home
from backend.tests.server import Server, running_server
from backend.tests.shipped import HORIZONS
from backend.tests.toy_model import TOY
from backend.tests.traffic import series_csv

pytestmark = pytest.mark.long

TRAFFIC = series_csv(3_000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the toy model, to which one file was uploaded."""
    with running_server(tmp_path_factory.mktemp("toy"), toy_model.SERVE) as toy:
        toy.upload("traffic.csv", TRAFFIC).raise_for_status()
        yield toy


def history(server: Server) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = server.get("/api/history", range="6h")
    return points


def test_its_forecast_one_window_ahead_is_stored_with_every_point(server: Server) -> None:
    points = history(server)
    rates = [point["actual_rps"] for point in points]
    means = [sum(pair) / 2 for pair in pairwise(rates)]
    assert [point[TOY.column] for point in points[2:]] == pytest.approx(means[:-1])


def test_it_is_forecast_at_every_horizon(server: Server) -> None:
    forecast = server.get("/api/forecast")
    points = {point["horizon"]: point for point in forecast["points"] if point["model"] == TOY.key}
    mean = sum(point["actual_rps"] for point in history(server)[-2:]) / 2
    assert sorted(points) == list(HORIZONS)
    for point in points.values():
        assert point["mean"] == pytest.approx(mean, rel=1e-6)
        assert point["p10"] < point["mean"] < point["p95"]


def test_its_past_forecasts_are_kept(server: Server) -> None:
    past = server.get("/api/forecast/past", horizon=15, range="1h", model=TOY.key)["points"]
    points = history(server)
    means = {
        later["timestamp"]: (earlier["actual_rps"] + before["actual_rps"]) / 2
        for before, earlier, later in zip(points, points[1:], points[16:], strict=False)
    }
    assert [point["mean"] for point in past] == pytest.approx([means[point["timestamp"]] for point in past], rel=1e-6)
    assert len(past) == 60


def test_it_is_scored_beside_the_others_on_the_same_windows(server: Server) -> None:
    origins = {
        (score["model"], score["horizon"]): score["origins"]
        for score in server.get("/api/accuracy", span="24h")["scores"]
    }
    for horizon in HORIZONS:
        assert origins[TOY.key, horizon] == origins["lgbm_plus", horizon] == 1_440


def test_selection_compares_its_errors_with_the_others(server: Server) -> None:
    served = server.get("/api/forecast")["served"]
    assert [point["horizon"] for point in served] == list(HORIZONS)
    for point in served:
        assert set(point["errors"]) == {*catalog.candidates(), TOY.key}


def test_it_is_listed_with_the_column_of_its_points(server: Server) -> None:
    described = {name: getattr(TOY, name) for name in ("key", "label", "description", "column")}
    assert server.get("/api/limits")["models"][-1] == described


def test_the_upload_answers_its_score(server: Server) -> None:
    assert TOY.key in server.upload("again.csv", TRAFFIC).json()["scores"]
    server.client.delete("/api/series/again.csv").raise_for_status()


def test_a_store_that_was_written_without_it_opens_and_shows_what_it_has(home: Home) -> None:
    with home.server() as before:
        before.upload("traffic.csv", series_csv(600)).raise_for_status()
        points, forecast = history(before), before.get("/api/forecast")
        scores = before.get("/api/accuracy")["scores"]
        past = before.get("/api/forecast/past", horizon=15, range="6h")
    with home.server(toy_model.SERVE) as after:
        assert history(after) == [point | {TOY.column: None} for point in points]
        assert after.get("/api/forecast") == forecast
        assert after.get("/api/accuracy")["scores"] == scores
        assert after.get("/api/forecast/past", horizon=15, range="6h") == past
        assert after.get("/api/forecast/past", horizon=15, range="6h", model=TOY.key)["points"] == []


def test_the_next_file_of_such_a_series_has_it(tmp_path: Path) -> None:
    with running_server(tmp_path) as before:
        before.upload("traffic.csv", TRAFFIC).raise_for_status()
    with running_server(tmp_path, toy_model.SERVE) as after:
        after.upload("traffic.csv", series_csv(300, start="1995-07-03T02:00:00Z")).raise_for_status()
        known = [point[TOY.column] is not None for point in history(after)]
        assert known == [False] * 60 + [True] * 300
