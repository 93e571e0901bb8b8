"""What was said before: past forecasts beside what came."""

from datetime import datetime
from typing import Annotated

import pandas as pd
from fastapi import APIRouter, Query

from backend.api.document import OF_A_SERIES
from backend.api.history import buckets, span_of
from backend.deps import FilenameQuery, State, StateDep, find_series
from backend.errors import InvalidRequestError, NotFoundError
from backend.measurements import on_grid, read_rates
from backend.models import catalog
from backend.schemas import LiveRange, Model, PastForecast, PastForecasts
from backend.serving.issued import issued_tables
from backend.stores import SeriesRecord

router = APIRouter()


@router.get("/forecast/past", responses=OF_A_SERIES)
def past_forecasts(
    state: StateDep,
    horizon: Annotated[int, Query(examples=[15], description="windows ahead; one of /api/limits")],
    range: Annotated[LiveRange, Query(examples=["24h"])],
    filename: FilenameQuery = None,
    model: Model = catalog.PREFERRED.key,
) -> PastForecasts:
    """What a model said of each window of a chart, `horizon` windows before it; live: the newest 240 windows.

    Of a live series the forecasts that were issued; of a file those that would have been, of its last seven days.
    Buckets as in `/api/history`; windows of which nothing was said are absent.
    """
    horizons = state["estimator"].horizons
    if horizon not in horizons:
        raise InvalidRequestError(f"No forecast is made {horizon} windows ahead; horizon is one of {horizons}.")
    if model not in catalog.model_keys():
        raise InvalidRequestError(f'No model is "{model}"; model is one of {", ".join(catalog.model_keys())}.')
    series = find_series(state, filename)
    start, stop, every = buckets(series, span_of(series, range), None)
    issued = _issued(state, series, max(start, series.first), stop, horizon, model)
    means = issued.resample(f"{every}s", origin="epoch").mean().dropna()
    return PastForecasts(
        filename=series.name,
        model=model,
        horizon=horizon,
        horizon_seconds=horizon * series.window_seconds,
        origin="rolling" if series.of_files else "issued",
        points=[PastForecast(timestamp=timestamp, mean=mean) for timestamp, mean in means.items()],
    )


def _issued(
    state: State, series: SeriesRecord, start: datetime, stop: datetime, horizon: int, model: Model
) -> pd.Series:
    rates = on_grid(read_rates(state["store"], series.key, start, stop), series.window_seconds)
    if rates.empty:
        raise NotFoundError(f'"{series.name}" was deleted a moment ago. GET /api/series lists what is stored.')
    windows = pd.DatetimeIndex(rates.index)
    issued = issued_tables(state["store"], series, windows, [horizon]).get(horizon, {})
    return issued[model]["mean"] if model in issued else pd.Series(index=windows, dtype="float64")
