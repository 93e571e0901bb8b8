"""Uploads on their way through the server: their turn, their progress, how they end, and who hears of it."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog

from backend.config import Settings
from backend.errors import AmbiguousFileError, CancelledError, ConflictError, NotFoundError, ProblemError, SameNameError
from backend.ingest import ReadOptions, inspect_file
from backend.measurements import MEASUREMENTS
from backend.models.predictor import RPSEstimator
from backend.stores import Origin, Store, open_store
from backend.stores.names import series_name
from backend.uploads.importing import ImportLimits, ReadFile, ToImport, file_reader, import_file, read_limits
from backend.uploads.imports import HEARTBEAT_SECONDS, Imports, StoredImport, new_import, nobody_runs, stored_before
from backend.uploads.kept import KeptFiles, ReceivedFile
from backend.uploads.same_name import SameName, file_digest, given_fields
from backend.uploads.schemas import RUNNING, Import, ImportState
from backend.uploads.summary import inspection_summary, upload_summary
from backend.uploads.workers import WORKERS, Load, Report, Step, Workers, in_turn

log = structlog.get_logger()

LISTED = 100  # imports of one answer
HEADS = (32_768, 1_048_576)  # rows of a file that are looked at: tenths of a second, a second or two


class ImportJob:
    """One import that runs, with its record. The methods may be called from any thread."""

    def __init__(
        self,
        imports: Imports,
        record: StoredImport,
        *,
        before: tuple[StoredImport, dict[str, Any] | None] | None = None,
        told: Callable[[ImportState], None] | None = None,
    ) -> None:
        """`before`: what is kept of an import that is stored and read once more. `told`: of every state."""
        self.record = record
        self._imports = imports
        self._before = before
        self._told = told
        self._result: dict[str, Any] | None = None
        self._share: float | None = None
        self._step_began = time.monotonic()
        self._cancelled = False
        self._changing = threading.Lock()  # so that an import is either cancelled or stored
        self._keeping = threading.Lock()  # so that of two states the later one stays

    def receiving(self, bytes_received: int, share: float | None) -> None:
        """Of the body `bytes_received` are here. Raises CancelledError."""
        self.record.bytes = bytes_received
        self._share = share
        self.go_on()

    def step(self, step: Step) -> None:
        self.enter(step)

    def progress(self, rows: int | None, share: float | None) -> None:
        self._share = share
        if rows is not None:
            self.record.rows = rows

    def go_on(self) -> None:
        """Raises CancelledError where the import was cancelled."""
        if self._cancelled:
            raise CancelledError("The import was cancelled, so nothing of the file is stored.")

    def cancel(self) -> None:
        """End the import within a moment. Raises ConflictError where its windows are being stored."""
        with self._changing:
            if self.record.state == "storing":
                raise ConflictError(
                    "The windows of the file are being stored, which is not undone half-way. Delete the series once it "
                    "is there."
                )
            self._cancelled = True

    def enter(self, state: ImportState, result: dict[str, Any] | None = None, **changes: Any) -> None:
        """Go on to a state, with other changes of the record, and keep it. Raises CancelledError, but at the end."""
        running = state in RUNNING
        ended = {} if running else {"ended_at": datetime.now(UTC)}
        with self._changing:
            if running:
                self.go_on()
            self.record = self.record.model_copy(update={"state": state, **ended, **changes})
        self._result = result
        self._share, self._step_began = None, time.monotonic()
        if self._told:
            self._told(state)
        self.keep()

    def keep(self) -> None:
        """Write the record as it is now."""
        with self._keeping:
            self.record.seen_at = datetime.now(UTC)
            self._imports.put(self.record, self._result)

    def failed(self, error: Exception) -> None:
        """Keep how the import ended by an error; one that is stored stays as it was before it was read once more."""
        states: dict[type[Exception], ImportState] = {
            AmbiguousFileError: "asking",
            SameNameError: "asking",
            CancelledError: "cancelled",
        }
        detail = "The server failed on it. Its log has the reason."
        if isinstance(error, ProblemError):
            detail = error.extra.get("question", error.detail)
        try:
            if self._before is not None:
                self.record, self._result = self._before
                self.keep()
            else:
                self.enter(states.get(type(error), "failed"), problem=detail)
        except ProblemError as problem:  # the store is away, which is why it failed, it may be
            log.warning("import_not_recorded", upload=self.record.id, detail=problem.detail)

    def shown(self) -> Import:
        """The import as it is now."""
        seconds = time.monotonic() - self._step_began
        share, rows = self._share, self.record.rows
        reading = self.record.state == "reading" and rows and seconds > 0
        return Import(
            **self.record.model_dump(),
            share=share,
            rows_per_second=rows / seconds if reading and rows else None,
            seconds_left=seconds * (1 - share) / share if share else None,
        )


class Uploads:
    """Imports files, as many at a time as there are workers. Made on the event loop.

    `listeners` are called in order with the name of each series that was stored, before its upload is answered.
    """

    def __init__(self, settings: Settings, estimator: RPSEstimator, store: Store) -> None:
        self.kept = KeptFiles(settings.upload_keep_mb * 1024**2)
        self.listeners: list[Callable[[str], Awaitable[object]]] = []
        self._store = store
        self._version = estimator.version
        self._imports = Imports(store)
        self._jobs: dict[str, ImportJob] = {}
        self.workers = Workers(settings, estimator)
        self._slots = asyncio.Semaphore(WORKERS)
        self._look = asyncio.Semaphore(1)

    async def run(self) -> None:
        """Say of running imports that they are alive, and let kept files go whose time is over; until cancelled."""
        await self._quietly(self._imports.forget_old)
        while True:
            await self._quietly(self._beat)
            await asyncio.sleep(HEARTBEAT_SECONDS)

    def begin(self, upload_id: str | None) -> ImportJob:
        """A new import, whose file is still to come. Raises ConflictError where one of that id runs."""
        return self._started(ImportJob(self._imports, new_import(upload_id or uuid4().hex)))

    def again(self, upload_id: str, file: ReceivedFile) -> ImportJob:
        """The import of a kept file, read once more: it takes the place of its record. Raises ConflictError where it
        runs."""
        record = new_import(upload_id, file.filename, file.bytes)
        earlier = self._imports.find(upload_id)
        if earlier is None:
            return self._started(ImportJob(self._imports, record))
        record = record.model_copy(update={"sent_at": earlier.sent_at, "series": earlier.series})
        before = (earlier, self._imports.result(upload_id)) if earlier.state == "done" else None
        return self._started(ImportJob(self._imports, record, before=before))

    def _started(self, job: ImportJob) -> ImportJob:
        upload_id = job.record.id
        if self._jobs.setdefault(upload_id, job) is not job:
            raise ConflictError(f"The upload {upload_id!r} is running. Wait for its end, or send another X-Upload-Id.")
        try:
            job.keep()
        except BaseException:
            del self._jobs[upload_id]
            raise
        return job

    def end(self, job: ImportJob, error: Exception | None = None) -> None:
        """The import runs no more: for an error, where there was one."""
        if error is not None:
            job.failed(error)
        self._jobs.pop(job.record.id, None)

    async def store(
        self,
        job: ImportJob,
        file: ReceivedFile,
        options: ReadOptions,
        same_name: SameName | None = None,
        origin: Origin = "upload",
    ) -> dict[str, Any]:
        """Import a received file off the event loop: its summary. Raises ProblemError."""
        name = job.record.series or series_name(file.filename)
        fields = given_fields(options)
        changes: dict[str, Any] = {"filename": file.filename, "sha256": file.sha256, "fields": fields, "series": name}
        await asyncio.to_thread(job.enter, "waiting", **changes)
        asked = ToImport(job.record.id, file, name, options, same_name, origin)
        if stored := await asyncio.to_thread(stored_before, self._store, self._version, asked):
            await asyncio.to_thread(job.enter, "done", stored, **outcome(stored))
            return stored
        async with in_turn(self._slots, job):
            summary: dict[str, Any] = await asyncio.to_thread(self.workers.run, _import, asked, watch=job)
        for listener in self.listeners:
            await listener(summary["filename"])
        await asyncio.to_thread(job.enter, "done", summary, **outcome(summary))
        log.info("file_imported", **{name: summary[name] for name in ("filename", "rows_read", "windows")})
        return summary

    async def inspect(self, file: ReceivedFile, options: ReadOptions) -> dict[str, Any]:
        """What a received file is, by its head, without storing it: the summary. Raises ProblemError."""
        async with self._look:
            summary: dict[str, Any] = await asyncio.to_thread(
                self.workers.run, _inspect, file, options, watch=_Unwatched()
            )
        return summary

    def list(self) -> list[Import]:
        """The newest imports of this store, those that run as they are now."""
        now, jobs = datetime.now(UTC), dict(self._jobs)  # of one moment: they begin and end meanwhile
        newest = self._imports.newest(LISTED + len(jobs))
        stored = [record for record in newest if record.id not in jobs]
        settled = [self._imports.settle(record) if nobody_runs(record, now) else record for record in stored]
        shown = [job.shown() for job in jobs.values()] + [_at_rest(record) for record in settled]
        for each in shown:
            each.kept_until = self.kept.until(each.id)
        return sorted(shown, key=lambda each: each.sent_at, reverse=True)[:LISTED]

    def find(self, upload_id: str) -> Import:
        """Raises NotFoundError."""
        if job := self._jobs.get(upload_id):
            return job.shown()
        record = self._imports.find(upload_id)
        if record is None:
            raise NotFoundError(
                f"No upload has the id {upload_id!r}. GET /api/uploads lists those of the last 30 days."
            )
        if nobody_runs(record, datetime.now(UTC)):
            record = self._imports.settle(record)
        return _at_rest(record).model_copy(update={"kept_until": self.kept.until(upload_id)})

    def cancel(self, upload_id: str) -> None:
        """End an import that runs, and let its file go. Raises ConflictError where it is being stored."""
        if job := self._jobs.get(upload_id):
            job.cancel()
        self.kept.forget(upload_id)

    def close(self) -> None:
        self.workers.close()
        self.kept.close()

    def _beat(self) -> None:
        self.kept.forget_old()
        for job in list(self._jobs.values()):
            job.keep()

    @staticmethod
    async def _quietly(work: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(work)
        except ProblemError as problem:
            log.warning("imports_wait_for_store", detail=problem.detail)


class _Unwatched:
    """Of a look nobody hears how far it is."""

    def step(self, step: Step) -> None: ...

    def progress(self, rows: int | None, share: float | None) -> None: ...

    def go_on(self) -> None: ...


def _at_rest(record: StoredImport) -> Import:
    return Import(**record.model_dump())


def outcome(summary: dict[str, Any]) -> dict[str, Any]:
    """What the record of an import has of its summary."""
    names = {"says": "says", "rows": "rows_read", "windows": "windows", "series": "filename"}
    moments = {name: datetime.fromisoformat(summary[name]) for name in ("first", "last")}
    return {name: summary[one] for name, one in names.items()} | moments | {"problem": None}


def _import(settings: Settings, load: Load, asked: ToImport, report: Report) -> dict[str, Any]:
    """One import in a worker, over a store that it opens for itself."""
    with closing(open_store(settings, MEASUREMENTS, first=False)) as store:
        read = file_reader(settings, report.progress)
        limits = ImportLimits(settings.max_series, settings.reader_memory_mb)
        return upload_summary(import_file(asked, read, load(), store, limits, report))


def local_import(path: Path, options: ReadOptions, same_name: SameName | None = None) -> ToImport:
    """A file of this machine, to be imported under its own name."""
    file = ReceivedFile(path, path.name, path.stat().st_size, file_digest(path))
    return ToImport(uuid4().hex, file, series_name(path.name), options, same_name)


def store_here(
    asked: ToImport,
    read: ReadFile,
    estimator: RPSEstimator,
    store: Store,
    max_series: int,
    told: Callable[[ImportState], None],
) -> dict[str, Any]:
    """Import a file in this process, with its record, as a command does: the summary. Raises ProblemError."""
    file, fields, imports = asked.file, given_fields(asked.options), Imports(store)
    record = new_import(asked.id, file.filename, file.bytes)
    record.sha256, record.fields, record.series = file.sha256, fields, asked.name
    job = ImportJob(imports, record, told=told)
    try:
        job.enter("waiting")
        summary = stored_before(store, estimator.version, asked)
        if summary is None:
            limits = ImportLimits(max_series, memory_mb=None)
            summary = upload_summary(import_file(asked, read, estimator, store, limits, job))
        job.enter("done", summary, **outcome(summary))
    except Exception as error:
        job.failed(error)
        raise
    return summary


def _inspect(
    settings: Settings, _load: Load, file: ReceivedFile, options: ReadOptions, report: Report
) -> dict[str, Any]:
    report.step("reading")
    limits, window = read_limits(settings), settings.window_seconds
    return inspection_summary(inspect_file(file.path, file.filename, options, limits, window, HEADS))
