"""The newest windows of one fed series, held beside its live forecaster so that a close reads no history."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from backend.models.anomalies import anomalies
from backend.models.frames import usable_rates
from backend.models.live import LiveForecaster
from backend.models.rolling import Floats
from backend.models.selection import LOOKBACK
from backend.models.trailing_stats import Grid
from backend.serving.selection_log import SelectionLog
from backend.stores import SeriesKey, Store

SLACK = 1_024  # windows kept beyond the history, so that the array is cut once in so many closes
SAID_FIELDS = ("predicted_rps_model1", "predicted_rps_model2", "p10", "p90")

Said = tuple[float, ...]  # SAID_FIELDS: what was forecast for a window just before it
NOTHING_SAID: Said = (np.nan,) * len(SAID_FIELDS)
PointRow = tuple[str, int, float, *Said]  # filename, window's start in seconds since 1970, rate, SAID_FIELDS
ForecastRow = dict[str, Any]


def windows_frame(rows: Iterable[PointRow]) -> pd.DataFrame:
    """Points as Store.write_windows takes them."""
    table = pd.DataFrame(list(rows), columns=["filename", "timestamp", "actual_rps", *SAID_FIELDS])
    return table.assign(timestamp=_stamps(table["timestamp"]), anomaly=anomalies(table))


def issued_frame(rows: Iterable[ForecastRow]) -> pd.DataFrame:
    """Forecasts as Store.write_issued takes them."""
    table = pd.DataFrame(list(rows))
    return table.assign(timestamp=_stamps(table["timestamp"]), issued_at=_stamps(table["issued_at"]))


class SeriesStream:
    """One series as the collector knows it. Windows are numbered from 1970."""

    def __init__(self, key: SeriesKey, window_seconds: int, forecaster: LiveForecaster, history_windows: int) -> None:
        self.key = key
        self._seconds = window_seconds
        self._forecaster = forecaster
        self._history = history_windows
        self._first = 0
        self._rates: Floats = np.empty(0)
        self._said: dict[int, Said] = {}  # for the window after the newest close
        self._served = SelectionLog()

    def load(self, store: Store, until: int) -> bool:
        """Read what is stored of the windows before number `until`; whether there is any."""
        stored = store.read_points(self.key, self._utc(until - self._history), self._utc(until))["actual_rps"]
        windows = pd.DatetimeIndex(stored.index).as_unit("s").asi8 // self._seconds
        if len(windows):
            self._first = int(windows[0])
            self._rates = np.full(int(windows[-1]) + 1 - self._first, np.nan)
            self._rates[windows - self._first] = stored.to_numpy()
            self._served.load(store.read_forecasts(self.key, self._utc(until - LOOKBACK), None), self._seconds)
        return len(windows) > 0

    def rates(self, first: int, stop: int) -> Floats:
        """The rates of windows from `first` up to `stop`, NaN where unknown."""
        found = np.full(stop - first, np.nan)
        begin, end = max(first, self._first), min(stop, self._first + len(self._rates))
        if begin < end:
            found[begin - first : end - first] = self._rates[begin - self._first : end - self._first]
        return found

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

    def points(self, store: Store, rates: Mapping[int, float]) -> list[PointRow]:
        """The rates of windows beside what was forecast for each just before it, if anything was."""
        said = self._said if rates.keys() <= self._said.keys() else self._stored_forecasts(store, rates)
        return [
            (self.key.filename, window * self._seconds, rate, *said.get(window, NOTHING_SAID))
            for window, rate in rates.items()
        ]

    def warm_up(self, window: int) -> None:
        """Let the forecaster compute what it will need after `window`; nothing is said."""
        self._forecast(window)

    def forecast(self, window: int) -> list[ForecastRow]:
        """Forecasts of both models from the end of a window, known or not; none where nothing is known."""
        rows = self._forecast(window)
        self._served.issued(window, rows)
        one = {row["model"]: row for row in rows if row["horizon"] == 1}
        plus, lgbm = one.get("lgbm_plus"), one.get("lgbm")
        self._said = {window + 1: (plus["mean"], lgbm["mean"], plus["p10"], plus["p90"])} if plus and lgbm else {}
        issued = {"filename": self.key.filename, "issued_at": (window + 1) * self._seconds}
        return [
            row
            | issued
            | {
                "horizon_seconds": row["horizon"] * self._seconds,
                "timestamp": (window + row["horizon"]) * self._seconds,
            }
            for row in rows
        ]

    def _forecast(self, window: int) -> list[dict[str, Any]]:
        first = max(self._first, window + 1 - self._history)
        rates = usable_rates(self.rates(first, max(first, window + 1)))
        if np.isnan(rates).all():
            return []
        return self._forecaster.rows(rates, Grid.of_seconds(self._seconds, window + 1 - len(rates)))

    def note_served(self, window: int) -> None:
        """Log a change of the forecast that is served once a window is closed."""
        self._served.note(self.key.filename, self.rates(window - LOOKBACK, window + 1), window)

    def _stored_forecasts(self, store: Store, windows: Iterable[int]) -> dict[int, Said]:
        rows = store.read_forecasts(self.key, self._utc(min(windows)), self._utc(max(windows) + 1))
        rows = rows[rows["horizon_seconds"] == self._seconds].set_index("timestamp")
        both = rows[rows["model"] == "lgbm_plus"].join(
            rows[rows["model"] == "lgbm"]["mean"].rename("lgbm"), how="inner"
        )
        at = pd.DatetimeIndex(both.index).as_unit("s").asi8 // self._seconds
        said = both[["mean", "lgbm", "p10", "p90"]].to_numpy()
        return dict(zip(at.tolist(), map(tuple, said.tolist()), strict=True))

    def _utc(self, window: int) -> datetime:
        return datetime.fromtimestamp(window * self._seconds, UTC)


def _stamps(seconds: pd.Series) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(seconds, unit="s", utc=True)).as_unit("s")
