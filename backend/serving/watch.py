"""What is remembered of a series to judge its windows: what was forecast of the newest, and the surprises of a week."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from backend.arrays import Floats
from backend.measurements import SURPRISES, window_numbers, window_start
from backend.models.anomalies import HORIZONS, KEYS, new_memory
from backend.models.catalog import PREFERRED
from backend.models.intervals import INTERVAL
from backend.models.surprise import WIDEST, Forecast
from backend.models.tail import BLOCK, KEPT, Memory
from backend.serving.issued import issued_for
from backend.stores import TIME, SeriesKey, Store
from backend.stores.contract import SERIES_TAGS

JUDGED_BY = ("mean", *INTERVAL)
NEAR = BLOCK + WIDEST  # windows before the newest whose forecasts are at hand
HELD = NEAR + max(HORIZONS) + 1  # windows


class Watch:
    """Of one live series. Windows are numbered from 1970. `horizons`: those of the forecasts that it is judged by."""

    def __init__(self, window_seconds: int, horizons: Sequence[int]) -> None:
        self.memory = new_memory()
        self.horizons = horizons
        self._seconds = window_seconds
        # Of window w at place w modulo HELD, by horizon: (horizons, HELD, JUDGED_BY), and which window that is.
        self._issued = np.full((len(horizons), HELD, len(JUDGED_BY)), np.nan, dtype=np.float32)
        self._windows = np.full((len(horizons), HELD), -1)
        self._from = 0  # the first window whose forecasts are at hand

    def load(self, store: Store, key: SeriesKey, until: int) -> None:
        """Read what is stored of the windows before number `until`."""
        self.memory = stored_memory(store, key, self._seconds, until // BLOCK + 1)
        self._from = until - NEAR
        stop = until + max(self.horizons, default=0)
        windows, found = np.arange(self._from, stop), self._stored(store, key, self._from, stop)
        for place, horizon in enumerate(self.horizons):
            self._windows[place, windows % HELD] = windows
            self._issued[place, windows % HELD] = np.stack(found[horizon], axis=-1)

    def issued(self, window: int, forecasts: Floats) -> None:
        """Take in what the preferred model forecast from the end of a window: (horizons, JUDGED_BY)."""
        self._from = max(self._from, window - NEAR)
        for place, horizon in enumerate(self.horizons):
            at = (window + horizon) % HELD
            self._windows[place, at], self._issued[place, at] = window + horizon, forecasts[place]

    def forecasts(self, store: Store, key: SeriesKey, first: int, stop: int) -> dict[int, Forecast]:
        """What was forecast of the windows from `first` up to `stop`; read from the store where that is longer ago."""
        if first < self._from:
            return self._stored(store, key, first, stop)
        windows = np.arange(first, stop)
        known = self._windows[:, windows % HELD] == windows
        issued = np.where(known[..., np.newaxis], self._issued[:, windows % HELD].astype(np.float64), np.nan)
        return {horizon: Forecast(*own.T) for horizon, own in zip(self.horizons, issued, strict=True)}

    def _stored(self, store: Store, key: SeriesKey, first: int, stop: int) -> dict[int, Forecast]:
        if not self.horizons:
            return {}
        start = window_start(first, self._seconds)
        index = pd.date_range(start, periods=stop - first, freq=f"{self._seconds}s", unit="s")
        issued = issued_for(store, key, index, self._seconds, self.horizons, JUDGED_BY)
        unknown = np.full((stop - first, len(JUDGED_BY)), np.nan)
        found = {}
        for horizon in self.horizons:
            table = issued.get(horizon, {}).get(PREFERRED.key)
            found[horizon] = Forecast(*(unknown if table is None else table.to_numpy()).T)
        return found


def surprises_table(key: SeriesKey, window_seconds: int, first: int, maxima: Floats) -> pd.DataFrame:
    """Block maxima (kinds, blocks) of a series from block number `first` on as the store takes them."""
    blocks = np.arange(first, first + maxima.shape[1])
    return surprises_of([key] * len(blocks), window_seconds, blocks, maxima)


def surprises_of(keys: Sequence[SeriesKey], window_seconds: int, blocks: npt.ArrayLike, maxima: Floats) -> pd.DataFrame:
    """Block maxima (kinds, rows), each of a series and a block, as the store takes them: those that are known."""
    times = pd.DatetimeIndex((np.asarray(blocks) * BLOCK * window_seconds).astype("datetime64[s]")).tz_localize("UTC")
    named = {tag: [key.tags[tag] for key in keys] for tag in SERIES_TAGS}
    table = pd.DataFrame({**dict(zip(KEYS, maxima, strict=True)), TIME: times, **named})
    return table.iloc[np.flatnonzero(np.isfinite(maxima).any(axis=0))]


def stored_memory(store: Store, key: SeriesKey, window_seconds: int, block: int) -> Memory:
    """What is stored of the blocks before this one."""
    seconds = BLOCK * window_seconds
    start, stop = (window_start(each, seconds) for each in (block - KEPT, block))
    table = store.read(SURPRISES, key.tags, start, stop)
    memory = new_memory()
    if len(table):
        blocks = window_numbers(table[TIME], seconds)
        first = int(blocks[0])
        maxima = np.full((len(KEYS), int(blocks[-1]) + 1 - first), np.nan)
        maxima[:, blocks - first] = table.reindex(columns=list(KEYS)).to_numpy().T
        memory.put(first, maxima)
    return memory
