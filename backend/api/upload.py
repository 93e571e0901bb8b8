"""Traffic files in: received to disk within their limit, looked at, imported, and kept a while to be read again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Header, Query, Request
from fastapi import Path as PathParameter
from starlette.requests import ClientDisconnect

from backend.api.document import REF, problems
from backend.deps import State, StateDep
from backend.errors import (
    AmbiguousFileError,
    CancelledError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    ProblemError,
    SameNameError,
    StorageFullError,
    StoreUnavailableError,
    TooLargeError,
    UnsupportedFormatError,
    UnusableFileError,
)
from backend.ingest import ReadOptions
from backend.sample import SAMPLE_FILENAME, write_sample
from backend.stores.names import free_name
from backend.uploads.folder import upload_folder
from backend.uploads.form import MultipartForm, UploadForm, form_of, left_half_way, options_of, too_large
from backend.uploads.job import ImportJob, Uploads
from backend.uploads.kept import ReceivedFile
from backend.uploads.same_name import file_digest
from backend.uploads.schemas import Import, InspectionReport, UploadResult

router = APIRouter()

MULTIPART_OVERHEAD = 1024**2  # boundaries, headers and option fields around the file
DISCARD_SECONDS = 2  # reading on for a moment lets a client that is still sending receive the answer


UPLOAD_ID = "my-upload-1"
UploadId = Annotated[
    str | None, Header(max_length=100, examples=[UPLOAD_ID], description="chosen by the client, to ask for progress")
]
UploadIdPath = Annotated[str, PathParameter(max_length=100, examples=[UPLOAD_ID])]
IMPORT_ERRORS = (ConflictError, InvalidRequestError, StoreUnavailableError, StorageFullError)
REFUSALS = (TooLargeError, UnsupportedFormatError, UnusableFileError)
FILE_ERRORS = (*REFUSALS, AmbiguousFileError, SameNameError, CancelledError)
BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {"$ref": REF.format(model="Upload")},
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
    """Read a traffic file, predict every window of it, store both, and say what was done with every row.

    It goes on where the client leaves after the last byte. A file that cannot be read as it was sent is kept for a
    while: the problem has its `id`, to read it with other fields.
    """
    uploads = state["uploads"]
    job = await asyncio.to_thread(uploads.begin, x_upload_id)
    async with _ending(uploads, job):
        form = await _receive(request, state, job.record.id, job)
        with _reading(uploads, job.record.id) as file:
            summary = await uploads.store(job, file, *options_of(form))
    return await asyncio.to_thread(_answer, state, summary)


@router.post(
    "/uploads/inspect",
    responses=problems(InvalidRequestError, StorageFullError, *REFUSALS),
    openapi_extra={"requestBody": BODY},
)
async def inspect_upload(request: Request, state: StateDep, x_upload_id: UploadId = None) -> InspectionReport:
    """Say what a traffic file is and how it would be read, or between which readings to choose. Nothing is stored.

    The file is kept for a while, to be read by its `id`. Of a large one the head alone is looked at.
    """
    uploads, upload_id = state["uploads"], x_upload_id or uuid4().hex
    form = await _receive(request, state, upload_id)
    with _reading(uploads, upload_id) as file:
        summary = await uploads.inspect(file, options_of(form)[0])
    return InspectionReport(id=upload_id, **summary)


@router.post("/uploads/{upload_id}/read", responses=problems(NotFoundError, *IMPORT_ERRORS, *FILE_ERRORS))
async def read_upload(
    upload_id: UploadIdPath,
    form: UploadForm,
    state: StateDep,
    store: Annotated[bool, Query(description="store what was read; else only say what would be")] = False,
) -> InspectionReport | UploadResult:
    """Read a file that is kept once more, with these fields and no others, without it being sent again.

    Stored, it takes the place of all that its earlier reading stored: history, forecasts, accuracy.
    """
    uploads = state["uploads"]
    options, same_name = options_of(form)
    with _reading(uploads, upload_id) as file:
        if not store:
            return InspectionReport(id=upload_id, **await uploads.inspect(file, options))
        job = await asyncio.to_thread(uploads.again, upload_id, file)
        async with _ending(uploads, job):
            summary = await uploads.store(job, file, options, same_name)
    return await asyncio.to_thread(_answer, state, summary)


@router.post("/sample", status_code=201, responses=problems(*IMPORT_ERRORS))
async def load_sample(state: StateDep, x_upload_id: UploadId = None) -> UploadResult:
    """Generate seven days of synthetic traffic, named so, and store them as an upload would be."""
    uploads = state["uploads"]
    job = await asyncio.to_thread(uploads.begin, x_upload_id)
    with upload_folder() as folder:
        async with _ending(uploads, job):
            path = await asyncio.to_thread(write_sample, folder)
            name = await asyncio.to_thread(free_name, state["store"], SAMPLE_FILENAME, "sample")
            digest = await asyncio.to_thread(file_digest, path)
            file = ReceivedFile(path, name, path.stat().st_size, digest)
            # An earlier sample ended at another minute; the two must not mix.
            summary = await uploads.store(job, file, ReadOptions(), "replace", "sample")
    return await asyncio.to_thread(_answer, state, summary)


@router.get("/uploads", responses=problems(StoreUnavailableError))
def list_uploads(state: StateDep) -> list[Import]:
    """The imports of the last 30 days, the newest first and at most 100; of those that run how far they are."""
    return state["uploads"].list()


@router.get("/uploads/{upload_id}", responses=problems(NotFoundError, InvalidRequestError, StoreUnavailableError))
def upload_progress(upload_id: UploadIdPath, state: StateDep) -> Import:
    """Where an import is, by its id: the one that the client sent as X-Upload-Id, or the one of an answer."""
    return state["uploads"].find(upload_id)


@router.delete("/uploads/{upload_id}", status_code=204, responses=problems(InvalidRequestError, ConflictError))
def cancel_upload(upload_id: UploadIdPath, state: StateDep) -> None:
    """Cancel an import that runs, and let a kept file go. What is stored stays: DELETE /api/series/{filename}."""
    state["uploads"].cancel(upload_id)


@asynccontextmanager
async def _ending(uploads: Uploads, job: ImportJob) -> AsyncIterator[None]:
    """The import's record says how it ended."""
    try:
        yield
    except ClientDisconnect:
        await asyncio.to_thread(uploads.end, job, InvalidRequestError(left_half_way(job.record.bytes)))
        raise
    except Exception as error:
        await asyncio.to_thread(uploads.end, job, error)
        raise
    await asyncio.to_thread(uploads.end, job)


