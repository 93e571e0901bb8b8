"""The errors the page shows are those that anyone can compute from what is stored."""

import json
from datetime import timedelta
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from backend.cli import app
from backend.config import Settings
from backend.measurements import FORECASTS, MEASUREMENTS, on_grid, read_points
from backend.models.evaluate import SHOWN, IntervalScores, score_issued
from backend.models.predictor import RPSEstimator
from backend.serving.issued import issued_tables
from backend.serving.upkeep import Upkeep
from backend.stores.sqlite import SqliteStore
from backend.tests.feed.collected import KEY, Feed
from backend.tests.server import Server
from backend.tests.shipped import HORIZONS
from backend.tests.stores.samples import forecasts_of
from backend.tests.traffic import series_csv

pytestmark = pytest.mark.long


def test_a_file_has_the_scores_of_its_backtest(server: Server, tmp_path: Path) -> None:
    (tmp_path / "traffic.csv").write_bytes(series_csv(2_000))
    server.upload("traffic.csv", series_csv(2_000))
    accuracy = server.get("/api/accuracy", span="24h")
    backtest = ["backtest", str(tmp_path / "traffic.csv"), "--from", accuracy["start"], "--json"]
    report = json.loads(CliRunner().invoke(app, backtest).stdout)
    scores = {(score["model"], score["horizon"]): score for score in accuracy["scores"]}
    assert accuracy["origin"] == "rolling"
    assert accuracy["seen_in_training"][0]["name"] == report["seen_in_training"][0]["name"]
    assert {horizon for _, horizon in scores} == set(HORIZONS)
    for row in report["results"]:
        shown = scores[row.pop("model"), row["horizon"]]
        figures = {name: value for name, value in row.items() if value is not None}
        of_quantiles = {name: figures.pop(name) for name in IntervalScores.__annotations__ if name in figures}
        assert {name: shown[name] for name in figures} == pytest.approx(figures, rel=1e-6)
        # Kept in a byte: a rate on the edge may come to lie beyond it.
        losses = {name: of_quantiles.pop(name) for name in ("pinball",) if name in of_quantiles}
        assert {name: shown[name] for name in losses} == pytest.approx(losses, rel=0.02)
        assert {name: shown[name] for name in of_quantiles} == pytest.approx(of_quantiles, abs=0.006)


def test_issued_forecasts_are_scored_as_recomputed_from_the_stored_rows(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    feed = Feed(store, RPSEstimator.load(Settings().model_path))
    feed.at(0)
    feed.live(0, 60)
    horizons = [horizon for horizon in HORIZONS if horizon < 60]
    (series,) = store.list_series()
    start = pd.Timestamp(series.last - timedelta(minutes=39))
    points = on_grid(read_points(store, KEY, None, None), 60)
    windows = pd.DatetimeIndex(points.index[points.index >= start])
    issued = issued_tables(store, series, windows, horizons, ("mean", "p10", "p50", "p90"))
    results = score_issued(points["actual_rps"], start, issued)
    assert {(one["model"], one["horizon"]) for one in results} == {
        (model, horizon) for model in ("lgbm_plus", "lgbm", *SHOWN) for horizon in horizons
    }
    rows = forecasts_of(store, KEY)
    for result in results:
        if result["model"] not in ("lgbm_plus", "lgbm", "last_value"):
            continue
        horizon = result["horizon"]
        wanted = rows[(rows["model"] == "lgbm_plus") & (rows["horizon_seconds"] == horizon * 60)]
        if result["model"] == "lgbm":
            wanted = rows[(rows["model"] == "lgbm") & (rows["horizon_seconds"] == horizon * 60)]
        said = wanted.set_index("timestamp")
        if result["model"] == "last_value":
            said = said.assign(mean=points["actual_rps"].shift(horizon))
        both = points[["actual_rps"]].join(said, how="inner").loc[start:]
        error = both["mean"] - both["actual_rps"]
        expected = {
            "origins": len(both),
            "mae": error.abs().mean(),
            "rmse": np.sqrt((error**2).mean()),
            "wape": error.abs().sum() / both["actual_rps"].sum(),
            "bias": error.mean(),
            "under_forecast": (error < 0).mean(),
        }
        if result["model"] != "last_value":
            expected["p10_coverage"] = (both["actual_rps"] <= both["p10"]).mean()
            expected["p90_coverage"] = (both["actual_rps"] <= both["p90"]).mean()
            expected["coverage"] = both["actual_rps"].between(both["p10"], both["p90"]).mean()
        assert {name: result[name] for name in expected} == pytest.approx(expected, abs=1e-6)  # type: ignore[literal-required]


def test_there_is_no_same_time_last_week_before_there_is_a_week(server: Server) -> None:
    server.upload("traffic.csv", series_csv(2_000))
    models = {score["model"] for score in server.get("/api/accuracy", span="1h")["scores"]}
    assert "seasonal_naive_day" in models
    assert "seasonal_naive_week" not in models


def test_days_that_are_over_keep_their_scores_when_their_forecasts_are_gone(server: Server) -> None:
    server.upload("traffic.csv", series_csv(3 * 1_440))
    store = SqliteStore(server.folder / "store.sqlite", MEASUREMENTS)
    (series,) = store.list_series()
    kept = forecasts_of(store, series.key).merge(read_points(store, series.key, None, None), on="timestamp")
    estimator = RPSEstimator.load(Settings().model_path)
    Upkeep(store, estimator, Settings(), rest=lambda: None).step()
    store.delete(FORECASTS, series.key.tags, series.last + timedelta(days=1))
    store.close()
    days = server.get("/api/accuracy/daily", filename="traffic.csv")
    assert {(row["model"], row["horizon"]) for row in days} == set(product(("lgbm", "lgbm_plus"), HORIZONS))
    for row in days:
        chosen = (kept["model"] == row["model"]) & (kept["horizon_seconds"] == row["horizon"] * 60)
        of_day = kept[chosen & (kept["timestamp"].dt.date.astype(str) == row["day"])]
        assert row["origins"] == len(of_day)
        assert row["mae"] == pytest.approx((of_day["mean"] - of_day["actual_rps"]).abs().mean(), rel=1e-5)
