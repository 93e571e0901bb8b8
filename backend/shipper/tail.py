"""What a log gains, wherever a rotation takes the file meanwhile, and what standard input gains.

A log is renamed and made anew (its writer goes on with the old file until it is signalled), or copied and truncated.
"""

import os
import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

BLOCK_BYTES = 1024**2
MOST_LINE_BYTES = 1024**2
HEAD_BYTES = 256  # the first line has a time in it: a file that begins otherwise than before was truncated
DRAIN_SECONDS = 300  # Apache's old processes end their requests before they let go of the renamed file
DISORDER_SECONDS = 60  # a line is written when its request ends, and Apache's says when it began
FIRST_LINES = 10
WAIT_SECONDS = 0.2

Seconds = npt.NDArray[np.int64]


class _OpenLog:
    """One file, read on from a position. Only whole lines are given out."""

    def __init__(self, path: Path, position: int = 0) -> None:
        self._file = path.open("rb", buffering=0)
        self._position = position
        self._rest = b""
        self._head = b""
        self.drained_at: float | None = None  # when to let go of it; None while it is the log

    @property
    def identity(self) -> tuple[int, int]:
        status = os.fstat(self._file.fileno())
        return status.st_dev, status.st_ino

    def blocks(self) -> Iterator[bytes]:
        """What was written since the last call."""
        if self._truncated():
            yield self._rest
            self._position, self._rest = 0, b""
        while chunk := os.pread(self._file.fileno(), BLOCK_BYTES, self._position):
            self._position += len(chunk)
            lines, end, self._rest = (self._rest + chunk).rpartition(b"\n")
            yield lines + end
            if len(self._rest) > MOST_LINE_BYTES:
                yield self._rest
                self._rest = b""
        self._head = os.pread(self._file.fileno(), min(HEAD_BYTES, self._position), 0)

    def close(self) -> bytes:
        """Let go of the file; what it has of a last line."""
        self._file.close()
        return self._rest

    def _truncated(self) -> bool:
        descriptor = self._file.fileno()
        return os.fstat(descriptor).st_size < self._position or os.pread(descriptor, len(self._head), 0) != self._head


class LogTail:
    """A log by its path. Reading begins in the past: what is counted twice is the same second of the same series.

    `known_since`: from this second on (of the log's times) every line is given out.
    """

    def __init__(self, path: Path, now: float, back_seconds: float, times: Callable[[bytes], Seconds]) -> None:
        self._path = path
        position, self.known_since = _beginning(path, int(now), int(now - back_seconds), times)
        self._logs = [_OpenLog(path, position)]
        self.ended = False

    def blocks(self) -> Iterator[bytes]:
        """Whole lines that were written since the last call, also to files that were the log before.

        Raises OSError where the new log cannot be opened; the others are read then all the same.
        """
        try:
            self._open_new()
            problem = None
        except OSError as error:
            problem = error
        for log in self._logs:
            yield from log.blocks()
        for log in [log for log in self._logs if log.drained_at is not None and log.drained_at < time.monotonic()]:
            self._logs.remove(log)
            yield log.close()
        if problem is not None:
            raise problem

    def wait(self) -> None:
        """Give the log time to grow."""
        time.sleep(WAIT_SECONDS)

    def close(self) -> None:
        for log in self._logs:
            log.close()

    def _open_new(self) -> None:
        try:
            status = os.stat(self._path)
        except FileNotFoundError:  # renamed, and not made anew yet
            return
        newest = self._logs[-1]
        if (status.st_dev, status.st_ino) != newest.identity:
            self._logs.append(_OpenLog(self._path))
            newest.drained_at = time.monotonic() + DRAIN_SECONDS


class StdinTail:
    """Standard input until its end. Nothing of it is known from before, so the second it begins in is not whole."""

    def __init__(self, now: float, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self.known_since = int(now) + 1
        self.ended = False

    def blocks(self) -> Iterator[bytes]:
        while not self.ended and select.select([self._descriptor], [], [], 0)[0]:
            chunk = os.read(self._descriptor, BLOCK_BYTES)
            self.ended = not chunk
            lines, end, self._rest = (self._rest + chunk).rpartition(b"\n")
            yield lines + end
        if self.ended:
            yield self._rest

    def wait(self) -> None:
        select.select([self._descriptor], [], [], WAIT_SECONDS)

    def close(self) -> None:
        """Standard input belongs to the process."""


def _beginning(path: Path, now: int, since: int, times: Callable[[bytes], Seconds]) -> tuple[int, int]:
    """Where in the log to begin so that all of `since` and later is read, and from which second on all is in it.

    What lies before the beginning of the file is in another one: the seconds around it are not known whole.
    """
    seconds = np.empty(0, np.int64)
    begin, step = 0, BLOCK_BYTES
    with path.open("rb") as file:
        position = file.seek(0, os.SEEK_END)
        while position > 0 and not (seconds < since).any():
            position = file.seek(max(0, position - step))
            step *= 2
            block = file.read(BLOCK_BYTES)
            begin = block.find(b"\n") + 1 if position else 0
            seconds = times(block[begin:])
    if position > 0:
        return position + begin, since
    whole = int(seconds[:FIRST_LINES].max()) + DISORDER_SECONDS if len(seconds) else now
    return 0, min(max(whole, since), now) + 1
