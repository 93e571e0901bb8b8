"""How well a series was forecast, beside naive baselines."""

from datetime import datetime, timedelta

import pandas as pd
from fastapi import APIRouter

from backend.api.history import FilenameQuery
from backend.deps import State, StateDep, find_series
from backend.models.baselines import within
from backend.models.evaluate import SHOWN, Result, backtest, score_issued, seen_in_training
from backend.presenters import on_grid
from backend.schemas import Accuracy, AccuracySpan, Score, Trained
from backend.serving.current import issued_tables
from backend.stores import StoredSeries

router = APIRouter()

SPANS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
BASELINE_DAYS = timedelta(days=8)  # what the seasonal baselines look back on


@router.get("/accuracy")
def accuracy(state: StateDep, filename: FilenameQuery = None, span: AccuracySpan = "24h") -> Accuracy:
    """Over the last part of the series: both models at every horizon beside naive baselines, on the same windows.

    A live series is held to the forecasts that were issued; a file, for which none were, to those of every window.
    Without a yesterday or a last week in the history, there is no baseline of that name.
    """
    series = find_series(state, filename)
    stop = series.last + timedelta(seconds=series.window_seconds)
    start = max(series.first, stop - SPANS[span])
    rolling = state["statuses"].status(series.filename) == "historic"
    naive = within(stop - series.first, SHOWN)
    results = _rolling(state, series, start, naive) if rolling else _issued(state, series, start, naive)
    manifest = state["estimator"].manifest
    return Accuracy(
        filename=series.filename,
        origin="rolling" if rolling else "issued",
        start=start,
        stop=stop,
        seen_in_training=[Trained.model_validate(one) for one in seen_in_training(manifest, start, stop)],
        scores=[Score.model_validate(result) for result in results],
    )


def _rolling(state: State, series: StoredSeries, start: datetime, naive: list[str]) -> list[Result]:
    points = on_grid(state["store"].read_points(series.key, None, None), series.window_seconds)
    return backtest(state["estimator"], points[["actual_rps"]], pd.Timestamp(start), naive=naive)


def _issued(state: State, series: StoredSeries, start: datetime, naive: list[str]) -> list[Result]:
    stored = state["store"].read_points(series.key, start - BASELINE_DAYS, None)
    points = on_grid(stored, series.window_seconds)
    scored = points[points.index >= start]
    if scored.empty:
        return []
    issued = issued_tables(state["store"], series, scored)
    return score_issued(points["actual_rps"], pd.Timestamp(start), issued, naive)
