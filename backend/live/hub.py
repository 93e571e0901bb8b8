"""Live updates: one query a tick for each watched series, fanned out to however many clients."""

import asyncio
import time
from datetime import timedelta

import pandas as pd
import structlog

from backend.errors import ProblemError
from backend.live.channel import LIVE_WINDOWS, Channel, Subscriber, render
from backend.live.status import SeriesStatuses
from backend.measurements import POINT_FIELDS, read_points
from backend.schemas import Forecast, LivePoints, LiveSnapshot, LiveStatus
from backend.serving.current import CurrentForecasts
from backend.serving.presenters import chart_points, on_grid
from backend.stores import SeriesRecord, Store

log = structlog.get_logger()

IDLE_TICKS = 120  # a channel outlives its last client this long, so that reconnecting finds its messages


class Hub:
    """Watches the store for the series that clients look at. Runs on the event loop; the store in threads."""

    def __init__(
        self, store: Store, statuses: SeriesStatuses, forecasts: CurrentForecasts, interval_seconds: float
    ) -> None:
        self._store = store
        self._statuses = statuses
        self._interval = interval_seconds
        self._forecasts = forecasts
        self._channels: dict[str | None, Channel] = {}
        self._reachable = True

    async def run(self) -> None:
        """Tick until cancelled; a tick that fails is logged and the next one tried."""
        while True:
            started = time.monotonic()
            for channel in list(self._channels.values()):
                try:
                    await self._tick(channel)
                except Exception:
                    log.exception("tick_failed", filename=channel.requested)
            await asyncio.sleep(max(0.0, self._interval - (time.monotonic() - started)))

    @property
    def clients(self) -> int:
        return sum(len(channel.subscribers) for channel in self._channels.values())

    async def subscribe(self, filename: str | None, after: int | None) -> tuple[Channel, Subscriber]:
        """Add a client: it gets what it missed since `after` where that is still kept, else a snapshot."""
        # Numbers go on rising over a restart, so a number of an earlier process asks for a snapshot.
        channel = self._channels.setdefault(filename, Channel(filename, sequence=time.time_ns() // 1_000_000))
        subscriber = Subscriber()
        async with channel.changing:
            await self._advance(channel)
            missed = channel.missed(after) if after is not None else None
            if missed is None or len(missed) >= subscriber.queue.maxsize:
                snapshot = await asyncio.to_thread(self._snapshot, channel)
                missed = [render("snapshot", channel.sequence, snapshot)]
            for message in missed:
                channel.deliver(subscriber, message)
            channel.subscribers.add(subscriber)
        return channel, subscriber

    async def snapshot(self, filename: str | None) -> LiveSnapshot:
        """What a new client is sent first, for one that asks over HTTP: it is told no news and costs no channel."""
        channel = Channel(filename, sequence=0)
        await self._load(channel)
        return await asyncio.to_thread(self._snapshot, channel)

    def unsubscribe(self, channel: Channel, subscriber: Subscriber) -> None:
        channel.subscribers.discard(subscriber)

    async def refresh(self, filename: str) -> None:
        """Show what was written or deleted at once, also where it changed the past."""
        for channel in list(self._channels.values()):
            watched = channel.series.name if channel.series else channel.requested
            if watched in (filename, None):
                async with channel.changing:
                    await self._reload(channel)

    async def show_issued(self, filenames: set[str]) -> None:
        """Send the forecasts that were just issued, without waiting for the next tick."""
        for channel in list(self._channels.values()):
            if channel.series is not None and channel.series.name in filenames:
                async with channel.changing:
                    await self._advance(channel)
                    await self._publish_forecast(channel)

    async def _tick(self, channel: Channel) -> None:
        channel.idle_ticks = 0 if channel.subscribers else channel.idle_ticks + 1
        if channel.idle_ticks > IDLE_TICKS:
            del self._channels[channel.requested]
            return
        try:
            async with channel.changing:
                await self._advance(channel)
            self._reachable = True
        except ProblemError as problem:
            if self._reachable:
                log.warning("store_unreachable", detail=problem.detail)
            self._reachable = False
        channel.publish_status(await asyncio.to_thread(self._status, channel))

    async def _advance(self, channel: Channel) -> None:
        if channel.series is None or self._another_is_live(channel):
            return await self._reload_if_changed(channel)
        newest = channel.points.index[-1]
        fresh = await asyncio.to_thread(read_points, self._store, channel.series.key, newest.to_pydatetime(), None)
        if newest not in fresh.index or len(fresh) > LIVE_WINDOWS:  # deleted, perhaps made anew, or a whole file came
            return await self._reload(channel)
        changed = fresh[~_same(fresh, channel.points.tail(1))]
        if changed.empty:
            return None
        await self._append(channel, changed)

    async def _append(self, channel: Channel, fresh: pd.DataFrame) -> None:
        assert channel.series is not None
        series = _moved(channel.series, fresh)
        forecast = await asyncio.to_thread(self._newest_forecast, series)
        follows = forecast is not None and forecast.issued_at > series.last
        if not follows and self._statuses.status(series.name) == "live" and channel.held != series.last:
            channel.held = series.last  # the forecast from its end is a moment away: the two are drawn at once
            return
        kept = channel.points[channel.points.index < fresh.index[0]]
        channel.points = pd.concat([kept, fresh]).tail(LIVE_WINDOWS) if len(kept) else fresh
        channel.series = series
        channel.publish(
            "points", LivePoints(filename=series.name, points=chart_points(fresh), forecast=_unsent(channel, forecast))
        )

    async def _publish_forecast(self, channel: Channel) -> None:
        """Send a forecast that did not come with a point: of a window whose rate is unknown, or that was late."""
        if channel.series is None:
            return
        forecast = _unsent(channel, await asyncio.to_thread(self._newest_forecast, channel.series))
        if forecast is not None:
            channel.publish("forecast", forecast)

    async def _reload_if_changed(self, channel: Channel) -> None:
        before = channel.series
        await self._load(channel)
        if channel.series != before:
            channel.publish("snapshot", await asyncio.to_thread(self._snapshot, channel))

    async def _reload(self, channel: Channel) -> None:
        await self._load(channel)
        channel.publish("snapshot", await asyncio.to_thread(self._snapshot, channel))

    async def _load(self, channel: Channel) -> None:
        channel.series, channel.points = await asyncio.to_thread(self._find, channel.requested)

    def _find(self, requested: str | None) -> tuple[SeriesRecord | None, pd.DataFrame]:
        series = self._statuses.find(self._store, requested)
        if series is None or not series.points:
            return None, pd.DataFrame(columns=list(POINT_FIELDS), dtype="float64")
        since = series.last - timedelta(seconds=(LIVE_WINDOWS - 1) * series.window_seconds)
        return series, read_points(self._store, series.key, since, None)

    def _snapshot(self, channel: Channel) -> LiveSnapshot:
        series = channel.series
        if series is None:
            return LiveSnapshot(
                filename=None, window_seconds=None, points=[], forecast=None, status=self._status(channel)
            )
        return LiveSnapshot(
            filename=series.name,
            window_seconds=series.window_seconds,
            points=chart_points(on_grid(channel.points, series.window_seconds)),
            forecast=self._newest_forecast(series),
            status=self._status(channel),
        )

    def _newest_forecast(self, series: SeriesRecord) -> Forecast | None:
        return self._forecasts.newest(series, self._statuses.status(series.name))

    def _status(self, channel: Channel) -> LiveStatus:
        """Nothing but the growing window asks the store; where that fails the page keeps what it has."""
        series = channel.series
        filename = series.name if series else channel.requested
        try:
            growing = self._statuses.growing(filename)
        except ProblemError:
            growing = None
        return LiveStatus(
            filename=series.name if series else None,
            status=self._statuses.status(series.name) if series else None,
            newest=series.last if series else None,
            growing=growing,
            silent_seconds=self._statuses.silent_seconds(filename),
            store="ok" if self._reachable else "unreachable",
            replay=self._statuses.replay(),
        )

    def _another_is_live(self, channel: Channel) -> bool:
        live = self._statuses.default_filename()
        watched = channel.series.name if channel.series else None
        return channel.requested is None and live is not None and watched != live


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


def _moved(series: SeriesRecord, fresh: pd.DataFrame) -> SeriesRecord:
    """The series with its newest points, of which some may have been there before."""
    added = int((fresh.index > series.last).sum())
    return series.grown(series.first, fresh.index[-1].to_pydatetime(), added)
