"""Replicas: the decision now, those that were made, and the number for machines."""

import asyncio
import csv
import io
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from backend.api.document import OF_A_SERIES, problems
from backend.api.history import buckets, span_of
from backend.capacity import schemas
from backend.capacity.dead_band import dead_band
from backend.capacity.decisions import LoggedDecision
from backend.capacity.planner import Decision
from backend.capacity.policy import Policy, changed
from backend.capacity.what_if import shortage
from backend.capacity.outlook import crossed_at, running_since
from backend.capacity.sentences import sentence
from backend.capacity.serving import served
from backend.capacity.sizing import capacity_of
from backend.deps import FilenamePath, FilenameQuery, State, StateDep, find_series
from backend.errors import NoDecisionError, NotFoundError, StoreUnavailableError
from backend.schemas import Range

router = APIRouter()

ANSWER_SECONDS = 0.4  # an HPA asks every 15 s and KEDA gives up after 3 s; no answer is worse than "no decision"
CSV = "text/csv"
LogRange = Annotated[
    Literal["live"] | Range, Query(examples=["24h"], description="live: the newest 240 windows, as on the page")
]
Every = Annotated[bool, Query(description="all decisions, not only those that changed the replicas")]
CurrentReplicas = Annotated[
    int | None, Query(ge=1, examples=[11], description="replicas that run: says whether an HPA acts")
]


# Any name of a policy holds for one answer, empty for its default: what if.
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
    request: Request, state: StateDep, filename: FilenameQuery = None, current_replicas: CurrentReplicas = None
) -> schemas.Recommendation:
    """Replicas for the series' newest forecast by its policy, with every term; names of a policy in the query override
    it for this answer."""
    series = find_series(state, filename)
    policy = _what_if(request, state, series.name, "current_replicas")
    forecast = state["forecasts"].newest(series, state["statuses"].status(series.name))
    if forecast is None:
        raise NotFoundError(f'No forecast was made from the end of "{series.name}", so nothing can be planned.')
    outlook = state["decisions"].outlook(series, policy, forecast, current_replicas)
    decision, running = outlook.decision, outlook.running
    return schemas.Recommendation(
        filename=series.name,
        at=decision.at,
        serving_from=decision.at + timedelta(seconds=policy.lead.seconds),
        replicas=decision.replicas,
        wanted=decision.wanted,
        demand=decision.demand,
        forecast=decision.forecast,
        level=decision.level,
        observed=decision.observed,
        capacity=capacity_of(policy, decision.replicas),
        steps=list(decision.steps),
        binding=decision.binding,
        sentence=sentence(policy, decision),
        policy=policy,
        running=running,
        crossed_at=crossed_at(outlook.windows, running.capacity) if running else None,
        ahead=outlook.windows,
        hpa=dead_band(policy, decision.replicas, current_replicas) if current_replicas else None,
    )


@router.get("/decisions", responses=OF_A_SERIES | {200: {"content": {CSV: {"schema": {"type": "string"}}}}})
def decisions(
    state: StateDep,
    filename: FilenameQuery = None,
    range: LogRange = "24h",
    every: Every = False,
    format: Annotated[Literal["json", "csv"], Query()] = "json",
) -> schemas.DecisionLog:
    """The decisions that were made in the last part of the series, in order of time."""
    series = find_series(state, filename)
    logged = state["decisions"].log(series, series.last - span_of(series, range), None)
    policies = {version.number: version.policy for version in state["policies"].history(series.name)}
    rows = _rows([(one, policies.get(one.policy), one.policy) for one in logged], every)
    if format == "csv":
        return Response(_csv(rows), media_type=CSV)  # type: ignore[return-value]
    return schemas.DecisionLog(filename=series.name, decisions=rows)


@router.get("/decisions/recomputed", responses=OF_A_SERIES, openapi_extra={"parameters": WHAT_IF})
def recomputed_decisions(
    request: Request, state: StateDep, filename: FilenameQuery = None, range: LogRange = "24h", every: Every = False
) -> schemas.RecomputedDecisions:
    """The decisions that the series' policy would have made at every origin of its last part, from the forecasts that
    were issued then (of a file: that would have been); names of a policy in the query override it for this answer."""
    series = find_series(state, filename)
    policy = _what_if(request, state, series.name, "range", "every")
    start, stop, _ = buckets(series, span_of(series, range), None)
    decisions, past = state["decisions"].recomputed(series, policy, start, stop)
    came = shortage(policy, decisions, past)
    return schemas.RecomputedDecisions(
        filename=series.name,
        policy=policy,
        decisions=_rows([(one, policy, None) for one in decisions], every),
        windows=came.windows,
        short_windows=came.short,
    )


@router.get("/keda/{filename:path}", responses=OF_A_SERIES | problems(NoDecisionError))
async def keda(filename: FilenamePath, state: StateDep) -> schemas.ServedReplicas:
    """The newest decision of a series whose policy serves, for a metrics-api trigger of KEDA or a script.

    Anything but a number to act on is a problem with status 503, its `reason` and `since` when, within half a second.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            standing = await loop.run_in_executor(_threads, state["decisions"].standing, filename)
    except (TimeoutError, StoreUnavailableError):
        raise NoDecisionError("The store does not answer, so nothing is served.", reason="store") from None
    if standing is None:
        raise NotFoundError(f'No series is named "{filename}". GET /api/series lists what is stored.')
    now = datetime.fromtimestamp(time.time(), UTC)
    answer = served(filename, standing, state["statuses"].status(filename), state["estimator"].min_windows, now)
    target = answer.policy.rps_per_replica or 1.0
    return schemas.ServedReplicas(
        value=answer.decision.replicas * target,
        target=target,
        replicas=answer.decision.replicas,
        demand=answer.decision.demand,
        at=answer.decision.at,
        from_forecast_windows=answer.unknown_windows,
        mode=answer.policy.mode,
    )


_threads = ThreadPoolExecutor(8, "keda")  # of its own: uploads and charts that wait for the store do not hold it up


def _what_if(request: Request, state: State, filename: str, *own: str) -> Policy:
    """The policy of a series with what the query changes of it. `own`: the call's other parameters."""
    held = next(reversed(state["policies"].history(filename)), None)
    changes = {name: value for name, value in request.query_params.items() if name not in ("filename", *own)}
    return changed(held.policy if held else None, changes)


def _rows(
    decisions: Sequence[tuple[LoggedDecision | Decision, Policy | None, int | None]], every: bool
) -> list[schemas.LoggedDecision]:
    """Decisions with the policy that held and its number: all of them, or the changes."""
    before: int | None = None
    rows = []
    for decision, policy, number in decisions:
        if policy is not None and (every or decision.replicas != before):
            running = running_since(decision, policy)
            names = schemas.LoggedDecision.model_fields.keys() - {"before", "policy", "serving_from", "capacity"}
            rows.append(
                schemas.LoggedDecision.model_validate(
                    {name: getattr(decision, name) for name in names}
                    | {"before": before, "policy": number, "serving_from": running.since, "capacity": running.capacity}
                )
            )
        before = decision.replicas
    return rows


def _csv(rows: list[schemas.LoggedDecision]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(schemas.LoggedDecision.model_fields))
    writer.writeheader()
    writer.writerows(row.model_dump(mode="json") for row in rows)
    return text.getvalue()
