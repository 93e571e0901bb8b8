"""What is known of a series at every row: level, noise, seasonal rates. The material of features and regressions.

Rates are divided by the level everywhere, so one model serves 0.1 and 100,000 requests a second.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property, partial
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np

from backend.arrays import Bools, Floats, Ints
from backend.models.lookback import Lookback
from backend.models.trailing_sums import mean_where, newest, shift, trailing_sum

Found = TypeVar("Found")
LEVEL_ALPHA = 0.15
# By alpha of an EWMA the windows it covers, at most: longer changes little.
EWMA_SPANS = {
    0.005: 1_024,
    0.01: 512,
    0.02: 256,
    0.05: 256,
    0.1: 128,
    0.15: 128,
    0.25: 64,
    0.3: 64,
    0.4: 64,
    0.5: 64,
    0.6: 64,
    1.0: 64,
}
LEVEL_REACH = 240  # windows that the level looks at
SIGMA_ALPHA, SIGMA_SPAN = 1 / 120, 1024
SIGMA_PRIOR, SIGMA_PRIOR_WEIGHT = 0.3, 3.0
SIGMA_RANGE = (0.01, 2.0)
IMPORTANCE_ALPHA, IMPORTANCE_SPAN = 1 / 720, 2_048
IMPORTANCE_RANGE = (0.1, 4.0)
SEASONS = (1, 2, 3, 4, 5, 6, 7, 14, 21, 28)  # days before a target that it is compared with
MAX_SEASON = 10_080  # a week of minutes; a season longer than this many windows is not looked up
MAX_OUTAGE = 5_040  # after so many unknown windows nothing is forecast: 3.5 days of minutes
DAY_NS = 86_400 * 10**9
LONGEST = 120  # windows ahead that a model may be trained for; an error is known so many origins late
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


@dataclass(frozen=True)
class Origin:
    """The state at earlier origins, of which errors are scaled and weighed: (..., origins) each."""

    level: Floats
    noise: Floats
    importance: Floats

    @property
    def scale(self) -> Floats:
        return scale_of(self.noise)


def scaled_target(rates: Floats, origin: "Origin | TrailingStats") -> tuple[Floats, Bools]:
    """The scaled rate for which something was forecast at each origin, and whether it is known and can be scaled."""
    usable = np.isfinite(rates) & (origin.level > 0)
    return np.where(usable, (np.where(usable, rates, 0.0) - origin.level) / origin.scale, 0.0), usable


def scale_of(noise: Floats) -> Floats:
    """What errors and targets are divided by: the noise, 1 where the level is 0 or unknown."""
    return np.where(noise > 0, noise, 1.0)


@dataclass
class TrailingStats:
    """Trailing statistics of `values` (..., windows; requests per second, NaN = unknown), each from the past only.

    They are of the newest `rows` rows as origins, of all unless told: of a live step of the last one. Axes before that
    of windows, such as one of series, are carried along. `longer`: those of `values` with what came before them, which
    seasons look at. `lookback`: what is looked back at of earlier origins.
    """

    values: Floats
    grid: Grid
    rows: int = 0
    longer: "TrailingStats | None" = None
    lookback: Lookback = field(default_factory=Lookback)

    def __post_init__(self) -> None:
        self.rows = self.rows or len(self)
        self._found: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return int(self.values.shape[-1])

    @cached_property
    def known(self) -> Bools:
        return np.isfinite(self.values)

    @cached_property
    def weight(self) -> Floats:
        """1 where known."""
        return self.known.astype(np.float64)

    @cached_property
    def rate(self) -> Floats:
        """0 where unknown."""
        return np.where(self.known, self.values, 0.0)

    def states(self, span: int) -> tuple[Floats, ...]:
        """Level, sigma, importance and newest rate at the newest origins, in a live step `span` of them."""
        named = {"level": self.level, "sigma": self.sigma, "importance": self.importance, "rate": self.newest_rate}
        return tuple(self.lookback.keep(("state", name), each, span, np.float64) for name, each in named.items())

    def recent(self, rows: int, reach: int) -> "TrailingStats":
        """The newest `rows` rows as origins, and as many as `reach` windows before them.

        For a live step, whose `states` were asked for at each of them: they are not computed anew.
        """
        return self.once(("recent", rows, reach), partial(self._recent, rows, reach))

    def _recent(self, rows: int, reach: int) -> "TrailingStats":
        longer = self.longer or self
        begin = max(0, len(longer) - rows - reach)
        part = TrailingStats(longer.values[..., begin:], longer.grid.from_row(begin), rows, longer)
        part.level, part.sigma, part.importance, part.newest_rate = self.states(rows)
        return part

    @property
    def end(self) -> int:
        """Number of the window after the last."""
        return self.grid.first + len(self)

    @property
    def whole(self) -> bool:
        """Whether every row is an origin."""
        return self.rows == len(self)

    def decayed_sum(self, name: Hashable, values: Floats, alpha: float, width: int) -> Floats:
        """At every origin the decayed sum of `values`, (..., rows) or more, in decayed_sum.py's blocks. `name`: one for
        each sum, which must be asked for once."""
        return newest(self.lookback.decayed_sum(name, values, self.end, alpha, width), self.rows)

    def earlier(self, name: Hashable, values: Floats, horizon: int) -> Floats:
        """What `values`, (..., rows), were `horizon` origins before each, in four bytes; NaN before the first. `name`:
        one for each quantity."""
        kept = self.lookback.keep(name, values, horizon + 1, np.float32)
        return shift(kept, horizon, np.nan, self.rows).astype(np.float64)

    def origin(self, horizon: int) -> Origin:
        """The state at the origins whose forecasts `horizon` windows ahead were for the newest rows."""
        named = (("level", self.level), ("noise", self.noise), ("importance", self.importance))
        return self.once(
            ("earlier", horizon), lambda: Origin(*(self.earlier(name, values, horizon) for name, values in named))
        )

    def lagged(self, lag: int, width: int, statistic: Callable[["TrailingStats"], Floats]) -> Floats:
        """A statistic of the rates of `width` windows alone, `lag` windows before each origin."""
        longer = self.longer or self
        if self.whole:
            return shift(statistic(longer), lag, np.nan, len(self))
        stop = max(0, len(longer) - lag)
        begin = max(0, stop - width - self.rows + 1)
        return statistic(TrailingStats(longer.values[..., begin:stop], longer.grid.from_row(begin), self.rows))

    @cached_property
    def _last_known(self) -> Ints:
        """Place of the newest known row at or before each origin, 1 being the first origin; 0: before that."""
        known = newest(self.known, self.rows)
        return np.maximum.accumulate(np.where(known, np.arange(1, self.rows + 1), 0), axis=-1)

    @cached_property
    def silence(self) -> Floats:
        """Windows since the newest known one, at most MAX_OUTAGE + 1."""
        last = self._last_known
        since = np.arange(1, self.rows + 1) - last
        before = self.lookback.before("silence", MAX_OUTAGE + 1.0, newest(self.weight, self.rows))
        silence = np.minimum(np.where(last > 0, since, since + before), MAX_OUTAGE + 1.0)
        self.lookback.carry("silence", silence)
        return np.asarray(silence)

    def carried(self, name: str, values: Floats) -> Floats:
        """The value at the newest known window: an outage leaves statistics as they were before it. NaN where that is
        longer ago than MAX_OUTAGE. `name`: one for each statistic."""
        whole = np.concatenate([self.lookback.before(name, np.nan, values), values], axis=-1)
        place = np.broadcast_to(self._last_known, values.shape)
        carried = np.where(self.silence > MAX_OUTAGE, np.nan, np.take_along_axis(whole, place, axis=-1))
        self.lookback.carry(name, carried)
        return carried

    def known_in(self, width: int) -> Floats:
        """How many of the last `width` windows are known."""
        return self.once(("known", width), lambda: trailing_sum(self.weight, width, self.rows))

    def mean(self, width: int) -> Floats:
        """Mean of the known ones of the last `width` windows; NaN where none is known."""
        total = partial(trailing_sum, self.rate, width, self.rows)
        return self.once(("mean", width), lambda: mean_where(total(), self.known_in(width)))

    def ewma(self, alpha: float) -> Floats:
        """Exponentially weighted mean of the known ones of the last EWMA_SPANS windows, see decayed_sum.py."""
        named = (("rate", self.rate), ("weight", self.weight))
        sums = (self.decayed_sum((name, alpha), each, alpha, EWMA_SPANS[alpha]) for name, each in named)
        return self.once(("ewma", alpha), lambda: mean_where(*sums))

    @cached_property
    def newest_rate(self) -> Floats:
        """Of the newest known window, see carried."""
        return self.carried("rate", newest(self.values, self.rows))

    @cached_property
    def raw_level(self) -> Floats:
        """EWMA(0.15), at least a tenth of the last 240 windows' mean; NaN inside long outages."""
        # The floor keeps ratios finite where sparse traffic makes the short EWMA all but zero.
        return np.maximum(self.ewma(LEVEL_ALPHA), 0.1 * self.mean(LEVEL_REACH))

    @cached_property
    def level(self) -> Floats:
        """The level everything is divided by; NaN where nothing is known yet."""
        return self.carried("level", self.raw_level)

    @cached_property
    def level_errors(self) -> tuple[Floats, Bools]:
        """The one-step error of the level known at every origin, relative to it, at most 5, and whether it is."""
        before = self.earlier("level", self.level, 1)
        usable = newest(self.known, self.rows) & (before > 0)
        error = np.divide(newest(self.rate, self.rows) - before, before, out=np.zeros_like(before), where=usable)
        return np.minimum(np.abs(error), 5.0), usable

    @cached_property
    def sigma(self) -> Floats:
        """Typical one-step error of the level, relative to it."""
        error, usable = self.level_errors
        squared = self.decayed_sum("level_squared", error**2, SIGMA_ALPHA, SIGMA_SPAN)
        count = self.decayed_sum("level_usable", usable.astype(np.float64), SIGMA_ALPHA, SIGMA_SPAN)
        mean = (squared + SIGMA_PRIOR_WEIGHT * SIGMA_PRIOR**2) / (count + SIGMA_PRIOR_WEIGHT)
        return self.carried("sigma", np.clip(np.sqrt(mean), *SIGMA_RANGE))

    @cached_property
    def noise(self) -> Floats:
        """level x sigma: the typical one-step error of the level, requests per second."""
        return self.level * self.sigma

    @cached_property
    def scale(self) -> Floats:
        """What errors and targets are divided by."""
        return scale_of(self.noise)

    @cached_property
    def importance(self) -> Floats:
        """Weight of every origin in what is learned: its scale beside the trailing mean scale.

        Squared errors of busy hours count most; learned from unweighted scaled errors, the World Cup's RMSE is 3 to 6 %
        higher (docs/decisions/0003-forecasting.md).
        """
        known = newest(self.known, self.rows)
        size = np.where(known & (self.noise > 0), self.noise, 0.0)
        total = self.decayed_sum("noise", size, IMPORTANCE_ALPHA, IMPORTANCE_SPAN)
        count = self.decayed_sum("known", known.astype(np.float64), IMPORTANCE_ALPHA, IMPORTANCE_SPAN)
        usable = (total > 0) & (self.level > 0)
        relative = np.divide(self.scale * count, total, out=np.ones_like(total), where=usable)
        return np.asarray(np.clip(relative, *IMPORTANCE_RANGE))

    def target(self, horizon: int) -> tuple[Floats, Bools]:
        """At every row, all being origins, the scaled rate `horizon` windows later, and whether it is known and can be
        scaled."""
        unknown = np.full((*self.values.shape[:-1], min(horizon, len(self))), np.nan)
        ahead = np.concatenate([self.values[..., horizon:], unknown], axis=-1)
        return scaled_target(ahead, self)

    def seasons(self, horizon: int) -> dict[int, Season]:
        """By number of days (SEASONS): the seasonal rates for targets `horizon` ahead that lie in the past."""
        half = self._half_width
        seasons = {}
        for days in SEASONS:
            lag = self.grid.day_lag(days)
            if horizon + half <= lag <= MAX_SEASON:
                then = partial(TrailingStats.mean, width=2 * half + 1)
                rate = self.lagged(lag - horizon - half, 2 * half + 1, then)
                origin = self.once(("origin", lag), partial(self.lagged, lag - half, 2 * half + 1, then))
                level = self.once(("level", lag), partial(self.lagged, lag, LEVEL_REACH, attrgetter("raw_level")))
                seasons[days] = Season(rate, level, origin)
        return seasons

    def once(self, name: Hashable, compute: Callable[[], Found]) -> Found:
        """What is asked for more than once, as at every horizon: computed the first time."""
        if name not in self._found:
            self._found[name] = compute()
        found: Found = self._found[name]
        return found

    @cached_property
    def _half_width(self) -> int:
        """Windows either side averaged into a seasonal rate: seven minutes of a day of minutes, none of half-hours."""
        return self.grid.day_lag(1) // 200
