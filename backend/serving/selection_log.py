"""What is selected for a fed series, followed from close to close, so that a change is logged as it happens."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import structlog

from backend.models import catalog
from backend.models.rolling import Floats, Ints
from backend.models.selection import LOOKBACK, choose
from backend.serving.presenters import selection_reason

log = structlog.get_logger()

WINDOWS = LOOKBACK + 64  # those that the choice looks back on, and the ones still to come


class _Means:
    """One horizon's forecasts of the newest windows; window w is kept at place w modulo WINDOWS."""

    def __init__(self) -> None:
        self._window: Ints = np.full(WINDOWS, -1)
        self._means: dict[str, Floats] = {key: np.full(WINDOWS, np.nan) for key in catalog.model_keys()}

    def put(self, model: str, windows: int | Ints, means: float | Floats) -> None:
        self._window[windows % WINDOWS] = windows
        self._means[model][windows % WINDOWS] = means

    def of(self, windows: Ints) -> dict[str, Floats]:
        """By model what was forecast for the windows, NaN where nothing was; models of which something was."""
        places = windows % WINDOWS
        kept = self._window[places] == windows
        forecasts = {key: np.where(kept, means[places], np.nan) for key, means in self._means.items()}
        return {key: means for key, means in forecasts.items() if np.isfinite(means).any()}


class SelectionLog:
    """The selection that /api/forecast makes from the store, made from memory at every close."""

    def __init__(self) -> None:
        self._horizons: dict[int, _Means] = {}
        self._selected: dict[int, str] = {}

    def load(self, issued: Mapping[int, Mapping[str, pd.DataFrame]], first: int) -> None:
        """Take what an earlier process issued, as issued_for gives it of the windows from number `first` on."""
        for horizon, models in issued.items():
            for model in models.keys() & catalog.model_keys():
                means = models[model]["mean"].to_numpy()
                self._of(horizon).put(model, np.arange(first, first + len(means)), means)

    def issued(self, window: int, rows: Iterable[Mapping[str, float]]) -> None:
        """Take the forecasts made at the end of a window."""
        for row in rows:
            self._of(int(row["horizon"])).put(str(row["model"]), window + int(row["horizon"]), row["mean"])

    def note(self, filename: str, rates: Floats, window: int) -> None:
        """Select after `window`, the last of `rates` (unknown: NaN); what is another than before is logged once."""
        windows = np.arange(window + 1 - len(rates), window + 1)
        series = pd.Series(rates)
        for horizon, means in self._horizons.items():
            selection = choose(series, horizon, means.of(windows))
            before = self._selected.setdefault(horizon, selection.model)
            if before != selection.model:
                self._selected[horizon] = selection.model
                log.warning(
                    "selection_changed",
                    filename=filename,
                    horizon=horizon,
                    before=before,
                    model=selection.model,
                    reason=selection_reason(selection),
                    errors=selection.errors,
                )

    def _of(self, horizon: int) -> _Means:
        return self._horizons.setdefault(horizon, _Means())
