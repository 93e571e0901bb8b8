"""Files are read, forecast and stored in processes of their own: a file that crashes or bloats one takes nothing else
down, and the server keeps its processor and its memory for feeds and pages.

Measured in reference work: a Parquet file of 300 bytes can make pyarrow allocate gigabytes, and a damaged one
can end the process without a Python exception.
"""

import asyncio
import math
import multiprocessing
import os
import pickle
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Literal, Protocol

import structlog

from backend.config import Settings
from backend.errors import ProblemError, UnusableFileError
from backend.models.predictor import RPSEstimator

WORKERS = 2  # imports at a time
PLACES = WORKERS + 2  # for a look at a file, which nobody waits for an import with, and for a simulation
LISTEN_SECONDS = 0.2  # after which a cancelled work ends
log = structlog.get_logger()

_GONE = (EOFError, BrokenPipeError, ConnectionResetError)  # the process at the other end is

Step = Literal["reading", "forecasting", "storing"]
Context = multiprocessing.context.ForkServerContext | multiprocessing.context.SpawnContext
Load = Callable[[], RPSEstimator]
Work = Callable[..., Any]  # called with the settings, what loads the estimator, arguments of its own, and a Report


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
    """What a child says at the end of its work."""

    result: Any
    error: Exception | None


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


@dataclass(frozen=True)
class _Packed:
    """The estimator as a child gets it: unpacking takes 0.1 s, which one that looks at a file never needs."""

    content: bytes

    def __call__(self) -> RPSEstimator:
        estimator: RPSEstimator = pickle.loads(self.content)  # noqa: S301 - the parent packed it
        return estimator


class Workers:
    """At most PLACES child processes at a time, of bounded memory: one a work. They are forked from a process that has
    imported the product, which takes 0.2 s in place of 1.4, so none waits for work and none is used twice."""

    def __init__(self, settings: Settings, estimator: RPSEstimator) -> None:
        self._settings = settings
        self._load = _Packed(pickle.dumps(estimator))
        self._places = threading.Semaphore(PLACES)
        self._running: set[_Worker] = set()
        self._context = _context()

    def run(self, work: Work, *arguments: object, watch: Watch) -> Any:
        """Run `work(settings, load, *arguments, report)` in a child; blocks the calling thread. Raises
        ProblemError, whatever a file did to the child, and what `watch` raised."""
        with self._places:
            worker = _Worker(self._context, self._settings, self._load)
            self._running.add(worker)
            try:
                return worker.run(work, arguments, watch)
            finally:
                self._running.discard(worker)
                worker.end()

    def close(self) -> None:
        """End all children, whatever they do: what they store is whole or marked as incomplete."""
        for worker in list(self._running):
            worker.end()


class _Worker:
    """A child process, which ends with its parent."""

    def __init__(self, context: Context, settings: Settings, load: Load) -> None:
        self._settings = settings
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, settings, load), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, work: Work, arguments: tuple[object, ...], watch: Watch) -> Any:
        try:
            ended = self._ended(work, arguments, watch)
        except _GONE:
            raise UnusableFileError(
                "The process that read the file ran out of memory or crashed, so it is not stored, or marked as "
                f"incomplete. The file may be damaged; {memory_allowed(self._settings)}."
            ) from None
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


def _context() -> Context:
    """How children begin: anew where a folder for temporary files has a path that is too long for a socket, which
    forking needs (107 bytes on Linux)."""
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(["backend.uploads.job"])
    try:
        forkserver.ensure_running()
    except OSError as error:
        log.warning("imports_start_slowly", reason=str(error), folder=gettempdir())
        return multiprocessing.get_context("spawn")
    return forked


def memory_allowed(settings: Settings) -> str:
    return f"an import may use {settings.reader_memory_mb:,} MB (SCALEOPS_READER_MEMORY_MB)"


def _serve(connection: Connection, settings: Settings, load: Load) -> None:
    """Do one work, unless the parent goes first."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which ends its children
    with suppress(ValueError, OSError):  # macOS refuses this limit; the row and byte limits still hold there
        limit = settings.reader_memory_mb * 1024**2
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

    report = _Told(connection)
    with suppress(*_GONE):
        work, arguments = connection.recv()
        connection.send(_Ended(*_outcome(work, settings, load, *arguments, report)))


class _Told:
    """A report to the parent, which lets each step begin. Progress is told now and then, and at a step's end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._told = 0.0
        self._untold: _Progress | None = None

    def step(self, step: Step) -> None:
        self._tell()
        self._connection.send(step)
        self._connection.recv()

    def progress(self, rows: int | None, share: float | None) -> None:
        self._untold = _Progress(rows, share)
        if time.monotonic() >= self._told + LISTEN_SECONDS:
            self._tell()

    def _tell(self) -> None:
        if self._untold is not None:
            self._connection.send(self._untold)
            self._told, self._untold = time.monotonic(), None


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
