"""Stacking: a model's forecast is a base forecast plus weighted steps from it to others.

Weights are ridge regressions over the windows of the series itself, refitted every rolling_ridge.BLOCK windows.
Everything here is scaled: a deviation from the level, in units of the series' noise (trailing_stats.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backend.models.rolling import Floats
from backend.models.rolling_ridge import Ridge, block_moments, coefficients, weighted_sum
from backend.models.trailing_stats import TrailingStats

# Simple forecasts, which are features of the linear models, too: the last value, and the level with the growth that
# yesterday, the week's days and last week had from this time of day to the target's.
SIMPLE = ("lag_0", "season_day_growth", "season_days_growth", "season_week_growth")
BASE_FORECASTS = ("linear_long", "linear_short", "lgbm_plus_trees", "lgbm_trees", *SIMPLE)
LEVEL = "level"  # the base forecast that says the level itself: 0, and kept nowhere

STACK_BLOCKS = 192  # blocks of windows that a fit looks back on
STACK_PRIOR = 100.0  # sum of squares of each step that the first weights are worth
STACK_LIMIT = 2.0


@dataclass(frozen=True)
class BaseForecasts:
    """Scaled forecasts that models are stacked from, at the newest origins of a series: costly, and looked back at.

    values: (base forecasts, origins), the rows in the order of BASE_FORECASTS.
    """

    values: Floats

    def of(self, name: str) -> Floats | float:
        """A forecast at every origin, by name."""
        return 0.0 if name == LEVEL else self.values[BASE_FORECASTS.index(name)]

    def newest(self, origins: int) -> "BaseForecasts":
        return BaseForecasts(self.values[:, max(0, self.values.shape[1] - origins) :])

    def followed_by(self, later: "BaseForecasts") -> "BaseForecasts":
        return BaseForecasts(np.concatenate([self.values, later.values], axis=1))

    def aligned(self, rows: int) -> "BaseForecasts":
        """At as many origins as a history has rows: 0 before the first."""
        absent = np.zeros((len(self.values), max(0, rows - self.values.shape[1])))
        return BaseForecasts(np.concatenate([absent, self.values], axis=1)).newest(rows)


@dataclass(frozen=True)
class Stack:
    """base: the name of a base forecast; weights: what the steps from it to others weigh before a series says more."""

    base: str
    weights: Mapping[str, float]

    @cached_property
    def ridge(self) -> Ridge:
        steps = len(self.weights)
        return Ridge(STACK_BLOCKS, STACK_PRIOR * np.eye(steps), np.array(list(self.weights.values())))

    def fit(self, stats: TrailingStats, forecasts: BaseForecasts, horizon: int, first: int) -> Floats:
        """Weights at every origin from row `first`: (rows, steps). `forecasts`: those at the newest origins."""
        target, usable = stats.target(horizon)
        base, steps = self._steps(forecasts.aligned(len(stats)))
        moments = block_moments(stats, steps, target - base, usable, horizon, STACK_LIMIT)
        return coefficients(stats, moments, self.ridge, first)

    def forecast(self, forecasts: BaseForecasts, weights: Floats) -> Floats:
        """The stacked forecast at the newest origins, as many as there are rows of weights."""
        base, steps = self._steps(forecasts.newest(len(weights)))
        return np.asarray(base + weighted_sum(steps, weights))

    def _steps(self, forecasts: BaseForecasts) -> tuple[Floats, list[Floats]]:
        base = np.asarray(forecasts.of(self.base))
        return base, [np.asarray(forecasts.of(name) - base) for name in self.weights]
