"""The clock of live feeds: closes every window at its end, holds it against its forecast, forecasts the next ones."""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import structlog

from backend.errors import ProblemError
from backend.feed.rates import NANOSECONDS, Samples, each_window, stored_samples
from backend.feed.tracker import SAMPLES_KEPT, FeedTracker
from backend.measurements import FORECASTS, POINTS, SAMPLES, window_numbers, window_start
from backend.models.predictor import RPSEstimator
from backend.serving import checkpoint
from backend.serving.freed_memory import return_freed_memory
from backend.serving.live_step import FRESH_WINDOWS, INTERIM_WINDOWS, LiveStep, Rates
from backend.stores import TIME, SeriesInfo, SeriesKey, Store

log = structlog.get_logger()

TICK_SECONDS = 0.2
CHUNK_WINDOWS = FRESH_WINDOWS  # of the first step of catching up; each later one at most twice as many
MOST_CHUNK_WINDOWS = 60
CHUNK_SAMPLES = 100_000  # with more of them in a step the next looks at half the windows: 200 series, one a second
CHUNK_SERIES = 8  # that take a while to begin with, whose forecasts are written together
LEARNED_AT_ONCE = 32  # series whose past a start, or a close, waits for: 15 s where each has a week
LOADED_TOGETHER = 16  # series, between two closes: 0.2 s, of an InfluxDB 0.8
RECENT_WINDOWS = 60  # before a close that are compared with the store
LATE_WINDOWS = 5  # series with samples no later than that are read together, each of the others alone
MOST_LATE = 10_000  # that one step corrects (FeedTracker.take_late), in four seconds: a close waits no longer
PRUNE_SECONDS = 300
REFUSED = "stored with another window length: delete the stored series, or feed it under another name"


