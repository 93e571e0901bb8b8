"""The newest windows of one fed series, held beside its live forecaster so that a close reads no history."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from backend.models.live import LiveForecaster
from backend.models.rolling import Floats
from backend.pipeline import issued_forecasts, one_window_ahead
from backend.stores import SeriesKey, Store

SLACK = 1_024  # windows kept beyond the history, so that the array is cut once in so many closes


class FedSeries:
    """One series as the collector knows it. Windows are numbered from 1970."""

    def __init__(self, key: SeriesKey, window_seconds: int, forecaster: LiveForecaster, history_windows: int) -> None:
        self.key = key
        self._seconds = window_seconds
        self._forecaster = forecaster
        self._history = history_windows
        self._first = 0
        self._rates: Floats = np.empty(0)
        self._issued: pd.DataFrame | None = None

    def load(self, store: Store, until: int) -> bool:
        """Read what is stored of the windows before number `until`; whether there is any."""
        since = (until - self._history) * self._seconds
        stored = store.read_points(self.key, _utc(since), _utc(until * self._seconds))["actual_rps"]
        windows = pd.DatetimeIndex(stored.index).as_unit("s").asi8 // self._seconds
        if len(windows):
            self._first = int(windows[0])
            self._rates = np.full(int(windows[-1]) + 1 - self._first, np.nan)
            self._rates[windows - self._first] = stored.to_numpy()
        return len(windows) > 0

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

    def point(self, store: Store, window: int, rate: float) -> pd.DataFrame:
        """The window's rate beside what was forecast for it just before, if anything was."""
        target = pd.Timestamp(_utc(window * self._seconds)).as_unit("s")
        issued = self._issued
        if issued is None or issued["issued_at"].iloc[0] != target:
            issued = self._stored_forecasts(store, window)
        return one_window_ahead(issued, target, rate)

    def forecast(self, window: int) -> pd.DataFrame | None:
        """Forecast from the end of a window, known or not; None where nothing is known."""
        end = window + 1 - self._first
        since = max(0, end - self._history)
        if end <= 0 or since >= len(self._rates):
            return None
        rates = self._rates[since:end]
        rates = np.concatenate([rates, np.full(end - since - len(rates), np.nan)])
        if np.isnan(rates).all():
            return None
        first = pd.Timestamp(_utc((window + 1 - len(rates)) * self._seconds)).as_unit("s")
        index = pd.date_range(first, periods=len(rates), freq=f"{self._seconds}s", unit="s")
        frame = pd.DataFrame({"actual_rps": rates}, index=index)
        forecasts = issued_forecasts(self._forecaster, frame, self._seconds)
        self._issued = None if forecasts.empty else forecasts
        return self._issued

    def _stored_forecasts(self, store: Store, window: int) -> pd.DataFrame | None:
        start = window * self._seconds
        rows = store.read_forecasts(self.key, _utc(start), _utc(start + self._seconds))
        rows = rows[rows["horizon_seconds"] == self._seconds]
        return rows if len(rows) else None


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
