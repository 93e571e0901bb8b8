"""The live step: forecasts of one series that grows by a window at a time, from what earlier steps left."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd

from backend.models import features
from backend.models.adaptation import BLOCK
from backend.models.engine import (
    FEATURE_SPAN,
    HISTORY_WINDOWS,
    MIN_WINDOWS,
    OUTPUT_SPAN,
    REFIT_SPAN,
    HorizonModel,
    Outputs,
    finish,
    model_outputs,
    newest_coefficients,
    outputs,
)
from backend.models.frames import MODELS, ForecastResult, by_level, series_of
from backend.models.history import Grid, History
from backend.models.rolling import Floats

COLUMNS = ["model", "horizon", "timestamp", "mean", "p10", "p50", "p90", "p95"]
MOST_STEPS = 16  # more new windows than that are cheaper computed from the beginning


@dataclass
class _Remembered:
    """What a horizon's newest origin left to the next."""

    outputs: Outputs  # at the newest OUTPUT_SPAN origins
    coefficients: Floats  # of the linear model, which hold until the next block of windows is complete


class LiveForecaster:
    """Forecasts from the end of a growing frame: what RPSEstimator.forecast says, to the last digit.

    One for each series that is live. It remembers the costly parts of its last frame's forecasts (0.5 MB). A frame that
    continues that one (the same windows and up to 16 more, cut at the front to no less than `history_windows`) takes
    about 10 ms; any other frame is computed from the beginning, so no call can be wrong. Thread-safe.
    """

    def __init__(self, models: Mapping[int, HorizonModel]) -> None:
        self._models = models
        self._lock = Lock()
        self._values: Floats = np.empty(0)
        self._grid = Grid(1, 0)
        self._remembered: dict[int, _Remembered] = {}

    def forecast(self, frame: pd.DataFrame, step: pd.Timedelta | None = None) -> ForecastResult:
        """Forecasts of both models from the end of `frame`; frame and step as RPSEstimator.forecast takes them."""
        values, grid = series_of(frame, step)
        begin = max(0, len(values) - HISTORY_WINDOWS)
        values, grid = values[begin:], grid.from_row(begin)
        with self._lock:
            added = self._added(values, grid)
            if added is None:
                self._begin(values, grid)
            else:
                for stop in range(len(values) - added + 1, len(values) + 1):
                    self._advance(values[:stop], grid)
            self._values, self._grid = values, grid
            rows = self._rows(values, grid)
        window, last = pd.Timedelta(grid.step_ns, unit="ns"), frame.index[-1]
        records = [row | {"timestamp": last + row["horizon"] * window} for row in rows]
        table = pd.DataFrame(records, columns=COLUMNS)
        known = int(np.isfinite(values[-features.MAX_AGE :]).sum())
        return ForecastResult(table, known < MIN_WINDOWS, last + window)

    def _added(self, values: Floats, grid: Grid) -> int | None:
        """How many windows came since the last frame; None unless it holds that frame and no other past."""
        cut = grid.first - self._grid.first
        added = len(values) + cut - len(self._values)
        same_past = cut == 0 or len(values) == HISTORY_WINDOWS
        if grid.step_ns != self._grid.step_ns or cut < 0 or not 0 <= added <= MOST_STEPS or not same_past:
            return None
        return added if np.array_equal(values[: len(values) - added], self._values[cut:], equal_nan=True) else None

    def _begin(self, values: Floats, grid: Grid) -> None:
        history = History(values, grid)
        first, shared = max(0, len(values) - OUTPUT_SPAN), features.shared(history)
        self._remembered = {
            horizon: _Remembered(*outputs(history, horizon, model, first, shared))
            for horizon, model in self._models.items()
        }

    def _advance(self, values: Floats, grid: Grid) -> None:
        """Take in the last of `values`."""
        history = _newest(values, grid, FEATURE_SPAN)
        recent = history.tail(len(history) - 1, features.REACH)
        shared = features.shared(recent)
        refit = (grid.first + len(values)) % BLOCK == 0
        whole = _newest(values, grid, FEATURE_SPAN + REFIT_SPAN) if refit else history
        for horizon, model in self._models.items():
            left = self._remembered[horizon]
            if refit:
                left.coefficients = newest_coefficients(whole, horizon, model)
            made = model_outputs(features.compute(recent, horizon, shared), left.coefficients, model)
            left.outputs = left.outputs.followed_by(made, OUTPUT_SPAN)

    def _rows(self, values: Floats, grid: Grid) -> list[dict[str, Any]]:
        """One a horizon and model: what is forecast at the newest origin."""
        history = _newest(values, grid, FEATURE_SPAN)
        recent = history.tail(max(0, len(history) - OUTPUT_SPAN), 0)
        rows: list[dict[str, Any]] = []
        for horizon, model in self._models.items():
            made = finish(recent, horizon, model, self._remembered[horizon].outputs, len(recent) - 1)
            for place, name in enumerate(MODELS):
                if np.isfinite(made.mean[place, 0]):
                    levels = {level: float(column[0]) for level, column in by_level(made.quantiles[place]).items()}
                    rows.append({"model": name, "horizon": horizon, "mean": float(made.mean[place, 0])} | levels)
        return rows


def _newest(values: Floats, grid: Grid, span: int) -> History:
    begin = max(0, len(values) - span)
    return History(values[begin:], grid.from_row(begin))