@contextmanager
def _reading(uploads: Uploads, upload_id: str) -> Iterator[ReceivedFile]:
    """A kept file while it is read. A problem says whose it is; where nothing else can be tried, the file goes."""
    with uploads.kept.reading(upload_id) as file:
        try:
            yield file
        except ProblemError as problem:
            problem.extra["id"] = upload_id
            if isinstance(problem, TooLargeError | UnsupportedFormatError | CancelledError):
                uploads.kept.forget(upload_id)
            raise


async def _receive(request: Request, state: State, upload_id: str, job: ImportJob | None = None) -> UploadForm:
    """Have the body's file kept, and return the other fields; raises TooLargeError as soon as the limit is passed."""
    limit, announced = state["settings"].max_upload_bytes, request.headers.get("content-length", "")
    expected = int(announced) if announced.isdigit() else None
    with ExitStack() as folder:
        path = folder.enter_context(upload_folder()) / "received"
        try:
            if expected and expected > limit + MULTIPART_OVERHEAD:
                raise too_large(limit)
            with MultipartForm(request.headers.get("content-type", ""), path, limit) as form:
                async for chunk in request.stream():
                    await asyncio.to_thread(form.feed, chunk)
                    if job is not None:
                        job.receiving(form.bytes_received, form.bytes_received / expected if expected else None)
                filename = form.finish()
        except (ProblemError, OSError):
            await _discard(request)
            raise
        fields = form_of(form.fields)
        file = ReceivedFile(path, filename, form.bytes_received, form.digest.hexdigest())
        state["uploads"].kept.keep(upload_id, file, folder.pop_all())
    return fields


async def _discard(request: Request) -> None:
    with suppress(TimeoutError, ClientDisconnect, RuntimeError):
        async with asyncio.timeout(DISCARD_SECONDS):
            async for _ in request.stream():
                pass


def _answer(state: State, summary: dict[str, Any]) -> UploadResult:
    stored = state["store"].find(summary["filename"])
    status = state["statuses"].status(summary["filename"])
    forecast = state["forecasts"].newest(stored, status) if stored else None  # None: it was deleted meanwhile
    return UploadResult(**summary, forecast=forecast)
