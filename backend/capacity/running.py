"""How many replicas run, where a Prometheus knows it: asked in the background, so that no answer waits for it."""

import asyncio
import math
import time
from collections.abc import Mapping

import structlog

from backend.errors import ProblemError
from backend.feed.prometheus import Prometheus
from backend.stores.names import clean_name

log = structlog.get_logger()

EVERY_SECONDS = 15  # as often as an HPA looks


class RunningReplicas:
    """For one event loop. queries: by series what gives its running replicas, one number."""

    def __init__(self, prometheus: Prometheus, queries: Mapping[str, str]) -> None:
        self._prometheus = prometheus
        self._queries = {clean_name(name): text for name, text in queries.items()}
        self._running: dict[str, int] = {}
        self._failing: set[str] = set()

    def current(self, filename: str) -> int | None:
        """What ran when it was last asked for; None where the newest answer has no number."""
        return self._running.get(filename)

    async def run(self) -> None:
        """Ask until cancelled."""
        while self._queries:
            await asyncio.gather(*(self._ask(name, query) for name, query in self._queries.items()))
            await asyncio.sleep(EVERY_SECONDS)

    async def _ask(self, filename: str, query: str) -> None:
        now = int(time.time())
        try:
            value = (await self._prometheus.values(query, now, now, 1)).get(now, math.nan)
            problem = None if math.isfinite(value) and value >= 1 else f"The query returned {value:g}: no replicas run."
        except ProblemError as error:
            value, problem = math.nan, error.detail
        if problem is None:
            self._running[filename] = round(value)
            self._failing.discard(filename)
            return
        self._running.pop(filename, None)
        if filename not in self._failing:
            log.warning("running_replicas_unknown", filename=filename, detail=problem)
        self._failing.add(filename)
