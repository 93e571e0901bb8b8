"""Every error, rendered as RFC 9457 problem details; those of the write call as InfluxDB renders its own."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from backend.errors import ProblemError
from backend.uploads.job import ImportCancelledError

log = structlog.get_logger()

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
    503: (503, "unavailable"),
}


def problem_response(problem: ProblemError, path: str) -> JSONResponse:
    body = {
        "type": f"urn:scaleops:problem:{problem.type}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    return _response(path, {**problem.extra, **body}, problem.status, problem.headers)


def add_problem_handlers(app: FastAPI) -> None:
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    for error in (ClientDisconnect, ImportCancelledError):
        app.add_exception_handler(error, _on_client_gone)
    app.add_exception_handler(Exception, _on_crash)


async def _on_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    return problem_response(error, request.url.path)


async def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    where = [".".join(str(part) for part in problem["loc"][1:]) for problem in problems]
    detail = "; ".join(f"{field}: {problem['msg']}" for field, problem in zip(where, problems, strict=True))
    return _response(
        request.url.path,
        {
            "type": "urn:scaleops:problem:invalid-request",
            "title": "The request cannot be used",
            "status": 422,
            "detail": detail,
            "fields": where,
        },
        422,
    )


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    body = {"type": "about:blank", "title": title, "status": error.status_code, "detail": error.detail}
    return _response(request.url.path, body, error.status_code, dict(error.headers or {}))


async def _on_client_gone(_: Request, __: Exception) -> Response:
    return Response(status_code=CLIENT_CLOSED_REQUEST)


async def _on_crash(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", method=request.method, path=request.url.path, exc_info=error)
    body = {
        "type": "about:blank",
        "title": "Internal error",
        "status": 500,
        "detail": "The server made a mistake; its log says which. Nothing was stored by this request.",
    }
    return _response(request.url.path, body, 500)


def _response(path: str, body: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    if path == WRITE_PATH:
        status, code = INFLUX_CODES.get(status, (status, "internal error"))
        return JSONResponse({"code": code, "message": body["detail"]}, status_code=status, headers=headers)
    return JSONResponse(
        jsonable_encoder(body), status_code=status, headers=headers, media_type="application/problem+json"
    )
