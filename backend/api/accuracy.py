"""How well a series was forecast, beside naive baselines."""

from datetime import datetime, timedelta
from typing import Annotated

import pandas as pd
from fastapi import APIRouter, Query

from backend.api.document import OF_A_SERIES
from backend.deps import FilenameQuery, State, StateDep, find_series
from backend.measurements import read_rates
from backend.models.baselines import within
from backend.models.evaluate import SHOWN, Result, score_issued, seen_in_training
from backend.models.intervals import INTERVAL
from backend.schemas import Accuracy, AccuracySpan, Score, Trained
from backend.serving.current import issued_tables
from backend.serving.presenters import on_grid
from backend.stores import SeriesRecord

router = APIRouter()

SPANS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
BASELINE_DAYS = timedelta(days=8)  # what the seasonal baselines look back on


@router.get("/accuracy", responses=OF_A_SERIES)
def accuracy(
    state: StateDep, filename: FilenameQuery = None, span: Annotated[AccuracySpan, Query(examples=["24h"])] = "24h"
) -> Accuracy:
    """Over the last part of the series: every model at every horizon beside naive baselines, on the same windows.

    A live series is held to the forecasts that were issued; a file to those that would have been, of its last seven
    days.
    Without a yesterday or a last week in the history, there is no baseline of that name.
    """
    series = find_series(state, filename)
    stop = series.last + timedelta(seconds=series.window_seconds)
    start = max(series.first, stop - SPANS[span])
    naive = within(stop - series.first, SHOWN)
    results = _scores(state, series, start, naive)
    manifest = state["estimator"].manifest
    return Accuracy(
        filename=series.name,
        origin="issued" if series.origin in ("feed", "replay") else "rolling",
        start=start,
        stop=stop,
        seen_in_training=[Trained.model_validate(one) for one in seen_in_training(manifest, start, stop)],
        scores=[Score.model_validate(result) for result in results],
    )


def _scores(state: State, series: SeriesRecord, start: datetime, naive: list[str]) -> list[Result]:
    rates = on_grid(read_rates(state["store"], series.key, start - BASELINE_DAYS, None), series.window_seconds)
    scored = rates[rates.index >= start].to_frame()
    if scored.empty:
        return []
    horizons = state["estimator"].horizons
    issued = issued_tables(state["store"], series, scored, horizons, ("mean", *INTERVAL))
    return score_issued(rates, pd.Timestamp(start), issued, naive)
