"""Lines of a feed on their way into the store."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import structlog

from backend.errors import BusyError, ConflictError
from backend.feed.line_parser import BadLine, Precision, parse_lines
from backend.feed.rates import NANOSECONDS
from backend.feed.samples import Row, SampleReader, samples_frame
from backend.feed.tracker import SAMPLES_KEPT, FeedTracker
from backend.measurements import SAMPLES
from backend.stores import Store

log = structlog.get_logger()

THREADS = 2
MOST_PENDING = 32  # writes that wait for the store at once; senders keep the rest and try again


class Intake:
    """Stores samples before it answers for them, and tells the tracker.

    It has threads of its own: a store that is slow to write must not take those that read for the page.
    """

    def __init__(self, store: Store, tracker: FeedTracker, reader: SampleReader, max_series: int) -> None:
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

    async def write(self, text: str, precision: Precision) -> list[BadLine]:
        """Store what can be used of a body of line protocol; the lines that cannot be read are returned."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.write_lines, text, precision)

    async def store(self, rows: list[Row]) -> None:
        """Store samples that did not come as lines."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self.write_rows, rows)

    def write_lines(self, text: str, precision: Precision) -> list[BadLine]:
        now = time.time_ns()
        batch = self._reader.read(parse_lines(text, precision, now), now)
        self.write_rows(batch.rows)
        if batch.ignored or batch.bad:
            log.warning("lines_not_used", without_traffic=batch.ignored, bad=len(batch.bad))
        return batch.bad

    def write_rows(self, rows: list[Row]) -> None:
        """Store samples. Raises ConflictError for one series too many."""
        oldest = time.time_ns() - int(SAMPLES_KEPT.total_seconds()) * NANOSECONDS
        usable = [row for row in rows if row[3] >= oldest]
        if len(usable) < len(rows):
            log.warning(
                "samples_too_old", count=len(rows) - len(usable), kept_hours=SAMPLES_KEPT.total_seconds() / 3600
            )
        if not usable:
            return
        self._refuse_one_too_many({row[0] for row in usable})
        frame = samples_frame(usable)
        self._store.write({SAMPLES: frame})
        self._tracker.note_samples(frame)

    def close(self) -> None:
        """Finish what was begun."""
        self._threads.shutdown()

    def _refuse_one_too_many(self, names: set[str]) -> None:
        if names <= self._names:
            return
        known = {record.name for record in self._store.list_series()}
        fed = set(self._tracker.names("live", time.time_ns()))
        if len(known | fed | names) > self._max_series and not names <= known | fed:
            raise ConflictError(
                f"{len(known | fed)} series are stored, the maximum (SCALEOPS_MAX_SERIES). "
                f"Delete one first. New: {', '.join(sorted(names - known - fed)[:5])}.",
                limit=self._max_series,
            )
        self._names = known | fed | names
