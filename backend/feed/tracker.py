"""Which series are fed: their newest sample, and the closed windows that late samples reached."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import pandas as pd

from backend.feed.rates import LOOKBACK_WINDOWS, NANOSECONDS
from backend.measurements import SAMPLES, STALE_WINDOWS
from backend.stores import TIME

assert SAMPLES.kept is not None
SAMPLES_KEPT: timedelta = SAMPLES.kept  # how late a sample may be, and how long a silent feed is still called one
SERIES_WORTH = 24  # late windows: to correct one takes 0.35 ms, of a series that has no other 8.6 ms
_KEPT = int(SAMPLES_KEPT.total_seconds()) * NANOSECONDS


class FeedTracker:
    """Thread-safe. Times are nanoseconds since 1970, windows are numbered from there.

    A sample that is dated ahead was sent by now at the latest, so it keeps a feed alive for no longer than one of now.
    """

    def __init__(self, window_seconds: int, clock: Callable[[], int] | None = None) -> None:
        self.window_seconds = window_seconds
        self._clock = clock or time.time_ns
        self._window = window_seconds * NANOSECONDS
        self._lock = threading.Lock()
        self._newest: dict[str, int] = {}
        self._late: dict[str, set[int]] = defaultdict(set)
        self._with_window: set[str] = set()
        self._closed: int | None = None

    @property
    def closed(self) -> int | None:
        """Number of the newest closed window; None before the first."""
        return self._closed

    def close(self, window: int) -> None:
        """Samples of this window and earlier ones are late from now on. Call it before reading them."""
        longest_ago = (window + 1) * self._window - _KEPT
        with self._lock:
            self._closed = window
            self._newest = {name: newest for name, newest in self._newest.items() if newest >= longest_ago}

    def set_back(self, window: int) -> None:
        """The clock was set back and `window` is the newest closed one: what came later cannot keep a feed alive."""
        with self._lock:
            self._closed = window
            end = (window + 1) * self._window
            self._newest = {name: min(newest, end) for name, newest in self._newest.items()}

    def note_samples(self, samples: pd.DataFrame) -> None:
        """Samples that the store has."""
        times = pd.DatetimeIndex(samples[TIME]).as_unit("ns").asi8
        table = pd.DataFrame({"filename": samples["filename"].to_numpy(), "time": times})
        newest = table.groupby("filename")["time"].max()
        with self._lock:
            for name, stamp in newest.items():
                self._note(str(name), int(stamp))
            if self._closed is None:
                return
            closed = self._closed
        late = table[table["time"] <= (closed + 1) * self._window]
        if late.empty:
            return
        # A sample reaches its own window, for a counter the one that ends with it, and those that look back on it.
        # Thousands of samples reach few windows: outside the lock, for which those wait who serve the page.
        windows = pd.DataFrame(
            {
                "filename": late["filename"],
                "first": (late["time"] - 1) // self._window,
                "last": (late["time"] // self._window + LOOKBACK_WINDOWS).clip(upper=closed),
            }
        ).drop_duplicates()
        with self._lock:
            for name, first, last in windows.itertuples(index=False):
                self._late[name].update(range(first, last + 1))

    def note_newest(self, filename: str, newest: int) -> None:
        """The newest sample in the store: an earlier process or another one received it."""
        with self._lock:
            self._note(filename, newest)

    def _note(self, filename: str, newest: int) -> None:
        self._newest[filename] = max(min(newest, self._clock()), self._newest.get(filename, 0))

    def take_late(self, most: int) -> dict[str, set[int]]:
        """The closed windows to compute anew, by series; asked once. Of those that have waited longest: one series at
        least, and no more than come to `most` windows, each counted as SERIES_WORTH more."""
        late: dict[str, set[int]] = {}
        with self._lock:
            for filename, windows in list(self._late.items()):
                most -= SERIES_WORTH + len(windows)
                if late and most < 0:
                    break
                late[filename] = self._late.pop(filename)
        return late

    def put_back(self, late: dict[str, set[int]]) -> None:
        """Windows that could not be computed now."""
        with self._lock:
            for filename, windows in late.items():
                self._late[filename] |= windows

    def newest(self, filename: str) -> int | None:
        """Time of the series' newest sample, or when it came if it is dated ahead."""
        with self._lock:
            return self._newest.get(filename)

    def status(self, filename: str, now: int) -> Literal["live", "stale"] | None:
        """Whether the feed speaks, fell silent within the last day, or is none."""
        newest = self.newest(filename)
        if newest is None or now - newest > _KEPT:
            return None
        return "live" if now - newest <= STALE_WINDOWS * self._window else "stale"

    def names(self, status: Literal["live", "stale"], now: int) -> list[str]:
        """The feeds of that status."""
        with self._lock:
            fed = sorted(self._newest)
        return [filename for filename in fed if self.status(filename, now) == status]

    def note_window(self, filename: str) -> None:
        """The series has a window."""
        self._with_window.add(filename)

    def first_live(self, now: int) -> str | None:
        """The first live feed by name that has a window to show."""
        return next((name for name in self.names("live", now) if name in self._with_window), None)

    def forget(self, filename: str) -> None:
        with self._lock:
            self._newest.pop(filename, None)
            self._late.pop(filename, None)
            self._with_window.discard(filename)
