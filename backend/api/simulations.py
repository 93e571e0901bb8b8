"""Policies replayed on a stored series' own traffic."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi import Path as PathParameter

from backend.api.document import OF_A_SERIES, problems, texts
from backend.deps import FilenameQuery, StateDep, find_series
from backend.errors import (
    BusyError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    StorageFullError,
    StoreUnavailableError,
)
from backend.schemas import Moment
from backend.simulation import schemas
from backend.simulation.forecasts import horizons_for
from backend.simulation.kept import bucketed
from backend.simulation.policies import POLICIES
from backend.simulation.report import report_of
from backend.simulation.simulator import policies_asked
from backend.simulation.table import csv_of

router = APIRouter()

SIMULATION_ID = "my-simulation-1"
SimulationId = Annotated[str, PathParameter(max_length=100, examples=[SIMULATION_ID])]
OF_ONE = problems(NotFoundError, ConflictError, InvalidRequestError, StoreUnavailableError)
CSV, HTML = "text/csv", "text/html"


@router.post(
    "/simulations",
    status_code=202,
    responses=OF_A_SERIES | problems(BusyError, StorageFullError, StoreUnavailableError),
)
async def start_simulation(request: schemas.SimulationRequest, state: StateDep) -> schemas.SimulationRecord:
    """Replay policies on a stored series: what each would have cost and missed. It runs on; ask for it by its `id`."""
    series = await asyncio.to_thread(find_series, state, request.filename)
    policy = await asyncio.to_thread(state["planning"].policy, series.name, request.policy)
    policies_asked(request.settings())
    horizons_for(policy, series.window_seconds, state["estimator"].horizons)
    return await state["simulations"].start(request, series, policy)


@router.get("/simulations", responses=OF_A_SERIES)
def list_simulations(state: StateDep, filename: FilenameQuery = None) -> list[schemas.SimulationRecord]:
    """The newest simulations of a series, the newest first, those that run as they are now."""
    return state["simulations"].of_series(find_series(state, filename))


@router.get("/simulations/policies")
def simulated_policies() -> list[schemas.PolicyInfo]:
    """The policies that can be replayed, in the order of every result."""
    return [
        schemas.PolicyInfo(policy=row.key, label=row.label, description=row.description, kind=row.kind, sweep=row.sweep)
        for row in POLICIES
    ]


@router.get("/simulations/{simulation_id}", responses=OF_ONE)
def simulation(simulation_id: SimulationId, state: StateDep) -> schemas.SimulationAnswer:
    """How a simulation stands, and once it is done its result."""
    return state["simulations"].find(simulation_id)


@router.get(
    "/simulations/{simulation_id}/report",
    responses=OF_ONE | texts(CSV, HTML),
    response_class=Response,
)
def simulation_report(
    simulation_id: SimulationId, state: StateDep, format: Annotated[Literal["html", "csv"], Query()] = "html"
) -> Response:
    """The result as a file: a page of its own with picture and table, or the table as CSV."""
    record, result = state["simulations"].done(simulation_id)
    text, kind = (csv_of(result), CSV) if format == "csv" else (report_of(record.filename, result), HTML)
    # As a file: on our own pages no style but theirs is allowed (SECURITY_HEADERS), and the report has its own.
    return Response(text, media_type=kind, headers={"Content-Disposition": "attachment"})


@router.get("/simulations/{simulation_id}/paths/{policy}", responses=OF_ONE)
def simulation_path(
    simulation_id: SimulationId,
    policy: Annotated[str, PathParameter(max_length=100, examples=["hpa"])],
    state: StateDep,
    from_: Annotated[Moment | None, Query(alias="from", description="begin; none: that of the span")] = None,
    to: Annotated[Moment | None, Query(description="end, exclusive; none: that of the span")] = None,
) -> schemas.PolicyPath:
    """The replicas of one policy beside the demand, in at most 720 buckets, with its worst moments."""
    record, result = state["simulations"].done(simulation_id)
    outcome = next((each for each in result.policies if each.policy == policy), None)
    if outcome is None:
        raise NotFoundError(f'The simulation has no policy "{policy}"; it has {_names(result)}.')
    every, windows = bucketed(state["simulations"].kept.path(record, policy, from_, to), result.window_seconds)
    return schemas.PolicyPath(
        id=simulation_id,
        filename=record.filename,
        policy=policy,
        label=outcome.label,
        bucket_seconds=every,
        windows=windows,
        worst=outcome.worst,
    )


@router.delete("/simulations/{simulation_id}", status_code=204, responses=problems(InvalidRequestError))
def cancel_simulation(simulation_id: SimulationId, state: StateDep) -> None:
    """Cancel a simulation that runs. One that is done stays, until ten newer ones of its series are there."""
    state["simulations"].cancel(simulation_id)


def _names(result: schemas.SimulationResult) -> str:
    return ", ".join(outcome.policy for outcome in result.policies)
