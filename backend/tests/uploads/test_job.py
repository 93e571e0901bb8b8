"""An upload on its way: who hears of it, where it is, and what a cancelled one leaves."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.config import Settings
from backend.ingest import ReadOptions
from backend.measurements import MEASUREMENTS
from backend.models.predictor import RPSEstimator
from backend.stores import Store, open_store
from backend.tests.traffic import series_csv
from backend.uploads.job import ImportCancelledError, Uploads


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(sqlite_path=tmp_path / "store.sqlite")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = open_store(settings, MEASUREMENTS)
    yield store
    store.close()


@pytest.fixture
def uploads(settings: Settings) -> Iterator[Uploads]:
    uploads = Uploads(settings, RPSEstimator.load(settings.model_path))
    yield uploads
    uploads.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "received"
    path.write_bytes(series_csv(100))
    return path


def test_every_listener_hears_of_a_series_once_it_is_stored(uploads: Uploads, store: Store, file: Path) -> None:
    heard: list[tuple[str, list[str]]] = []

    async def listen(filename: str) -> None:
        heard.append((filename, [series.name for series in store.list_series()]))

    uploads.listeners += [listen, listen]
    asyncio.run(uploads.run(uploads.job("mine"), file, "traffic.csv", ReadOptions()))
    assert heard == [("traffic.csv", ["traffic.csv"])] * 2
    progress = uploads.progress.get("mine")
    assert progress is not None
    assert progress.step == "done"


def test_a_cancelled_upload_leaves_nothing(uploads: Uploads, store: Store, file: Path) -> None:
    job = uploads.job("mine")
    job.cancel()
    with pytest.raises(ImportCancelledError):
        asyncio.run(uploads.run(job, file, "traffic.csv", ReadOptions()))
    assert store.list_series() == []
    progress = uploads.progress.get("mine")
    assert progress is not None
    assert progress.step == "failed"
