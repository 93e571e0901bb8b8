"""One live series: its newest windows, at hand so that a close reads no history."""

import numpy as np

from backend.arrays import Floats, Ints
from backend.measurements import read_rates, window_numbers, window_start
from backend.models.anomalies import judging_horizons
from backend.models.ensemble import HISTORY_WINDOWS, LIVE_SPAN
from backend.models.live import LiveForecaster
from backend.serving.freed_memory import return_freed_memory
from backend.serving.watch import Watch
from backend.stores import SeriesKey, Store


class SeriesStream:
    """Windows are numbered from 1970. Its rates are with the forecaster once that has learned them; before, and after a
    change of its past, they are here."""

    def __init__(self, key: SeriesKey, window_seconds: int, forecaster: LiveForecaster) -> None:
        self.key = key
        self.watch = Watch(window_seconds, judging_horizons(forecaster.models))
        self._seconds = window_seconds
        self._forecaster = forecaster
        self._first = 0  # the first window that is known
        self._newest = -1
        self._unlearned: Floats | None = np.empty(0)  # from the first window on; None: the forecaster has them

    def load(self, store: Store, until: int) -> bool:
        """Read what is stored of the windows before number `until`; whether there is any."""
        self._read_rates(store, until)
        if self._newest < self._first:
            return False
        self.watch.load(store, self.key, until)
        return True

    def _read_rates(self, store: Store, until: int) -> None:
        windows, stored = self._stored(store, until - HISTORY_WINDOWS, until)
        if len(windows):
            self._first, self._newest = int(windows[0]), int(windows[-1])
            self._unlearned = np.full(self._newest + 1 - self._first, np.nan)
            self._unlearned[windows - self._first] = stored

    def _stored(self, store: Store, first: int, stop: int) -> tuple[Ints, Floats]:
        """The windows from `first` up to `stop` that are known, and their rates."""
        start, end = (window_start(each, self._seconds) for each in (first, stop))
        stored = read_rates(store, self.key, start, end)
        return window_numbers(stored.index, self._seconds), stored.to_numpy()

    @property
    def newest(self) -> int:
        """The number of the newest window that is known."""
        return self._newest

    @property
    def learned(self) -> bool:
        """Whether the forecaster knows its past."""
        return self._unlearned is None

    def rates(self, first: int, stop: int) -> Floats:
        """The rates of windows from `first` up to `stop`, NaN where unknown."""
        if self._unlearned is None:
            return self._forecaster.rates(self.key.name, first, stop)
        rates = np.full(stop - first, np.nan)
        begin, end = max(first, self._first), min(stop, self._first + len(self._unlearned))
        if begin < end:
            rates[begin - first : end - first] = self._unlearned[begin - self._first : end - self._first]
        return rates

    def has_at_hand(self, first: int) -> bool:
        """Whether `rates` knows all that is known from this window on."""
        last = self._forecaster.last if self._unlearned is None else self._newest
        return last is not None and max(first, self._first) > last - LIVE_SPAN

    def past(self, store: Store, first: int, stop: int) -> Floats:
        """As `rates`, however long ago."""
        past = np.full(stop - first, np.nan)
        windows, stored = self._stored(store, first, stop)
        past[windows - first] = stored
        return past

    def put(self, store: Store, window: int, rate: float) -> None:
        """The rate of a window, new, corrected, or from before the first that was known."""
        if self._unlearned is None and self._forecaster.put(self.key.name, window, rate):
            self._newest = max(self._newest, window)
            return
        rates = self._unlearn(store)
        if not len(rates):
            self._first = window
        if window < self._newest - HISTORY_WINDOWS:
            return
        before, behind = max(0, self._first - window), max(0, window + 1 - self._first - len(rates))
        if before or behind:
            rates = np.concatenate([np.full(before, np.nan), rates, np.full(behind, np.nan)])
            self._first -= before
        rates[window - self._first] = rate
        self._unlearned, self._newest = rates, max(self._newest, window)

    def learn(self, window: int) -> bool:
        """Let the forecaster know the past; whether anything is known up to this window, the last it has come to."""
        if self._unlearned is None:
            return True
        if np.isnan(self._unlearned[: max(0, window + 1 - self._first)]).all():
            return False
        self._forecaster.learn({self.key.name: (self._first, self._unlearned)})
        self._unlearned = None
        return_freed_memory()
        return True

    def _unlearn(self, store: Store) -> Floats:
        """Take the rates back from the forecaster: its past is another one."""
        if self._unlearned is None:
            if self.has_at_hand(self._first):
                self._unlearned = self.rates(self._first, self._newest + 1)
            else:
                self._read_rates(store, self._newest + 1)
            self._forecaster.forget(self.key.name)
        assert self._unlearned is not None
        return self._unlearned
