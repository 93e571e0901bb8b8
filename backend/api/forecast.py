"""The newest forecast of a series."""

from fastapi import APIRouter

from backend.api.history import FilenameQuery
from backend.deps import StateDep, find_series
from backend.errors import NotFoundError
from backend.schemas import Forecast
from backend.views import forecast_view

router = APIRouter()


@router.get("/forecast")
def forecast(state: StateDep, filename: FilenameQuery = None) -> Forecast:
    """Both models 1, 5 and 15 windows past the series' end, with quantiles."""
    series = find_series(state, filename)
    status = state["sources"].status(series.filename)
    found = forecast_view(state["store"], series, status, state["estimator"].min_windows)
    if found is None:
        raise NotFoundError(f'No forecast was made from the end of "{series.filename}". Upload it again to make one.')
    return found
