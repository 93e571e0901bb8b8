"""The errors a user may see. One class, rendered once (api/problems.py) as RFC 9457 problem details."""

from typing import Any


class ProblemError(Exception):
    """What was wrong, where, and what is allowed instead.

    `type` is the last part of the problem's type URI, `detail` a full sentence for the user,
    `extra` additional members of the answer (row, column, field, limit, …), all JSON values.
    """

    status = 500
    type = "internal"
    title = "Internal error"

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


class UnsupportedFormatError(ProblemError):
    status = 415
    type = "unsupported-format"
    title = "Not a format we read"


class UnusableFileError(ProblemError):
    status = 422
    type = "unusable-file"
    title = "The file cannot be used"


class TooLargeError(ProblemError):
    status = 413
    type = "too-large"
    title = "Too large"


class InvalidRequestError(ProblemError):
    status = 422
    type = "invalid-request"
    title = "The request cannot be used"


class NotFoundError(ProblemError):
    status = 404
    type = "not-found"
    title = "Not found"


class ConflictError(ProblemError):
    status = 409
    type = "conflict"
    title = "Conflicts with what is stored"


class ForbiddenError(ProblemError):
    status = 403
    type = "forbidden"
    title = "Refused"


class UnauthorizedError(ProblemError):
    status = 401
    type = "unauthorized"
    title = "Token needed"


class BadLinesError(ProblemError):
    status = 400
    type = "bad-lines"
    title = "Lines that cannot be read"


class BusyError(ProblemError):
    status = 503
    type = "busy"
    title = "Busy"


class StoreUnavailableError(ProblemError):
    status = 503
    type = "store-unavailable"
    title = "The store cannot be reached"


class PrometheusError(ProblemError):
    status = 502
    type = "prometheus"
    title = "Prometheus does not tell the traffic"


class ModelFileError(ProblemError):
    status = 503
    type = "model-file"
    title = "The model file cannot be used"
