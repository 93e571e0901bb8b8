"""Every error, rendered as RFC 9457 problem details; those of the write call as InfluxDB renders its own."""

from collections.abc import Mapping, Sequence
from http import HTTPMethod, HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Scope

from backend.errors import InvalidRequestError, NotFoundError, ProblemError, message_of
from backend.schemas import InfluxError, Problem

log = structlog.get_logger()

PROBLEM_JSON = "application/problem+json"
CLIENT_CLOSED_REQUEST = 499  # nginx's code, for the log; nobody receives it
WRITE_PATH = "/api/v2/write"
# InfluxDB's codes by status. 409 is none of its answers, and whatever is wrong with the parameters is 400 there.
INFLUX_CODES = {
    400: (400, "invalid"),
    401: (401, "unauthorized"),
    403: (403, "forbidden"),
    405: (405, "method not allowed"),
    409: (422, "unprocessable entity"),
    413: (413, "request too large"),
    422: (400, "invalid"),
    429: (429, "too many requests"),
    503: (503, "unavailable"),
    507: (503, "unavailable"),  # Telegraf keeps what it sent and sends it again
}


def problem_of(error: ProblemError | type[ProblemError], detail: str) -> Problem:
    members = error.extra if isinstance(error, ProblemError) else {}
    own = {"type": f"urn:scaleops:problem:{error.type}", "title": error.title, "status": error.status, "detail": detail}
    return Problem.model_validate({**members, **own})


def influx_error_of(problem: Problem) -> tuple[int, InfluxError]:
    """The status and the body that InfluxDB would give."""
    status, code = INFLUX_CODES.get(problem.status, (problem.status, "internal error"))
    return status, InfluxError(code=code, message=problem.detail)


def problem_response(error: ProblemError, path: str) -> JSONResponse:
    return _response(path, problem_of(error, error.detail), error.headers)


def add_problem_handlers(app: FastAPI) -> None:
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(ClientDisconnect, _on_client_gone)
    app.add_exception_handler(Exception, _on_crash)


async def _on_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    return problem_response(error, request.url.path)


async def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    if reason := _unreadable(problems):
        return problem_response(InvalidRequestError(reason, fields=["body"]), request.url.path)
    where = [".".join(str(part) for part in problem["loc"][1:]) for problem in problems]
    said = [message_of(problem) for problem in problems]
    detail = "; ".join(f"{field}: {each}" if field else each for field, each in zip(where, said, strict=True))
    return problem_response(InvalidRequestError(detail, fields=[field or "body" for field in where]), request.url.path)


def _unreadable(problems: Sequence[Mapping[str, Any]]) -> str | None:
    """Why the body as a whole is not what a call takes; None where it is."""
    for problem in problems:
        if problem["type"] == "json_invalid":
            return f"The body is not JSON: {problem['ctx']['error']} at character {problem['loc'][-1]}."
        # A value error of the whole is of fields that do not go together.
        if problem["loc"] == ("body",) and problem["type"] != "value_error":
            return "The body is to be a JSON object, sent with Content-Type: application/json."
    return None


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    """What FastAPI itself refuses: no such path or method, and a body that is not even JSON."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return problem_response(InvalidRequestError(f"The body cannot be read: {error.detail}."), request.url.path)
    if error.status_code == HTTPStatus.NOT_FOUND:
        detail = f"Nothing is at {request.url.path}. GET /openapi.json lists the calls."
        return problem_response(NotFoundError(detail), request.url.path)
    status, headers, detail = HTTPStatus(error.status_code), dict(error.headers or {}), error.detail
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed(request)
        detail = f"{request.url.path} has no {request.method}; it has {headers['Allow']}."
    problem = Problem(type="about:blank", title=status.phrase, status=status, detail=detail)
    return _response(request.url.path, problem, headers)


def _allowed(request: Request) -> str:
    """The methods of a path: of all its routes, where FastAPI names those of the first."""
    return ", ".join(method for method in HTTPMethod if is_served({**request.scope, "method": method}))


def is_served(scope: Scope) -> bool:
    """Whether a call of the API has this path and method."""
    return any(route.matches(scope)[0] is Match.FULL for route in scope["app"].routes)


async def _on_client_gone(_: Request, __: Exception) -> Response:
    return Response(status_code=CLIENT_CLOSED_REQUEST)


async def _on_crash(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", method=request.method, path=request.url.path, exc_info=error)
    return problem_response(ProblemError(ProblemError.example), request.url.path)


def _response(path: str, problem: Problem, headers: dict[str, str]) -> JSONResponse:
    if path == WRITE_PATH:
        status, answer = influx_error_of(problem)
        return JSONResponse(answer.model_dump(), status_code=status, headers=headers)
    body = problem.model_dump(mode="json", exclude_unset=True)
    return JSONResponse(body, status_code=problem.status, headers=headers, media_type=PROBLEM_JSON)
