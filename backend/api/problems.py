"""Every error, rendered as RFC 9457 problem details."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from backend.errors import ProblemError

log = structlog.get_logger()


def problem_response(problem: ProblemError) -> JSONResponse:
    body = {
        "type": f"urn:scaleops:problem:{problem.type}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    return _response({**problem.extra, **body}, problem.status, problem.headers)


def add_problem_handlers(app: FastAPI) -> None:
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_crash)


async def _on_problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    return problem_response(error)


async def _on_invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    where = [".".join(str(part) for part in problem["loc"][1:]) for problem in problems]
    detail = "; ".join(f"{field}: {problem['msg']}" for field, problem in zip(where, problems, strict=True))
    return _response(
        {
            "type": "urn:scaleops:problem:invalid-request",
            "title": "The request cannot be used",
            "status": 422,
            "detail": detail,
            "fields": where,
        },
        422,
    )


async def _on_http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    body = {"type": "about:blank", "title": title, "status": error.status_code, "detail": error.detail}
    return _response(body, error.status_code, dict(error.headers or {}))


async def _on_crash(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", method=request.method, path=request.url.path, exc_info=error)
    body = {
        "type": "about:blank",
        "title": "Internal error",
        "status": 500,
        "detail": "The server made a mistake; its log says which. Nothing was stored by this request.",
    }
    return _response(body, 500)


def _response(body: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(
        jsonable_encoder(body), status_code=status, headers=headers, media_type="application/problem+json"
    )
