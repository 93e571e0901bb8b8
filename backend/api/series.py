"""What is stored, and clearing it."""

import asyncio

from fastapi import APIRouter

from backend.api.document import OF_A_SERIES, problems
from backend.deps import FilenamePath, StateDep
from backend.errors import NotFoundError, StoreUnavailableError
from backend.schemas import Deleted, Series
from backend.serving.presenters import series_view

router = APIRouter()


@router.get("/series", responses=problems(StoreUnavailableError))
def list_series(state: StateDep) -> list[Series]:
    """List the stored series, the one written last first."""
    return [series_view(stored, state["statuses"].status(stored.name)) for stored in state["store"].list_series()]


@router.delete("/series/{filename:path}", responses=OF_A_SERIES)
async def delete_series(filename: FilenamePath, state: StateDep) -> Deleted:
    """Delete a series with its forecasts; a replay of it stops."""
    await state["replayer"].stop_if_of(filename)
    points = await asyncio.to_thread(state["collector"].delete, filename)
    await state["hub"].refresh(filename)
    if points == 0:
        raise NotFoundError(f'No series is named "{filename}". GET /api/series lists what is stored.')
    return Deleted(filename=filename, points=points)
