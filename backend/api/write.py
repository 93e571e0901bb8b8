"""InfluxDB v2's write call, so that Telegraf feeds a live series without glue."""

import asyncio
import gzip
import zlib
from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from backend.api.document import Responses, influx_errors
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
from backend.feed.bodies import MOST_BYTES, Bodies, too_large
from backend.feed.intake import Outcome
from backend.feed.line_parser import Precision
from backend.schemas import InfluxError

router = APIRouter()


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


PARTIAL: Responses = {200: {"model": InfluxError, "description": "Some samples are not stored; the message says why"}}


@router.post(
    "/v2/write", status_code=204, responses=PARTIAL | influx_errors(*ERRORS), openapi_extra={"requestBody": BODY}
)
async def write(
    request: Request, state: StateDep, precision: PrecisionQuery = "ns", org: str = "", bucket: str = ""
) -> Response:
    """Take line protocol, plain or gzip; 204 once the store has it. `org` and `bucket` may be anything.

    Lines without a field that holds traffic are ignored.
    """
    del org, bucket
    intake = state["intake"]
    body = await _received(request, intake.bodies)
    with intake.admitted():
        outcome = await intake.write(body, precision)
    return _answer(outcome, intake.unstored(outcome))


async def _received(request: Request, bodies: Bodies) -> bytes:
    """The lines, unpacked."""
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise BadLinesError(f"Content-Encoding {encoding[:20]!r} is not supported. Send plain text or gzip.")
    body = await bodies.receive(request.stream())
    lines = await asyncio.to_thread(_unpacked, body) if encoding == "gzip" else bytes(body)
    if not lines:
        raise BadLinesError("The body is empty. Send at least one line.")
    return lines


def _unpacked(body: bytearray) -> bytes:
    """All members of a gzip file, and nothing where one is damaged or something else follows."""
    try:
        with gzip.GzipFile(fileobj=BytesIO(body)) as file:
            lines = file.read(MOST_BYTES + 1)
    except EOFError:
        raise BadLinesError("The gzip body is truncated.") from None
    except (OSError, zlib.error) as error:
        raise BadLinesError(f"Content-Encoding is gzip, but the body is not, or not all of it: {error}.") from None
    if len(lines) > MOST_BYTES:
        raise too_large()
    return lines


def _answer(outcome: Outcome, unstored: list[str]) -> Response:
    """204 where everything is stored; else what is not, by a status that no sender repeats for ever (0005)."""
    if outcome.bad_lines:
        raise BadLinesError(" ".join([f"unable to parse {_named(outcome)}.", *unstored, "The other lines are stored."]))
    if not unstored:
        return Response(status_code=204)
    if not outcome.stored:
        raise ConflictError(" ".join(unstored))
    message = " ".join([*unstored, f"The other {outcome.stored} are stored."])
    return JSONResponse(InfluxError(code="partial write", message=message).model_dump())


def _named(outcome: Outcome) -> str:
    named = "; ".join(str(line) for line in outcome.bad)
    others = outcome.bad_lines - len(outcome.bad)
    return f"{named}; and {others} more" if others else named
