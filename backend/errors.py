"""The errors a user may see. One class, rendered once (api/problems.py) as RFC 9457 problem details."""

from collections.abc import Mapping, Sequence
from typing import Any


class ProblemError(Exception):
    """What was wrong, where, and what is allowed instead.

    `type` is the last part of the problem's type URI, `detail` a full sentence for the user (`example`: one such, for
    the API document), `extra` additional members of the answer (row, column, field, limit, …), all JSON values.
    """

    status = 500
    type = "internal"
    title = "Internal error"
    example = "The server failed on this request. Its log has the reason."

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}
        self.extra = {name: value for name, value in extra.items() if value is not None}

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep every member when the error crosses from the reading process to the server."""
        return _rebuild, (type(self), self.detail, self.headers, self.extra)


def _rebuild(kind: type[ProblemError], detail: str, headers: dict[str, str], extra: dict[str, Any]) -> ProblemError:
    return kind(detail, headers=headers, **extra)


def message_of(problem: Mapping[str, Any]) -> str:
    """What one of pydantic's errors says is wrong, without the name of what was raised."""
    if problem["type"] == "extra_forbidden":
        return "There is none of this name; /openapi.json lists those that there are"
    return str(problem["msg"]).removeprefix("Value error, ")


class UnsupportedFormatError(ProblemError):
    status = 415
    type = "unsupported-format"
    title = "Unsupported format"
    example = "The content looks like a PNG image."


class UnusableFileError(ProblemError):
    status = 422
    type = "unusable-file"
    title = "Unusable file"
    example = "No column holds times."


class QuestionError(ProblemError):
    """What must be asked before it goes on. Among the extra members `question`, and `choices`: the answers, each with
    the form fields that select it and a sentence that `says` what it is. The detail has both in words."""

    def __init__(self, question: str, choices: Sequence[Mapping[str, Any]]) -> None:
        says = " ".join(choice["says"] for choice in choices)
        super().__init__(f"{question} Choose one: {says}", question=question, choices=list(choices))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.extra["question"], self.extra["choices"]), vars(self)


class AmbiguousFileError(QuestionError):
    """The file has several likely readings."""

    status = 422
    type = "ambiguous-file"
    title = "More than one reading"
    example = "value has whole numbers, and its name does not say what they are."


class TooLargeError(ProblemError):
    status = 413
    type = "too-large"
    title = "Too large"
    example = "The file is larger than 1024 MB (SCALEOPS_MAX_UPLOAD_MB)."


class InvalidRequestError(ProblemError):
    status = 422
    type = "invalid-request"
    title = "Invalid request"
    example = "range: Input should be '1h', '6h' or '24h'"


class NotFoundError(ProblemError):
    status = 404
    type = "not-found"
    title = "Not found"
    example = 'No series is named "shop". GET /api/series lists what is stored.'


class ConflictError(ProblemError):
    status = 409
    type = "conflict"
    title = "Conflict with stored data"
    example = "5000 series are stored, which is the most (SCALEOPS_MAX_SERIES)."


class SameNameError(QuestionError):
    """Another file is stored under the name: what is this one to the series?"""

    status = 409
    type = "same-name"
    title = "Another file has this name"
    example = 'Another file is stored as "shop.csv" (2026-01-05 08:00 to 2026-01-06 07:59 UTC).'


class CancelledError(ConflictError):
    type = "cancelled"
    title = "Cancelled"
    example = "The import was cancelled, so nothing of the file is stored."


class BadRequestError(ProblemError):
    status = 400
    type = "bad-request"
    title = "Bad request"
    example = "The header Host holds no address: '['."


class ForbiddenError(ProblemError):
    status = 403
    type = "forbidden"
    title = "Forbidden"
    example = "The request comes from a page of another origin."


class UnauthorizedError(ProblemError):
    status = 401
    type = "unauthorized"
    title = "Authentication required"
    example = "Changing data needs a token: send SCALEOPS_API_TOKEN as the header `Authorization: Bearer …`."


class TooManyAttemptsError(ProblemError):
    status = 429
    type = "too-many-attempts"
    title = "Too many wrong tokens"
    example = "Too many wrong tokens. Try again in 8 s."


class BadLinesError(ProblemError):
    status = 400
    type = "bad-lines"
    title = "Invalid line protocol"
    example = "unable to parse line 2: invalid field format ('web count='). The other lines are stored."


class BusyError(ProblemError):
    status = 503
    type = "busy"
    title = "Server busy"
    example = "32 writes wait for the store. Send it again in a second."


class StoreUnavailableError(ProblemError):
    status = 503
    type = "store-unavailable"
    title = "Store unavailable"
    example = "InfluxDB at http://influxdb:8086 does not answer."


class NoDecisionError(ProblemError):
    """`reason`: one word for machines; `since`: when it began, where that is known."""

    status = 503
    type = "no-decision"
    title = "No decision to serve"
    example = 'No sample of "shop" has come since 08:14:00 UTC, so nothing is served.'


class StorageFullError(StoreUnavailableError):
    status = 507
    type = "storage-full"
    title = "The disk is full"
    example = "The disk of /var/lib/scaleops is full: 1,048,576 bytes are free, and 33,554,432 are needed."


class PrometheusError(ProblemError):
    status = 502
    type = "prometheus"
    title = "Prometheus returned no traffic"


class ModelFileError(ProblemError):
    status = 503
    type = "model-file"
    title = "Unusable model file"
