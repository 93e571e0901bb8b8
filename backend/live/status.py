"""What is live: the replay that runs and the series that are fed."""

import time
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from backend.feed.open_windows import OpenWindows
from backend.feed.rates import NANOSECONDS
from backend.feed.tracker import FeedTracker
from backend.live.replay import Replayer
from backend.schemas import GrowingWindow, Replay, SeriesStatus, StaleFeed
from backend.stores import SeriesRecord, Store


class SeriesStatuses:
    """The one place that is asked whether a series is live."""

    def __init__(self, store: Store, replayer: Replayer, tracker: FeedTracker, open_windows: OpenWindows) -> None:
        self._store = store
        self._replayer = replayer
        self._tracker = tracker
        self._open_windows = open_windows

    def default_filename(self) -> str | None:
        """The live series that is shown to those who name none: the replay, else the first feed with a window."""
        return self._replayer.live_filename or self._tracker.first_live(time.time_ns())

    def find(self, filename: str | None) -> SeriesRecord | None:
        """The series of that name; without a name the live one, else the one written last that has points."""
        wanted = filename or self.default_filename()
        return self._store.find(wanted) if wanted is not None else newest_with_points(self._store.list_series())

    def status(self, filename: str) -> SeriesStatus:
        if filename == self._replayer.live_filename:
            return "live"
        return self._tracker.status(filename, time.time_ns()) or "historic"

    def growing(self, filenames: Collection[str]) -> dict[str, GrowingWindow]:
        """The windows that are still open, as far as their samples go; absent for what is not fed."""
        return {
            name: GrowingWindow(timestamp=timestamp, rps=rate, elapsed_seconds=seconds)
            for name, (timestamp, rate, seconds) in self._open_windows.growing(filenames, time.time()).items()
        }

    def silent_seconds(self, filename: str | None) -> float | None:
        """Since the newest sample of a feed, 0 where the sender's clock is ahead of ours; None for what is not fed."""
        newest = self._tracker.newest(filename) if filename else None
        return None if newest is None else max(0.0, (time.time_ns() - newest) / NANOSECONDS)

    def lags(self) -> dict[str, float]:
        """By live feed the seconds since its newest sample."""
        lags = {name: self.silent_seconds(name) for name in self._tracker.names("live", time.time_ns())}
        return {name: lag for name, lag in lags.items() if lag is not None}

    def stale_feeds(self) -> list[StaleFeed]:
        return [
            StaleFeed(filename=filename, newest=datetime.fromtimestamp(newest // NANOSECONDS, UTC))
            for filename in self._tracker.names("stale", time.time_ns())
            if (newest := self._tracker.newest(filename)) is not None
        ]

    def replay(self) -> Replay | None:
        return self._replayer.current()


def newest_with_points(records: Iterable[SeriesRecord]) -> SeriesRecord | None:
    """Of records in the store's order, the one written last first."""
    return next((record for record in records if record.points), None)
