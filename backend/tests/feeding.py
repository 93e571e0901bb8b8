"""A sender as Telegraf is one, and servers whose windows are short, for tests."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

import httpx

from backend.stores import Store
from backend.tests.server import Server, running_server

WINDOW = 2
FAST = {
    "SCALEOPS_WINDOW_SECONDS": str(WINDOW),
    "SCALEOPS_LATE_SECONDS": "0.5",
    "SCALEOPS_LIVE_INTERVAL_SECONDS": "0.2",
}
Found = TypeVar("Found")


def fast_server(folder: Path, **settings: str) -> AbstractContextManager[Server]:
    """A server whose windows are two seconds long."""
    return running_server(folder, **(FAST | settings))


@dataclass(frozen=True)
class Home:
    """Where backends keep their data: a folder, the settings that name the store, and a way to look into it."""

    folder: Path
    settings: dict[str, str]
    open: Callable[[], Store]

    def server(self, **settings: str) -> AbstractContextManager[Server]:
        """A backend whose windows are two seconds long."""
        return running_server(self.folder, **(FAST | self.settings | settings))


def post(server: Server, body: str | bytes, precision: str = "ns", **headers: str) -> httpx.Response:
    """A request as Telegraf's influxdb_v2 output makes it (plugins/outputs/influxdb_v2/http.go)."""
    named = {"User-Agent": "Telegraf/1.30.0 Go/1.22.0", "Content-Type": "text/plain; charset=utf-8"}
    parameters = {"org": "any", "bucket": "any", "precision": precision}
    content = body if isinstance(body, bytes) else body.encode()
    return server.client.post("/api/v2/write", params=parameters, content=content, headers=named | headers)


@dataclass
class Sender:
    """Counts requests every half second, and sends what was not answered 204 to its targets in turn, as Telegraf does.

    Counting does not wait for sending. A target that is gone is as one that refuses.
    """

    targets: list[Server] = field(default_factory=list)
    name: str = "web"
    step: float = 0.5
    count: Callable[[int], int] = lambda moment: 3 + moment // 10**8 % 7
    waiting: dict[int, int] = field(default_factory=dict)  # requests by time (ns)
    answered: dict[int, int] = field(default_factory=dict)
    refusals: list[httpx.Response] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        stopping = Event()
        threads = [Thread(target=self._repeat, args=(work, stopping)) for work in (self._count, self._send)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stopping.set()
            for thread in threads:
                thread.join()

    def _repeat(self, work: Callable[[], None], stopping: Event) -> None:
        begun = time.monotonic()
        while not stopping.wait(max(0.0, begun + self.step - time.monotonic())):
            begun = time.monotonic()
            work()

    def _count(self) -> None:
        moment = time.time_ns()
        self.waiting[moment] = self.count(moment)

    def _send(self) -> None:
        sent, targets = dict(self.waiting), list(self.targets)
        if not sent or not targets:
            return
        body = "\n".join(f"{self.name},host=a requests={count}i {moment}" for moment, count in sent.items())
        try:
            answer = post(targets[len(self.answered) % len(targets)], body)
        except httpx.TransportError:
            return
        if answer.status_code == 204:
            self.answered |= sent
            for moment in sent:
                del self.waiting[moment]
        else:
            self.refusals.append(answer)

    def rates(self) -> dict[int, float]:
        """By window's start what was answered 204, of the windows between the first and the last."""
        found: dict[int, float] = {}
        for moment, count in self.answered.items():
            start = moment // 10**9 // WINDOW * WINDOW
            found[start] = found.get(start, 0.0) + count / WINDOW
        return dict(sorted(found.items())[1:-1])


def until(wanted: Callable[[], Found | None], seconds: float = 30) -> Found:
    """What `wanted` gives once it gives something."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if found := wanted():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")
