"""InfluxDB v2's write call, so that Telegraf feeds a live series without glue (reference/contracts.md, 5.5)."""

import asyncio
import zlib
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from backend.deps import StateDep
from backend.errors import BadLinesError, BusyError, TooLargeError
from backend.feed.line_parser import BadLine, Precision

router = APIRouter()

MOST_BYTES = 16 * 1024**2  # of lines; Telegraf's batches of 1,000 are some 200 kB
BODY_SECONDS = 30
NAMED_LINES = 5

PrecisionQuery = Annotated[Precision, Query(description="unit of the lines' times")]
_ERROR_BODY: dict[str, Any] = {
    "type": "object",
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
    "required": ["code", "message"],
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/json": {"schema": _ERROR_BODY}}}
    for status, text in (
        (400, "a line cannot be read; the good ones are stored"),
        (401, "Authorization: Token (or Bearer) SCALEOPS_API_TOKEN is missing"),
        (413, "send fewer lines"),
        (422, "one series too many"),
        (503, "the store cannot be reached, or too much waits for it: send it again after Retry-After"),
    )
}
_BODY = {"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.post("/v2/write", status_code=204, responses=_ERRORS, openapi_extra=_BODY)
async def write(
    request: Request, state: StateDep, precision: PrecisionQuery = "ns", org: str = "", bucket: str = ""
) -> Response:
    """Take line protocol, plain or gzip; 204 once the store has it. `org` and `bucket` may be anything.

    Lines without a field that tells traffic are passed over.
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
        raise BadLinesError(f"Content-Encoding {encoding[:20]!r} is not read here: send the lines plain or as gzip.")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise _too_large()
    except TimeoutError:
        raise BusyError(f"The body did not come within {BODY_SECONDS} s.", headers={"Retry-After": "1"}) from None
    plain = await asyncio.to_thread(_unpacked, bytes(body)) if encoding == "gzip" else bytes(body)
    return plain.decode(errors="surrogateescape")  # what is not UTF-8 makes its line a bad one, and no other


def _unpacked(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = unpacker.decompress(body, MOST_BYTES)
    except zlib.error as error:
        raise BadLinesError(f"The body is not gzip as its Content-Encoding says: {error}.") from None
    if unpacker.unconsumed_tail:
        raise _too_large()
    if not unpacker.eof:
        raise BadLinesError("The gzip body ends too early.")
    return plain


def _too_large() -> TooLargeError:
    return TooLargeError(f"At most {MOST_BYTES // 1024**2} MiB of lines at once. Send them in parts.")


def _describe(bad: list[BadLine]) -> str:
    named = "; ".join(str(line) for line in bad[:NAMED_LINES])
    others = f"; and {len(bad) - NAMED_LINES} more" if len(bad) > NAMED_LINES else ""
    return f"unable to parse {named}{others}. The other lines are stored."
