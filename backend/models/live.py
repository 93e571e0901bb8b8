"""The live step: forecasts of one series that grows by a window at a time, from what earlier steps left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd

from backend.models import features
from backend.models.ensemble import (
    BASE_SPAN,
    EXPERT_REACH,
    FEATURE_SPAN,
    HISTORY_WINDOWS,
    MEAN_SPAN,
    REFIT_SPAN,
    Forecasts,
    HorizonModel,
    at_horizon,
    base_forecasts,
    linear_weights,
    means_of,
    quantiles_of,
    stack_forecasts,
    stack_weights,
)
from backend.models.expert_average import EWMA_ALPHAS, MIN_WINDOWS
from backend.models.frames import ForecastResult, by_level, series_of
from backend.models.intervals import LEVEL_NAMES
from backend.models.rolling import Floats
from backend.models.rolling_ridge import BLOCK
from backend.models.stack import BaseForecasts, continued, newest
from backend.models.trailing_stats import Grid, TrailingStats

COLUMNS = ["model", "horizon", "timestamp", "mean", *LEVEL_NAMES]
EWMA_SPAN = max(span for _, span in EWMA_ALPHAS)
MOST_STEPS = 16  # more new windows than that are cheaper computed from the beginning


@dataclass
class _State:
    """What a horizon's newest origin leaves to the next. The weights hold until a block of windows is complete."""

    base: BaseForecasts  # at the newest BASE_SPAN origins
    stacked: dict[str, Floats]  # by model the scaled forecasts at the newest MEAN_SPAN origins
    linear: Floats  # coefficients of the newest origin: (1, inputs)
    stacks: dict[str, Floats]  # by model its weights at the newest origin


class LiveForecaster:
    """Forecasts from the end of a growing frame: those of RPSEstimator.forecast, to the last digit.

    One for each series that is live, for the `horizons` (windows) that are asked for: `models` has each or those around
    it. It remembers the costly parts of its last frame's forecasts (1 MB). A frame that continues that one (the same
    windows and up to 16 more, cut at the front to no less than `history_windows`) takes about 16 ms; any other frame is
    computed from the beginning, so no call can be wrong. Thread-safe.
    """

    def __init__(self, models: Mapping[int, HorizonModel], horizons: Sequence[int]) -> None:
        self._models = models
        self._horizons = horizons
        self._lock = Lock()
        self._values: Floats = np.empty(0)
        self._grid = Grid(1, 0)
        self._states: dict[int, _State] = {}

    def forecast(self, frame: pd.DataFrame, step: pd.Timedelta | None = None) -> ForecastResult:
        """Forecasts of every model from the end of `frame`; frame and step as RPSEstimator.forecast takes them."""
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
            stats = _newest(values, grid, FEATURE_SPAN)
            if added is None:
                self._begin(values, grid)
            else:
                for stop in range(len(values) - added + 1, len(values) + 1):
                    stats = self._advance(values[:stop], grid)
            self._values, self._grid = values, grid
            return self._rows(stats)

    def _added(self, values: Floats, grid: Grid) -> int | None:
        """How many windows came since the last frame; None unless it holds that frame and no other past."""
        cut = grid.first - self._grid.first
        added = len(values) + cut - len(self._values)
        same_past = cut == 0 or len(values) == HISTORY_WINDOWS
        if grid.step_ns != self._grid.step_ns or cut < 0 or not 0 <= added <= MOST_STEPS or not same_past:
            return None
        return added if np.array_equal(values[: len(values) - added], self._values[cut:], equal_nan=True) else None

    def _begin(self, values: Floats, grid: Grid) -> None:
        stats = TrailingStats(values, grid)
        shared = features.shared(stats)
        for horizon, model in self._models.items():
            columns = features.compute(stats, horizon, shared)
            linear = linear_weights(stats, columns.linear, horizon, model.linear, max(0, len(values) - BASE_SPAN))
            base = base_forecasts(columns, linear, model)
            stacks = stack_weights(stats, base, horizon, max(0, len(values) - MEAN_SPAN))
            stacks_now = {key: weights[-1:] for key, weights in stacks.items()}
            self._states[horizon] = _State(base, stack_forecasts(base, stacks), linear[-1:], stacks_now)

    def _advance(self, values: Floats, grid: Grid) -> TrailingStats:
        """Take in the last of `values`; the newest FEATURE_SPAN of them, as far as they had to be looked at."""
        stats = _newest(values, grid, FEATURE_SPAN)
        near = stats.tail(len(stats) - 1, features.REACH)
        recent = stats.tail(max(0, len(stats) - BASE_SPAN), 0)
        shared = features.shared(near)
        refit = (grid.first + len(values)) % BLOCK == 0
        for horizon, model in self._models.items():
            state = self._states[horizon]
            if refit:
                state.linear = self._refit(values, grid, horizon, model)
            base = base_forecasts(features.compute(near, horizon, shared), state.linear, model)
            state.base = newest(continued(state.base, base), BASE_SPAN)
            if refit:
                state.stacks = stack_weights(recent, state.base, horizon, len(recent) - 1)
            for key, forecast in stack_forecasts(state.base, state.stacks).items():
                state.stacked[key] = np.concatenate([state.stacked[key], forecast])[-MEAN_SPAN:]
        return stats

    @staticmethod
    def _refit(values: Floats, grid: Grid, horizon: int, model: HorizonModel) -> Floats:
        stats = _newest(values, grid, FEATURE_SPAN + REFIT_SPAN)
        recent = stats.tail(max(0, len(stats) - REFIT_SPAN), features.LINEAR_REACH)
        return linear_weights(recent, features.linear(recent, horizon), horizon, model.linear, len(recent) - 1)

    def _rows(self, stats: TrailingStats) -> list[dict[str, Any]]:
        """One a horizon and model: what is forecast at the newest origin, the last row of `stats`."""
        stats.known_in(features.MAX_AGE)
        # As far back as the experts' averages look, and the catalog's rate rules.
        recent = stats.tail(max(0, len(stats) - MEAN_SPAN - EXPERT_REACH), EWMA_SPAN)
        trained = {}
        for horizon, model in self._models.items():
            means = means_of(recent, horizon, self._states[horizon].stacked)
            edges = quantiles_of(recent, horizon, model, means, len(recent) - 1)
            trained[horizon] = Forecasts({key: mean[-1:] for key, mean in means.items()}, edges)
        rows: list[dict[str, Any]] = []
        for horizon in self._horizons:
            newest = at_horizon(trained, horizon)
            for key, (mean,) in newest.mean.items():
                if np.isfinite(mean):
                    levels = {name: float(column[0]) for name, column in by_level(newest.quantiles[key]).items()}
                    rows.append({"model": key, "horizon": horizon, "mean": float(mean)} | levels)
        return rows


def _newest(values: Floats, grid: Grid, span: int) -> TrailingStats:
    begin = max(0, len(values) - span)
    return TrailingStats(values[begin:], grid.from_row(begin))
