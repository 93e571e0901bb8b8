"""Requests by the second, by the log's own times, and which seconds the product does not have yet."""

import threading

import numpy as np

from backend.arrays import Ints
from backend.ingest.readers.accesslog import Dates, parse_block
from backend.ingest.rejects import RejectCounter

KEPT_SECONDS = 86_400  # the product takes samples that are up to a day late
MOST_AHEAD_SECONDS = 60
MOST_PAUSE_SECONDS = 10.0  # longer than this between two readings, and the quiet seconds in between are not known
PRUNE_SECONDS = 60


def times(block: bytes) -> Ints:
    """Seconds since 1970 of the lines that have a time."""
    return parse_block(block, 1, Dates(), RejectCounter())[0]


class Counts:
    """Thread-safe. A second may change after it was sent: a later line of it makes it one to send again."""

    def __init__(self, known_since: int, now: float) -> None:
        self._known_since = known_since
        self._begun = int(now)
        self._read_until = now
        self._lock = threading.Lock()
        self._counts: dict[int, int] = {}
        self._unsent: set[int] = set()
        self._dates = Dates()
        self._lines = 1
        self._pruned = now
        self._bad = RejectCounter()
        self._old = self._ahead = self._lost = 0

    def add(self, lines: bytes, now: float) -> None:
        """Count whole lines."""
        if not lines:
            return
        seconds, _, count = parse_block(lines, self._lines, self._dates, self._bad)
        self._lines += count
        distinct, counts = np.unique(seconds, return_counts=True)
        with self._lock:
            for second, requests in zip(distinct.tolist(), counts.tolist(), strict=True):
                if second < max(self._known_since, int(now) - KEPT_SECONDS):
                    self._old += requests if second < self._begun else 0  # the second of the start is never whole
                elif second > now + MOST_AHEAD_SECONDS:
                    self._ahead += requests
                else:
                    self._counts[second] = self._counts.get(second, 0) + requests
                    self._unsent.add(second)

    def read_until(self, now: float) -> None:
        """All that was written before `now` is counted: a second without a line had no request."""
        if 0 <= now - self._read_until <= MOST_PAUSE_SECONDS:
            first = max(int(self._read_until), self._known_since)
            with self._lock:
                for second in range(first, int(now)):
                    if self._counts.setdefault(second, 0) == 0:
                        self._unsent.add(second)
        self._read_until = now
        if abs(now - self._pruned) >= PRUNE_SECONDS:
            self._prune(now)

    def unsent(self, most: int | None = None, *, whole: bool = True) -> dict[int, int]:
        """Seconds to send, the newest first; `whole`: without the one that is not over yet."""
        before = int(self._read_until) if whole else None
        with self._lock:
            due = sorted((second for second in self._unsent if before is None or second < before), reverse=True)
            return {second: self._counts[second] for second in due[:most]}

    def sent(self, counts: dict[int, int]) -> None:
        """The product has these; a second that grew meanwhile stays one to send."""
        with self._lock:
            self._unsent -= {second for second, count in counts.items() if self._counts.get(second) == count}

    def forget_old(self) -> None:
        """The lines so far that came from before `known_since` were to be expected."""
        self._old = 0

    def take_warnings(self) -> list[str]:
        """What was not counted since the last call, and why."""
        bad = self._bad.total()
        warnings = [
            (bad, f"lines not counted: they have no access-log time, such as {self._bad.quote()}"),
            (self._old, "lines not counted: they are older than this command's start, or than a day"),
            (
                self._ahead,
                f"lines not counted: their time is more than {MOST_AHEAD_SECONDS} s ahead of this machine's clock. "
                "Correct the clock, or the time zone of the log",
            ),
            (self._lost, "seconds dropped: their counts could not be sent within a day"),
        ]
        self._bad = RejectCounter()
        self._old = self._ahead = self._lost = 0
        return [f"{count:,} {text}" for count, text in warnings if count]

    def _prune(self, now: float) -> None:
        oldest = int(now) - KEPT_SECONDS
        with self._lock:
            self._lost += sum(second < oldest for second in self._unsent)
            self._unsent = {second for second in self._unsent if second >= oldest}
            self._counts = {second: count for second, count in self._counts.items() if second >= oldest}
        self._pruned = now
