"""A traffic file in: received to disk within its limit, then imported."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi import Path as PathParameter
from starlette.requests import ClientDisconnect

from backend.api.document import REF, problems
from backend.deps import State, StateDep
from backend.errors import (
    AmbiguousFileError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    ProblemError,
    StorageFullError,
    StoreUnavailableError,
    TooLargeError,
    UnsupportedFormatError,
    UnusableFileError,
)
from backend.ingest import ReadOptions
from backend.sample import SAMPLE_FILENAME, write_sample
from backend.schemas import InspectionReport, UploadProgress, UploadResult
from backend.stores import Origin
from backend.stores.names import free_name
from backend.uploads.folder import upload_folder
from backend.uploads.form import MultipartForm, read_options, too_large
from backend.uploads.job import ImportJob

router = APIRouter()

MULTIPART_OVERHEAD = 1024**2  # boundaries, headers and option fields around the file
DISCARD_SECONDS = 2  # reading on for a moment lets a client that is still sending receive the answer


UPLOAD_ID = "my-upload-1"
UploadId = Annotated[
    str | None, Header(max_length=100, examples=[UPLOAD_ID], description="chosen by the client, to ask for progress")
]
IMPORT_ERRORS = (ConflictError, InvalidRequestError, StoreUnavailableError, StorageFullError)
REFUSALS = (TooLargeError, UnsupportedFormatError, UnusableFileError)
FILE_ERRORS = (*REFUSALS, AmbiguousFileError)
BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "allOf": [{"$ref": REF.format(model="UploadForm")}],
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            },
            "example": {
                "file": "time,requests\n2026-01-05 08:00,1200\n2026-01-05 08:01,1260\n2026-01-05 08:02,1230\n",
                "timezone": "Europe/Berlin",
            },
        }
    },
}


@router.post(
    "/upload",
    status_code=201,
    responses=problems(*IMPORT_ERRORS, *FILE_ERRORS),
    openapi_extra={"requestBody": BODY},
)
async def upload(request: Request, state: StateDep, x_upload_id: UploadId = None) -> UploadResult:
    """Read a traffic file, predict every window of it, store both, and say what was done with every row."""
    job = state["uploads"].job(x_upload_id)
    with upload_folder() as folder:
        path = folder / "received"
        form = await _receive(request, job, path, state["settings"].max_upload_bytes)
        return await _import(state, job, path, form.filename or "", read_options(form.fields), request)


@router.post(
    "/uploads/inspect",
    responses=problems(InvalidRequestError, *REFUSALS),
    openapi_extra={"requestBody": BODY},
)
async def inspect_upload(request: Request, state: StateDep) -> InspectionReport:
    """Say what a traffic file is and how it would be read, or between which readings to choose. Nothing is stored."""
    job = state["uploads"].job(None)
    with upload_folder() as folder:
        path = folder / "received"
        form = await _receive(request, job, path, state["settings"].max_upload_bytes)
        summary = await state["uploads"].inspect(path, form.filename or "", read_options(form.fields))
    return InspectionReport(**summary)


@router.post("/sample", status_code=201, responses=problems(*IMPORT_ERRORS))
async def load_sample(request: Request, state: StateDep, x_upload_id: UploadId = None) -> UploadResult:
    """Generate seven days of synthetic traffic, named so, and store them as an upload would be."""
    job = state["uploads"].job(x_upload_id)
    with upload_folder() as folder:
        path = await asyncio.to_thread(write_sample, folder)
        # An earlier sample ended at another minute; the two must not mix.
        name = await asyncio.to_thread(free_name, state["store"], SAMPLE_FILENAME, "sample")
        await asyncio.to_thread(state["store"].delete_series, name)
        return await _import(state, job, path, name, ReadOptions(), request, "sample")


@router.get("/uploads/{upload_id}", responses=problems(NotFoundError, InvalidRequestError))
async def upload_progress(
    upload_id: Annotated[str, PathParameter(max_length=100, examples=[UPLOAD_ID])], state: StateDep
) -> UploadProgress:
    """Where an upload is that was sent with this id as X-Upload-Id."""
    progress = state["uploads"].progress.get(upload_id)
    if progress is None:
        raise NotFoundError(
            f"No upload has the id {upload_id!r}. It is sent as X-Upload-Id and forgotten after a while."
        )
    return progress


async def _receive(request: Request, job: ImportJob, path: Path, limit: int) -> MultipartForm:
    """Write the body's file to `path`; raises TooLargeError as soon as the limit is passed."""
    job.receiving(0)
    try:
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > limit + MULTIPART_OVERHEAD:
            raise too_large(limit)
        with MultipartForm(request.headers.get("content-type", ""), path, limit) as form:
            async for chunk in request.stream():
                await asyncio.to_thread(form.feed, chunk)
                job.receiving(form.bytes_received)
            form.finish()
    except ClientDisconnect:
        job.report("failed")
        raise
    except (ProblemError, OSError):
        job.report("failed")
        await _discard(request)
        raise
    return form


async def _discard(request: Request) -> None:
    with suppress(TimeoutError, ClientDisconnect, RuntimeError):
        async with asyncio.timeout(DISCARD_SECONDS):
            async for _ in request.stream():
                pass


async def _import(
    state: State,
    job: ImportJob,
    path: Path,
    filename: str,
    options: ReadOptions,
    request: Request,
    origin: Origin = "upload",
) -> UploadResult:
    """Import the file; a client that leaves cancels it."""
    watcher = asyncio.create_task(_cancel_when_left(job, request))
    try:
        summary = await state["uploads"].run(job, path, filename, options, origin)
    finally:
        watcher.cancel()
    return await asyncio.to_thread(_answer, state, summary)


async def _cancel_when_left(job: ImportJob, request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    job.cancel()


def _answer(state: State, summary: dict[str, Any]) -> UploadResult:
    stored = state["store"].find(summary["filename"])
    status = state["statuses"].status(summary["filename"])
    forecast = state["forecasts"].newest(stored, status) if stored else None  # None: it was deleted meanwhile
    return UploadResult(**summary, forecast=forecast)
