"""A store, and what plans from it, for the commands about capacity."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from backend.cli.files import file_reader
from backend.cli.pipes import regular_file
from backend.config import Settings
from backend.errors import NotFoundError
from backend.ingest import ReadOptions

if TYPE_CHECKING:
    from backend.capacity.recommendation import Planning
    from backend.models.predictor import RPSEstimator
    from backend.stores import SeriesRecord, Store


@dataclass(frozen=True)
class Planned:
    """A series, and what plans from it."""

    series: "SeriesRecord"
    planning: "Planning"


@contextmanager
def planned_series(settings: Settings, name: str) -> Iterator[Planned]:
    """A stored series. Raises NotFoundError."""
    from backend.measurements import MEASUREMENTS
    from backend.models.predictor import RPSEstimator
    from backend.stores import open_store

    with closing(open_store(settings, MEASUREMENTS)) as store:
        yield _planned(RPSEstimator.load(settings.model_path), store, name)


@contextmanager
def planned_file(settings: Settings, path: Path, options: ReadOptions) -> Iterator[Planned]:
    """A file, as an upload would store it; nothing is kept."""
    from backend.measurements import MEASUREMENTS
    from backend.models.predictor import RPSEstimator
    from backend.stores.sqlite import SqliteStore
    from backend.uploads.job import local_import, store_here

    with (
        regular_file(path, settings.max_upload_bytes) as file,
        TemporaryDirectory(prefix="scaleops-plan-") as folder,
        closing(SqliteStore(Path(folder) / "plan.sqlite", MEASUREMENTS)) as store,
    ):
        estimator = RPSEstimator.load(settings.model_path)
        stored = store_here(local_import(file, options), file_reader(settings), estimator, store, 1, lambda _: None)
        yield _planned(estimator, store, stored["filename"])


def _planned(estimator: "RPSEstimator", store: "Store", name: str) -> Planned:
    from backend.capacity.decisions import Decisions
    from backend.capacity.policies import Policies
    from backend.capacity.recommendation import Planning
    from backend.serving.current import CurrentForecasts

    series = store.find(name)
    if series is None:
        raise NotFoundError(f'No file and no stored series is named "{name}". `scaleops import FILE` stores one.')
    policies, forecasts = Policies(store), CurrentForecasts(store, estimator.horizons)
    return Planned(series, Planning(policies, forecasts, Decisions(store, forecasts, policies)))
