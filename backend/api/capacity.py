"""Replicas: the decision now, those that were made, and the number for machines."""

import asyncio
import csv
import io
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from backend.api.document import OF_A_SERIES, problems, texts
from backend.api.history import buckets, span_of
from backend.capacity import schemas
from backend.capacity.metrics import SERVED
from backend.capacity.outlook import RunDecision
from backend.capacity.policy import MOST, Policy
from backend.capacity.serving import Served, served
from backend.deps import FilenamePath, FilenameQuery, State, StateDep, find_series
from backend.errors import NoDecisionError, NotFoundError, StoreUnavailableError
from backend.schemas import LiveRange

router = APIRouter()

ANSWER_SECONDS = 0.4  # an HPA asks every 15 s and KEDA gives up after 3 s; no answer is worse than "no decision"
CSV = "text/csv"
RUNNING = "replicas that run: says whether an HPA acts; none: what a Prometheus knows"
LogRange = Annotated[LiveRange, Query(examples=["24h"], description="live: the newest 240 windows, as on the page")]
Every = Annotated[bool, Query(description="all decisions, not only those that changed the replicas")]
Running = Annotated[int | None, Query(ge=1, le=MOST, examples=[11], description=RUNNING)]


# Any name of a policy holds for one answer of the recommendation: what if.
WHAT_IF: list[dict[str, Any]] = [
    {
        "name": name,
        "in": "query",
        "required": False,
        "description": field.description or "",
        "schema": {"type": "string"},
    }
    for name, field in Policy.model_fields.items()
]
WHAT_IF[list(Policy.model_fields).index("rps_per_replica")]["schema"]["examples"] = ["100"]


@router.get("/recommendation", responses=OF_A_SERIES | problems(NoDecisionError), openapi_extra={"parameters": WHAT_IF})
def recommendation(
    request: Request, state: StateDep, filename: FilenameQuery = None, current_replicas: Running = None
) -> schemas.Recommendation:
    """Replicas for the series' newest forecast by its policy, with every term; names of a policy in the query override
    it for this answer."""
    series = find_series(state, filename)
    current = current_replicas or state["running"].current(series.name)
    changes = what_if(request, "filename", "current_replicas")
    return state["planning"].recommend(series, state["statuses"].status(series.name), changes, current)


def what_if(request: Request, *own: str) -> dict[str, str]:
    """The query without the call's own parameters."""
    return {name: value for name, value in request.query_params.items() if name not in own}


@router.get("/decisions", responses=OF_A_SERIES | texts(CSV))
def decisions(
    state: StateDep,
    filename: FilenameQuery = None,
    range: LogRange = "24h",
    every: Every = False,
    format: Annotated[Literal["json", "csv"], Query()] = "json",
) -> schemas.DecisionLog:
    """The decisions that were made in the last part of the series, in order of time."""
    series = find_series(state, filename)
    rows = _shown(state["planning"].log(series, series.last - span_of(series, range)), every)
    if format == "csv":
        return Response(_csv(rows), media_type=CSV)  # type: ignore[return-value]
    return schemas.DecisionLog(filename=series.name, decisions=rows)


@router.get("/decisions/what-if", responses=OF_A_SERIES, openapi_extra={"parameters": WHAT_IF})
def what_if_decisions(
    request: Request, state: StateDep, filename: FilenameQuery = None, range: LogRange = "24h", every: Every = False
) -> schemas.WhatIfDecisions:
    """The decisions that the series' policy would have made at every origin of its last part, from the forecasts that
    were issued then (of a file: that would have been); names of a policy in the query override it for this answer."""
    series = find_series(state, filename)
    planning = state["planning"]
    policy = planning.policy(series.name, what_if(request, "filename", "range", "every"))
    start, stop, _ = buckets(series, span_of(series, range), None)
    seen = planning.what_if(series, policy, start, stop)
    return schemas.WhatIfDecisions(
        filename=series.name,
        policy=policy,
        decisions=_shown(seen.decisions, every),
        windows=seen.shortage.windows,
        short_windows=seen.shortage.short,
    )


@router.get("/keda/{filename:path}", responses=OF_A_SERIES | problems(NoDecisionError))
async def keda(filename: FilenamePath, state: StateDep) -> schemas.ServedReplicas:
    """The newest decision of a series whose policy serves, for a metrics-api trigger of KEDA or a script.

    Anything but a number to act on is a problem with status 503, its `reason` and `since` when, within half a second.
    """
    try:
        answer = await _served(filename, state)
    except NoDecisionError as none:
        state["counts"].answered(none.extra["reason"])
        raise
    state["counts"].answered(SERVED)
    return schemas.ServedReplicas(
        value=answer.decision.replicas * answer.policy.target,
        target=answer.policy.target,
        replicas=answer.decision.replicas,
        demand=answer.decision.demand,
        at=answer.decision.at,
        from_forecast_windows=answer.unknown_windows,
        mode=answer.policy.mode,
    )


async def _served(filename: str, state: State) -> Served:
    decisions = state["decisions"]
    standing = decisions.remembered(filename)  # not by a thread: all of them may wait for the store
    if standing is None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                standing = await asyncio.get_running_loop().run_in_executor(_threads, decisions.standing, filename)
        except (TimeoutError, StoreUnavailableError):
            raise NoDecisionError("The store does not answer, so nothing is served.", reason="store") from None
    if standing is None:
        raise NotFoundError(f'No series is named "{filename}". GET /api/series lists what is stored.')
    now = datetime.fromtimestamp(time.time(), UTC)
    return served(filename, standing, state["statuses"].status(filename), now)


_threads = ThreadPoolExecutor(8, "keda")  # of its own: uploads and charts that wait for the store do not hold it up


def _shown(decisions: list[RunDecision], every: bool) -> list[RunDecision]:
    """All of them, or those that changed the replicas."""
    return [decision for decision in decisions if every or decision.replicas != decision.before]


def _csv(rows: list[RunDecision]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(RunDecision)])
    writer.writeheader()
    writer.writerows(
        vars(row) | {"at": row.at.isoformat(), "serving_from": row.serving_from.isoformat()} for row in rows
    )
    return text.getvalue()
