"""What is known of a series at every row: level, noise, seasonal rates. The material of features and regressions.

Rates are divided by the level everywhere, so one model serves 0.1 and 100,000 requests a second.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from backend.models.rolling import Bools, Floats, Ints, decayed_sum, earlier, mean_where, shift, trailing_sum

LEVEL_ALPHA = 0.15
LEVEL_SPAN = 128  # (1 - 0.15)^128 = 1e-9: longer changes nothing
SIGMA_ALPHA, SIGMA_SPAN = 1 / 120, 1024
SIGMA_PRIOR, SIGMA_PRIOR_WEIGHT = 0.3, 3.0
SIGMA_RANGE = (0.01, 2.0)
IMPORTANCE_ALPHA, IMPORTANCE_SPAN = 1 / 720, 2_048
IMPORTANCE_RANGE = (0.1, 4.0)
SEASONS = (1, 2, 3, 4, 5, 6, 7, 14, 21, 28)  # days before a target that it is compared with
MAX_SEASON = 10_080  # a week of minutes; a season longer than this many windows is not looked up
MAX_OUTAGE = 5_040  # after so many unknown windows nothing is forecast: 3.5 days of minutes
DAY_NS = 86_400 * 10**9
OVERLAP = 3.0  # an error h windows ahead is worth 1 / (1 + (h - 1) / OVERLAP) independent ones


def overlap(horizon: int) -> float:
    """How many errors of overlapping forecasts are worth one of independent ones."""
    return 1.0 + (horizon - 1) / OVERLAP


@dataclass(frozen=True)
class Grid:
    """Where the rows lie in time: the window's length and the number of the first window since 1970."""

    step_ns: int
    first: int

    @classmethod
    def of_seconds(cls, step_seconds: int, first: int) -> "Grid":
        return cls(step_seconds * 10**9, first)

    def from_row(self, row: int) -> "Grid":
        return Grid(self.step_ns, self.first + row)

    def day_lag(self, days: int) -> int:
        """`days` days in windows, 0 where a day has too few windows to have a shape (windows over six hours)."""
        return round(days * DAY_NS / self.step_ns) if 4 * self.step_ns <= DAY_NS else 0


@dataclass(frozen=True)
class Season:
    """Rates `lag` windows before the target of each origin."""

    rate: Floats  # smoothed, around the same time; NaN where unknown
    level: Floats  # the level `lag` windows before the origin; NaN where unknown
    origin: Floats  # rates `lag` windows before the origin, smoothed as `rate`


