"""Live updates: two queries a tick for all watched series together, fanned out to however many clients."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import pandas as pd
import structlog

from backend.errors import BusyError, ProblemError
from backend.live.channel import LIVE_WINDOWS, Channel, Subscriber, no_points, render
from backend.live.status import SeriesStatuses, newest_with_points
from backend.measurements import on_grid, read_points
from backend.schemas import Forecast, GrowingWindow, LivePoints, LiveSnapshot, LiveStatus
from backend.serving.current import CurrentForecasts
from backend.serving.presenters import chart_points
from backend.stores import SeriesRecord, Store

log = structlog.get_logger()

IDLE_TICKS = 120  # a channel outlives its last client this long, so that reconnecting finds its messages
THREADS = 2  # of ticks alone: one reads news, one what grows, however many uploads and pages use the others
Result = TypeVar("Result")


class Hub:
    """Watches the store for the series that clients look at. Runs on the event loop; the store in threads."""

    def __init__(
        self,
        store: Store,
        statuses: SeriesStatuses,
        forecasts: CurrentForecasts,
        interval_seconds: float,
        max_clients: int,
    ) -> None:
        self._store = store
        self._statuses = statuses
        self._interval = interval_seconds
        self._max_clients = max_clients
        self._places = 0
        self._forecasts = forecasts
        self._channels: dict[str | None, Channel] = {}
        self._reachable = True
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="hub")

    async def run(self) -> None:
        """Tick until cancelled; a tick that fails is logged and the next one tried.

        Statuses do not wait for news: at the close of a window a hundred series have some, whose forecasts take a
        second to read.
        """
        await asyncio.gather(self._repeat(self._bring_news), self._repeat(self._tell_statuses))

    async def _repeat(self, tick: Callable[[], Awaitable[None]]) -> None:
        while True:
            started = time.monotonic()
            try:
                await tick()
            except Exception:
                log.exception("tick_failed")
            await asyncio.sleep(max(0.0, self._interval - (time.monotonic() - started)))

    @property
    def clients(self) -> int:
        return sum(len(channel.subscribers) for channel in self._channels.values())

    @property
    def watched(self) -> list[str | None]:
        """What clients look at, or left a moment ago."""
        return list(self._channels)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a client's place, from before anything is awaited. Raises BusyError where all are taken."""
        if self._places >= self._max_clients:
            raise BusyError(f"{self._max_clients} live connections are open (SCALEOPS_MAX_SOCKETS)")
        self._places += 1
        try:
            yield
        finally:
            self._places -= 1

    async def subscribe(self, filename: str | None, after: int | None) -> tuple[Channel, Subscriber]:
        """Add a client: it gets what it missed since `after` where that is still kept, else a snapshot."""
        # Numbers go on rising over a restart, so a number of an earlier process asks for a snapshot.
        channel = self._channels.setdefault(filename, Channel(filename, sequence=time.time_ns() // 1_000_000))
        subscriber = Subscriber()
        async with channel.changing:
            await self._advance(channel, await asyncio.to_thread(self._statuses.find, filename))
            missed = channel.missed(after) if after is not None else None
            if missed is None or len(missed) >= subscriber.queue.maxsize:
                if channel.snapshot is None:
                    snapshot = await asyncio.to_thread(self._snapshot, channel)
                    channel.snapshot = render("snapshot", channel.sequence, snapshot)
                missed = [channel.snapshot]
            for message in missed:
                channel.deliver(subscriber, message)
            channel.subscribers.add(subscriber)
        return channel, subscriber

    async def snapshot(self, filename: str | None) -> LiveSnapshot:
        """What a new client is sent first, for one that asks over HTTP: it is told no news and costs no channel."""
        channel = Channel(filename, sequence=0)
        await self._load(channel, await asyncio.to_thread(self._statuses.find, filename))
        return await asyncio.to_thread(self._snapshot, channel)

    def unsubscribe(self, channel: Channel, subscriber: Subscriber) -> None:
        channel.subscribers.discard(subscriber)
        if channel.series is None and not channel.subscribers:  # no messages to come back for
            self._channels.pop(channel.requested, None)

    async def refresh(self, filename: str) -> None:
        """Show what was written or deleted at once, also where it changed the past."""
        for channel in list(self._channels.values()):
            if channel.watched in (filename, None):
                async with channel.changing:
                    record = await asyncio.to_thread(self._statuses.find, channel.requested)
                    await self._reload(channel, record)

    async def show_issued(self, filenames: set[str]) -> None:
        """Send the forecasts that were just issued, without waiting for the next tick."""
        for channel in list(self._channels.values()):
            if channel.series is not None and channel.series.name in filenames:
                async with channel.changing:
                    await self._advance(channel, await asyncio.to_thread(self._store.find, channel.series.name))
                    await self._publish_forecast(channel)

    async def _bring_news(self) -> None:
        """Send what was written since the last tick: the records tell of which series something was."""
        self._drop_idle()
        if not self._channels:
            return
        try:
            records = await self._in_own_thread(self._store.list_series)
            newest = {record.name: record for record in reversed(records)}
            for channel in list(self._channels.values()):
                channel.snapshot = None
                async with channel.changing:
                    await self._advance(channel, self._watched(channel, newest))
            self._reachable = True
        except ProblemError as problem:
            if self._reachable:
                log.warning("store_unreachable", detail=problem.detail)
            self._reachable = False

    async def _tell_statuses(self) -> None:
        watched = [channel for channel in self._channels.values() if channel.subscribers]
        growing = await self._in_own_thread(self._growing, {channel.watched for channel in watched})
        for channel in watched:
            channel.publish_status(self._status(channel, growing))

    async def _in_own_thread(self, work: Callable[..., Result], *arguments: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    def _drop_idle(self) -> None:
        for channel in list(self._channels.values()):
            channel.idle_ticks = 0 if channel.subscribers else channel.idle_ticks + 1
            if channel.idle_ticks > IDLE_TICKS:
                del self._channels[channel.requested]

    def _watched(self, channel: Channel, newest: Mapping[str, SeriesRecord]) -> SeriesRecord | None:
        """The record of what a channel shows, `newest` being those of all names, the one written last at the end."""
        wanted = channel.requested or self._statuses.default_filename()
        return newest.get(wanted) if wanted is not None else newest_with_points(reversed(list(newest.values())))

    async def _advance(self, channel: Channel, record: SeriesRecord | None) -> None:
        """Send what the record says to be new; nothing is read where it is the one that is shown."""
        shown = channel.series
        if record is not None and not record.points:
            record = None
        if record == shown:
            return
        if record is None or shown is None or record.key != shown.key:
            return await self._reload(channel, record)
        newest = channel.points.index[-1]
        fresh = await self._in_own_thread(read_points, self._store, record.key, newest.to_pydatetime(), None)
        if newest not in fresh.index or len(fresh) > LIVE_WINDOWS:  # deleted, perhaps made anew, or a whole file came
            return await self._reload(channel, record)
        changed = fresh[~_same(fresh, channel.points.tail(1))]
        if not changed.empty:
            await self._append(channel, record, changed)
        else:
            channel.series = record

    async def _append(self, channel: Channel, record: SeriesRecord, fresh: pd.DataFrame) -> None:
        forecast = await self._in_own_thread(self._newest_forecast, record)
        follows = forecast is not None and forecast.issued_at > record.last
        if not follows and self._statuses.status(record.name) == "live" and channel.held != record.last:
            channel.held = record.last  # the forecast from its end is a moment away: the two are drawn at once
            return
        kept = channel.points[channel.points.index < fresh.index[0]]
        channel.points = pd.concat([kept, fresh]).tail(LIVE_WINDOWS) if len(kept) else fresh
        channel.series = record
        channel.publish(
            "points", LivePoints(filename=record.name, points=chart_points(fresh), forecast=_unsent(channel, forecast))
        )

    async def _publish_forecast(self, channel: Channel) -> None:
        """Send a forecast that did not come with a point: of a window whose rate is unknown, or that was late."""
        if channel.series is None:
            return
        forecast = _unsent(channel, await self._in_own_thread(self._newest_forecast, channel.series))
        if forecast is not None:
            channel.publish("forecast", forecast)

    async def _reload(self, channel: Channel, record: SeriesRecord | None) -> None:
        await self._load(channel, record)
        channel.publish("snapshot", await asyncio.to_thread(self._snapshot, channel))

    async def _load(self, channel: Channel, record: SeriesRecord | None) -> None:
        if record is None or not record.points:
            channel.series, channel.points = None, no_points()
            return
        since = record.last - timedelta(seconds=(LIVE_WINDOWS - 1) * record.window_seconds)
        channel.points = await asyncio.to_thread(read_points, self._store, record.key, since, None)
        channel.series = record if len(channel.points) else None  # deleted meanwhile

    def _snapshot(self, channel: Channel) -> LiveSnapshot:
        series = channel.series
        status = self._status(channel, self._growing([channel.watched]))
        if series is None:
            return LiveSnapshot(filename=None, window_seconds=None, points=[], forecast=None, status=status)
        return LiveSnapshot(
            filename=series.name,
            window_seconds=series.window_seconds,
            points=chart_points(on_grid(channel.points, series.window_seconds)),
            forecast=self._newest_forecast(series),
            status=status,
        )

    def _newest_forecast(self, series: SeriesRecord) -> Forecast | None:
        return self._forecasts.newest(series, self._statuses.status(series.name))

    def _growing(self, filenames: Iterable[str | None]) -> dict[str, GrowingWindow]:
        """Where the store does not answer the page keeps what it has."""
        try:
            return self._statuses.growing([filename for filename in filenames if filename is not None])
        except ProblemError:
            return {}

    def _status(self, channel: Channel, growing: Mapping[str, GrowingWindow]) -> LiveStatus:
        series, filename = channel.series, channel.watched
        return LiveStatus(
            filename=series.name if series else None,
            status=self._statuses.status(series.name) if series else None,
            newest=series.last if series else None,
            growing=growing.get(filename) if filename else None,
            silent_seconds=self._statuses.silent_seconds(filename),
            store="ok" if self._reachable else "unreachable",
            replay=self._statuses.replay(),
        )


def _unsent(channel: Channel, forecast: Forecast | None) -> Forecast | None:
    """The forecast, where it was not sent yet; it is taken as sent."""
    if forecast is None or forecast.issued_at == channel.issued_at:
        return None
    channel.issued_at = forecast.issued_at
    return forecast


def _same(fresh: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Which rows of `fresh` are known already, value by value (two unknowns are the same)."""
    expected = known.reindex(fresh.index)
    return ((fresh == expected) | (fresh.isna() & expected.isna())).all(axis=1)
