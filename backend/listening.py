"""The server process: uvicorn as this product sets it, and where it listens."""

import logging
from asyncio import BaseTransport
from collections.abc import Callable
from contextlib import suppress
from socket import socket
from typing import Any, Literal

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Response
from websockets.server import ServerProtocol

from backend.api.guard import SECURITY_HEADERS
from backend.config import Settings

log = structlog.get_logger()

FAILED_START = 3  # uvicorn's own exit code


class _HttpProtocol(HttpToolsProtocol):
    """Closes a connection that keeps the server waiting; uvicorn itself does so between two requests only.

    The time is `timeout_keep_alive`, and means what it does to nginx: within it the headers are whole, and something of
    a body comes. There is no answer: a sender repeats what was not answered, where Telegraf drops what a 408 answers.
    """

    _awaited: Literal["headers", "body"] | None = "headers"
    _headers_due = 0.0  # by the loop's clock

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn says Transport where asyncio says this
        self._headers_due = self.loop.time() + self.timeout_keep_alive
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._awaited = "headers"
        self._headers_due = self.loop.time() + self.timeout_keep_alive

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._awaited = "body"

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._awaited = None

    def timeout_keep_alive_handler(self) -> None:
        if self._awaited == "body" and self.flow.read_paused:  # the sender waits for us
            return self._wait()
        if self._awaited is not None and not self.transport.is_closing():
            log.warning("client_timed_out", client=self.client and self.client[0], awaited=self._awaited)
        super().timeout_keep_alive_handler()

    def _wait(self) -> None:
        if self._awaited is None or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        due = self._headers_due if self._awaited == "headers" else self.loop.time() + self.timeout_keep_alive
        self.timeout_keep_alive_task = self.loop.call_at(due, self.timeout_keep_alive_handler)


class _Handshake(ServerProtocol):
    """Puts headers on every answer to a handshake, where uvicorn has them only on that which accepts it."""

    def __init__(self, headers: list[tuple[bytes, bytes]], max_size: int) -> None:
        super().__init__(max_size=max_size, logger=logging.getLogger("uvicorn.error"))
        self._headers = headers

    def send_response(self, response: Response) -> None:
        for name, value in self._headers:
            response.headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))
        super().send_response(response)


class _WebSocketProtocol(WebSocketsSansIOProtocol):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.conn = _Handshake(self.default_headers, self.config.ws_max_size)


class _Server(uvicorn.Server):
    """Says where it listens as soon as it does: with port 0 the system chooses, and nobody knows before."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[str], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:  # uvicorn has said why
            where = {"host": self.config.host, "port": self.config.port}
            log.error(
                "cannot_listen", **where, hint="SCALEOPS_HOST and SCALEOPS_PORT say where; port 0 is any free one"
            )
            raise
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        self._on_listening(f"http://{host}:{self.servers[0].sockets[0].getsockname()[1]}")


def run(app: FastAPI, settings: Settings, on_listening: Callable[[str], None]) -> None:
    """Serve until a signal; `on_listening` gets the address, once requests are answered there."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        http=_HttpProtocol,
        ws=_WebSocketProtocol,
        headers=list(SECURITY_HEADERS.items()),  # here, they are on the answers to broken requests and on crashes, too
        timeout_keep_alive=settings.client_timeout_seconds,
        timeout_graceful_shutdown=5,  # uvicorn's own default waits for open WebSockets for ever
        ws_max_size=64 * 1024,
        ws_per_message_deflate=False,  # halves the messages a second that one process can send
        server_header=False,
    )
    server = _Server(config, on_listening)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(FAILED_START)
