"""Stacking: a model's forecast is a base forecast plus weighted steps from it to others (Wolpert, 1992).

Weights are ridge regressions over the windows of the series itself, refitted every rolling_ridge.BLOCK windows.
Everything here is scaled: a deviation from the level, in units of the series' noise (trailing_stats.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.arrays import Floats
from backend.models.lookback import Kept
from backend.models.rolling_ridge import Ridge, block_moments, weighted_sum
from backend.models.trailing_stats import TrailingStats
from backend.models.trailing_sums import newest

# Features of the linear model, too: the level with the growth that yesterday, or the weeks, had from this time of day
# to the target's.
GROWTHS = ("season_day_growth", "season_weeks_growth")
LEVEL = "level"  # the base forecast that says the level itself: 0, and kept nowhere

STACK_BLOCKS = 224  # blocks of windows that a fit looks back on, at most
STACK_PRIOR = 100.0  # sum of squares of each step that the first weights are worth
STACK_LIMIT = 2.0

# Scaled forecasts that models are stacked from, by name, at the newest origins, (..., origins) each: costly, and
# looked back at. Names: linear, lgbm_plus_trees, lgbm_trees and those of GROWTHS.
BaseForecasts = Mapping[str, Floats | Kept]


@dataclass(frozen=True)
class Stack:
    """base: the name of a base forecast; weights: what the steps from it to others weigh before a series says more."""

    base: str
    weights: Mapping[str, float]

    @property
    def ridge(self) -> Ridge:
        steps = len(self.weights)
        return Ridge(STACK_BLOCKS, STACK_PRIOR * np.eye(steps), np.array(list(self.weights.values())))

    def moments(self, stats: TrailingStats, forecasts: BaseForecasts, horizon: int) -> Floats:
        """Those of the steps, see block_moments. `forecasts`: at the newest origins of `stats`; 0 is taken for those
        before."""
        target, usable = stats.target(horizon)
        base, steps = self._steps({name: _from_first_row(each, len(stats)) for name, each in forecasts.items()})
        return block_moments(stats, steps, target - base, usable, horizon, STACK_LIMIT)

    def forecast(self, forecasts: Mapping[str, Floats], weights: Floats) -> Floats:
        """The stacked forecast at the newest origins, as many as there are rows of weights (..., rows, steps)."""
        rows = weights.shape[-2]
        base, steps = self._steps({name: newest(each, rows) for name, each in forecasts.items()})
        return np.asarray(base + weighted_sum(steps, weights))

    def _steps(self, forecasts: Mapping[str, Floats]) -> tuple[Floats, list[Floats]]:
        base = forecasts[self.base]
        return base, [(0.0 if name == LEVEL else forecasts[name]) - base for name in self.weights]


def _from_first_row(forecast: Floats | Kept, rows: int) -> Floats:
    """At as many origins as a history has rows: 0 before the first that is known."""
    absent = np.zeros((*forecast.shape[:-1], max(0, rows - forecast.shape[-1])))
    return np.concatenate([absent, np.nan_to_num(newest(forecast, rows))], axis=-1)
