"""Play a stored series as the live one."""

from fastapi import APIRouter

from backend.api.document import OF_A_SERIES, problems
from backend.deps import StateDep
from backend.errors import StorageFullError
from backend.schemas import Replay, ReplayRequest

router = APIRouter()


@router.post("/replay", status_code=201, responses=OF_A_SERIES | problems(StorageFullError))
async def start_replay(request: ReplayRequest, state: StateDep) -> Replay:
    """Start a replay; one that runs is stopped first. Silences of more than 15 windows are skipped."""
    return await state["replayer"].start(request)


@router.get("/replay")
async def current_replay(state: StateDep) -> Replay | None:
    """The replay that runs, or null."""
    return state["replayer"].current()


@router.delete("/replay", status_code=204)
async def stop_replay(state: StateDep) -> None:
    """Stop the replay, if one runs, and delete what it played into."""
    await state["replayer"].stop()
