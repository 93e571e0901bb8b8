"""Lines of a feed on their way into the store."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from backend.errors import BusyError, ConflictError
from backend.feed.bodies import Bodies
from backend.feed.line_parser import BadLine, Precision, parse_lines
from backend.feed.rates import NANOSECONDS
from backend.feed.samples import Row, SampleBatch, SampleReader, samples_frame
from backend.feed.tracker import SAMPLES_KEPT, FeedTracker
from backend.measurements import SAMPLES
from backend.stores import Store

log = structlog.get_logger()

THREADS = 2
NAMED = 5  # bad lines and refused series that an answer names
KEPT_HOURS = SAMPLES_KEPT.total_seconds() / 3600
MOST_PENDING = 32  # writes that wait for the store at once; senders keep the rest and try again


@dataclass
class Outcome:
    """What became of samples, and of the lines that they came as."""

    stored: int = 0
    too_old: int = 0
    refused: int = 0  # of series beyond the limit
    refused_series: list[str] = field(default_factory=list)  # the first of them
    ignored: int = 0  # lines without a field that tells traffic
    bad_lines: int = 0
    bad: list[BadLine] = field(default_factory=list)  # the first of them

    def add(self, other: "Outcome") -> None:
        """Count the samples of another one as well."""
        self.stored += other.stored
        self.too_old += other.too_old
        self.refused += other.refused
        self.refused_series = list(dict.fromkeys(self.refused_series + other.refused_series))[:NAMED]


class Intake:
    """Stores samples before it answers for them, and tells the tracker.

    It has threads of its own: a store that is slow to write must not take those that read for the page.
    """

    def __init__(self, store: Store, tracker: FeedTracker, reader: SampleReader, max_series: int) -> None:
        self.bodies = Bodies()
        self._store = store
        self._tracker = tracker
        self._reader = reader
        self._max_series = max_series
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="intake")
        self._pending = 0
        self._names: set[str] = set()

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Hold a place among the pending writes. Raises BusyError where all are taken."""
        if self._pending >= MOST_PENDING:
            raise BusyError(
                f"{MOST_PENDING} writes are waiting for the store. Send it again in a second.",
                headers={"Retry-After": "1"},
            )
        self._pending += 1
        try:
            yield
        finally:
            self._pending -= 1

    async def write(self, body: bytes, precision: Precision) -> Outcome:
        """Store what can be used of a body of line protocol, a batch of lines in turn with those of other bodies."""
        now = time.time_ns()
        batches = self._reader.batches(parse_lines(body, precision, now), now)
        outcome = Outcome()
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(self._threads, self._write_next, batches, outcome):
            pass
        if outcome.ignored or outcome.bad_lines:
            log.warning("lines_not_used", without_traffic=outcome.ignored, bad=outcome.bad_lines)
        _log_unstored(outcome)
        return outcome

    async def store(self, rows: list[Row]) -> None:
        """Store samples that did not come as lines. Raises ConflictError for one series too many."""
        outcome = await asyncio.get_running_loop().run_in_executor(self._threads, self.write_rows, rows)
        _log_unstored(outcome)
        if outcome.refused:
            raise ConflictError(" ".join(self.unstored(outcome)), limit=self._max_series)

    def write_rows(self, rows: list[Row]) -> Outcome:
        """Store the samples that are new enough, of the series that are known or for which there is room."""
        oldest = time.time_ns() - int(SAMPLES_KEPT.total_seconds()) * NANOSECONDS
        recent = [row for row in rows if row[3] >= oldest]
        refused = self._refused(dict.fromkeys(row[0] for row in recent))
        usable = [row for row in recent if row[0] not in refused] if refused else recent
        if usable:
            frame = samples_frame(usable)
            self._store.write({SAMPLES: frame})
            self._tracker.note_samples(frame)
        return Outcome(len(usable), len(rows) - len(recent), len(recent) - len(usable), list(refused)[:NAMED])

    def unstored(self, outcome: Outcome) -> list[str]:
        """Why samples were not stored, a sentence each; empty where all were."""
        sentences = []
        if outcome.too_old:
            sentences.append(f"{outcome.too_old} samples are older than {KEPT_HOURS:g} hours and are not stored.")
        if outcome.refused:
            sentences.append(
                f"{self._max_series} series are stored, the maximum (SCALEOPS_MAX_SERIES): {outcome.refused} samples "
                f"of others are not stored ({', '.join(outcome.refused_series)}). Delete a series first."
            )
        return sentences

    def close(self) -> None:
        """Finish what was begun."""
        self._threads.shutdown()

    def _write_next(self, batches: Iterator[SampleBatch], outcome: Outcome) -> bool:
        """Store the next batch and add what became of it; False where there is none."""
        batch = next(batches, None)
        if batch is None:
            return False
        outcome.add(self.write_rows(batch.rows))
        outcome.ignored += batch.ignored
        outcome.bad_lines += len(batch.bad)
        outcome.bad = (outcome.bad + batch.bad)[:NAMED]
        return True

    def _refused(self, names: dict[str, None]) -> dict[str, None]:
        """The series that are one too many, in order: the new ones that there is no room for."""
        if names.keys() <= self._names:
            return {}
        known = {record.name for record in self._store.list_series()}
        known.update(self._tracker.names("live", time.time_ns()))
        new = [name for name in names if name not in known]
        room = max(self._max_series - len(known), 0)
        self._names = known.union(new[:room])
        return dict.fromkeys(new[room:])


def _log_unstored(outcome: Outcome) -> None:
    if outcome.too_old:
        log.warning("samples_too_old", count=outcome.too_old, kept_hours=KEPT_HOURS)
    if outcome.refused:
        log.warning("series_limit_reached", samples=outcome.refused, filenames=outcome.refused_series)
