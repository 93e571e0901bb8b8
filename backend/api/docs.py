"""The API document for people: Swagger UI, served from here under the page's own policy."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

PAGE = "/api/docs/"
# fastapi_offline is used for the files of Swagger UI that it ships; its own page has scripts inside its HTML.
FILES = StaticFiles(
    directory=Path(__file__).with_name("docs_page"), packages=[("fastapi_offline", "static")], html=True
)


def add_docs(app: FastAPI) -> None:
    """Serve the document and its page below /api, where nginx hands everything to the backend, and at /docs."""
    app.add_api_route("/api/openapi.json", _document, include_in_schema=False)
    for path in ("/docs", "/api/docs"):
        app.add_api_route(path, _to_page, include_in_schema=False)
    app.mount(PAGE, FILES)


async def _document(request: Request) -> dict[str, Any]:
    document: dict[str, Any] = request.app.openapi()
    return document


async def _to_page() -> RedirectResponse:
    return RedirectResponse(PAGE)
