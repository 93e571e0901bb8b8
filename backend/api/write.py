"""InfluxDB v2's write call, so that Telegraf feeds a live series without glue (reference/contracts.md, 5.5)."""

import asyncio
import zlib
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from backend.api.document import influx_errors
from backend.deps import StateDep
from backend.errors import (
    BadLinesError,
    BusyError,
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    StorageFullError,
    StoreUnavailableError,
    TooLargeError,
    TooManyAttemptsError,
    UnauthorizedError,
)
from backend.feed.line_parser import BadLine, Precision

router = APIRouter()

MOST_BYTES = 16 * 1024**2  # of lines; Telegraf's batches of 1,000 are some 200 kB
BODY_SECONDS = 30
NAMED_LINES = 5

PrecisionQuery = Annotated[Precision, Query(description="unit of the lines' times")]
ERRORS = (
    BadLinesError,
    InvalidRequestError,
    UnauthorizedError,
    TooManyAttemptsError,
    ForbiddenError,
    TooLargeError,
    ConflictError,
    BusyError,
    StoreUnavailableError,
    StorageFullError,
)
BODY = {
    "required": True,
    "content": {"text/plain": {"schema": {"type": "string"}, "example": "nginx,host=web1 requests=1042i"}},
}


@router.post("/v2/write", status_code=204, responses=influx_errors(*ERRORS), openapi_extra={"requestBody": BODY})
async def write(
    request: Request, state: StateDep, precision: PrecisionQuery = "ns", org: str = "", bucket: str = ""
) -> Response:
    """Take line protocol, plain or gzip; 204 once the store has it. `org` and `bucket` may be anything.

    Lines without a field that holds traffic are ignored.
    """
    del org, bucket
    intake = state["intake"]
    with intake.admitted():
        bad = await intake.write(await _received(request), precision)
    if bad:
        raise BadLinesError(_describe(bad))
    return Response(status_code=204)


async def _received(request: Request) -> str:
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise BadLinesError(f"Content-Encoding {encoding[:20]!r} is not supported. Send plain text or gzip.")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise _too_large()
    except TimeoutError:
        raise BusyError(f"The body was not received within {BODY_SECONDS} s.", headers={"Retry-After": "1"}) from None
    if not body:
        raise BadLinesError("The body is empty. Send at least one line.")
    plain = await asyncio.to_thread(_unpacked, bytes(body)) if encoding == "gzip" else bytes(body)
    return plain.decode(errors="surrogateescape")  # what is not UTF-8 makes its line a bad one, and no other


def _unpacked(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = unpacker.decompress(body, MOST_BYTES)
    except zlib.error as error:
        raise BadLinesError(f"Content-Encoding is gzip, but the body is not: {error}.") from None
    if unpacker.unconsumed_tail:
        raise _too_large()
    if not unpacker.eof:
        raise BadLinesError("The gzip body is truncated.")
    return plain


def _too_large() -> TooLargeError:
    return TooLargeError(f"The lines exceed {MOST_BYTES // 1024**2} MiB. Send them in several requests.")


def _describe(bad: list[BadLine]) -> str:
    named = "; ".join(str(line) for line in bad[:NAMED_LINES])
    others = f"; and {len(bad) - NAMED_LINES} more" if len(bad) > NAMED_LINES else ""
    return f"unable to parse {named}{others}. The other lines are stored."
