"""The forecasts ahead of one origin, as a plan asks them: the highest rate of a quantile over a span of time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from backend.arrays import Floats, Ints
from backend.errors import InvalidRequestError
from backend.models.interpolation import between


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
        return between(self.horizons, np.arange(1, self.horizons[-1] + 1), at_level(self.levels, self.quantiles, level))

    def highest(self, level: float, start: float, seconds: float) -> float:
        """The highest rate that `level` has in [start, start + seconds) from now on (seconds).

        Between two horizons it is interpolated as forecasts are; between two levels over the normal score of the level,
        in which the quantiles of a normal distribution are a line. Raises InvalidRequestError for what lies beyond the
        last horizon or outside the levels.
        """
        windows = windows_within(self.window_seconds, self.horizons[-1], self.elapsed + start, seconds)
        return float(highest_rates(self.horizons, self.levels, self.quantiles, level, windows))


def windows_within(window_seconds: int, reach: int, start: float, seconds: float) -> Ints:
    """The windows ahead (1 is the next one) that a time from `start` on, `seconds` long, lies in; at least one.

    Raises InvalidRequestError beyond `reach`, the last horizon.
    """
    first = int(start // window_seconds) + 1
    last = max(first, int(-(-(start + seconds) // window_seconds)))
    if last > reach:
        raise InvalidRequestError(
            f"A lead of {start:g} s and a cadence of {seconds:g} s reach {last} windows of {window_seconds} s ahead; "
            f"forecasts reach {reach} windows, which is {reach * window_seconds} s. Shorten lead_seconds or "
            "cadence_seconds, or train a model with a longer horizon.",
            field="lead_seconds",
        )
    return np.arange(first, last + 1)


def highest_rates(
    horizons: Sequence[int], levels: Sequence[float], quantiles: Floats, level: float, windows: Ints
) -> Floats:
    """ForecastPath.highest at many origins at once. quantiles: (..., levels, horizons); the answer: (...)."""
    rates = np.moveaxis(at_level(levels, quantiles, level), -1, 0)
    return np.asarray(between(horizons, windows, rates).max(axis=0))


def at_level(levels: Sequence[float], quantiles: Floats, level: float) -> Floats:
    """What `level` has at every horizon: (..., horizons), of quantiles (..., levels, horizons)."""
    lowest, highest = levels[0], levels[-1]
    if not lowest <= level <= highest:
        raise InvalidRequestError(
            f"The policy plans for the quantile {level:.6g}; forecasts have those from {lowest:g} to {highest:g}. "
            f"A shortage_cost from {lowest / (1 - lowest):.2g} to {highest / (1 - highest):.3g} stays within them.",
            field="quantile",
        )
    scores = [NormalDist().inv_cdf(each) for each in levels]
    (rates,) = _interpolated(scores, [NormalDist().inv_cdf(level)], np.moveaxis(quantiles, -2, 0))
    return np.asarray(rates)


def _interpolated(known: Sequence[float], wanted: npt.ArrayLike, values: Floats) -> Floats:
    """np.interp along the first axis of `values`, for many curves at once."""
    places, positions = np.array(known, np.float64), np.asarray(wanted, np.float64)
    low = np.clip(np.searchsorted(places, positions, side="right") - 1, 0, max(0, len(places) - 2))
    high = np.minimum(low + 1, len(places) - 1)
    step = np.maximum(places[high] - places[low], 1e-300)
    part = np.clip(positions, places[0], places[-1]) - places[low]
    shape = (-1, *[1] * (values.ndim - 1))
    slopes = (values[high] - values[low]) / step.reshape(shape)
    at_known = (part == step).reshape(shape)
    return np.asarray(np.where(at_known, values[high], slopes * part.reshape(shape) + values[low]))
