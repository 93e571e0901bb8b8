"""Reading, counting and sending, until the log ends or the command is stopped."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from backend.shipper.counts import Counts, times
from backend.shipper.sender import Say, Sender
from backend.shipper.tail import LogTail, StdinTail

STDIN = "-"
SAY_AGAIN_SECONDS = 60


class _Tail(Protocol):
    known_since: int
    ended: bool

    def blocks(self) -> Iterator[bytes]: ...

    def wait(self) -> None: ...

    def close(self) -> None: ...


def follow_log(
    file: str, back_seconds: float, url: str, token: str, head: str, say: Say, stopped: threading.Event
) -> int:
    """Count `file` until `stopped`; returns how many counted seconds could not be sent. Raises OSError.

    `back_seconds`: how much of what the log already holds is counted as well. `head`: of the lines that are sent.
    """
    now = time.time()
    tail: _Tail = StdinTail(now) if file == STDIN else LogTail(Path(file), now, back_seconds, times)
    counts = Counts(tail.known_since, now)
    reading = _Reading(tail, counts, say)
    if file != STDIN:
        reading.step()
        counts.forget_old()  # the log's own past, and no surprise
    sender = Sender(url, token, head, counts, say)
    while not stopped.is_set() and not tail.ended and sender.alive:
        reading.step()
        reading.tell_oddities()
        tail.wait()
    reading.step()
    reading.tell_oddities(at_once=True)
    tail.close()
    return sender.end()


class _Reading:
    """Reads what the tail gives into the counts, and says what is wrong with it, each thing once in a while."""

    def __init__(self, tail: _Tail, counts: Counts, say: Say) -> None:
        self._tail = tail
        self._counts = counts
        self._say = say
        self._problem: str | None = None
        self._told_at = -float(SAY_AGAIN_SECONDS)

    def step(self) -> None:
        now = time.time()
        try:
            for block in self._tail.blocks():
                self._counts.add(block, now)
        except OSError as error:
            if str(error) != self._problem:
                self._say(f"The log cannot be read on: {error}. Its quiet seconds are unknown until it can.")
            self._problem = str(error)
        else:
            self._problem = None
            self._counts.read_until(now)

    def tell_oddities(self, *, at_once: bool = False) -> None:
        if at_once or time.monotonic() - self._told_at >= SAY_AGAIN_SECONDS:
            for text in self._counts.take_oddities():
                self._say(text)
                self._told_at = time.monotonic()
