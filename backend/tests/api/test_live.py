"""The WebSocket and replay, against a real server."""

import asyncio
import json
import time
from collections import Counter
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.asyncio.client import connect as async_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from backend.schemas import LiveMessage
from backend.tests.feeding import until
from backend.tests.server import Server
from backend.tests.traffic import series_csv

pytestmark = pytest.mark.long

Message = dict[str, Any]
BOUND = 60  # seconds that a failing test waits for a message


def receive(socket: ClientConnection, kind: str | None = None) -> Message:
    """The next message (of a kind)."""
    for _ in range(200):
        message: Message = json.loads(socket.recv(timeout=BOUND))
        if kind in (None, message["type"]):
            return message
    raise AssertionError(f"no {kind} came")


def until_newest(socket: ClientConnection, timestamp: str) -> list[Message]:
    """Messages up to the one that brings the window."""
    messages = []
    for _ in range(500):
        messages.append(json.loads(socket.recv(timeout=BOUND)))
        points = messages[-1]["data"].get("points") or []
        if messages[-1]["type"] in ("points", "snapshot") and points and points[-1]["timestamp"] >= timestamp:
            return messages
    raise AssertionError(f"{timestamp} never came")


def close_code(socket: ClientConnection) -> int | None:
    """Read until the server closes the connection."""
    try:
        while True:
            socket.recv(timeout=BOUND)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def windows(messages: list[Message]) -> list[str]:
    return [
        point["timestamp"]
        for message in messages
        if message["type"] in ("points", "snapshot")
        for point in message["data"]["points"]
    ]


def test_who_no_websocket_reaches_asks_for_what_it_would_have_begun_with(server: Server) -> None:
    server.upload("asked.csv", series_csv(300))
    with connect(f"{server.websocket_url}?filename=asked.csv") as socket:
        first = receive(socket, "snapshot")["data"]
    assert server.client.get("/api/live", params={"filename": "asked.csv"}).json() == first


def test_a_connection_begins_with_a_snapshot_of_the_newest_windows(server: Server) -> None:
    server.upload("traffic.csv", series_csv(600))
    with connect(server.websocket_url) as socket:
        message = receive(socket)
    assert message["type"] == "snapshot"
    assert message["data"]["filename"] == "traffic.csv"
    assert message["data"]["points"] == server.get("/api/history", range="6h")[-240:]
    assert message["data"]["forecast"] == server.get("/api/forecast")


def test_every_message_is_of_a_type_that_the_document_declares(server: Server) -> None:
    server.upload("traffic.csv", series_csv(120))
    server.client.post("/api/replay", json={"filename": "traffic.csv", "speed": 20})
    types: set[str] = set()
    with connect(server.websocket_url) as socket:
        while types != {"snapshot", "points", "status"}:
            types.add(LiveMessage.model_validate_json(socket.recv(timeout=BOUND)).root.type)


def test_with_nothing_stored_the_snapshot_is_empty_and_the_first_upload_follows(server: Server) -> None:
    with connect(server.websocket_url) as socket:
        assert receive(socket)["data"]["filename"] is None
        server.upload("traffic.csv", series_csv(100))
        snapshot = receive(socket, "snapshot")
    assert snapshot["data"]["filename"] == "traffic.csv"
    assert len(snapshot["data"]["points"]) == 100


def test_every_tick_brings_the_status(server: Server) -> None:
    server.upload("traffic.csv", series_csv(100))
    with connect(server.websocket_url) as socket:
        status = [receive(socket, "status")["data"] for _ in range(3)][-1]
    assert status["store"] == "ok"
    assert status["status"] == "historic"
    assert status["newest"] == server.get("/api/series")[0]["last"]


def test_new_windows_come_as_points_with_their_forecast(server: Server) -> None:
    lines = series_csv(103).decode().splitlines(keepends=True)
    server.upload("traffic.csv", "".join(lines[:101]).encode())
    with connect(f"{server.websocket_url}?filename=traffic.csv") as socket:
        receive(socket, "snapshot")
        server.upload("traffic.csv", (lines[0] + "".join(lines[101:])).encode())
        messages = until_newest(socket, "1995-07-01T01:42:00Z")
    assert windows(messages)[-2:] == ["1995-07-01T01:41:00Z", "1995-07-01T01:42:00Z"]


