"""Which forecast of a fed series is served, followed from close to close, so that a change is logged as it happens."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import structlog

from backend.models.frames import MODELS
from backend.models.rolling import Floats, Ints
from backend.models.selection import LOOKBACK, choose

log = structlog.get_logger()

WINDOWS = LOOKBACK + 64  # those that the choice looks back on, and the ones still to come


class _Means:
    """What one horizon's forecasts said of the newest windows; window w is kept at place w modulo WINDOWS."""

    def __init__(self) -> None:
        self._window: Ints = np.full(WINDOWS, -1)
        self._means: dict[str, Floats] = {model: np.full(WINDOWS, np.nan) for model in MODELS}

    def put(self, model: str, windows: int | Ints, means: float | Floats) -> None:
        self._window[windows % WINDOWS] = windows
        self._means[model][windows % WINDOWS] = means

    def of(self, windows: Ints) -> dict[str, Floats]:
        places = windows % WINDOWS
        kept = self._window[places] == windows
        return {model: np.where(kept, means[places], np.nan) for model, means in self._means.items()}


class SelectionLog:
    """The choice that /api/forecast makes from the store, made from memory at every close."""

    def __init__(self) -> None:
        self._horizons: dict[int, _Means] = {}
        self._model: str | None = None

    def load(self, issued: Mapping[int, Mapping[str, pd.DataFrame]], first: int) -> None:
        """Take what an earlier process issued, as issued_for gives it of the windows from number `first` on."""
        for horizon, models in issued.items():
            for model, table in models.items():
                self._of(horizon).put(model, np.arange(first, first + len(table)), table["mean"].to_numpy())

    def issued(self, window: int, rows: Iterable[Mapping[str, float]]) -> None:
        """Take the forecasts made at the end of a window."""
        for row in rows:
            self._of(int(row["horizon"])).put(str(row["model"]), window + int(row["horizon"]), row["mean"])

    def note(self, filename: str, rates: Floats, window: int) -> None:
        """Choose after `window`, the last of `rates` (unknown: NaN); a choice that is another is logged once."""
        windows = np.arange(window + 1 - len(rates), window + 1)
        choice = choose(pd.Series(rates), {horizon: means.of(windows) for horizon, means in self._horizons.items()})
        before, self._model = self._model, choice.model
        if before not in (None, choice.model):
            log.warning("served_forecast_changed", filename=filename, before=before, **vars(choice))

    def _of(self, horizon: int) -> _Means:
        return self._horizons.setdefault(horizon, _Means())
