"""The newest forecast of a series."""

from fastapi import APIRouter

from backend.api.document import OF_A_SERIES
from backend.deps import FilenameQuery, StateDep, find_series
from backend.errors import NotFoundError
from backend.schemas import Forecast

router = APIRouter()


@router.get("/forecast", responses=OF_A_SERIES)
def forecast(state: StateDep, filename: FilenameQuery = None) -> Forecast:
    """Every model at every horizon from the series' end, with quantiles, and which forecast is served."""
    series = find_series(state, filename)
    newest = state["forecasts"].newest(series, state["statuses"].status(series.name))
    if newest is None:
        way = "The end of its next window brings one." if series.origin == "feed" else "Upload it again to make one."
        raise NotFoundError(f'No forecast was made from the end of "{series.name}". {way}')
    return newest