def test_deleting_the_watched_series_empties_the_page(server: Server) -> None:
    server.upload("traffic.csv", series_csv(100))
    with connect(f"{server.websocket_url}?filename=traffic.csv") as socket:
        receive(socket, "snapshot")
        server.client.delete("/api/series/traffic.csv")
        assert receive(socket, "snapshot")["data"] | {"status": None} == {
            "filename": None,
            "window_seconds": None,
            "points": [],
            "forecast": None,
            "status": None,
        }


def test_a_replay_plays_the_series_in_order_with_the_predictions_that_were_stored(server: Server) -> None:
    server.upload("traffic.csv", series_csv(120))
    stored = server.get("/api/history", range="6h")
    replay = server.client.post("/api/replay", json={"filename": "traffic.csv", "speed": 20, "start": None}).json()
    assert replay["replay_filename"] == "replay of traffic.csv"
    with connect(server.websocket_url) as socket:
        messages = until_newest(socket, stored[40]["timestamp"])
    played = [
        point
        for message in messages
        if message["type"] in ("points", "snapshot")
        for point in message["data"]["points"]
    ]
    assert played == stored[: len(played)]
    assert {message["data"]["filename"] for message in messages} == {"replay of traffic.csv"}


def test_a_replay_has_a_forecast_ahead_of_every_window(server: Server) -> None:
    server.upload("traffic.csv", series_csv(120))
    server.client.post("/api/replay", json={"filename": "traffic.csv", "speed": 20})
    with connect(server.websocket_url) as socket:
        news = receive(socket, "points")["data"]
    forecast = news["forecast"]
    assert forecast["issued_at"] > news["points"][-1]["timestamp"]
    assert forecast["status"] == "live"
    assert forecast["stale"] is False
    assert all(point["timestamp"] >= forecast["issued_at"] for point in forecast["points"])


def test_a_replay_from_a_start_shows_what_was_before_and_uses_it_as_history(server: Server) -> None:
    server.upload("traffic.csv", series_csv(600))
    stored = server.get("/api/history", range="6h")
    body = {"filename": "traffic.csv", "speed": 20, "start": stored[300]["timestamp"]}
    server.client.post("/api/replay", json=body)
    with connect(server.websocket_url) as socket:
        snapshot = receive(socket, "snapshot")["data"]
    played = [point["timestamp"] for point in snapshot["points"]].index(stored[300]["timestamp"])
    assert snapshot["points"][: played + 1] == stored[300 - played : 301]
    assert played > 200
    assert snapshot["forecast"]["warming_up"] is False


def test_a_start_without_an_offset_is_utc(server: Server) -> None:
    server.upload("traffic.csv", series_csv(100))
    starts = ("1995-07-01T00:10:00", "1995-07-01T00:10:00Z", "1995-07-01T02:10:00+02:00")
    body = {"filename": "traffic.csv", "speed": 0.1}
    replays = [server.client.post("/api/replay", json=body | {"start": start}).json() for start in starts]
    assert [replay["position"] for replay in replays] == ["1995-07-01T00:11:00Z"] * 3


def test_a_replay_that_ends_is_deleted(server: Server) -> None:
    server.upload("traffic.csv", series_csv(10))
    server.client.post("/api/replay", json={"filename": "traffic.csv", "speed": 20})
    until(lambda: [series["filename"] for series in server.get("/api/series")] == ["traffic.csv"])
    assert server.get("/api/replay") is None


def test_a_stopped_replay_is_deleted_and_the_source_stays(server: Server) -> None:
    server.upload("traffic.csv", series_csv(300))
    server.client.post("/api/replay", json={"filename": "traffic.csv"})
    assert {series["filename"] for series in server.get("/api/series")} == {"traffic.csv", "replay of traffic.csv"}
    assert server.get("/api/replay")["filename"] == "traffic.csv"
    assert server.client.delete("/api/replay").status_code == 204
    assert [series["filename"] for series in server.get("/api/series")] == ["traffic.csv"]


