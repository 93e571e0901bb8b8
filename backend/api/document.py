"""The API document: what each call may answer, and the parts of it that no signature shows."""

from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from backend.access import TOKEN_KINDS
from backend.api.examples import EXAMPLES
from backend.api.guard import SESSION_COOKIE
from backend.api.problems import PROBLEM_JSON, influx_error_of, problem_of
from backend.api.rights import right_of
from backend.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    ProblemError,
    StoreUnavailableError,
    TooManyAttemptsError,
    UnauthorizedError,
)
from backend.schemas import InfluxError, Problem
from backend.uploads.form import UPLOAD, UPLOAD_FORM

Responses = dict[int | str, dict[str, Any]]

REF = "#/components/schemas/{model}"
# What no signature of a route names.
UNSEEN: tuple[TypeAdapter[Any], ...] = (TypeAdapter(Problem), TypeAdapter(InfluxError), UPLOAD_FORM, UPLOAD)
SECURITY_SCHEMES = {
    kind.setting: {
        "type": "http",
        "scheme": "bearer",
        "description": f"SCALEOPS_{kind.setting.upper()}. Its rights: {', '.join(sorted(kind.rights))}.",
    }
    for kind in TOKEN_KINDS
} | {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "What POST /api/session gives for a token. It has the token's rights, for 12 hours.",
    }
}


def problems(*errors: type[ProblemError]) -> Responses:
    """The responses of a call that may give these errors, for `responses=` of its route."""
    responses: Responses = {}
    for error in errors:
        example = problem_of(error, error.example)
        _add(responses, error.status, error, PROBLEM_JSON, Problem, example.model_dump(mode="json", exclude_unset=True))
    return responses


def influx_errors(*errors: type[ProblemError]) -> Responses:
    """As `problems`, for the write call, which answers as InfluxDB does."""
    responses: Responses = {}
    for error in errors:
        status, example = influx_error_of(problem_of(error, error.example))
        _add(responses, status, error, "application/json", InfluxError, example.model_dump())
    return responses


def _add(
    responses: Responses,
    status: int,
    error: type[ProblemError],
    media_type: str,
    model: type[Problem] | type[InfluxError],
    example: dict[str, Any],
) -> None:
    schema = {"$ref": REF.format(model=model.__name__)}
    empty = {"description": "", "content": {media_type: {"schema": schema, "examples": {}}}}
    response = responses.setdefault(status, empty)
    response["description"] = " or ".join(filter(None, [response["description"], error.title]))
    response["content"][media_type]["examples"][error.type] = {"value": example}


def texts(*media_types: str) -> Responses:
    """The response of a call that answers text of these types."""
    return {200: {"content": {each: {"schema": {"type": "string"}} for each in media_types}}}


OF_A_SERIES = problems(NotFoundError, ConflictError, InvalidRequestError, StoreUnavailableError)


class DocumentedAPI(FastAPI):
    """FastAPI whose document also has what the guard answers, the schemas no signature names, and examples."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            _add_components(document)
            _add_guard(document)
        assert self.openapi_schema is not None
        return self.openapi_schema


def _add_components(document: dict[str, Any]) -> None:
    _, unseen = TypeAdapter.json_schemas(
        [(number, "validation", adapter) for number, adapter in enumerate(UNSEEN)], ref_template=REF
    )
    schemas = document["components"]["schemas"] | unseen["$defs"]
    for name, example in EXAMPLES.items():
        schemas[name]["examples"] = [example]
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["securitySchemes"] = SECURITY_SCHEMES


def _add_guard(document: dict[str, Any]) -> None:
    """Every call refuses malformed and foreign hosts and origins; those that need a right say which tokens have it."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            right = right_of(method.upper(), path)
            guarded = (UnauthorizedError, TooManyAttemptsError) if right else ()
            refusals = problems(BadRequestError, ForbiddenError, *guarded)
            declared = {str(status): answer for status, answer in refusals.items()} | operation["responses"]
            operation["responses"] = dict(sorted(declared.items()))
            if right:
                kinds = [kind.setting for kind in TOKEN_KINDS if right in kind.rights]
                operation["security"] = [{scheme: [right]} for scheme in (*kinds, "session")]
