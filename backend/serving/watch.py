"""What is remembered of a series to judge its windows: what was forecast of the newest, and the surprises of a week."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from backend.measurements import QUANTITIES, SURPRISES
from backend.models.anomalies import HORIZONS, KEYS, Scores, judge_newest, new_memory
from backend.models.catalog import PREFERRED
from backend.models.intervals import INTERVAL
from backend.models.rolling import Floats
from backend.models.surprise import WIDEST, Forecast, reach
from backend.models.tail import BLOCK, KEPT, Memory
from backend.models.trailing_stats import Grid
from backend.serving.issued import issued_for
from backend.stores import TIME, SeriesKey, Store
from backend.stores.packing import groups_as_kept

JUDGED_BY = ("mean", *INTERVAL)
PLACES = [QUANTITIES.index(name) for name in JUDGED_BY]
NEAR = BLOCK + WIDEST  # windows before the newest whose forecasts are at hand


class Watch:
    """Of one live series. Windows are numbered from 1970."""

    def __init__(self, window_seconds: int) -> None:
        self.memory = new_memory()
        self._seconds = window_seconds
        self._issued: dict[int, dict[int, Floats]] = {horizon: {} for horizon in HORIZONS}
        self._from = 0  # the first window whose forecasts are at hand

    def load(self, store: Store, key: SeriesKey, until: int) -> None:
        """Read what is stored of the windows before number `until`."""
        self.memory = stored_memory(store, key, self._seconds, until // BLOCK + 1)
        self._from = until - NEAR
        found = self._stored(store, key, self._from, until + max(HORIZONS))
        for horizon, forecast in found.items():
            columns = np.stack(forecast, axis=-1)
            self._issued[horizon] = {self._from + int(row): columns[row] for row in np.flatnonzero(known(columns))}

    def issued(self, window: int, forecasts: Iterable[Mapping[str, Any]]) -> None:
        """Take in what was forecast from the end of a window, as LiveForecaster.rows gives it."""
        self._from = max(self._from, window - NEAR)
        rows = [row for row in forecasts if row["model"] == PREFERRED.key and row["horizon"] in self._issued]
        if rows:
            columns = as_stored(np.array([[row[name] for name in QUANTITIES] for row in rows]))
            for row, column in zip(rows, columns, strict=True):
                self._issued[row["horizon"]][window + row["horizon"]] = column
        for own in self._issued.values():
            for old in [each for each in own if each < self._from]:
                del own[old]

    def forecasts(self, store: Store, key: SeriesKey, first: int, stop: int) -> dict[int, Forecast]:
        """What was forecast of the windows from `first` up to `stop`; read from the store where that is longer ago."""
        if first < self._from:
            return self._stored(store, key, first, stop)
        unknown = np.full(len(JUDGED_BY), np.nan)
        return {
            horizon: Forecast(*np.stack([own.get(window, unknown) for window in range(first, stop)], axis=-1))
            for horizon, own in self._issued.items()
        }

    def _stored(self, store: Store, key: SeriesKey, first: int, stop: int) -> dict[int, Forecast]:
        start = datetime.fromtimestamp(first * self._seconds, UTC)
        index = pd.date_range(start, periods=stop - first, freq=f"{self._seconds}s", unit="s")
        issued = issued_for(store, key, index, self._seconds, HORIZONS, JUDGED_BY)
        unknown = np.full((stop - first, len(JUDGED_BY)), np.nan)
        found = {}
        for horizon in HORIZONS:
            table = issued.get(horizon, {}).get(PREFERRED.key)
            found[horizon] = Forecast(*(unknown if table is None else table.to_numpy()).T)
        return found


def known(columns: Floats) -> Floats:
    return np.asarray(np.isfinite(columns).all(axis=-1))


def as_stored(values: Floats) -> Floats:
    """JUDGED_BY from QUANTITIES, (rows, quantities), rounded as a store keeps forecasts: a restart changes no score."""
    return groups_as_kept(values)[:, PLACES]


def judged_newest(
    watches: Sequence[Watch], rates: Floats, grid: Grid, forecasts: Sequence[Mapping[int, Forecast]], rows: int
) -> Scores:
    """Scores of the last `rows` windows of many series, `rates` and `forecasts` as judge_newest takes them."""
    together = {
        horizon: Forecast(*(np.stack([each[horizon][part] for each in forecasts]) for part in range(len(JUDGED_BY))))
        for horizon in HORIZONS
    }
    return judge_newest([watch.memory for watch in watches], rates, grid, together, rows)


def reach_of(window_seconds: int) -> int:
    """How many windows before one have an effect on its score."""
    return reach(Grid.of_seconds(window_seconds, 0))


def surprises_table(key: SeriesKey, window_seconds: int, first: int, maxima: Floats) -> pd.DataFrame:
    """Block maxima (kinds, blocks) from block number `first` on as the store takes them."""
    seconds = np.arange(first, first + maxima.shape[1]) * BLOCK * window_seconds
    times = pd.DatetimeIndex(seconds.astype("datetime64[s]")).tz_localize("UTC")
    table = pd.DataFrame(maxima.T, columns=list(KEYS)).assign(**{TIME: times}, **key.tags)
    return table.iloc[np.flatnonzero(np.isfinite(maxima).any(axis=0))]


def stored_memory(store: Store, key: SeriesKey, window_seconds: int, block: int) -> Memory:
    """What is stored of the blocks before this one."""
    seconds = BLOCK * window_seconds
    start, stop = (datetime.fromtimestamp(each * seconds, UTC) for each in (block - KEPT, block))
    table = store.read(SURPRISES, key.tags, start, stop)
    memory = new_memory()
    if len(table):
        blocks = pd.DatetimeIndex(table[TIME]).as_unit("s").asi8 // seconds
        first = int(blocks[0])
        maxima = np.full((len(KEYS), int(blocks[-1]) + 1 - first), np.nan)
        maxima[:, blocks - first] = table.reindex(columns=list(KEYS)).to_numpy().T
        memory.put(first, maxima)
    return memory
