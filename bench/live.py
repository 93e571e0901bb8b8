"""Open pages beside a feed: how long a socket waits for its next message, and what that costs the server.

    python -m bench.live

99 sockets on 100 fed series; then the same beside pollers of the history and a large upload; then left alone, to see
what memory stays taken. CPU and memory are of the server with its child processes.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import connect

from backend.tests.server import Server, running_server
from backend.tests.traffic import series_csv

SERIES, SOCKETS, POLLERS = 100, 99, 20
PAST_SECONDS = 600  # of samples that are there when the sockets open
SECONDS = 60  # that are measured without an upload
UPLOAD_WINDOWS = 300_000
REST_SECONDS = 20


@dataclass
class Arrivals:
    """When messages came at one socket, in seconds of the monotonic clock."""

    times: list[float] = field(default_factory=list)

    def waits(self, start: float, stop: float) -> list[float]:
        """Seconds from one message to the next between two moments, which count as messages."""
        times = [start, *(time for time in self.times if start < time < stop), stop]
        return [after - before for before, after in pairwise(times)]


def main() -> None:
    """Print the table."""
    columns = ("beside", "p50", "p95", "longest wait", "CPU", "memory", "note")
    table = Table(*columns, title=f"{SOCKETS} sockets on {SERIES} series fed once a second, one run on this machine")
    with TemporaryDirectory() as name, running_server(Path(name)) as server:
        asyncio.run(measure(server, table))
    Console().print(table)


async def measure(server: Server, table: Table) -> None:
    past = "\n".join(lines(second) for second in range(int(time.time()) - PAST_SECONDS, int(time.time())))
    async with httpx.AsyncClient(base_url=server.url, timeout=600) as client:
        (await client.post("/api/v2/write", content=past)).raise_for_status()
        async with beside(feed(client)), watching(server) as arrivals:
            await asyncio.sleep(10)
            await row(table, "nothing", server, arrivals, lambda: asyncio.sleep(SECONDS, ""))
            async with beside(*(poll(client, number) for number in range(POLLERS))):
                await row(
                    table,
                    f"{POLLERS} pollers of history, an upload",
                    server,
                    arrivals,
                    lambda: upload(client),
                )
            await asyncio.sleep(REST_SECONDS)
            await row(table, "nothing, after that", server, arrivals, lambda: asyncio.sleep(10, ""))


async def row(
    table: Table,
    what: str,
    server: Server,
    arrivals: list[Arrivals],
    work: Callable[[], Awaitable[str]],
) -> None:
    started, cpu = time.monotonic(), cpu_seconds(server)
    note = await work()
    ended = time.monotonic()
    share = (cpu_seconds(server) - cpu) / (ended - started)
    waits = [wait for each in arrivals for wait in each.waits(started, ended)]
    p50, p95, longest = np.quantile(waits, (0.5, 0.95, 1))
    memory = sum(process.memory_info().rss for process in processes(server)) / 1e6
    table.add_row(
        what, f"{p50:.2f} s", f"{p95:.2f} s", f"{longest:.2f} s", f"{share:.0%} of a core", f"{memory:,.0f} MB", note
    )


def cpu_seconds(server: Server) -> float:
    """Of the server and its children, those that ended too."""
    own, *children = (process.cpu_times() for process in processes(server))
    ended = own.children_user + own.children_system
    return float(ended + sum(times.user + times.system for times in (own, *children)))


def processes(server: Server) -> list[psutil.Process]:
    process = psutil.Process(server.process.pid)
    return [process, *process.children(recursive=True)]


@asynccontextmanager
async def watching(server: Server) -> AsyncIterator[list[Arrivals]]:
    """The sockets, open and read until the end of the block."""

    async def watch(number: int, arrivals: Arrivals) -> None:
        url = f"{server.websocket_url}?filename=web/s{number % SERIES}"
        async with connect(url, ping_interval=None, open_timeout=120) as socket:
            async for _ in socket:
                arrivals.times.append(time.monotonic())

    arrivals = [Arrivals() for _ in range(SOCKETS)]
    async with beside(*(watch(number, each) for number, each in enumerate(arrivals))):
        while not all(each.times for each in arrivals):
            await asyncio.sleep(0.1)
        yield arrivals


@asynccontextmanager
async def beside(*works: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Works that go on until the end of the block."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def feed(client: httpx.AsyncClient) -> None:
    while True:
        second = int(time.time())
        (await client.post("/api/v2/write", content=lines(second))).raise_for_status()
        await asyncio.sleep(max(0.0, second + 1 - time.time()))


def lines(second: int) -> str:
    return "\n".join(
        f"web,service=s{number} requests={100 + second % 17}i {second}000000000" for number in range(SERIES)
    )


async def poll(client: httpx.AsyncClient, number: int) -> None:
    while True:
        answer = await client.get("/api/history", params={"range": "24h", "filename": f"web/s{number}"})
        answer.raise_for_status()


async def upload(client: httpx.AsyncClient) -> str:
    content = await asyncio.to_thread(series_csv, UPLOAD_WINDOWS)
    started = time.monotonic()
    answer = await client.post("/api/upload", files={"file": ("long.csv", content)})
    answer.raise_for_status()
    return f"{UPLOAD_WINDOWS:,} windows stored in {time.monotonic() - started:.0f} s"


if __name__ == "__main__":
    main()
