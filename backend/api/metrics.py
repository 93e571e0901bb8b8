"""What a Prometheus scrapes."""

import time
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder

from backend.api.document import problems, texts
from backend.capacity.metrics import Exposition, read
from backend.deps import StateDep
from backend.errors import StoreUnavailableError

router = APIRouter()


@router.get("/metrics", response_class=Response, responses=problems(StoreUnavailableError) | texts("text/plain"))
def metrics(request: Request, state: StateDep) -> Response:
    """Rates, forecasts and decisions of every feed that is live, as Prometheus or OpenMetrics text.

    Series vanish once their feed falls silent, or their newest decision is too old to be served.
    """
    readings = read(
        state["store"],
        state["policies"],
        state["estimator"].version,
        state["statuses"].lags(),
        state["settings"].window_seconds,
        datetime.fromtimestamp(time.time(), UTC),
    )
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(Exposition(readings, state["counts"])), media_type=content_type)
