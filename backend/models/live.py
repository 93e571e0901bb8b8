"""The live step: forecasts of one series that grows by a window at a time, from what earlier steps left."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd

from backend.models import features
from backend.models.ensemble import (
    FEATURE_SPAN,
    HISTORY_WINDOWS,
    MEAN_SPAN,
    MIXTURE_REACH,
    OUTPUT_SPAN,
    PLUS,
    REFIT_SPAN,
    HorizonModel,
    Parts,
    blend_weights,
    blended,
    linear_weights,
    means_of,
    parts_of,
    quantiles_of,
)
from backend.models.expert_average import EWMA_ALPHAS, MIN_WINDOWS
from backend.models.frames import MODELS, ForecastResult, by_level, series_of
from backend.models.rolling import Floats
from backend.models.rolling_ridge import BLOCK
from backend.models.trailing_stats import Grid, TrailingStats

COLUMNS = ["model", "horizon", "timestamp", "mean", "p10", "p50", "p90", "p95"]
EWMA_SPAN = max(span for _, span in EWMA_ALPHAS)
MOST_STEPS = 16  # more new windows than that are cheaper computed from the beginning


@dataclass
class _Remembered:
    """What a horizon's newest origin left to the next. The weights hold until a block of windows is complete."""

    parts: Parts  # of the newest OUTPUT_SPAN origins
    scaled: Floats  # blended forecasts of the newest MEAN_SPAN origins
    linear: tuple[Floats, ...]
    blends: tuple[Floats, ...]


class LiveForecaster:
    """Forecasts from the end of a growing frame: what RPSEstimator.forecast says, to the last digit.

    One for each series that is live. It remembers the costly parts of its last frame's forecasts (1 MB). A frame that
    continues that one (the same windows and up to 16 more, cut at the front to no less than `history_windows`) takes
    about 16 ms; any other frame is computed from the beginning, so no call can be wrong. Thread-safe.
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
        window, last = pd.Timedelta(grid.step_ns, unit="ns"), frame.index[-1]
        records = [row | {"timestamp": last + row["horizon"] * window} for row in self.rows(values, grid)]
        table = pd.DataFrame(records, columns=COLUMNS)
        known = int(np.isfinite(values[-features.MAX_AGE :]).sum())
        return ForecastResult(table, known < MIN_WINDOWS, last + window)

    def rows(self, values: Floats, grid: Grid) -> list[dict[str, Any]]:
        """The table's rows without their times, from rates as `series_of` gives them: a frame takes longer to make."""
        begin = max(0, len(values) - HISTORY_WINDOWS)
        values, grid = values[begin:], grid.from_row(begin)
        with self._lock:
            added = self._added(values, grid)
            history = _newest(values, grid, FEATURE_SPAN)
            if added is None:
                self._begin(values, grid)
            else:
                for stop in range(len(values) - added + 1, len(values) + 1):
                    history = self._advance(values[:stop], grid)
            self._values, self._grid = values, grid
            return self._rows(history)

    def _added(self, values: Floats, grid: Grid) -> int | None:
        """How many windows came since the last frame; None unless it holds that frame and no other past."""
        cut = grid.first - self._grid.first
        added = len(values) + cut - len(self._values)
        same_past = cut == 0 or len(values) == HISTORY_WINDOWS
        if grid.step_ns != self._grid.step_ns or cut < 0 or not 0 <= added <= MOST_STEPS or not same_past:
            return None
        return added if np.array_equal(values[: len(values) - added], self._values[cut:], equal_nan=True) else None

    def _begin(self, values: Floats, grid: Grid) -> None:
        history = TrailingStats(values, grid)
        shared = features.shared(history)
        for horizon, model in self._models.items():
            columns = features.compute(history, horizon, shared)
            linear = linear_weights(history, columns.linear, horizon, model, max(0, len(values) - OUTPUT_SPAN))
            parts = parts_of(columns, linear, model)
            blends = blend_weights(history, parts, horizon, max(0, len(values) - MEAN_SPAN))
            self._remembered[horizon] = _Remembered(parts, blended(parts, blends), _last(linear), _last(blends))

    def _advance(self, values: Floats, grid: Grid) -> TrailingStats:
        """Take in the last of `values`; the newest FEATURE_SPAN of them, as far as they had to be looked at."""
        history = _newest(values, grid, FEATURE_SPAN)
        near = history.tail(len(history) - 1, features.REACH)
        remembered = history.tail(max(0, len(history) - OUTPUT_SPAN), 0)
        shared = features.shared(near)
        refit = (grid.first + len(values)) % BLOCK == 0
        for horizon, model in self._models.items():
            left = self._remembered[horizon]
            if refit:
                left.linear = self._refit(values, grid, horizon, model)
            made = parts_of(features.compute(near, horizon, shared), left.linear, model)
            left.parts = np.concatenate([left.parts, made], axis=1)[:, -OUTPUT_SPAN:]
            if refit:
                left.blends = blend_weights(remembered, left.parts, horizon, len(remembered) - 1)
            left.scaled = np.concatenate([left.scaled, blended(left.parts, left.blends)], axis=1)[:, -MEAN_SPAN:]

        return history

    @staticmethod
    def _refit(values: Floats, grid: Grid, horizon: int, model: HorizonModel) -> tuple[Floats, ...]:
        history = _newest(values, grid, FEATURE_SPAN + REFIT_SPAN)
        recent = history.tail(max(0, len(history) - REFIT_SPAN), features.LINEAR_REACH)
        return linear_weights(recent, features.linear(recent, horizon), horizon, model, len(recent) - 1)

    def _rows(self, history: TrailingStats) -> list[dict[str, Any]]:
        """One a horizon and model: what is forecast at the newest origin, the last row of `history`."""
        history.known_in(features.MAX_AGE)
        recent = history.tail(max(0, len(history) - MEAN_SPAN - MIXTURE_REACH), EWMA_SPAN)
        rows: list[dict[str, Any]] = []
        for horizon, model in self._models.items():
            left = self._remembered[horizon]
            means = means_of(recent, horizon, left.scaled, left.parts[PLUS])
            edges = quantiles_of(recent, horizon, model, means, len(recent) - 1)
            for name, mean, edge in zip(MODELS, means[:, -1], edges, strict=True):
                if np.isfinite(mean):
                    levels = {level: float(column[0]) for level, column in by_level(edge).items()}
                    rows.append({"model": name, "horizon": horizon, "mean": float(mean)} | levels)
        return rows


def _last(weights: tuple[Floats, ...]) -> tuple[Floats, ...]:
    return tuple(each[-1:] for each in weights)


def _newest(values: Floats, grid: Grid, span: int) -> TrailingStats:
    begin = max(0, len(values) - span)
    return TrailingStats(values[begin:], grid.from_row(begin))
