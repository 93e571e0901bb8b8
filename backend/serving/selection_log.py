"""What is selected for live series, followed from close to close, so that a change is logged as it happens."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import structlog

from backend.arrays import Floats
from backend.models import catalog
from backend.models.frames import ForecastTables
from backend.models.selection import LOOKBACK, choose_each
from backend.serving.presenters import selection_reason

log = structlog.get_logger()


class SelectionLog:
    """The selection that /api/forecast makes from the store, made from memory at every close."""

    def __init__(self, horizons: Sequence[int]) -> None:
        self._horizons = list(horizons)
        self.windows = LOOKBACK + max(horizons)  # those that the choice looks back on, and the ones still to come
        self._means: dict[str, Floats] = {}  # by series (horizons, models, windows): w at place w modulo their number
        self._selected: dict[tuple[str, int], str] = {}
        self._newest = 0  # the window of the newest forecasts

    def load(self, filename: str, issued: ForecastTables, first: int) -> None:
        """Take what an earlier process issued for a series, as issued_for gives it of the windows from number `first`
        on."""
        self._advance(first + LOOKBACK - 1)
        means = self._of(filename)
        for horizon, models in issued.items():
            for model in models.keys() & catalog.model_keys():
                column = models[model]["mean"].to_numpy()
                places = np.arange(first, first + len(column)) % self.windows
                means[self._horizons.index(horizon), catalog.model_keys().index(model), places] = column

    def forget(self, filename: str) -> None:
        self._means.pop(filename, None)
        for horizon in self._horizons:
            self._selected.pop((filename, horizon), None)

    def issued(self, window: int, filenames: Sequence[str], means: Mapping[str, Floats]) -> None:
        """Take the forecasts made at the end of a window: by model (horizons, series)."""
        self._advance(window)
        stacked = np.stack([means[key] for key in catalog.model_keys()], axis=1)
        for number, filename in enumerate(filenames):
            own = self._of(filename)
            for place, horizon in enumerate(self._horizons):
                own[place, :, (window + horizon) % self.windows] = stacked[place, :, number]

    def _advance(self, window: int) -> None:
        """Nothing is issued yet of windows that come into reach by this one."""
        passed = np.arange(max(self._newest, window - self.windows) + 1, window + 1)
        for place, horizon in enumerate(self._horizons):
            for own in self._means.values():
                own[place, :, (passed + horizon) % self.windows] = np.nan
        self._newest = max(self._newest, window)

    def note(self, filenames: Sequence[str], rates: Floats, window: int) -> None:
        """Select after `window`, the last of `rates` (windows, series; unknown: NaN); what is another than before is
        logged once."""
        if not filenames:
            return
        windows = np.arange(window + 1 - len(rates), window + 1)
        means = np.stack([self._of(filename) for filename in filenames], axis=-1)[:, :, windows % self.windows]
        forecasts = {
            horizon: dict(zip(catalog.model_keys(), means[place].astype(np.float64), strict=True))
            for place, horizon in enumerate(self._horizons)
        }
        for horizon, chosen in choose_each(pd.DataFrame(rates), forecasts).items():
            for filename, selection in zip(filenames, chosen, strict=True):
                before = self._selected.setdefault((filename, horizon), selection.model)
                if before != selection.model:
                    self._selected[filename, horizon] = selection.model
                    log.warning(
                        "selection_changed",
                        filename=filename,
                        horizon=horizon,
                        before=before,
                        model=selection.model,
                        reason=selection_reason(selection),
                        errors=selection.errors,
                    )

    def _of(self, filename: str) -> Floats:
        if filename not in self._means:
            shape = len(self._horizons), len(catalog.model_keys()), self.windows
            self._means[filename] = np.full(shape, np.nan, dtype=np.float32)
        return self._means[filename]
