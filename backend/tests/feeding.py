"""A sender as Telegraf is one, and servers that it feeds: with short windows, or by a clock that the test moves."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TypeVar

import httpx
import pandas as pd

from backend.measurements import FORECASTS, read_points
from backend.stores import SeriesKey, Store
from backend.tests import clocked
from backend.tests.clocked import Clock
from backend.tests.server import Command, Server, running_server, serve
from backend.tests.stores.samples import forecasts_of as stored_forecasts

KEY = SeriesKey("web", "lgbm_v1")
WINDOW = 2
FAST = {
    "SCALEOPS_WINDOW_SECONDS": str(WINDOW),
    "SCALEOPS_LATE_SECONDS": "0.5",
    "SCALEOPS_LIVE_INTERVAL_SECONDS": "0.2",
}
MINUTE = 60
LATE = 5  # the default, in seconds
HOURS = 3600
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

    def server(self, command: Command = serve, **settings: str) -> AbstractContextManager[Server]:
        """A backend whose windows are two seconds long."""
        return running_server(self.folder, command, **(FAST | self.settings | settings))

    def clocked_server(self, clock: Clock, command: Command) -> AbstractContextManager[Server]:
        """A backend with windows of a minute that goes by a clock of the test's."""
        live = {"SCALEOPS_LIVE_INTERVAL_SECONDS": FAST["SCALEOPS_LIVE_INTERVAL_SECONDS"]}
        return running_server(self.folder, command, **(live | self.settings | clock.settings))


def post(server: Server, body: str | bytes, precision: str = "ns", **headers: str) -> httpx.Response:
    """A request as Telegraf's influxdb_v2 output makes it (plugins/outputs/influxdb_v2/http.go)."""
    named = {"User-Agent": "Telegraf/1.30.0 Go/1.22.0", "Content-Type": "text/plain; charset=utf-8"}
    parameters = {"org": "any", "bucket": "any", "precision": precision}
    content = body if isinstance(body, bytes) else body.encode()
    return server.client.post("/api/v2/write", params=parameters, content=content, headers=named | headers)


@dataclass
class Sender:
    """Counts requests, and sends what was not answered 204 to its targets in turn, as Telegraf does.

    While it is `running` it does both every `step` seconds, and counting does not wait for sending. Its counts are of
    equal steps, as Telegraf's are, also where the machine is too busy to make them in time. A target that is gone is as
    one that refuses.
    """

    targets: list[Server] = field(default_factory=list)
    name: str = "web"
    step: float = 0.5
    window: int = WINDOW
    count: Callable[[int], int] = lambda moment: 3 + moment // 10**8 % 7
    waiting: dict[int, int] = field(default_factory=dict)  # requests by time (ns)
    answered: dict[int, int] = field(default_factory=dict)
    refusals: list[httpx.Response] = field(default_factory=list)
    _due: int = 0  # when the next count is (ns)
    _sending: Lock = field(default_factory=Lock)

    @contextmanager
    def running(self) -> Iterator[None]:
        stopping = Event()
        threads = [Thread(target=self._repeat, args=(work, stopping)) for work in (self._take_due, self.send)]
        self._due = time.time_ns()
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

    def _take_due(self) -> None:
        while self._due <= time.time_ns():
            self.take(self._due)
            self._due += round(self.step * 10**9)

    def take(self, moment: int) -> None:
        """Count the requests up to a moment (ns)."""
        self.waiting[moment] = self.count(moment)

    def send(self) -> None:
        """Send all that waits."""
        with self._sending:
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
        with self._sending:  # what is under way is answered first
            answered = dict(self.answered)
        found: dict[int, int] = {}
        for moment, count in answered.items():
            start = moment // 10**9 // self.window * self.window
            found[start] = found.get(start, 0) + count
        return {start: count / self.window for start, count in sorted(found.items())[1:-1]}


class Feed:
    """A series whose windows pass when the test says so, each with a count every ten seconds."""

    def __init__(self, home: Home, count: Callable[[int], int] = lambda moment: 30 + moment // 10**10 % 7) -> None:
        self._home = home
        now = int(time.time()) // MINUTE * MINUTE
        self.clock = Clock.begin(home.folder / "clock", now - 6 * HOURS)  # no store doubts what is long past
        self.store = home.open()
        self.sender = Sender(count=count, window=MINUTE)

    def server(self, command: Command = clocked.serve) -> AbstractContextManager[Server]:
        return self._home.clocked_server(self.clock, command)

    @property
    def window(self) -> int:
        """When the open window began."""
        return int(self.clock.time()) // MINUTE * MINUTE

    def half_a_window_passes(self) -> None:
        """Three counts are sent, and the window stays open."""
        self._take(self.window, self.window + MINUTE // 2)
        self.sender.send()

    def window_passes(self) -> None:
        """Its counts are sent, it is over, and a server that got them has issued the forecasts from its end."""
        self.window_passes_unseen()
        until(self._issued)

    def window_passes_unseen(self) -> None:
        """Its counts are sent to the targets, if there are any, and it is over."""
        end = self.window + MINUTE
        self._take(self.window, end)
        self.sender.send()
        self.clock.set(end + LATE)

    def windows_pass(self, count: int) -> None:
        for _ in range(count):
            self.window_passes()

    def _issued(self) -> bool:
        """Whether there are forecasts from the end of the window that closed last."""
        now = datetime.fromtimestamp(self.window, UTC)
        return len(self.store.read(FORECASTS, KEY.tags, now, now + timedelta(seconds=1))) > 0

    def _take(self, start: int, stop: int) -> None:
        for second in range(start, stop, 10):
            self.clock.set(max(second, self.clock.time()))
            self.sender.take(second * 10**9)


def points_of(store: Store) -> pd.DataFrame:
    return read_points(store, KEY, None, None)


def forecasts_of(store: Store) -> pd.DataFrame:
    return stored_forecasts(store, KEY)


def last_issue(store: Store) -> int:
    """When the newest forecasts were issued, in seconds since 1970; 0 where there are none."""
    return max(seconds(forecasts_of(store)["issued_at"]), default=0)


def seconds(times: pd.Index | pd.Series) -> list[int]:
    found: list[int] = pd.DatetimeIndex(times).as_unit("s").asi8.tolist()
    return found


def until(wanted: Callable[[], Found | None], seconds: float = 120) -> Found:
    """What `wanted` gives once it gives something. The bound is for tests that fail, on the busiest machine."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if found := wanted():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")
