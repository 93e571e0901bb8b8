"""How well a series was forecast, beside naive baselines."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated

import pandas as pd
from fastapi import APIRouter, Query

from backend.api.document import OF_A_SERIES
from backend.deps import FilenameQuery, StateDep, find_series
from backend.measurements import SCORES, on_grid, read_rates
from backend.models.baselines import shorter_than
from backend.models.evaluate import SCORED_LEVELS, SHOWN, Result, score_issued, seen_in_training
from backend.models.predictor import RPSEstimator
from backend.schemas import Accuracy, AccuracySpan, DailyScore, Score, Trained
from backend.serving.issued import issued_tables
from backend.stores import TIME, SeriesRecord, Store

router = APIRouter()

SPANS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
BASELINE_DAYS = timedelta(days=8)  # what the seasonal baselines look back on
MOST_KEPT = 64  # answers, of some 10 kB each


@router.get("/accuracy", responses=OF_A_SERIES)
def accuracy(
    state: StateDep, filename: FilenameQuery = None, span: Annotated[AccuracySpan, Query(examples=["24h"])] = "24h"
) -> Accuracy:
    """Over the last part of the series: every model at every horizon beside naive baselines, on the same windows.

    A live series is held to the forecasts that were issued; a file to those that would have been, of its last seven
    days.
    Without a yesterday or a last week in the history, there is no baseline of that name.
    """
    return _accuracy(state["store"], state["estimator"], find_series(state, filename), span)


@router.get("/accuracy/daily", responses=OF_A_SERIES)
def daily_accuracy(state: StateDep, filename: FilenameQuery = None) -> list[DailyScore]:
    """Every day of the series that is over, each model at each horizon, the oldest day first.

    A day is scored once, a day after its end. Its scores stay when its forecasts are deleted for their age.
    """
    series = find_series(state, filename)
    scores = state["store"].read(SCORES, series.key.tags)
    days = [
        DailyScore(
            day=row[TIME].date(),
            model=row["model"],
            horizon=int(row["horizon"]) // series.window_seconds,
            origins=int(row["n"]),
            wape=None if pd.isna(row["wape"]) else row["wape"],
            **{name: row[name] for name in ("mae", "rmse", "bias", "coverage")},
        )
        for row in scores.to_dict("records")
    ]
    return sorted(days, key=lambda one: (one.day, one.horizon))


@lru_cache(maxsize=MOST_KEPT)
def _accuracy(store: Store, estimator: RPSEstimator, series: SeriesRecord, span: AccuracySpan) -> Accuracy:
    """Kept by record: seven days take five times as long as a chart of one, and every write of points makes another
    record (written_at). What is written without points changes none of it: a close issues forecasts for windows that
    are still to come, and upkeep leaves an attribute in the record where it wrote or deleted forecasts."""
    stop = series.last + timedelta(seconds=series.window_seconds)
    start = max(series.first, stop - SPANS[span])
    naive = shorter_than(stop - series.first, SHOWN)
    results = _scores(store, estimator, series, start, naive)
    return Accuracy(
        filename=series.name,
        origin="rolling" if series.of_files else "issued",
        start=start,
        stop=stop,
        seen_in_training=[Trained.model_validate(one) for one in seen_in_training(estimator.manifest, start, stop)],
        scores=[Score.model_validate(result) for result in results],
    )


def _scores(
    store: Store, estimator: RPSEstimator, series: SeriesRecord, start: datetime, naive: list[str]
) -> list[Result]:
    rates = on_grid(read_rates(store, series.key, start - BASELINE_DAYS, None), series.window_seconds)
    scored = pd.DatetimeIndex(rates.index[rates.index >= start])
    if scored.empty:
        return []
    issued = issued_tables(store, series, scored, estimator.horizons, ("mean", *SCORED_LEVELS))
    return score_issued(rates, pd.Timestamp(start), issued, naive)