class Collector:
    """Turns stored samples into points and forecasts. Its work runs in one thread at a time, off the event loop."""

    def __init__(
        self,
        store: Store,
        tracker: FeedTracker,
        estimator: RPSEstimator,
        late_seconds: float,
        checkpoint_path: Path | None = None,
    ) -> None:
        self._store = store
        self._tracker = tracker
        self._estimator = estimator
        self._seconds = tracker.window_seconds
        self._kept = int(SAMPLES_KEPT.total_seconds()) // self._seconds
        self._late = late_seconds
        self._checkpoint_path = checkpoint_path
        self._step = LiveStep(store, estimator, tracker.window_seconds)
        self._working = threading.Lock()
        self._newest_closed: int | None = None  # number of the newest window that was closed to the end
        self._backlog = range(0)  # windows of before this process, to be compared with the store
        self._chunk = CHUNK_WINDOWS
        # Series with forecasts from the end of the window that was the newest at the start; None once another is.
        self._issued: set[str] | None = None
        self._refused: set[str] = set()  # series that are stored with another window length
        self._pruned = 0.0
        self._failing = False
        # Called with the series whose forecasts are stored, whose past windows are others.
        self.on_issued: list[Callable[[set[str]], object]] = []
        self.on_corrected: list[Callable[[set[str]], object]] = []

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
            if self._newest_closed is None:
                self._begin(newest)
            elif newest > self._newest_closed:
                self._close(max(self._newest_closed + 1, newest + 1 - self._kept), newest)
            elif newest < self._newest_closed - 1:
                log.warning("clock_jumped", seconds=(newest - self._newest_closed) * self._seconds)
                self._step = LiveStep(self._store, self._estimator, self._seconds)  # the other is ahead of the clock
                self._tracker.set_back(newest)
            else:
                newest = self._newest_closed
            self._newest_closed = newest
            self._correct()
            if self._backlog:
                self._catch_up(*self._backlog_rates())
            self._prepare()
            self._prune(now)

    def close(self) -> None:
        """Leave what was learned to the next start. Call it once `run` has ended."""
        with self._working:
            if self._checkpoint_path is None or self._newest_closed is None:
                return
            try:
                self._take_over(self._newest_closed + 1)
                checkpoint.save(self._checkpoint_path, self._step, self._store.list_series())
            except ProblemError as problem:
                log.warning("checkpoint_not_written", path=str(self._checkpoint_path), reason=problem.detail)

    def delete(self, filename: str) -> int:
        """Delete a series while no window of it is being written."""
        with self._working:
            self._tracker.forget(filename)
            self._step.forget(filename)
            return self._store.delete_series(filename)

    def reload(self, filename: str) -> None:
        """Forget what is remembered of a series: somebody else wrote to it."""
        with self._working:
            self._step.forget(filename)

    def learning(self, filename: str) -> bool:
        """Whether a series' past is yet to be learned: it is forecast from its newest windows alone meanwhile."""
        return self._step.learning(filename)

    def _begin(self, newest: int) -> None:
        """Take up the feeds where an earlier process left them. Of what closed while none ran only the newest window
        gets forecasts from its end: they are about windows that are still to come."""
        self._tracker.close(newest)
        if self._checkpoint_path is not None:
            self._take_checkpoint(self._checkpoint_path, newest)
        self._backlog, self._chunk = range(newest + 1 - self._kept, newest + 1), CHUNK_WINDOWS
        windows, rates = self._backlog_rates()
        end = window_start(newest + 1, self._seconds)
        tags = {"version": self._estimator.version}
        self._issued = set(self._store.read(FORECASTS, tags, end, end + timedelta(seconds=1))["filename"])
        self._step.end_interim()
        self._issue_from_start(self._take_up(self._live(newest), newest, rates), newest)
        self._catch_up(windows, rates)
        self._tracker.note_samples(self._store.read(SAMPLES, {}, end))

    def _take_up(self, live: Iterable[str], newest: int, rates: Rates) -> list[str]:
        """Where there are many series that take a while to learn, have them forecast from their newest windows alone
        meanwhile: as they are stored, or in `rates`. Which those are."""
        new = [name for name in live if not self._step.ready(name)]
        if len(new) <= LEARNED_AT_ONCE:
            return []
        ours = {series.name for series in self._store.list_series() if series.window_seconds == self._seconds}
        new = [name for name in new if name in ours]
        windows = range(newest + 1 - INTERIM_WINDOWS, newest + 1)
        stored = self._stored_rates(windows[0], windows[-1] + 1)
        self._step.take_up({name: {**stored.get(name, {}), **rates.get(name, {})} for name in new}, windows)
        return new

    def _take_checkpoint(self, path: Path, newest: int) -> None:
        step = checkpoint.take(path, self._step, self._store.list_series())
        if step.reaches(newest):
            self._step = step
            for name in step.filenames:
                self._tracker.note_window(name)

    def _close(self, first: int, newest: int) -> None:
        """Close the windows from `first` on. More than one is due after a pause; only the newest issues forecasts."""
        self._tracker.close(newest)
        if newest > first:
            log.warning("windows_closed_late", count=newest - first)
        self._take_over(first)
        self._write(each_window(self._samples(first, newest), range(first, newest + 1), self._seconds))
        live = self._live(newest)
        self._step.advance(newest, live)
        self._load(live)
        self._take_up(live, newest, {})
        new = [name for name in live if not self._step.ready(name)]
        self._issued = None
        issued = self._issue([name for name in live if name not in new], newest)
        for start in range(0, len(new), CHUNK_SERIES):
            issued |= self._issue(new[start : start + CHUNK_SERIES], newest)
        self._delete_again(issued)
        self._step.note_served(live, newest)
        unknown = [name for name in live if np.isnan(self._step.rates(name, first - 1, first)).any()]
        self._tracker.put_back({name: {first - 1} for name in unknown})  # a late sample may have come since
        return_freed_memory()

    def _issue(self, names: list[str], newest: int) -> set[str]:
        """Write the forecasts from the end of the newest window; of which series there are any."""
        issued = self._step.issue(names, newest)
        if issued:
            _tell(self.on_issued, issued)
        return issued

    def _issue_from_start(self, live: Iterable[str], newest: int) -> None:
        """Where a process has just begun, write the forecasts from the end of the newest window of what is ready."""
        if self._issued is not None:
            late = [name for name in live if self._step.ready(name) and name not in self._issued]
            if late:
                issued = self._issue(late, newest)
                self._issued |= issued
                self._delete_again(issued)

    def _delete_again(self, issued: set[str]) -> None:
        """Another backend may have deleted a series while its forecasts were being written, which are alone then."""
        for name in issued - {series.name for series in self._store.list_series()}:
            self._store.delete_series(name)

    def _write(self, rates: Rates) -> None:
        """Write windows of many series; one that cannot be written must not hold up the others."""
        rates = {name: known for name, known in rates.items() if known}
        if not rates:
            return
        self._load(rates)
        tables = self._step.judged(rates)
        series = [SeriesInfo(SeriesKey(name, self._estimator.version), self._seconds, "feed") for name in rates]
        refused = self._store.write(tables, series)
        if refused - self._refused:
            log.warning("feeds_refused", filenames=sorted(refused), window_seconds=self._seconds, hint=REFUSED)
        self._refused = self._refused - rates.keys() | refused
        for name in rates.keys() - refused:
            self._put(name, rates[name])
            self._tracker.note_window(name)

    def _put(self, name: str, rates: Mapping[int, float]) -> None:
        """Let the live step know what is stored; where the store cannot be asked for its past, it is loaded again."""
        try:
            self._step.put(name, rates)
        except ProblemError as problem:
            log.warning("series_loaded_again", filename=name, detail=problem.detail)
            self._step.forget(name)

    def _take_over(self, first: int) -> None:
        """Take from the store what others, such as a second backend, made of the windows before `first`."""
        start = first - RECENT_WINDOWS
        stored = self._stored_rates(start, first)
        for name in self._step.filenames:
            known = stored.get(name, {})
            theirs = np.array([known.get(window, np.nan) for window in range(start, first)])
            ours = self._step.rates(name, start, first)
            if name in self._refused or np.array_equal(ours, theirs, equal_nan=True):
                continue
            if (np.isfinite(ours) & np.isnan(theirs)).any():  # deleted: what is older may be gone as well
                self._step.forget(name)
                continue
            other = np.flatnonzero(np.isfinite(theirs) & (ours != theirs))
            self._put(name, {start + int(place): float(theirs[place]) for place in other})

    def _correct(self) -> None:
        """Compute the windows anew that late samples reached. Forecasts stay as they were issued."""
        late = self._tracker.take_late(MOST_LATE)
        try:
            rates: dict[str, dict[int, float]] = {}
            for names in self._read_together(late):
                windows = sorted(set().union(*(late[name] for name in names)))
                samples = self._samples(windows[0], windows[-1], names[0] if len(names) == 1 else None)
                every = each_window(samples, windows, self._seconds)
                rates |= {name: every[name] for name in names if name in every}
            self._write_changed(rates)
        except BaseException:
            self._tracker.put_back(late)
            raise

    def _read_together(self, late: Mapping[str, set[int]]) -> list[list[str]]:
        """The series with late samples, in groups whose samples are read at once."""
        assert self._newest_closed is not None
        recent = [name for name, windows in late.items() if min(windows) >= self._newest_closed - LATE_WINDOWS]
        return [*([recent] if recent else []), *([name] for name in late if name not in recent)]

    def _prepare(self) -> None:
        """Do some of what a close would wait for: read live series, compute what their forecasts follow from."""
        assert self._newest_closed is not None
        live = self._live(self._newest_closed)
        self._load([name for name in live if name not in self._step][:LOADED_TOGETHER])
        self._step.prepare(self._newest_closed)
        self._issue_from_start(live, self._newest_closed)

    def _live(self, window: int) -> list[str]:
        """The series that are forecast from the end of a window."""
        end = (window + 1) * self._seconds * NANOSECONDS
        return [name for name in self._tracker.names("live", end) if name not in self._refused]

    def _backlog_rates(self) -> tuple[range, dict[str, dict[int, float]]]:
        """The newest windows of the backlog, and what the kept samples say of them."""
        windows = self._backlog[-self._chunk :]
        samples = self._samples(windows[0], windows[-1])
        wanted = self._chunk // 2 if len(samples.times) > CHUNK_SAMPLES else 2 * self._chunk
        self._chunk = min(max(1, wanted), MOST_CHUNK_WINDOWS)
        return windows, each_window(samples, windows, self._seconds)

    def _catch_up(self, windows: range, rates: Rates) -> None:
        """Write what the kept samples say of the backlog's newest windows and the store does not: an earlier process
        was ended before it could."""
        self._write_changed(rates)
        self._backlog = self._backlog[: -len(windows)]

    def _write_changed(self, rates: Rates) -> None:
        """Write the windows whose rate is not the one that is stored."""
        windows = [window for known in rates.values() for window in known]
        if not windows:
            return
        stored = self._stored_rates(min(windows), max(windows) + 1, next(iter(rates)) if len(rates) == 1 else None)
        changed = {
            name: {window: rate for window, rate in known.items() if stored.get(name, {}).get(window) != rate}
            for name, known in rates.items()
        }
        self._write(changed)
        corrected = {name for name, known in changed.items() if known} - self._refused
        if corrected:
            _tell(self.on_corrected, corrected)

    def _stored_rates(self, first: int, stop: int, filename: str | None = None) -> dict[str, dict[int, float]]:
        """By series and window what is stored of windows from `first` up to `stop`, of one series or all."""
        start, end = (window_start(each, self._seconds) for each in (first, stop))
        named = {} if filename is None else {"filename": filename}
        tags = {"version": self._estimator.version, **named}
        table = self._store.read(POINTS, tags, start, end, fields=["actual_rps"]).assign(**named)
        windows = window_numbers(table[TIME], self._seconds)
        stored: dict[str, dict[int, float]] = defaultdict(dict)
        for name, window, rate in zip(table["filename"], windows.tolist(), table["actual_rps"].tolist(), strict=True):
            stored[name][window] = rate
        return stored

    def _load(self, filenames: Iterable[str]) -> None:
        """Have series at hand for the next step."""
        assert self._tracker.closed is not None
        for name in filenames:
            if name not in self._step and self._step.load(name, self._tracker.closed + 1):
                self._tracker.note_window(name)

    def _samples(self, first: int, last: int, filename: str | None = None) -> Samples:
        """Samples that windows `first` to `last` are made of, of one series or all."""
        samples = stored_samples(self._store, self._seconds, first, last, filename)
        for name, newest in samples.newest.items():
            self._tracker.note_newest(name, newest)
        return samples

    def _prune(self, now: float) -> None:
        if abs(now - self._pruned) >= PRUNE_SECONDS:
            self._store.delete(SAMPLES, {}, datetime.fromtimestamp(now, UTC) - SAMPLES_KEPT)
            self._pruned = now


def _tell(listeners: Iterable[Callable[[set[str]], object]], filenames: set[str]) -> None:
    for listener in listeners:
        try:
            listener(filenames)
        except Exception:  # of one must not be the failure of another, nor of the close
            log.exception("listener_failed", filenames=sorted(filenames))
