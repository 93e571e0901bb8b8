"""Reading, counting and sending, until the log ends or the command is stopped."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from backend.follow.counts import Counts, times
from backend.follow.sender import Say, Sender
from backend.follow.tail import LogTail, StdinTail

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
    if file != STDIN:
        _read(tail, counts, say)
        counts.forget_old()  # the log's own past, and no surprise
    sender = Sender(url, token, head, counts, say)
    said = -float(SAY_AGAIN_SECONDS)
    while not stopped.is_set() and not tail.ended and sender.alive:
        _read(tail, counts, say)
        if time.monotonic() - said >= SAY_AGAIN_SECONDS and (oddities := counts.take_oddities()):
            said = time.monotonic()
            for text in oddities:
                say(text)
        tail.wait()
    _read(tail, counts, say)
    for text in counts.take_oddities():
        say(text)
    tail.close()
    return sender.end()


def _read(tail: _Tail, counts: Counts, say: Say) -> None:
    now = time.time()
    try:
        for block in tail.blocks():
            counts.add(block, now)
    except OSError as error:
        say(f"The log cannot be read: {error}. It is tried again; its quiet seconds are unknown until then.")
        time.sleep(1)
    else:
        counts.read_until(now)
