"""What endpoints may ask for, as types. All of it is made once, in main.lifespan."""

from typing import Annotated, TypedDict, cast

from fastapi import Depends, Path, Query
from starlette.requests import HTTPConnection

from backend.access import Access
from backend.capacity.decisions import Decisions
from backend.capacity.metrics import Counts
from backend.capacity.policies import Policies
from backend.capacity.recommendation import Planning
from backend.capacity.running import RunningReplicas
from backend.config import Settings
from backend.errors import ConflictError, NotFoundError
from backend.feed.collector import Collector
from backend.feed.intake import Intake
from backend.feed.poller import Poller
from backend.live.hub import Hub
from backend.live.replay import Replayer
from backend.live.status import SeriesStatuses
from backend.models.predictor import RPSEstimator
from backend.sample import SAMPLE_FILENAME
from backend.serving.current import CurrentForecasts
from backend.simulation.job import Simulations
from backend.stores import SeriesRecord, Store
from backend.uploads.job import Uploads


class State(TypedDict):
    """What lives as long as the app."""

    settings: Settings
    access: Access
    store: Store
    estimator: RPSEstimator
    replayer: Replayer
    intake: Intake
    collector: Collector
    poller: Poller
    statuses: SeriesStatuses
    forecasts: CurrentForecasts
    policies: Policies
    decisions: Decisions
    counts: Counts
    planning: Planning
    running: RunningReplicas
    hub: Hub
    uploads: Uploads
    simulations: Simulations


def get_state(connection: HTTPConnection) -> State:
    return cast(State, connection.scope["state"])


StateDep = Annotated[State, Depends(get_state)]


FilenameQuery = Annotated[
    str | None,
    Query(max_length=1000, examples=[SAMPLE_FILENAME], description="none: the live series, else the newest"),
]
FilenamePath = Annotated[str, Path(max_length=1000, examples=[SAMPLE_FILENAME])]


def find_series(state: State, filename: str | None) -> SeriesRecord:
    """The series of that name; without a name the live one, else the one written last."""
    series = state["statuses"].find(filename)
    if series is not None and not series.points:
        raise ConflictError(
            f'"{series.name}" is incomplete: its import is running, or was interrupted. Send the file again, or delete '
            "the series."
        )
    if series is None:
        what = f'No series is named "{filename}"' if filename else "Nothing is stored yet"
        raise NotFoundError(f"{what}. GET /api/series lists what is stored; POST /api/upload adds a file.")
    return series
