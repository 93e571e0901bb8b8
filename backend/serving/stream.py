"""The newest windows of one fed series, held beside its live forecaster so that a close reads no history."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from backend.measurements import FORECASTS, POINT_FIELDS, read_rates
from backend.models.frames import usable_rates
from backend.models.intervals import INTERVAL
from backend.models.live import LiveForecaster
from backend.models.rolling import Floats
from backend.models.selection import LOOKBACK
from backend.models.trailing_stats import Grid
from backend.serving.issued import field, issued_for, packed
from backend.serving.points import predicted_columns
from backend.serving.selection_log import SelectionLog
from backend.serving.watch import Watch
from backend.stores import TIME, SeriesKey, Store

SLACK = 1_024  # windows kept beyond the history, so that the array is cut once in so many closes
Row = dict[str, Any]  # of a measurement; its time in seconds since 1970


def points_of(rows: Iterable[Row]) -> pd.DataFrame:
    """Points of several series as the store takes them."""
    table = pd.DataFrame(list(rows))
    table = table.reindex(columns=["filename", "version", TIME, *POINT_FIELDS])
    return table.assign(**{TIME: _stamps(table[TIME])})


def issued_of(rows: Iterable[Row]) -> pd.DataFrame:
    """Forecasts of several series as the store takes them."""
    table = pd.DataFrame(list(rows))
    return table.assign(**{TIME: _stamps(table[TIME])})


class SeriesStream:
    """One series as the collector knows it. Windows are numbered from 1970."""

    def __init__(self, key: SeriesKey, window_seconds: int, forecaster: LiveForecaster, history_windows: int) -> None:
        self.key = key
        self._seconds = window_seconds
        self._forecaster = forecaster
        self._history = history_windows
        self._first = 0
        self._rates: Floats = np.empty(0)
        self._predicted: dict[int, dict[str, float]] = {}  # what a point has, of the window after the newest close
        self._served = SelectionLog()
        self.watch = Watch(window_seconds)

    def load(self, store: Store, until: int, horizons: Sequence[int]) -> bool:
        """Read what is stored of the windows before number `until`; whether there is any."""
        stored = read_rates(store, self.key, self._utc(until - self._history), self._utc(until))
        windows = pd.DatetimeIndex(stored.index).as_unit("s").asi8 // self._seconds
        if len(windows):
            self._first = int(windows[0])
            self._rates = np.full(int(windows[-1]) + 1 - self._first, np.nan)
            self._rates[windows - self._first] = stored.to_numpy()
            newest = pd.date_range(
                self._utc(until - LOOKBACK), periods=LOOKBACK + max(horizons), freq=f"{self._seconds}s", unit="s"
            )
            self._served.load(issued_for(store, self.key, newest, self._seconds, horizons), until - LOOKBACK)
            self.watch.load(store, self.key, until)
        return len(windows) > 0

    def rates(self, first: int, stop: int) -> Floats:
        """The rates of windows from `first` up to `stop`, NaN where unknown."""
        rates = np.full(stop - first, np.nan)
        begin, end = max(first, self._first), min(stop, self._first + len(self._rates))
        if begin < end:
            rates[begin - first : end - first] = self._rates[begin - self._first : end - self._first]
        return rates

    @property
    def newest(self) -> int:
        """The number of the newest window that is known."""
        return self._first + len(self._rates) - 1

    def put(self, window: int, rate: float) -> None:
        """The rate of a window, new, corrected, or from before the first that was known."""
        if not len(self._rates):
            self._first = window
        if window < self._first - self._history:
            return
        before, behind = max(0, self._first - window), max(0, window + 1 - self._first - len(self._rates))
        if before or behind:
            self._rates = np.concatenate([np.full(before, np.nan), self._rates, np.full(behind, np.nan)])
            self._first -= before
        self._rates[window - self._first] = rate
        if len(self._rates) > self._history + SLACK:
            self._first += len(self._rates) - self._history
            self._rates = self._rates[-self._history :].copy()

    def points(self, store: Store, rates: Mapping[int, float]) -> list[Row]:
        """The rates of windows beside what was forecast for each just before it, if anything was."""
        predicted = self._predicted if rates.keys() <= self._predicted.keys() else self._stored_forecasts(store, rates)
        return [
            {**self.key.tags, TIME: window * self._seconds, "actual_rps": rate, **predicted.get(window, {})}
            for window, rate in rates.items()
        ]

    def warm_up(self, window: int) -> None:
        """Let the forecaster compute what it will need after `window`; nothing is said."""
        self._forecast(window)

    def forecast(self, window: int) -> list[Row]:
        """Forecasts of every model from the end of a window, known or not; none where nothing is known."""
        forecasts = self._forecast(window)
        self._served.issued(window, forecasts)
        self.watch.issued(window, forecasts)
        rows = packed(forecasts, self._seconds)
        predicted = predicted_columns({row["model"]: row for row in rows}, self._seconds)
        self._predicted = {window + 1: predicted} if predicted else {}
        return [{**self.key.tags, TIME: (window + 1) * self._seconds, **row} for row in rows]

    def _forecast(self, window: int) -> list[dict[str, Any]]:
        first = max(self._first, window + 1 - self._history)
        rates = usable_rates(self.rates(first, max(first, window + 1)))
        if np.isnan(rates).all():
            return []
        return self._forecaster.rows(rates, Grid.of_seconds(self._seconds, window + 1 - len(rates)))

    def note_served(self, window: int) -> None:
        """Log a change of the forecast that is served once a window is closed."""
        self._served.note(self.key.name, self.rates(window - LOOKBACK, window + 1), window)

    def _stored_forecasts(self, store: Store, windows: Iterable[int]) -> dict[int, dict[str, float]]:
        fields = [field(quantity, self._seconds) for quantity in ("mean", *INTERVAL)]
        start, stop = self._utc(min(windows)), self._utc(max(windows) + 1)
        table = store.read(FORECASTS, self.key.tags, start, stop, fields=fields)
        issued: dict[int, dict[str, Any]] = {}
        for row in table.to_dict("records"):
            issued.setdefault(int(row[TIME].timestamp()) // self._seconds, {})[row["model"]] = row
        return {window: predicted_columns(models, self._seconds) for window, models in issued.items()}

    def _utc(self, window: int) -> datetime:
        return datetime.fromtimestamp(window * self._seconds, UTC)


def _stamps(seconds: pd.Series) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(seconds, unit="s", utc=True)).as_unit("s")
