"""Who keeps the server waiting: closed after a time, and in nobody's way meanwhile."""

import asyncio
import http.client
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from backend.errors import BusyError
from backend.feed.bodies import Bodies
from backend.tests.api.test_upload import BOUNDARY, multipart
from backend.tests.feeding import fast_server, post, until
from backend.tests.server import Server
from backend.tests.traffic import series_csv

pytestmark = pytest.mark.long

TIMEOUT = 2
HALF_HEADERS = b"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HEADERS = "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
HALF_WRITE = HEADERS.format(path="/api/v2/write", kind="text/plain", length=100_000).encode() + b"web count=1i"
HALF_UPLOAD = HEADERS.format(path="/api/upload", kind=FORM, length=100_000).encode() + multipart("a.csv", b"time")[:60]


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits for its clients for two seconds."""
    with fast_server(tmp_path_factory.mktemp("impatient"), SCALEOPS_CLIENT_TIMEOUT_SECONDS=str(TIMEOUT)) as server:
        yield server


@contextmanager
def sending(server: Server, part: bytes, count: int = 1) -> Iterator[list[socket.socket]]:
    """Connections that sent a part of a request."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(count)]
        for each in sockets:
            each.settimeout(60)
            each.sendall(part)
        yield sockets


@pytest.mark.parametrize(
    "part",
    [b"", HALF_HEADERS, HALF_WRITE, HALF_UPLOAD],
    ids=["nothing", "half the headers", "half a write", "half an upload"],
)
def test_a_connection_that_falls_silent_is_closed_and_leaves_nothing(impatient: Server, part: bytes) -> None:
    with sending(impatient, part, 5) as sockets:
        assert [each.recv(1000) for each in sockets] == [b""] * 5
        until(lambda: impatient.temporary_files() == [])


def test_headers_that_come_a_byte_at_a_time_are_closed_too(impatient: Server) -> None:
    with sending(impatient, HALF_HEADERS) as (sender,):
        sender.settimeout(TIMEOUT / 10)
        until(lambda: closed_after_a_byte(sender))


def closed_after_a_byte(sender: socket.socket) -> bool:
    try:
        sender.sendall(b"X")
        return sender.recv(1000) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_a_slow_but_steady_upload_is_taken(impatient: Server) -> None:
    body = multipart("slow.csv", series_csv(200))
    parts = [body[start : start + len(body) // 8 + 1] for start in range(0, len(body), len(body) // 8 + 1)]
    with sending(impatient, HEADERS.format(path="/api/upload", kind=FORM, length=len(body)).encode()) as (sender,):
        for part in parts:
            sender.sendall(part)
            time.sleep(TIMEOUT / 4)
        assert sender.recv(1000).startswith(b"HTTP/1.1 201")


def test_a_client_may_ask_again_on_a_connection_that_waited(impatient: Server) -> None:
    client = http.client.HTTPConnection("127.0.0.1", impatient.port)
    client.connect()
    client.auto_open = 0  # never another connection
    for _ in range(2):
        client.request("GET", "/api/health")
        assert client.getresponse().read() == b'{"status":"ok"}'
        time.sleep(TIMEOUT / 4)
    client.close()


def test_forty_half_sent_bodies_keep_no_feed_out(tmp_path: Path) -> None:
    with fast_server(tmp_path) as server, sending(server, HALF_WRITE, 40):
        time.sleep(0.5)
        assert [post(server, f"web count={number}i").status_code for number in range(5)] == [204] * 5


def test_the_body_whose_sender_is_silent_the_longest_gives_way_to_others() -> None:
    async def scene() -> list[object]:
        bodies, silence = Bodies(most_bytes=100), asyncio.Event()

        async def half() -> AsyncIterator[bytes]:
            yield b"x" * 40
            await silence.wait()
            yield b"y"

        async def whole() -> AsyncIterator[bytes]:
            yield b"z" * 30

        first, second = (asyncio.create_task(bodies.receive(half())) for _ in range(2))
        await asyncio.sleep(0)
        third = asyncio.create_task(bodies.receive(whole()))
        await asyncio.wait([first, third])
        silence.set()
        return list(await asyncio.gather(first, second, third, return_exceptions=True))

    first, *others = asyncio.run(scene())
    assert isinstance(first, BusyError)
    assert "waits for its sender" in first.detail
    assert others == [b"x" * 40 + b"y", b"z" * 30]
