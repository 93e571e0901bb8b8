"""Policies: how a series' forecast becomes replicas."""

import time
from datetime import UTC, datetime

from fastapi import APIRouter

from backend.api.document import OF_A_SERIES, problems
from backend.capacity import schemas
from backend.capacity.policy import Policy
from backend.deps import FilenamePath, StateDep, find_series
from backend.errors import StorageFullError

router = APIRouter()


@router.get("/policies/{filename:path}", responses=OF_A_SERIES)
def policy(filename: FilenamePath, state: StateDep) -> schemas.SeriesPolicy:
    """The policy of a series, and those that held before."""
    return _answer(find_series(state, filename).name, state)


@router.put("/policies/{filename:path}", responses=OF_A_SERIES | problems(StorageFullError))
def set_policy(filename: FilenamePath, policy: Policy, state: StateDep) -> schemas.SeriesPolicy:
    """Let this policy hold from now on."""
    series = find_series(state, filename)
    state["planning"].check(series, policy)
    _put(series.name, policy, state)
    return _answer(series.name, state)


@router.delete("/policies/{filename:path}", responses=OF_A_SERIES | problems(StorageFullError))
def end_policy(filename: FilenamePath, state: StateDep) -> schemas.SeriesPolicy:
    """Let no policy hold from now on; those that held stay in the history."""
    name = find_series(state, filename).name
    newest = state["policies"].newest(name)
    if newest and newest.policy:
        _put(name, None, state)
    return _answer(name, state)


def _put(name: str, policy: Policy | None, state: StateDep) -> None:
    state["policies"].put(name, policy, datetime.fromtimestamp(time.time(), UTC))
    state["decisions"].forget(name)


def _answer(name: str, state: StateDep) -> schemas.SeriesPolicy:
    history = state["policies"].history(name)
    return schemas.SeriesPolicy(filename=name, policy=history[-1].policy if history else None, history=history)
