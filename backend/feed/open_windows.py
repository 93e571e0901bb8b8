"""What has come of windows that are still open, for those who watch them grow."""

from collections.abc import Collection
from datetime import datetime

from backend.feed.rates import NANOSECONDS, Samples, growing_rates, stored_samples
from backend.feed.tracker import FeedTracker
from backend.measurements import window_start
from backend.stores import Store

FEW_SERIES = 8  # whose samples are read one by one, in 6 ms each; all of 100 series that are fed once a second in 50


class OpenWindows:
    """Thread-safe: it keeps nothing, and tells the tracker nothing, which may just have been told of a deletion."""

    def __init__(self, store: Store, tracker: FeedTracker) -> None:
        self._store = store
        self._tracker = tracker
        self._seconds = tracker.window_seconds

    def growing(self, filenames: Collection[str], now: float) -> dict[str, tuple[datetime, float, float]]:
        """By series the newest open window that a sample lies in: its start, rate and seconds so far. Absent where
        there is none.

        The store is asked, not the tracker: another backend may receive the samples.
        """
        closed, current = self._tracker.closed, int(now // self._seconds)
        status = self._tracker.status
        live = [name for name in filenames if status(name, int(now * NANOSECONDS)) == "live"]
        if closed is None or closed >= current or not live:
            return {}
        growing: dict[str, tuple[datetime, float, float]] = {}
        for each in live if len(live) <= FEW_SERIES else [None]:
            samples = stored_samples(self._store, self._seconds, closed + 1, current, each)
            growing |= self._growing(samples, range(closed + 1, current + 1))
        return {name: growing[name] for name in live if name in growing}

    def _growing(self, samples: Samples, windows: range) -> dict[str, tuple[datetime, float, float]]:
        """Of each series the window of its newest sample, or the last where that is ahead of the clock."""
        growing: dict[str, tuple[datetime, float, float]] = {}
        newest = samples.newest
        for window in windows:
            start, stop = (each * self._seconds * NANOSECONDS for each in (window, window + 1))
            for name, rate in growing_rates(samples, start, stop).items():
                if newest[name] < stop or window == windows[-1]:
                    growing[name] = window_start(window, self._seconds), *rate
        return growing
