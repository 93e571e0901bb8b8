"""Is it up, is it ready, and what are its limits."""

from fastapi import APIRouter

from backend.deps import StateDep
from backend.schemas import MAX_REPLAY_SPEED, FailingQuery, Health, Limits, Ready

router = APIRouter()

ACCEPTED_EXTENSIONS = [".parquet", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".log", ".gz"]


@router.get("/health")
async def health() -> Health:
    """The process is up."""
    return Health(status="ok")


@router.get("/ready")
def ready(state: StateDep) -> Ready:
    """The store can be read and written and the model is loaded; else 503 with the reason."""
    state["store"].check()
    return Ready(
        status="ready",
        store=state["settings"].store,
        model=state["estimator"].version,
        stale_feeds=state["statuses"].stale_feeds(),
        failing_queries=[FailingQuery(filename=name, problem=why) for name, why in state["poller"].problems().items()],
    )


@router.get("/limits")
async def limits(state: StateDep) -> Limits:
    """What the page says on its drop zone."""
    settings, estimator = state["settings"], state["estimator"]
    return Limits(
        max_upload_bytes=settings.max_upload_bytes,
        max_rows=settings.max_rows,
        accepted_extensions=ACCEPTED_EXTENSIONS,
        live_interval_seconds=settings.live_interval_seconds,
        max_replay_speed=MAX_REPLAY_SPEED,
        version=estimator.version,
        horizons=list(estimator.horizons),
    )
