"""A traffic file in: received to disk within its limit, then handed to the pipeline."""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Header, Request, Response
from fastapi import Path as PathParameter
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import ClientDisconnect

from backend.api.problems import CLIENT_CLOSED_REQUEST
from backend.deps import State, StateDep
from backend.errors import InvalidRequestError, NotFoundError, ProblemError
from backend.ingest import Kind, ReadOptions, TimeUnit, ValueUnit
from backend.sample import SAMPLE_FILENAME, write_sample
from backend.schemas import DroppedRowsReport, Score, UploadProgress, UploadResult, UploadStep
from backend.stores import Origin
from backend.stores.names import free_name
from backend.uploads.folder import upload_folder
from backend.uploads.form import UploadForm, too_large
from backend.uploads.importing import ImportResult, import_file

router = APIRouter()
log = structlog.get_logger()

MULTIPART_OVERHEAD = 1024**2  # boundaries, headers and option fields around the file
DISCARD_SECONDS = 2  # reading on for a moment lets a client that is still sending receive the answer


class UploadOptions(BaseModel):
    """Form fields beside the file; each overrides what would be recognised."""

    kind: Kind | None = None
    timestamp_column: str | None = Field(default=None, max_length=1000)
    time_unit: TimeUnit | None = None
    timezone: str | None = Field(default=None, max_length=100, description="IANA name or offset, for times without one")
    value_column: str | None = Field(default=None, max_length=1000)
    value_unit: ValueUnit | None = None
    window_seconds: int | None = Field(default=None, ge=1, le=86_400)


def _request_body() -> dict[str, Any]:
    schema = UploadOptions.model_json_schema()
    schema["properties"]["file"] = {"type": "string", "format": "binary"}
    schema["required"] = ["file"]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


UploadId = Annotated[str | None, Header(max_length=100, description="chosen by the client, to ask for progress")]


@router.post("/upload", status_code=201, response_model=UploadResult, openapi_extra=_request_body())
async def upload(request: Request, state: StateDep, x_upload_id: UploadId = None) -> UploadResult | Response:
    """Read a traffic file, predict every window of it, store both, and say what was done with every row."""
    job = ImportJob(state, x_upload_id)
    try:
        with upload_folder() as folder:
            path, filename, options = await job.receive(request, folder)
            return await job.run(path, filename, options, request)
    except ImportCancelledError:
        return Response(status_code=CLIENT_CLOSED_REQUEST)


@router.post("/sample", status_code=201)
async def load_sample(request: Request, state: StateDep, x_upload_id: UploadId = None) -> UploadResult:
    """Generate seven days of synthetic traffic, named so, and store them as an upload would be."""
    job = ImportJob(state, x_upload_id)
    with upload_folder() as folder:
        path = await asyncio.to_thread(write_sample, folder)
        # An earlier sample ended at another minute; the two must not mix.
        name = await asyncio.to_thread(free_name, state["store"], SAMPLE_FILENAME, "sample")
        await asyncio.to_thread(state["store"].delete_series, name)
        return await job.run(path, name, ReadOptions(), request, "sample")


@router.get("/uploads/{upload_id}")
async def upload_progress(upload_id: Annotated[str, PathParameter(max_length=100)], state: StateDep) -> UploadProgress:
    """Where an upload is that was sent with this id as X-Upload-Id."""
    progress = state["progress"].get(upload_id)
    if progress is None:
        raise NotFoundError("No upload was sent with this id in X-Upload-Id, or it was long ago.")
    return progress


class ImportCancelledError(Exception):
    """The client left before anything was stored."""


