"""The server process: uvicorn as this product sets it, and where it listens."""

from collections.abc import Callable
from contextlib import suppress
from socket import socket

import uvicorn
from fastapi import FastAPI

from backend.config import Settings

FAILED_START = 3  # uvicorn's own exit code


class _Server(uvicorn.Server):
    """Says where it listens as soon as it does: with port 0 the system chooses, and nobody knows before."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[str], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        self._on_listening(f"http://{host}:{self.servers[0].sockets[0].getsockname()[1]}")


def run(app: FastAPI, settings: Settings, on_listening: Callable[[str], None]) -> None:
    """Serve until a signal; `on_listening` gets the address, once requests are answered there."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
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
