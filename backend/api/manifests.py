"""Manifests: what connects a series to KEDA, an HPA, Prometheus, Grafana and Telegraf."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from backend.access import Right
from backend.api.capacity import WHAT_IF, Running, what_if
from backend.api.document import OF_A_SERIES, texts
from backend.capacity import schemas
from backend.capacity.manifests import MANIFESTS, ManifestKind
from backend.deps import FilenamePath, StateDep, find_series

router = APIRouter()

TEXT = "text/plain"
Kind = Annotated[ManifestKind, Path(examples=["scaled-object"])]
DNS_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
Url = Annotated[
    str | None,
    Query(
        pattern=r"^https?://[^\s/]\S*$",
        max_length=1000,
        examples=["http://scaleops:8000"],
        description="where this server is reached from there; none: as this call reached it",
    ),
]
Namespace = Annotated[str, Query(pattern=DNS_LABEL, max_length=63, examples=["default"])]
Deployment = Annotated[
    str | None,
    Query(pattern=DNS_LABEL, max_length=52, examples=["shop"], description="what is scaled; none: the series' name"),
]
OWN = ("url", "namespace", "deployment", "current_replicas")


@router.get("/manifests")
async def manifests() -> list[schemas.ManifestInfo]:
    """The kinds of manifests that there are."""
    return [
        schemas.ManifestInfo(kind=kind, label=row.label, description=row.description, ending=row.ending)
        for kind, row in MANIFESTS.items()
    ]


@router.get(
    "/manifests/{filename:path}/{kind}",
    response_class=Response,
    responses=OF_A_SERIES | texts(TEXT),
    openapi_extra={"parameters": WHAT_IF},
)
def manifest(
    filename: FilenamePath,
    kind: Kind,
    request: Request,
    state: StateDep,
    url: Url = None,
    namespace: Namespace = "default",
    deployment: Deployment = None,
    current_replicas: Running = None,
) -> Response:
    """One manifest, filled in with the values of the series and its policy; names of a policy in the query override
    it."""
    series = find_series(state, filename)
    planning = state["planning"]
    subject = planning.subject(
        series,
        planning.policy(series.name, what_if(request, *OWN)),
        url=url or str(request.base_url),
        asks=state["access"].asks_for(Right.READ),
        namespace=namespace,
        deployment=deployment,
        prometheus_url=state["settings"].prometheus_url,
        current_replicas=current_replicas or state["running"].current(series.name),
    )
    return Response(MANIFESTS[kind].text(subject), media_type=TEXT)
