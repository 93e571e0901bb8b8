"""What is stored, and clearing it."""

import asyncio
from functools import lru_cache

from fastapi import APIRouter, Response

from backend.api.document import OF_A_SERIES, problems
from backend.deps import FilenamePath, StateDep
from backend.errors import NotFoundError, StoreUnavailableError
from backend.schemas import Deleted, Series, SeriesStatus
from backend.serving.presenters import series_view
from backend.stores import SeriesRecord

router = APIRouter()


@router.get("/series", responses=problems(StoreUnavailableError), response_model=list[Series])
def list_series(state: StateDep) -> Response:
    """List the stored series, the one written last first."""
    listed = [_rendered(stored, state["statuses"].status(stored.name)) for stored in state["store"].list_series()]
    return Response(f"[{','.join(listed)}]", media_type="application/json")


@lru_cache(maxsize=1_024)
def _rendered(stored: SeriesRecord, status: SeriesStatus) -> str:
    """Kept: to render hundreds takes four times as long as to read them."""
    return series_view(stored, status).model_dump_json()


@router.delete("/series/{filename:path}", responses=OF_A_SERIES)
async def delete_series(filename: FilenamePath, state: StateDep) -> Deleted:
    """Delete a series with its forecasts; a replay of it stops."""
    found = await asyncio.to_thread(state["store"].find, filename)  # an interrupted import's may have no points
    await state["replayer"].stop_if_of(filename)
    points = await asyncio.to_thread(state["collector"].delete, filename)
    state["decisions"].forget(filename)
    await state["hub"].refresh(filename)
    if found is None:
        raise NotFoundError(f'No series is named "{filename}". GET /api/series lists what is stored.')
    return Deleted(filename=filename, points=points)
