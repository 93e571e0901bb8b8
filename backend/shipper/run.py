"""Reading, counting and sending, until the log ends or the command is stopped."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from backend.shipper.counts import Counts, times
from backend.shipper.sender import Report, Sender
from backend.shipper.tail import LogTail, StdinTail

STDIN = "-"
WARN_AGAIN_SECONDS = 60


class _Tail(Protocol):
    known_since: int
    ended: bool

    def blocks(self) -> Iterator[bytes]: ...

    def wait(self) -> None: ...

    def close(self) -> None: ...


def follow_log(
    file: str, back_seconds: float, url: str, token: str, head: str, report: Report, stopped: threading.Event
) -> int:
    """Count `file` until `stopped`; returns how many counted seconds could not be sent. Raises OSError.

    `back_seconds`: how much of what the log already holds is counted as well. `head`: of the lines that are sent.
    """
    now = time.time()
    tail: _Tail = StdinTail(now) if file == STDIN else LogTail(Path(file), now, back_seconds, times)
    counts = Counts(tail.known_since, now)
    reading = _Reading(tail, counts, report)
    if file != STDIN:
        reading.step()
        counts.forget_old()  # the log's own past, and no surprise
    sender = Sender(url, token, head, counts, report)
    while not stopped.is_set() and not tail.ended and sender.alive:
        reading.step()
        reading.report_warnings()
        tail.wait()
    reading.step()
    reading.report_warnings(at_once=True)
    tail.close()
    return sender.end()


class _Reading:
    """Reads the tail into the counts, and reports what is wrong with it once in a while."""

    def __init__(self, tail: _Tail, counts: Counts, report: Report) -> None:
        self._tail = tail
        self._counts = counts
        self._report = report
        self._problem: str | None = None
        self._warned_at = -float(WARN_AGAIN_SECONDS)

    def step(self) -> None:
        now = time.time()
        try:
            for block in self._tail.blocks():
                self._counts.add(block, now)
        except OSError as error:
            if str(error) != self._problem:
                self._report(
                    f"The log cannot be read: {error}. Trying again; until then seconds without lines are unknown, "
                    "not zero."
                )
            self._problem = str(error)
        else:
            self._problem = None
            self._counts.read_until(now)

    def report_warnings(self, *, at_once: bool = False) -> None:
        if at_once or time.monotonic() - self._warned_at >= WARN_AGAIN_SECONDS:
            for text in self._counts.take_warnings():
                self._report(text)
                self._warned_at = time.monotonic()
