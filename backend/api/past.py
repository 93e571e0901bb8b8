"""What was said before: past forecasts beside what came."""

from datetime import datetime, timedelta
from typing import Literal

import pandas as pd
from fastapi import APIRouter

from backend.api.history import SPANS, FilenameQuery, buckets
from backend.deps import State, StateDep, find_series
from backend.errors import InvalidRequestError, NotFoundError
from backend.live.channel import LIVE_WINDOWS
from backend.models import catalog
from backend.presenters import on_grid
from backend.schemas import Model, PastForecast, PastForecasts, Range
from backend.serving.current import issued_tables
from backend.stores import StoredSeries

router = APIRouter()


@router.get("/forecast/past")
def past_forecasts(
    state: StateDep,
    horizon: int,
    range: Literal["live"] | Range,
    filename: FilenameQuery = None,
    model: Model = catalog.PREFERRED.key,
) -> PastForecasts:
    """What a model said of each window of a chart, `horizon` windows before it; live: the newest 240 windows.

    Of a live series the forecasts that were issued. Of a file, for which none were, those of every window of it,
    as `scaleops backtest` makes them. Buckets as in `/api/history`; windows of which nothing was said are absent.
    """
    horizons = state["estimator"].horizons
    if horizon not in horizons:
        raise InvalidRequestError(f"No forecast is made {horizon} windows ahead; horizon is one of {horizons}.")
    if model not in catalog.model_keys():
        raise InvalidRequestError(f'No model is "{model}"; model is one of {", ".join(catalog.model_keys())}.')
    series = find_series(state, filename)
    rolling = state["statuses"].status(series.filename) == "historic"
    span = LIVE_WINDOWS * timedelta(seconds=series.window_seconds) if range == "live" else SPANS[range]
    start, stop, every = buckets(series, span, None)
    said = (_rolling if rolling else _issued)(state, series, max(start, series.first), stop, horizon, model)
    means = said.resample(f"{every}s", origin="epoch").mean().dropna()
    return PastForecasts(
        filename=series.filename,
        model=model,
        horizon=horizon,
        horizon_seconds=horizon * series.window_seconds,
        origin="rolling" if rolling else "issued",
        points=[PastForecast(timestamp=timestamp, mean=mean) for timestamp, mean in means.items()],
    )


def _rolling(
    state: State, series: StoredSeries, start: datetime, stop: datetime, horizon: int, model: Model
) -> pd.Series:
    windows = state["estimator"].history_windows + horizon  # nothing older has any effect
    points = _points(state, series, start - windows * timedelta(seconds=series.window_seconds), stop)
    first = int(points.index.searchsorted(pd.Timestamp(start)))
    return state["estimator"].rolling_forecasts(points[["actual_rps"]], horizon, first)[model]["mean"]


def _issued(
    state: State, series: StoredSeries, start: datetime, stop: datetime, horizon: int, model: Model
) -> pd.Series:
    points = _points(state, series, start, stop)
    tables = issued_tables(state["store"], series, points).get(horizon)
    return tables[model]["mean"] if tables else pd.Series(index=points.index, dtype="float64")


def _points(state: State, series: StoredSeries, start: datetime, stop: datetime) -> pd.DataFrame:
    points = on_grid(state["store"].read_points(series.key, start, stop), series.window_seconds)
    if points.empty:
        raise NotFoundError(f'"{series.filename}" was deleted a moment ago. GET /api/series lists what is stored.')
    return points
