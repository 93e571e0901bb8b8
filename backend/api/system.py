"""Is it up, is it ready, and what are its limits."""

from fastapi import APIRouter

from backend.api.document import problems
from backend.deps import StateDep
from backend.errors import StorageFullError, StoreUnavailableError
from backend.ingest import ACCEPTED_EXTENSIONS
from backend.models.catalog import BASELINES, MODELS
from backend.models.selection import SPAN
from backend.schemas import MAX_REPLAY_SPEED, BaselineInfo, FailingQuery, Health, Limits, ModelInfo, Ready

router = APIRouter()


@router.get("/health")
async def health() -> Health:
    """The process is up."""
    return Health(status="ok")


@router.get("/ready", responses=problems(StoreUnavailableError, StorageFullError))
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
    """What may be uploaded and replayed, which models and baselines there are, and over what they are compared."""
    settings, estimator = state["settings"], state["estimator"]
    return Limits(
        max_upload_bytes=settings.max_upload_bytes,
        max_rows=settings.max_rows,
        accepted_extensions=ACCEPTED_EXTENSIONS,
        live_interval_seconds=settings.live_interval_seconds,
        max_replay_speed=MAX_REPLAY_SPEED,
        version=estimator.version,
        horizons=list(estimator.horizons),
        models=[ModelInfo(**vars(model)) for model in MODELS],
        baselines=[BaselineInfo.model_validate(vars(baseline)) for baseline in BASELINES],
        selection_windows=SPAN,
    )
