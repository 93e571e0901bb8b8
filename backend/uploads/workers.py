"""Files are read, forecast and stored in processes of their own: a file that crashes or bloats one takes nothing else
down, and the server keeps its processor and its memory for feeds and pages.

Measured in reference work: a Parquet file of 300 bytes can make pyarrow allocate gigabytes, and a damaged one
can end the process without a Python exception.
"""

import asyncio
import math
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from queue import LifoQueue
from typing import Any, Literal, Protocol

from backend.config import Settings
from backend.errors import ProblemError, UnusableFileError
from backend.models.predictor import RPSEstimator

WORKERS = 2  # imports at a time
PLACES = WORKERS + 2  # for a look at a file, which nobody waits for an import with, and for a simulation
LISTEN_SECONDS = 0.2  # after which a cancelled work ends
LARGE_BYTES = 512 * 1024**2  # a worker that has held more ends after its work; an idle one holds some 200 MB
_GONE = (EOFError, BrokenPipeError, ConnectionResetError)  # the process at the other end is
CONTEXT = multiprocessing.get_context("spawn")

Step = Literal["reading", "forecasting", "storing"]
Work = Callable[..., Any]  # called with the settings, the estimator, arguments of its own, and a Report


class Report(Protocol):
    """Hears how far a work is."""

    def step(self, step: Step) -> None:
        """Before each step; may raise to end the work before it."""

    def progress(self, rows: int | None, share: float | None) -> None:
        """Within a step: rows read so far, and which share of the step is done, None where nobody knows."""


class Watch(Report, Protocol):
    """A report that also may end a work within a step."""

    def go_on(self) -> None:
        """Called every LISTEN_SECONDS at least; may raise to end the work."""


@dataclass(frozen=True)
class _Progress:
    rows: int | None
    share: float | None


@dataclass(frozen=True)
class _Ended:
    """What a child says at the end of a work; `large`: it has held so much memory that it should not stay."""

    result: Any
    error: Exception | None
    large: bool


@asynccontextmanager
async def in_turn(slots: asyncio.Semaphore, watch: Watch) -> AsyncIterator[None]:
    """One of so many places for works, in the order in which they asked. Raises what `watch` raises meanwhile."""
    turn = asyncio.ensure_future(slots.acquire())
    try:
        while not turn.done():
            watch.go_on()
            await asyncio.wait({turn}, timeout=LISTEN_SECONDS)
        yield
    finally:
        if not turn.cancel():  # it was taken
            slots.release()


class Workers:
    """At most PLACES child processes with bounded memory, each of which does one work at a time. One is kept ready,
    for a start takes seconds."""

    def __init__(self, settings: Settings, estimator: RPSEstimator) -> None:
        self._settings = settings
        self._estimator = estimator
        self._closed = False
        self._all: set[_Worker] = set()
        self._places: LifoQueue[_Worker | None] = LifoQueue()  # of those that have nothing to do; None: not started
        for _ in range(PLACES - 1):
            self._places.put(None)
        self._places.put(self._started())

    def run(self, work: Work, *arguments: object, watch: Watch) -> Any:
        """Run `work(settings, estimator, *arguments, report)` in a child; blocks the calling thread. Raises
        ProblemError, whatever a file did to the child, and what `watch` raised."""
        worker = self._places.get() or self._started()
        try:
            return worker.run(work, arguments, watch)
        finally:
            if not worker.reusable:
                self._all.discard(worker)
                worker.end()
            self._places.put(worker if worker.reusable else None if self._closed else self._started())

    def close(self) -> None:
        """End all children, whatever they do: what they store is whole or marked as incomplete."""
        self._closed = True
        for worker in list(self._all):
            worker.end()

    def _started(self) -> "_Worker":
        worker = _Worker(self._settings, self._estimator)
        self._all.add(worker)
        return worker


class _Worker:
    """A child process, which ends with its parent. Not `reusable`: it is gone, or holds much memory."""

    def __init__(self, settings: Settings, estimator: RPSEstimator) -> None:
        self.reusable = True
        self._settings = settings
        self._connection, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=_serve, args=(theirs, settings, estimator), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, work: Work, arguments: tuple[object, ...], watch: Watch) -> Any:
        self.reusable = False
        try:
            ended = self._ended(work, arguments, watch)
        except _GONE:
            raise UnusableFileError(
                "The process that read the file ran out of memory or crashed, so it is not stored, or marked as "
                f"incomplete. The file may be damaged; {memory_allowed(self._settings)}."
            ) from None
        self.reusable = not ended.large
        if ended.error is not None:
            raise ended.error
        return ended.result

    def _ended(self, work: Work, arguments: tuple[object, ...], watch: Watch) -> _Ended:
        """Follow a work to its end. Only reading has a limit of time: how long the rest takes follows from the rows."""
        self._connection.send((work, arguments))
        limit = self._settings.reader_timeout_seconds
        due = time.monotonic() + limit
        while time.monotonic() < due:
            watch.go_on()
            if not self._connection.poll(LISTEN_SECONDS):
                continue
            message = self._connection.recv()
            if isinstance(message, _Ended):
                return message
            if isinstance(message, _Progress):
                watch.progress(message.rows, message.share)
                continue
            watch.step(message)
            self._connection.send("go on")
            due = time.monotonic() + limit if message == "reading" else math.inf
        raise UnusableFileError(
            f"Reading the file took longer than {limit} s and was ended. Split it into smaller files, or raise "
            "SCALEOPS_READER_TIMEOUT_SECONDS."
        )

    def end(self) -> None:
        self._process.kill()
        self._process.join()


def memory_allowed(settings: Settings) -> str:
    return f"an import may use {settings.reader_memory_mb:,} MB (SCALEOPS_READER_MEMORY_MB)"


def _serve(connection: Connection, settings: Settings, estimator: RPSEstimator) -> None:
    """Do one work after the other until the parent is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which ends its children
    with suppress(ValueError, OSError):  # macOS refuses this limit; the row and byte limits still hold there
        limit = settings.reader_memory_mb * 1024**2
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

    report = _Told(connection)
    with suppress(*_GONE):
        while True:
            work, arguments = connection.recv()
            result, error = _outcome(work, settings, estimator, *arguments, report)
            connection.send(_Ended(result, error, _held_bytes() > LARGE_BYTES))


class _Told:
    """A report to the parent, which lets each step begin. Progress is told now and then."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._told = 0.0

    def step(self, step: Step) -> None:
        self._connection.send(step)
        self._connection.recv()

    def progress(self, rows: int | None, share: float | None) -> None:
        if time.monotonic() >= self._told + LISTEN_SECONDS:
            self._connection.send(_Progress(rows, share))
            self._told = time.monotonic()


def _end_with_parent() -> None:
    """A killed server must leave no import behind that forecasts for minutes; what was being stored is rolled back, or
    marked as incomplete."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _outcome(work: Work, settings: Settings, *arguments: object) -> tuple[Any, Exception | None]:
    try:
        return work(settings, *arguments), None
    except ProblemError as error:
        return None, error
    except _GONE:
        raise
    except MemoryError:
        return None, UnusableFileError(
            f"The file needs more memory than it may: {memory_allowed(settings)}, and {_held_bytes() // 1024**2:,} MB "
            "were not enough. Split it into smaller files, or raise the setting."
        )
    except Exception:
        return None, RuntimeError(traceback.format_exc())  # not every error can be sent


def _held_bytes() -> int:
    """The most that this process has held at once. Linux keeps in ru_maxrss what the parent held when it started it."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kilobytes) * 1024
