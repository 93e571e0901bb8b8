"""Uploads on their way through the server: their turn, their progress, and who hears when one is stored."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import structlog

from backend.config import Settings
from backend.ingest import ReadOptions, inspect_file
from backend.measurements import MEASUREMENTS
from backend.models.predictor import RPSEstimator
from backend.schemas import UploadProgress, UploadStep
from backend.stores import Origin, open_store
from backend.uploads.importing import file_reader, import_file, read_limits
from backend.uploads.progress import ProgressBoard
from backend.uploads.summary import inspection_summary, upload_summary
from backend.uploads.workers import WORKERS, OnStep, Workers

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
    """Imports files, as many at a time as there are workers. Made on the event loop.

    `listeners` are called in order with the name of each series that was stored, before its upload is answered.
    """

    def __init__(self, settings: Settings, estimator: RPSEstimator) -> None:
        self.progress = ProgressBoard()
        self.listeners: list[Callable[[str], Awaitable[object]]] = []
        self._workers = Workers(settings, estimator)
        self._slots = asyncio.Semaphore(WORKERS)

    def job(self, upload_id: str | None) -> ImportJob:
        return ImportJob(self.progress, upload_id)

    async def run(
        self, job: ImportJob, path: Path, filename: str, options: ReadOptions, origin: Origin = "upload"
    ) -> dict[str, Any]:
        """Import a received file off the event loop: its summary. Raises ProblemError, or ImportCancelledError once
        cancelled."""
        job.report("waiting")
        try:
            async with self._slots:
                summary: dict[str, Any] = await asyncio.to_thread(
                    self._workers.run, _import, path, filename, options, origin, on_step=job.next_step
                )
            for listener in self.listeners:
                await listener(summary["filename"])
        except Exception:
            job.report("failed")
            raise
        job.report("done")
        log.info("file_imported", **{name: summary[name] for name in ("filename", "rows_read", "windows")})
        return summary

    async def inspect(self, path: Path, filename: str, options: ReadOptions) -> dict[str, Any]:
        """What a received file is, without storing it: the summary. Raises ProblemError."""
        async with self._slots:
            summary: dict[str, Any] = await asyncio.to_thread(
                self._workers.run, _inspect, path, filename, options, on_step=lambda _: None
            )
        return summary

    def close(self) -> None:
        self._workers.close()


def _import(
    settings: Settings,
    estimator: RPSEstimator,
    path: Path,
    filename: str,
    options: ReadOptions,
    origin: Origin,
    on_step: OnStep,
) -> dict[str, Any]:
    """One import in a worker, over a store that it opens for itself."""
    with closing(open_store(settings, MEASUREMENTS, first=False)) as store:
        result = import_file(
            path,
            filename,
            options,
            read=file_reader(settings),
            estimator=estimator,
            store=store,
            max_series=settings.max_series,
            on_step=on_step,
            origin=origin,
        )
    return upload_summary(result)


def _inspect(
    settings: Settings, _: RPSEstimator, path: Path, filename: str, options: ReadOptions, on_step: OnStep
) -> dict[str, Any]:
    on_step("reading")
    return inspection_summary(inspect_file(path, filename, options, read_limits(settings), settings.window_seconds))
