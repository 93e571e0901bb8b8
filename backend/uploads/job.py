"""Uploads on their way through the server: their turn, their progress, and who hears when one is stored."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from backend.config import Settings
from backend.ingest import Inspection, ReadOptions
from backend.models.predictor import RPSEstimator
from backend.schemas import UploadProgress, UploadStep
from backend.stores import Origin, Store
from backend.uploads.importing import ImportResult, import_file
from backend.uploads.progress import ProgressBoard
from backend.uploads.reader_pool import READERS, ReaderPool

log = structlog.get_logger()


class ImportCancelledError(Exception):
    """The client left before anything was stored."""


class ImportJob:
    """One file on its way. `upload_id`: by which its client asks for progress, None where it does not."""

    def __init__(self, progress: ProgressBoard, upload_id: str | None) -> None:
        self._progress = progress
        self._upload_id = upload_id
        self._bytes_received = 0
        self._cancelled = threading.Event()

    def report(self, step: UploadStep) -> None:
        self._progress.set(self._upload_id, UploadProgress(step=step, bytes_received=self._bytes_received))

    def receiving(self, bytes_received: int) -> None:
        self._bytes_received = bytes_received
        self.report("receiving")

    def next_step(self, step: UploadStep) -> None:
        """Report a step of the import. Raises ImportCancelledError where the job was cancelled before it."""
        if self._cancelled.is_set():
            raise ImportCancelledError
        self.report(step)

    def cancel(self) -> None:
        """Stop the import before its next step; what is being stored then is stored."""
        self._cancelled.set()


class Uploads:
    """Imports files, as many at a time as there are readers. Made on the event loop.

    `listeners` are called in order with the name of each series that was stored, before its upload is answered.
    """

    def __init__(self, settings: Settings, store: Store, estimator: RPSEstimator) -> None:
        self.progress = ProgressBoard()
        self.listeners: list[Callable[[str], Awaitable[object]]] = []
        self._max_series = settings.max_series
        self._store = store
        self._estimator = estimator
        self._readers = ReaderPool(settings)
        self._slots = asyncio.Semaphore(READERS)

    def job(self, upload_id: str | None) -> ImportJob:
        return ImportJob(self.progress, upload_id)

    async def run(
        self, job: ImportJob, path: Path, filename: str, options: ReadOptions, origin: Origin = "upload"
    ) -> ImportResult:
        """Import a received file off the event loop. Raises ProblemError, or ImportCancelledError once cancelled."""
        job.report("waiting")
        try:
            async with self._slots:
                result = await asyncio.to_thread(self._import, job, path, filename, options, origin)
            for listener in self.listeners:
                await listener(result.key.name)
        except Exception:
            job.report("failed")
            raise
        job.report("done")
        log.info(
            "file_imported", filename=result.key.name, rows=result.traffic.rows_read, windows=len(result.traffic.frame)
        )
        return result

    async def inspect(self, path: Path, filename: str, options: ReadOptions) -> Inspection:
        """What a received file is, without storing it. Raises ProblemError."""
        async with self._slots:
            return await asyncio.to_thread(self._readers.inspect, path, filename, options)

    def close(self) -> None:
        self._readers.close()

    def _import(self, job: ImportJob, path: Path, filename: str, options: ReadOptions, origin: Origin) -> ImportResult:
        return import_file(
            path,
            filename,
            options,
            read=self._readers.read,
            estimator=self._estimator,
            store=self._store,
            max_series=self._max_series,
            on_step=job.next_step,
            origin=origin,
        )