class ImportJob:
    """One file on its way through the server."""

    def __init__(self, state: State, upload_id: str | None) -> None:
        self._state = state
        self._upload_id = upload_id
        self._bytes = 0
        self._cancelled = threading.Event()

    async def receive(self, request: Request, folder: Path) -> tuple[Path, str, ReadOptions]:
        """Write the body's file into the folder; raises TooLargeError as soon as the limit is passed."""
        self._report("receiving")
        limit = self._state["settings"].max_upload_bytes
        path = folder / "received"
        try:
            announced = request.headers.get("content-length", "")
            if announced.isdigit() and int(announced) > limit + MULTIPART_OVERHEAD:
                raise too_large(limit)
            with UploadForm(request.headers.get("content-type", ""), path, limit) as form:
                async for chunk in request.stream():
                    await asyncio.to_thread(form.feed, chunk)
                    self._bytes = form.bytes_received
                    self._report("receiving")
                form.finish()
        except ClientDisconnect:
            raise ImportCancelledError from None
        except ProblemError:
            self._report("failed")
            await _discard(request)
            raise
        return path, form.filename or "", _options_of(form.fields)

    async def run(
        self, path: Path, filename: str, options: ReadOptions, request: Request, origin: Origin = "upload"
    ) -> UploadResult:
        """Import the file off the event loop; a client that leaves calls it off."""
        watcher = asyncio.create_task(self._watch(request))
        self._report("waiting")
        try:
            async with self._state["import_slots"]:
                result = await asyncio.to_thread(self._import, path, filename, options, origin)
            await asyncio.to_thread(self._state["collector"].reload, result.key.name)
            await self._state["hub"].refresh(result.key.name)
            answer = await asyncio.to_thread(_answer, self._state, result)
        except (ProblemError, ImportCancelledError):
            self._report("failed")
            raise
        finally:
            watcher.cancel()
        self._report("done")
        log.info("file_imported", filename=answer.filename, rows=answer.rows_read, windows=answer.windows)
        return answer

    def _import(self, path: Path, filename: str, options: ReadOptions, origin: Origin) -> ImportResult:
        return import_file(
            path,
            filename,
            options,
            read=self._state["readers"].read,
            estimator=self._state["estimator"],
            store=self._state["store"],
            max_series=self._state["settings"].max_series,
            on_step=self._step,
            origin=origin,
        )

    def _step(self, step: UploadStep) -> None:
        if self._cancelled.is_set():
            raise ImportCancelledError
        self._report(step)

    def _report(self, step: UploadStep) -> None:
        self._state["progress"].set(self._upload_id, UploadProgress(step=step, bytes_received=self._bytes))

    async def _watch(self, request: Request) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        self._cancelled.set()


async def _discard(request: Request) -> None:
    with suppress(TimeoutError, ClientDisconnect, RuntimeError):
        async with asyncio.timeout(DISCARD_SECONDS):
            async for _ in request.stream():
                pass


def _options_of(fields: dict[str, str]) -> ReadOptions:
    try:
        options = UploadOptions.model_validate({name: value for name, value in fields.items() if value != ""})
    except ValidationError as error:
        problem = error.errors()[0]
        field = str(problem["loc"][0])
        raise InvalidRequestError(f"The form field {field}: {problem['msg']}.", field=field) from None
    return ReadOptions(**options.model_dump())


def _answer(state: State, result: ImportResult) -> UploadResult:
    traffic = result.traffic
    stored = state["store"].find(result.key.name)
    forecast = state["forecasts"].newest(stored, state["statuses"].status(stored.name)) if stored else None
    return UploadResult(
        filename=result.key.name,
        version=result.key.version,
        kind=traffic.kind,
        format=traffic.format,
        timestamp_column=traffic.timestamp_column,
        time_unit=traffic.time_unit,
        timezone=traffic.timezone,
        value_column=traffic.value_column,
        value_unit=traffic.value_unit,
        assumptions=traffic.assumptions,
        rows_read=traffic.rows_read,
        rows_dropped=[DroppedRowsReport(**vars(dropped)) for dropped in traffic.rows_dropped],
        window_seconds=traffic.window_seconds,
        first=traffic.frame.index[0],
        last=traffic.frame.index[-1],
        windows=result.windows,
        gaps=result.gaps,
        points_written=result.points_written,
        scores={
            model: Score.model_validate(
                {"model": model, "horizon": 1, **score, "p10_coverage": None, "p90_coverage": None}
            )
            for model, score in result.scores.items()
        },
        forecast=forecast,
    )