@pytest.mark.parametrize("name", ["traffic.csv", "replay of traffic.csv"])
def test_deleting_the_source_or_the_replay_stops_it(server: Server, name: str) -> None:
    server.upload("traffic.csv", series_csv(300))
    server.client.post("/api/replay", json={"filename": "traffic.csv"})
    assert server.client.delete(f"/api/series/{name}").status_code == 200
    assert server.get("/api/replay") is None
    assert "replay of traffic.csv" not in [series["filename"] for series in server.get("/api/series")]


def test_a_replay_of_nothing_and_too_fast_a_replay_are_refused(server: Server) -> None:
    assert server.client.post("/api/replay", json={"filename": "nothing"}).status_code == 404
    server.upload("traffic.csv", series_csv(100))
    assert server.client.post("/api/replay", json={"filename": "traffic.csv", "speed": 1e9}).status_code == 422
    late = {"filename": "traffic.csv", "start": "2050-01-01T00:00:00Z"}
    assert server.client.post("/api/replay", json=late).status_code == 422


def test_reconnecting_with_the_last_sequence_leaves_no_hole_and_no_repeat(server: Server) -> None:
    server.upload("traffic.csv", series_csv(300))
    server.client.post("/api/replay", json={"filename": "traffic.csv", "speed": 20})
    address = f"{server.websocket_url}?filename=replay of traffic.csv"
    with connect(address.replace(" ", "%20")) as socket:
        before = until_newest(socket, "1995-07-01T00:10:00Z")
    time.sleep(1)
    with connect(f"{address}&after={before[-1]['sequence']}".replace(" ", "%20")) as socket:
        after = until_newest(socket, "1995-07-01T01:00:00Z")
    assert "snapshot" not in [message["type"] for message in after]
    seen = windows(before + after)
    assert seen == sorted(set(seen))
    assert len(seen) >= 61


def test_reconnecting_with_a_sequence_of_an_earlier_server_gives_a_snapshot(server: Server) -> None:
    server.upload("traffic.csv", series_csv(100))
    with connect(f"{server.websocket_url}?after=7") as socket:
        assert receive(socket)["type"] == "snapshot"


def test_a_foreign_origin_is_refused_at_the_handshake(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refusal, connect(server.websocket_url, origin=Origin("https://evil.example")):
        pass
    assert refusal.value.response.status_code == 403


def test_a_frame_over_64_kb_closes_the_connection(server: Server) -> None:
    with connect(server.websocket_url) as socket:
        socket.send("x" * 70_000)
        assert close_code(socket) == 1009


def test_the_hundred_and_first_client_is_told_so_and_the_others_stay(server: Server) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(connect(server.websocket_url)) for _ in range(100)]
        for socket in sockets:
            receive(socket, "snapshot")
        extra = stack.enter_context(connect(server.websocket_url))
        assert close_code(extra) == 1013
        receive(sockets[0], "status")
        assert server.client.get("/api/health").status_code == 200


def test_of_two_hundred_that_come_at_once_a_hundred_are_served(server: Server) -> None:
    answered: list[str] = []

    async def one() -> None:
        async with async_connect(server.websocket_url, open_timeout=BOUND) as socket:
            try:
                await socket.recv()
                answered.append("served")
                while len(answered) < 200:
                    await asyncio.sleep(0.01)
            except ConnectionClosed as closed:
                answered.append(str(closed.rcvd))

    async def all_at_once() -> None:
        await asyncio.wait_for(asyncio.gather(*(one() for _ in range(200))), BOUND)

    asyncio.run(all_at_once())
    assert Counter(answered) == {
        "served": 100,
        "1013 (try again later) 100 live connections are open (SCALEOPS_MAX_SOCKETS)": 100,
    }
