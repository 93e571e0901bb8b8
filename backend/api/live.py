"""The WebSocket: a snapshot or what was missed, then every tick's news; and the snapshot alone over HTTP."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from backend.api.document import problems
from backend.api.guard import SESSION_COOKIE
from backend.deps import FilenameQuery, State, StateDep
from backend.errors import BusyError, InvalidRequestError, ProblemError, StoreUnavailableError
from backend.live.channel import Subscriber
from backend.schemas import LiveMessage, LiveSnapshot

router = APIRouter()
sockets = APIRouter()
messages = APIRouter()  # for the OpenAPI document only, which has no other place for what a WebSocket sends


@messages.post("live", responses={"default": {"description": "A WebSocket message has no answer."}})
def live_message(message: LiveMessage) -> None:
    """One message of `WS /ws/live`."""


POLICY_VIOLATION, TRY_AGAIN_LATER = 1008, 1013  # of the registry of close codes, RFC 6455
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
    try:
        with state["hub"].place():
            await websocket.accept()
            await _serve(websocket, state, filename or None, after)
    except BusyError as error:
        await websocket.accept()
        await websocket.close(TRY_AGAIN_LATER, error.detail)


async def _serve(websocket: WebSocket, state: State, filename: str | None, after: int | None) -> None:
    hub = state["hub"]
    try:
        channel, subscriber = await hub.subscribe(filename, after)
    except ProblemError:
        return await websocket.close(TRY_AGAIN_LATER, "the store cannot be reached")
    try:
        session = state["access"].session(websocket.cookies.get(SESSION_COOKIE))
        async with asyncio.timeout(session.seconds_left if session else None):
            await _until_first(_send(websocket, subscriber), _receive(websocket), subscriber.dropped.wait())
    except TimeoutError:
        await _close(websocket, POLICY_VIOLATION, "the session has ended: sign in again")
    finally:
        hub.unsubscribe(channel, subscriber)
    if subscriber.dropped.is_set():
        await _close(websocket, TRY_AGAIN_LATER, "this client reads messages too slowly")


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await websocket.close(code, reason)


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
