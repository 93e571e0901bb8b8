"""How far the busiest second of a raw log's windows is above the mean of its window: what a burst factor plans for."""

import numpy as np

from backend.arrays import Ints

EACH = 16  # of so many windows one is looked at; a power of two
FEWEST = 10  # busy windows that a factor is read from: with one of sixteen three hours of minutes
SHARE = 0.95  # of the busy windows, whose peaks the factor covers
LONGEST_WINDOW = 3_600  # seconds
SECONDS_SHARE = 0.5  # of a window's seconds that must occur: times by the minute say nothing of seconds


class BurstCounter:
    """Counts the requests of every second of one window in sixteen, batch by batch."""

    def __init__(self, window: int, ticks_per_second: int) -> None:
        self._window = window
        self._ticks_per_second = ticks_per_second
        self._counts: dict[int, Ints] = {}  # by number of the window, its seconds

    def add(self, ticks: Ints) -> None:
        if not 2 <= self._window <= LONGEST_WINDOW:
            return
        per_window = self._window * self._ticks_per_second
        turns = ticks // per_window
        turns &= EACH - 1  # in place and by bits: a division and further arrays cost as much as all the rest
        chosen = ticks[turns == 0]
        windows, places = np.unique(chosen // per_window, return_inverse=True)
        seconds = chosen // self._ticks_per_second % self._window
        counts = np.bincount(places * self._window + seconds, minlength=len(windows) * self._window)
        for number, own in zip(windows.tolist(), counts.reshape(-1, self._window), strict=True):
            self._counts[number] = self._counts[number] + own if number in self._counts else own

    def factor(self) -> float | None:
        """Peak second ÷ mean of its window: the 95th percentile over the windows with a request a second or more, below
        which a peak is chance. None where there are too few of them, or times are not by the second."""
        busy = [own for own in self._counts.values() if own.sum() >= self._window]
        if len(busy) < FEWEST:
            return None
        counts = np.stack(busy)
        if np.count_nonzero(counts.any(axis=0)) < SECONDS_SHARE * self._window:
            return None
        return float(np.quantile(counts.max(axis=1) * self._window / counts.sum(axis=1), SHARE, method="inverted_cdf"))
