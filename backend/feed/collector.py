"""The clock of live feeds: closes every window at its end, holds it against its forecast, forecasts the next ones."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

import pandas as pd
import structlog

from backend.errors import ConflictError, ProblemError
from backend.feed.memory import FedSeries
from backend.feed.rates import LOOKBACK_WINDOWS, NANOSECONDS, Source, growing_rate, sources_of, window_rate
from backend.feed.registry import SAMPLES_KEPT, Registry
from backend.models.predictor import RPSEstimator
from backend.stores import SeriesKey, Store

log = structlog.get_logger()

TICK_SECONDS = 0.2
CHUNK_WINDOWS = 60  # windows that one step of catching up looks at
PRUNE_SECONDS = 300


class Collector:
    """Turns stored samples into points and forecasts. Its work runs in one thread at a time, off the event loop."""

    def __init__(self, store: Store, registry: Registry, estimator: RPSEstimator, late_seconds: float) -> None:
        self._store = store
        self._registry = registry
        self._estimator = estimator
        self._seconds = registry.window_seconds
        self._kept = int(SAMPLES_KEPT.total_seconds()) // self._seconds
        self._late = late_seconds
        self._series: dict[str, FedSeries] = {}
        self._working = threading.Lock()
        self._done: int | None = None  # number of the newest window that was closed to the end
        self._behind: list[range] = []
        self._pruned = 0.0
        self._failing = False
        self.on_corrected: Callable[[str], None] = lambda _: None

    async def run(self) -> None:
        """Step until cancelled. A store that is down is asked again; nothing is forgotten meanwhile."""
        while True:
            try:
                await asyncio.to_thread(self.step, time.time())
                self._failing = False
            except ProblemError as problem:
                if not self._failing:
                    log.warning("feed_waits_for_store", detail=problem.detail)
                self._failing = True
                await asyncio.sleep(1)
            except Exception:
                log.exception("feed_step_failed")
                await asyncio.sleep(1)
            await asyncio.sleep(TICK_SECONDS)

    def step(self, now: float) -> None:
        """Do what is due at `now` (seconds since 1970). What fails for want of the store is done by a later step."""
        with self._working:
            newest = int((now - self._late) // self._seconds) - 1
            if self._done is None:
                self._begin(newest)
            elif newest > self._done:
                self._close(max(self._done + 1, newest + 1 - self._kept), newest)
            elif newest < self._done - 1:
                log.warning("clock_jumped", seconds=(newest - self._done) * self._seconds)
                self._series.clear()  # their memory is ahead of the clock
                self._registry.close(newest)
            else:
                newest = self._done
            self._done = newest
            self._correct()
            if self._behind:
                self._catch_up(self._behind[-1])
                self._behind.pop()
            self._prune(now)

    def delete(self, filename: str) -> int:
        """Delete a series while no window of it is being written."""
        with self._working:
            self._registry.forget(filename)
            self._series.pop(filename, None)
            return self._store.delete_series(filename)

    def reload(self, filename: str) -> None:
        """Forget what is remembered of a series: somebody else wrote to it."""
        with self._working:
            self._series.pop(filename, None)

    def growing(self, filename: str, now: float) -> tuple[datetime, float, float] | None:
        """The window that the newest sample lies in, if it is not closed: its start, rate and seconds so far."""
        newest, closed = self._registry.newest(filename), self._registry.closed
        if newest is None or closed is None:
            return None
        window = newest // (self._seconds * NANOSECONDS)
        if window <= closed or window * self._seconds > now:
            return None
        samples = self._samples(window, window, filename)
        start, stop = self._span(window)
        rate = growing_rate(samples.get(filename, []), start, stop)
        return None if rate is None else (_utc(window * self._seconds), *rate)

    def _begin(self, newest: int) -> None:
        """Take up the feeds where an earlier process left them. What closed while none ran gets no forecast."""
        self._registry.close(newest)
        starts = range(newest + 1 - self._kept, newest + 1, CHUNK_WINDOWS)
        chunks = [range(start, min(start + CHUNK_WINDOWS, newest + 1)) for start in starts]
        self._catch_up(chunks.pop())
        self._behind = chunks
        self._registry.arrived(self._store.read_samples(_utc((newest + 1) * self._seconds), None))

    def _close(self, first: int, newest: int) -> None:
        """Close the windows from `first` on. More than one is due after a pause; only the newest issues forecasts."""
        self._registry.close(newest)
        if newest > first:
            log.warning("windows_closed_late", count=newest - first)
        windows = range(first, newest + 1)
        samples = self._samples(first, newest)
        live = set(self._registry.names("live", self._span(newest)[1]))
        for filename in sorted({*samples, *live}):
            rates = self._rates(samples.get(filename, []), windows)
            self._guarded(filename, partial(self._close_series, rates=rates))
            if filename in live:
                self._guarded(filename, partial(self._forecast, newest=newest))

    def _close_series(self, series: FedSeries, rates: dict[int, float]) -> None:
        for window, rate in rates.items():
            self._write(series, window, rate)

    def _forecast(self, series: FedSeries, newest: int) -> None:
        forecasts = series.forecast(newest)
        if forecasts is not None:
            self._store.write_forecasts(series.key, forecasts)

    def _write(self, series: FedSeries, window: int, rate: float) -> None:
        self._store.write_points(series.key, self._seconds, series.point(self._store, window, rate))
        series.put(window, rate)
        self._registry.begun(series.key.filename)

    def _correct(self) -> None:
        """Compute the windows anew that late samples reached. Forecasts stay as they were issued."""
        late = self._registry.take_late()
        try:
            for filename, windows in list(late.items()):
                samples = self._samples(min(windows), max(windows), filename)
                rates = self._rates(samples.get(filename, []), sorted(windows))
                self._guarded(filename, partial(self._write_changed, rates=rates))
                del late[filename]
        finally:
            self._registry.put_back(late)

    def _catch_up(self, windows: range) -> None:
        """Write what the kept samples say and the store does not: an earlier process was ended before it could."""
        for filename, sources in self._samples(windows[0], windows[-1]).items():
            self._guarded(filename, partial(self._write_changed, rates=self._rates(sources, windows)))

    def _write_changed(self, series: FedSeries, rates: dict[int, float]) -> None:
        if not rates:
            return
        start, stop = _utc(min(rates) * self._seconds), _utc((max(rates) + 1) * self._seconds)
        stored = self._store.read_points(series.key, start, stop)["actual_rps"]
        numbers = pd.DatetimeIndex(stored.index).as_unit("s").asi8 // self._seconds
        known = dict(zip(numbers.tolist(), stored.tolist(), strict=True))
        changed = {window: rate for window, rate in rates.items() if known.get(window) != rate}
        for window, rate in changed.items():
            self._write(series, window, rate)
        if changed:
            self.on_corrected(series.key.filename)

    def _guarded(self, filename: str, work: Callable[[FedSeries], None]) -> None:
        """Do something with one series; a series that cannot be written must not hold up the others."""
        try:
            work(self._fed_series(filename))
        except ConflictError as problem:
            log.warning("feed_refused", filename=filename, detail=problem.detail)

    def _fed_series(self, filename: str) -> FedSeries:
        series = self._series.get(filename)
        if series is None:
            key = SeriesKey(filename, self._estimator.version)
            series = FedSeries(key, self._seconds, self._estimator.live(), self._estimator.history_windows)
            assert self._registry.closed is not None
            if series.load(self._store, self._registry.closed + 1):
                self._registry.begun(filename)
            self._series[filename] = series
        return series

    def _samples(self, first: int, last: int, filename: str | None = None) -> dict[str, list[Source]]:
        """Samples of windows `first` to `last` and of those they look back on."""
        start = _utc((first - LOOKBACK_WINDOWS) * self._seconds)
        stop = _utc((last + 1) * self._seconds) + timedelta(microseconds=1)  # a counter read at the end is in
        sources = sources_of(self._store.read_samples(start, stop, filename))
        for name, found in sources.items():
            self._registry.seen(name, max(int(source.times[-1]) for source in found))
        return sources

    def _rates(self, sources: list[Source], windows: Iterable[int]) -> dict[int, float]:
        rates = {window: window_rate(sources, *self._span(window)) for window in windows}
        return {window: rate for window, rate in rates.items() if rate is not None}

    def _span(self, window: int) -> tuple[int, int]:
        width = self._seconds * NANOSECONDS
        return window * width, (window + 1) * width

    def _prune(self, now: float) -> None:
        if abs(now - self._pruned) >= PRUNE_SECONDS:
            self._store.delete_samples(_utc(now) - SAMPLES_KEPT)
            self._pruned = now


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
