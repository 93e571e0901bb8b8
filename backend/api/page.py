"""The built page, served by the backend itself, and how long a browser may keep its files."""

from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HASHED = "/assets/"  # the build puts a hash of their content into these files' names
FOUND = (200, 206, 304)


def add_page(app: FastAPI, folder: Path) -> None:
    app.frontend("/", directory=folder)
    app.add_middleware(CacheControl)


class CacheControl:
    """ASGI middleware: a year for what never changes, asked for anew for the rest. nginx says the same in compose."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                forever = scope["path"].startswith(HASHED) and message["status"] in FOUND
                lifetime = "public, max-age=31536000, immutable" if forever else "no-cache"
                MutableHeaders(scope=message).setdefault("Cache-Control", lifetime)
            await send(message)

        await self._app(scope, receive, send_with_header if scope["type"] == "http" else send)
