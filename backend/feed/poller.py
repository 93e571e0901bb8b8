"""Asks Prometheus for every series once a window, and for what was missed since it was last asked."""

import asyncio
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pandas as pd
import structlog

from backend.errors import ProblemError
from backend.feed.intake import Intake
from backend.feed.prometheus import Prometheus
from backend.feed.rates import NANOSECONDS
from backend.feed.samples import Row
from backend.feed.tracker import SAMPLES_KEPT
from backend.measurements import SAMPLES
from backend.models.frames import MOST_RATE
from backend.stores import TIME, Store
from backend.stores.names import clean_name

log = structlog.get_logger()

SOURCE = "prometheus"
AGAIN_SECONDS = 60  # a scrape may be stored later than its time says, by its timeout (10 s by default) and more
CHUNK_WINDOWS = 60  # of the past, that are asked for at once
PAUSE_SECONDS = 0.5  # between two of them: windows of the past must not hold up those that close now
RETRY_SECONDS = 5.0


@dataclass
class _Query:
    """One series. Windows are numbered from 1970, like the collector's."""

    filename: str
    text: str
    newest: int | None = None  # the newest window that was ever asked for; None before the first
    wanted: set[int] = field(default_factory=set)
    stored: dict[int, float] = field(default_factory=dict)  # what the newest answer gave, most of it asked for again
    problem: str | None = None


class Poller:
    """Turns the value of a query at the end of a window into a sample of that window.

    A window is asked for `delay_seconds` after its end, and once more later.
    """

    def __init__(
        self,
        prometheus: Prometheus,
        queries: Mapping[str, str],
        store: Store,
        intake: Intake,
        window_seconds: int,
        delay_seconds: float,
    ) -> None:
        self._prometheus = prometheus
        self._queries = [_Query(clean_name(name), text) for name, text in queries.items()]
        self._store = store
        self._intake = intake
        self._seconds = window_seconds
        self._delay = delay_seconds
        self._kept = max(1, int(SAMPLES_KEPT.total_seconds()) // window_seconds - 1)
        self._again = max(1, AGAIN_SECONDS // window_seconds)

    async def run(self) -> None:
        """Ask until cancelled. What could not be asked or stored is asked for again."""
        await asyncio.gather(*(self._follow(query) for query in self._queries))

    def problems(self) -> dict[str, str]:
        """By series, why its newest window has no value."""
        return {query.filename: query.problem for query in self._queries if query.problem is not None}

    async def _follow(self, query: _Query) -> None:
        while True:
            try:
                await self._ask(query, time.time())
                pause = PAUSE_SECONDS if query.wanted else self._until_due(query)
            except ProblemError as problem:
                _note(query, problem.detail)
                pause = min(RETRY_SECONDS, self._seconds)
            except Exception:
                log.exception("prometheus_step_failed", filename=query.filename)
                pause = RETRY_SECONDS
            await asyncio.sleep(pause)

    def _until_due(self, query: _Query) -> float:
        assert query.newest is not None
        due = (query.newest + 2) * self._seconds + self._delay
        return min(max(due - time.time(), 0.01), self._seconds)  # the clock may jump meanwhile

    async def _ask(self, query: _Query, now: float) -> None:
        """Ask for the newest windows that are wanted, and store what they are."""
        newest = int((now - self._delay) // self._seconds) - 1
        if query.newest is None:
            await asyncio.to_thread(self._begin, query, newest)
        self._want(query, newest)
        if not query.wanted:
            return
        last = max(query.wanted)
        first = max(min(query.wanted), last + 1 - CHUNK_WINDOWS)
        answer = await self._prometheus.values(query.text, self._end(first), self._end(last), self._seconds)
        values = {end // self._seconds - 1: value for end, value in answer.items() if value_problem(value) is None}
        rows = [self._row(query, *item) for item in values.items() if query.stored.get(item[0]) != item[1]]
        await self._intake.store(rows)
        query.wanted -= set(range(first, last + 1))
        if last == newest:
            query.stored = values
            _note(query, value_problem(answer.get(self._end(newest))))

    def _begin(self, query: _Query, newest: int) -> None:
        """Want all that may still be stored and is not, so that an outage of ours is filled as well."""
        since = datetime.fromtimestamp(self._end(newest - self._kept), UTC)
        own = self._store.read(SAMPLES, {"filename": query.filename, "source": SOURCE}, since, fields=["value"])
        known = pd.DatetimeIndex(own[TIME]).as_unit("ns").asi8 // (self._seconds * NANOSECONDS)
        query.wanted = set(range(newest + 1 - self._kept, newest + 1)) - set(known.tolist())
        query.newest = newest

    def _want(self, query: _Query, newest: int) -> None:
        assert query.newest is not None
        oldest = newest + 1 - self._kept
        if newest != query.newest:
            again = min(query.newest, newest) + 1 - self._again
            query.wanted |= set(range(max(again, oldest), newest + 1))
        query.wanted = {window for window in query.wanted if oldest <= window <= newest}
        query.newest = newest

    def _end(self, window: int) -> int:
        return (window + 1) * self._seconds

    def _row(self, query: _Query, window: int, value: float) -> Row:
        """A rate is a sample inside its window, so it is stamped with the window's last nanosecond."""
        return query.filename, SOURCE, "rate", self._end(window) * NANOSECONDS - 1, value


def value_problem(value: float | None) -> str | None:
    """Why a value is not the traffic of a window; None for one that is."""
    if value is None:
        return (
            "The query returned nothing for the newest window: there is no such metric, or it is no longer scraped; "
            "rate( ) needs two scrapes within its range. Try the query in Prometheus's own UI."
        )
    if not math.isfinite(value):
        return f"The query returned {value} for the newest window; does it divide by zero?"
    if value > MOST_RATE:
        return f"The query returned {value:.3g}, more than any service has; the most is {MOST_RATE:.0e}."
    return f"The query returned {value}, but traffic cannot be negative." if value < 0 else None


def _note(query: _Query, problem: str | None) -> None:
    if problem is not None and problem != query.problem:
        log.warning("prometheus_query_failed", filename=query.filename, detail=problem)
    elif problem is None and query.problem is not None:
        log.warning("prometheus_query_answers", filename=query.filename)
    query.problem = problem
