"""An import on its way: who hears of it, where it is, and how one ends that is cancelled, fails or is left behind."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.config import Settings
from backend.errors import AmbiguousFileError, CancelledError, ConflictError, NotFoundError, UnusableFileError
from backend.ingest import ReadOptions
from backend.measurements import MEASUREMENTS, POINTS, points_table
from backend.models.predictor import RPSEstimator
from backend.stores import SeriesInfo, SeriesKey, Store, open_store
from backend.tests.stores.samples import points
from backend.tests.traffic import series_csv
from backend.uploads.imports import SILENT, Imports, StoredImport, new_import
from backend.uploads.job import ImportJob, Uploads
from backend.uploads.kept import ReceivedFile
from backend.uploads.same_name import FILES, file_digest
from backend.uploads.schemas import Import


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(sqlite_path=tmp_path / "store.sqlite")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = open_store(settings, MEASUREMENTS)
    yield store
    store.close()


@pytest.fixture
def uploads(settings: Settings, store: Store) -> Iterator[Uploads]:
    uploads = Uploads(settings, RPSEstimator.load(settings.model_path), store)
    yield uploads
    uploads.close()


@pytest.fixture
def file(tmp_path: Path) -> ReceivedFile:
    path = tmp_path / "received"
    path.write_bytes(series_csv(100))
    return ReceivedFile(path, "traffic.csv", path.stat().st_size, file_digest(path))


def test_every_listener_hears_of_a_series_once_it_is_stored(uploads: Uploads, store: Store, file: ReceivedFile) -> None:
    heard: list[tuple[str, list[str]]] = []

    async def listen(filename: str) -> None:
        heard.append((filename, [series.name for series in store.list_series()]))

    uploads.listeners += [listen, listen]
    asyncio.run(uploads.store(uploads.begin("mine"), file, ReadOptions()))
    assert heard == [("traffic.csv", ["traffic.csv"])] * 2
    assert uploads.find("mine").state == "done"


def test_a_cancelled_import_leaves_nothing(uploads: Uploads, store: Store, file: ReceivedFile) -> None:
    job = uploads.begin("mine")
    uploads.cancel("mine")
    with pytest.raises(CancelledError) as cancelled:
        asyncio.run(uploads.store(job, file, ReadOptions()))
    uploads.end(job, cancelled.value)
    assert store.list_series() == []
    assert uploads.find("mine").state == "cancelled"


def test_an_import_that_ends_while_the_list_is_made_is_listed_once(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [uploads.begin(name) for name in ("first", "second", "third")]
    shown = ImportJob.shown

    def ending(job: ImportJob) -> Import:
        if job is jobs[0]:
            uploads.end(jobs[1], CancelledError("It was cancelled."))
        return shown(job)

    monkeypatch.setattr(ImportJob, "shown", ending)
    assert sorted(one.id for one in uploads.list()) == ["first", "second", "third"]


def test_what_is_being_stored_is_not_cancelled_half_way(store: Store) -> None:
    job = ImportJob(Imports(store), new_import("mine"))
    job.enter("storing")
    with pytest.raises(ConflictError, match="Delete the series"):
        job.cancel()
    job.go_on()


def test_an_import_that_waits_for_its_turn_is_cancelled_too(
    uploads: Uploads, file: ReceivedFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_slots", asyncio.Semaphore(0))

    async def wait_and_cancel() -> None:
        job = uploads.begin("mine")
        waiting = asyncio.create_task(uploads.store(job, file, ReadOptions()))
        while uploads.find("mine").state != "waiting":
            await asyncio.sleep(0.01)
        uploads.cancel("mine")
        with pytest.raises(CancelledError):
            await waiting

    asyncio.run(wait_and_cancel())


def test_an_import_that_is_stored_stays_so_where_another_reading_of_it_fails(
    uploads: Uploads, file: ReceivedFile
) -> None:
    first = uploads.begin("mine")
    stored = asyncio.run(uploads.store(first, file, ReadOptions()))
    uploads.end(first)
    job = uploads.again("mine", file)
    with pytest.raises(UnusableFileError) as failed:
        asyncio.run(uploads.store(job, file, ReadOptions(timestamp_column="requests")))
    uploads.end(job, failed.value)
    (shown,) = uploads.list()
    assert (shown.state, shown.problem, shown.windows) == ("done", None, 100)
    again = uploads.begin("other")
    assert asyncio.run(uploads.store(again, file, ReadOptions()))["scores"] == stored["scores"]
    assert uploads.find("other").state == "done"


def test_an_id_whose_import_runs_is_not_taken_twice(uploads: Uploads) -> None:
    job = uploads.begin("mine")
    with pytest.raises(ConflictError, match="running"):
        uploads.begin("mine")
    uploads.end(job, UnusableFileError("no"))
    uploads.begin("mine")


@pytest.mark.parametrize(
    ("error", "state", "problem"),
    [
        (UnusableFileError("No times."), "failed", "No times."),
        (AmbiguousFileError("Which?", [{"fields": {}, "says": "This."}]), "asking", "Which?"),
        (KeyError("a mistake of ours"), "failed", "The server failed on it. Its log has the reason."),
    ],
)
def test_an_import_that_ends_says_how(uploads: Uploads, error: Exception, state: str, problem: str) -> None:
    uploads.end(uploads.begin("mine"), error)
    (shown,) = uploads.list()
    assert (shown.state, shown.problem) == (state, problem)
    assert shown.ended_at is not None


def test_a_running_import_shows_how_far_it_is(store: Store) -> None:
    job = ImportJob(Imports(store), new_import("mine"))
    job.receiving(500, 0.5)
    shown = job.shown()
    assert (shown.state, shown.bytes, shown.share, shown.rows, shown.rows_per_second) == (
        "receiving",
        500,
        0.5,
        None,
        None,
    )
    job.enter("reading")
    assert (job.shown().share, job.shown().seconds_left) == (None, None)
    job.progress(1_000, 0.25)
    shown = job.shown()
    assert (shown.rows, shown.share) == (1_000, 0.25)
    assert shown.rows_per_second is not None
    assert shown.seconds_left is not None
    # a quarter of the rows is read: three times as much is left at the same rate
    assert shown.seconds_left * shown.rows_per_second == pytest.approx(3_000)


def running(**changes: Any) -> StoredImport:
    return new_import("mine", "traffic.csv").model_copy(update={"state": "reading", **changes})


GONE = 2**22 + 1  # beyond the largest process number of Linux


def test_an_import_that_a_restart_interrupted_has_failed(uploads: Uploads, store: Store) -> None:
    Imports(store).put(running(process=GONE))
    for shown in (uploads.find("mine"), *uploads.list()):
        assert (shown.state, shown.ended_at is not None) == ("failed", True)
        assert "restarted while the file was read" in (shown.problem or "")
    assert [record.state for record in Imports(store).newest(9)] == ["failed"]


def test_an_import_of_another_machine_runs_until_it_is_silent(uploads: Uploads, store: Store) -> None:
    Imports(store).put(running(host="another"))
    assert uploads.find("mine").state == "reading"
    Imports(store).put(running(host="another", seen_at=datetime.now(UTC) - SILENT - timedelta(seconds=1)))
    assert uploads.find("mine").state == "failed"


def test_an_import_that_was_stored_before_its_server_could_say_so_is_done(uploads: Uploads, store: Store) -> None:
    key = SeriesKey("traffic.csv", "lgbm_v1")
    attributes = {FILES: {"digest": {"fields": {}, "import": "mine", "first": 0, "last": 0}}}
    store.write({POINTS: points_table(key, points(5))}, [SeriesInfo(key, 60, "upload", attributes)])
    Imports(store).put(running(process=GONE, state="storing", series=key.name))
    assert uploads.find("mine").state == "done"


def test_the_newest_imports_are_found_however_old_they_are(store: Store) -> None:
    imports, now = Imports(store), datetime.now(UTC)
    for age in (timedelta(days=20), timedelta(hours=5), timedelta(minutes=5), timedelta(minutes=1)):
        imports.put(new_import(str(age)).model_copy(update={"sent_at": (now - age).replace(microsecond=0)}))
    assert [record.id for record in imports.newest(1)] == ["0:01:00"]
    assert [record.id for record in imports.newest(3)] == ["0:01:00", "0:05:00", "5:00:00"]
    assert len(imports.newest(9)) == 4


def test_imports_are_forgotten_after_a_month(uploads: Uploads, store: Store) -> None:
    imports = Imports(store)
    old = new_import("old").model_copy(update={"sent_at": datetime.now(UTC) - timedelta(days=31), "state": "done"})
    imports.put(old)
    imports.put(new_import("new").model_copy(update={"state": "done"}))
    assert [shown.id for shown in uploads.list()] == ["new"]
    imports.forget_old()
    assert [record.id for record in imports.newest(9)] == ["new"]
    with pytest.raises(NotFoundError):
        uploads.find("old")
