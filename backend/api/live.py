"""The WebSocket: a snapshot or what was missed, then every tick's news; and the snapshot alone over HTTP."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from backend.api.document import problems
from backend.deps import FilenameQuery, StateDep
from backend.errors import InvalidRequestError, ProblemError, StoreUnavailableError
from backend.live.channel import Subscriber
from backend.schemas import LiveMessage, LiveSnapshot

router = APIRouter()
sockets = APIRouter()
messages = APIRouter()  # for the OpenAPI document only, which has no other place for what a WebSocket sends


@messages.post("live", responses={"default": {"description": "A WebSocket message has no answer."}})
def live_message(message: LiveMessage) -> None:
    """One message of `WS /ws/live`."""


TRY_AGAIN_LATER = 1013  # of the registry of close codes, RFC 6455
CLOSE_SECONDS = 5


@router.get("/live", responses=problems(InvalidRequestError, StoreUnavailableError))
async def snapshot(state: StateDep, filename: FilenameQuery = None) -> LiveSnapshot:
    """What the WebSocket sends first: the newest 240 windows, the forecast and the status of a series. For clients
    that no WebSocket reaches, such as a page behind a proxy that blocks them."""
    return await state["hub"].snapshot(filename or None)


@sockets.websocket("/ws/live")
async def live(
    websocket: WebSocket,
    state: StateDep,
    filename: FilenameQuery = None,
    after: Annotated[int | None, Query(description="the last sequence number seen")] = None,
) -> None:
    hub = state["hub"]
    await websocket.accept()
    limit = state["settings"].max_sockets
    if hub.clients >= limit:
        return await websocket.close(TRY_AGAIN_LATER, f"{limit} live connections are open (SCALEOPS_MAX_SOCKETS)")
    try:
        channel, subscriber = await hub.subscribe(filename or None, after)
    except ProblemError:
        return await websocket.close(TRY_AGAIN_LATER, "the store cannot be reached")
    try:
        await _until_first(_send(websocket, subscriber), _receive(websocket), subscriber.dropped.wait())
    finally:
        hub.unsubscribe(channel, subscriber)
    if subscriber.dropped.is_set():
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await websocket.close(TRY_AGAIN_LATER, "this client reads messages too slowly")


async def _send(websocket: WebSocket, subscriber: Subscriber) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            await websocket.send_text(await subscriber.queue.get())


async def _receive(websocket: WebSocket) -> None:
    """Clients have nothing to say; reading tells when they leave."""
    with suppress(WebSocketDisconnect):
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass


async def _until_first(*works: Awaitable[object]) -> None:
    """Wait for one of them and cancel the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