@dataclass
class TrailingStats:
    """Trailing statistics of `values` (requests per second, NaN = unknown), row by row from the past only."""

    values: Floats
    grid: Grid
    known: Bools = field(init=False)
    weight: Floats = field(init=False)  # 1.0 where known
    rate: Floats = field(init=False)  # 0.0 where unknown

    def __post_init__(self) -> None:
        self.known = np.isfinite(self.values)
        self.weight = self.known.astype(np.float64)
        self.rate = np.where(self.known, self.values, 0.0)
        self._counts: dict[int, Floats] = {}
        self._means: dict[int, Floats] = {}
        self._ewmas: dict[float, Floats] = {}
        self._longer = self

    def __len__(self) -> int:
        return len(self.values)

    def tail(self, first: int, reach: int) -> "TrailingStats":
        """Its rows from `reach` before `first`, from before the outage that row lies in, if any.

        What looks further back than `reach` (level, sigma, importance, seasons) is taken from here, not computed anew;
        so are the counts of known windows that were asked for here.
        """
        carried = int(self.last_known[first])
        begin = max(0, (carried if carried >= 0 else first) - reach)
        part = TrailingStats(self.values[begin:], self.grid.from_row(begin))
        part._longer = self
        part.raw_level, part.level, part.sigma = self.raw_level[begin:], self.level[begin:], self.sigma[begin:]
        part.importance = self.importance[begin:]
        part._counts = {width: count[begin:] for width, count in self._counts.items()}
        return part

    @cached_property
    def last_known(self) -> Ints:
        """Row of the newest known window at or before each row; -1 where there is none within MAX_OUTAGE."""
        rows = np.arange(len(self))
        last = np.maximum.accumulate(np.where(self.known, rows, -1)) if len(self) else rows
        return np.where(rows - last > MAX_OUTAGE, -1, last)

    def carried(self, values: Floats) -> Floats:
        """The value at the newest known window: an outage leaves statistics as they were before it."""
        return np.where(self.last_known >= 0, values[..., self.last_known], np.nan)

    def known_in(self, width: int) -> Floats:
        """How many of the last `width` windows are known."""
        if width not in self._counts:
            self._counts[width] = trailing_sum(self.weight, width)
        return self._counts[width]

    def mean(self, width: int) -> Floats:
        """Mean of the known ones of the last `width` windows; NaN where none is known."""
        if width not in self._means:
            self._means[width] = mean_where(trailing_sum(self.rate, width), self.known_in(width))
        return self._means[width]

    def ewma(self, alpha: float, span: int) -> Floats:
        """Exponentially weighted mean of the known windows, cut off after `span` windows."""
        if alpha not in self._ewmas:
            self._ewmas[alpha] = mean_where(*decayed_sum(np.stack([self.rate, self.weight]), alpha, span))
        return self._ewmas[alpha]

    @cached_property
    def raw_level(self) -> Floats:
        """EWMA(0.15), at least a tenth of the last 240 windows' mean; NaN inside long outages."""
        # The floor keeps ratios finite where sparse traffic makes the short EWMA all but zero.
        return np.maximum(self.ewma(LEVEL_ALPHA, LEVEL_SPAN), 0.1 * self.mean(240))

    @cached_property
    def level(self) -> Floats:
        """The level everything is divided by; NaN where nothing is known yet."""
        return self.carried(self.raw_level)

    @cached_property
    def sigma(self) -> Floats:
        """Typical one-step error of the level, relative to it."""
        before = shift(self.level, 1, np.nan)
        usable = self.known & (before > 0)
        error = np.divide(self.rate - before, before, out=np.zeros(len(self)), where=usable)
        squared = decayed_sum(np.minimum(np.abs(error), 5.0) ** 2, SIGMA_ALPHA, SIGMA_SPAN)
        count = decayed_sum(usable.astype(np.float64), SIGMA_ALPHA, SIGMA_SPAN)
        mean = (squared + SIGMA_PRIOR_WEIGHT * SIGMA_PRIOR**2) / (count + SIGMA_PRIOR_WEIGHT)
        return self.carried(np.clip(np.sqrt(mean), *SIGMA_RANGE))

    @cached_property
    def noise(self) -> Floats:
        """level x sigma: the typical one-step error of the level, requests per second."""
        return self.level * self.sigma

    @cached_property
    def scale(self) -> Floats:
        """What errors and targets are divided by: the noise, 1 where the level is 0 or unknown."""
        return np.where(self.noise > 0, self.noise, 1.0)

    @cached_property
    def importance(self) -> Floats:
        """Weight of every origin in what is learned: its scale beside the trailing mean scale.

        Squared errors of busy hours count most; learned from unweighted scaled errors, the World Cup's RMSE is 3 to 6 %
        higher (docs/decisions/0003-forecasting.md).
        """
        size = np.where(self.known & (self.level > 0), self.noise, 0.0)
        total, count = decayed_sum(np.stack([size, self.weight]), IMPORTANCE_ALPHA, IMPORTANCE_SPAN)
        relative = np.divide(self.scale * count, total, out=np.ones(len(self)), where=(total > 0) & (self.level > 0))
        return np.asarray(np.clip(relative, *IMPORTANCE_RANGE))

    def ahead(self, horizon: int) -> Floats:
        """At every origin the rate `horizon` windows later; NaN where unknown."""
        return np.append(self.values, np.full(horizon, np.nan))[horizon:]

    def target(self, horizon: int) -> tuple[Floats, Bools]:
        """At every origin the scaled rate `horizon` windows later, and whether it is known and can be scaled."""
        ahead = self.ahead(horizon)
        usable = np.isfinite(ahead) & (self.level > 0)
        return np.where(usable, (np.where(usable, ahead, 0.0) - self.level) / self.scale, 0.0), usable

    def seasons(self, horizon: int) -> dict[int, Season]:
        """By number of days (SEASONS): the seasonal rates for targets `horizon` ahead that lie in the past."""
        whole = self._longer
        begin = len(whole) - len(self)
        seasons = {}
        for days in SEASONS:
            lag = self.grid.day_lag(days)
            if horizon + self._half_width <= lag <= MAX_SEASON:
                rate = earlier(whole._season_rate, lag - horizon - self._half_width, begin)
                origin = earlier(whole._season_rate, lag - self._half_width, begin)
                seasons[days] = Season(rate, earlier(whole.raw_level, lag, begin), origin)
        return seasons

    @cached_property
    def _half_width(self) -> int:
        """Windows either side averaged into a seasonal rate: seven minutes of a day of minutes, none of half-hours."""
        return self.grid.day_lag(1) // 200

    @cached_property
    def _season_rate(self) -> Floats:
        return self.mean(2 * self._half_width + 1)
