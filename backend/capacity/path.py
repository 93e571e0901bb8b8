"""The forecasts ahead of one origin, as a plan asks them: the highest rate of a quantile over a span of time."""

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from backend.errors import InvalidRequestError
from backend.models.interpolation import between
from backend.models.rolling import Floats


@dataclass(frozen=True)
class ForecastPath:
    """Quantiles of the windows ahead, requests per second.

    horizons: (H,), windows ahead, rising: horizon h is the window from (h - 1) to h times `window_seconds` after the
    origin. levels: (L,), rising. quantiles: (L, H). elapsed: seconds since the origin, from which spans are counted.
    """

    window_seconds: int
    horizons: tuple[int, ...]
    levels: tuple[float, ...]
    quantiles: Floats
    elapsed: float = 0.0

    @property
    def seconds_left(self) -> float:
        """How far it reaches from now on."""
        return self.horizons[-1] * self.window_seconds - self.elapsed

    def later(self, seconds: float) -> "ForecastPath":
        """The same forecasts, asked so much later."""
        return replace(self, elapsed=self.elapsed + seconds)

    def every_window(self, level: float) -> Floats:
        """What `level` has in each window after the origin, up to the last horizon."""
        return between(self.horizons, np.arange(1, self.horizons[-1] + 1), self._at_level(level))

    def highest(self, level: float, start: float, seconds: float) -> float:
        """The highest rate that `level` has in [start, start + seconds) from now on (seconds).

        Between two horizons it is interpolated as forecasts are; between two levels over the normal score of the level,
        in which the quantiles of a normal distribution are a line. Raises InvalidRequestError for what lies beyond the
        last horizon or outside the levels.
        """
        begin = self.elapsed + start
        first = int(begin // self.window_seconds) + 1
        last = max(first, int(-(-(begin + seconds) // self.window_seconds)))
        reach = self.horizons[-1]
        if last > reach:
            raise InvalidRequestError(
                f"A lead of {start:g} s and a cadence of {seconds:g} s reach {last} windows of "
                f"{self.window_seconds} s ahead; forecasts reach {reach} windows, which is "
                f"{reach * self.window_seconds} s. Shorten lead_seconds or cadence_seconds, or train a model with a "
                "longer horizon.",
                field="lead_seconds",
            )
        return float(between(self.horizons, np.arange(first, last + 1), self._at_level(level)).max())

    def _at_level(self, level: float) -> Floats:
        lowest, highest = self.levels[0], self.levels[-1]
        if not lowest <= level <= highest:
            raise InvalidRequestError(
                f"The policy plans for the quantile {level:.3g}; forecasts have those from {lowest:g} to {highest:g}. "
                f"A shortage_cost from {lowest / (1 - lowest):.2g} to {highest / (1 - highest):.3g} stays within them.",
                field="quantile",
            )
        scores = [NormalDist().inv_cdf(each) for each in self.levels]
        score = NormalDist().inv_cdf(level)
        return np.array([np.interp(score, scores, column) for column in self.quantiles.T])
