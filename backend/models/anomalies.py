"""Which windows a person on call would want to see, as a score from 0 to 1, and why. See docs/anomalies.md."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from backend.arrays import Floats
from backend.figures import figure
from backend.models.surprise import AVERAGED, Forecast, surprises
from backend.models.tail import BLOCK, MEMORY, Memory, Shape, block_maxima, block_numbers, fit, rarity, refits
from backend.models.trailing_stats import Grid

THRESHOLD = 0.5
RARITY = 3.0  # -log10 of the share of blocks that hold the like of an alarm: one in 1,000, of any one kind
HORIZONS = tuple(each.horizon for each in AVERAGED)  # windows ahead, of the forecasts that are looked at
DAY_BLOCKS = 96


def judging_horizons(horizons: Collection[int]) -> tuple[int, ...]:
    """Those of these horizons whose forecasts windows are judged by."""
    return tuple(horizon for horizon in HORIZONS if horizon in horizons)


@dataclass(frozen=True)
class Kind:
    """One way in which a window is an anomaly: a surprise, on one side. `expected`: what the window lies off from."""

    key: str
    surprise: int  # its row in backend/models/surprise.py
    side: int
    expected: str
    shape: Shape


def _shapes(prior: tuple[float, ...]) -> tuple[Shape, Shape]:
    """Of deviations from forecasts: bursts fall more slowly than drops."""
    return Shape(prior, 0.1, 0.03, 1.25, 0.05), Shape(prior, 0.1, 0.03, 2.0)


def _level_shape(prior: tuple[float, ...], days: int) -> Shape:
    return Shape(prior, 0.05, 0.01, 1.0, 0.1, fewest=days * DAY_BLOCKS)


_ONE, _THREE, _TEN = (
    _shapes(prior)
    for prior in (
        (0.0, 1.0, 1.5, 1.8, 2.1, 2.9, 5.0),
        (0.0, 0.6, 0.95, 1.2, 1.45, 2.1, 3.0),
        (0.0, 0.3, 0.6, 0.8, 1.0, 1.6, 2.4),
    )
)
_HOUR = _level_shape((0.0, 0.3, 1.0, 1.5, 2.2, 3.5, 5.3), 1)
_DAYS = _level_shape((0.0, 0.0, 0.3, 0.8, 1.5, 3.0, 5.0), 2)
_FORECAST, _BEFORE_5, _BEFORE_15 = (
    f"what was forecast{when} or usual by the week before" for when in ("", " 5 windows before", " 15 windows before")
)
_BY_HOUR = "what the last hour and this time of day lead to expect"
# Their numbers are stored with the points: never change one, add behind the last.
KINDS = (
    Kind("forecast_above", 0, 1, _FORECAST, _ONE[0]),
    Kind("forecast_below", 0, -1, _FORECAST, _ONE[1]),
    Kind("minutes_above", 1, 1, _BEFORE_5, _THREE[0]),
    Kind("minutes_below", 1, -1, _BEFORE_5, _THREE[1]),
    Kind("quarter_above", 2, 1, _BEFORE_15, _TEN[0]),
    Kind("quarter_below", 2, -1, _BEFORE_15, _TEN[1]),
    Kind("hour_above", 3, 1, _BY_HOUR, _HOUR),
    Kind("hour_below", 3, -1, _BY_HOUR, _HOUR),
    Kind("days_above", 4, 1, "the most that this time of day had in the last week", _DAYS),
    Kind("days_below", 4, -1, "the least that this time of day had in the last week", _DAYS),
    Kind("still", 5, 1, "", Shape((0.0, 0.0, 3.5, 4.0, 5.0, 8.0, 14.0), 0.05, 0.01, 1.0, 0.1, 1.0, 8)),
)
KEYS = tuple(kind.key for kind in KINDS)


class Scores(NamedTuple):
    """Of each window: its score, and by which kind (number in KINDS) against which rate that is; NaN where unknown."""

    score: Floats
    kind: Floats
    expected: Floats


class Sized(NamedTuple):
    """By kind and window: how far off it is on the kind's side (0 on the other), and what was expected."""

    size: Floats
    expected: Floats


def sizes(rates: Floats, grid: Grid, forecasts: Mapping[int, Forecast], rows: int) -> Sized:
    """Of the last `rows` windows, as `surprises` takes them."""
    found = surprises(rates, grid, forecasts, rows)
    order = [kind.surprise for kind in KINDS]
    sides = np.array([float(kind.side) for kind in KINDS]).reshape(-1, *(1,) * rates.ndim)
    return Sized(np.maximum(found.size[order] * sides, 0.0), found.expected[order])


def new_memory() -> Memory:
    return Memory(len(KINDS))


def scores(sized: Sized, fits: Floats, actual: Floats) -> Scores:
    """The score is that of the kind that is rarest. `fits`: (kinds, ..., windows or 1, 5)."""
    rows = zip(sized.size, fits, KINDS, strict=True)
    rare = np.stack([np.nan_to_num(rarity(size, own, kind.shape)) for size, own, kind in rows])
    kind = rare.argmax(axis=0)[np.newaxis]
    largest, expected = (np.take_along_axis(each, kind, 0)[0] for each in (rare, sized.expected))
    score = np.minimum(largest * (THRESHOLD / RARITY), 1.0)
    known = np.isfinite(actual)
    return Scores(*(np.where(known, column, np.nan) for column in (score, kind[0].astype(np.float64), expected)))


def judge(
    rates: Floats, grid: Grid, forecasts: Mapping[int, Forecast], memory: Memory, rows: int
) -> tuple[Scores, int, Floats]:
    """Scores of the last `rows` windows of one series (requests per second, NaN where unknown), each from those before.

    `forecasts`: by horizon what was forecast of each window. `memory`: what is known of the blocks before; afterwards
    also of these. With the number of the first of these blocks, and their maxima: (kinds, blocks).
    """
    whole = min(len(rates), rows + (grid.first + len(rates) - rows) % BLOCK)  # from the first window of a block
    sized = sizes(rates, grid, forecasts, whole)
    start = grid.first + len(rates) - whole
    blocks = block_numbers(start, whole)
    first, begins = int(blocks[0]), np.unique(refits(blocks))
    before = int(begins[0]) - MEMORY
    own = block_maxima(sized.size, start)
    spans = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([memory.span(before, first), own], axis=-1), MEMORY, axis=-1
    )
    memory.put(first, own)
    fits = np.stack([fit(each, kind.shape) for each, kind in zip(spans[:, begins - begins[0]], KINDS, strict=True)])
    judged = scores(sized, fits[:, np.searchsorted(begins, refits(blocks))], rates[len(rates) - whole :])
    return Scores(*(column[whole - rows :] for column in judged)), first, own


def judge_newest(
    memories: Sequence[Memory], rates: Floats, grid: Grid, forecasts: Mapping[int, Forecast], rows: int
) -> Scores:
    """The same of the last `rows` windows, all of one block and its first among them, of many series at once.

    rates: (series, windows), with `reach(grid)` windows before those; forecasts alike.
    """
    sized = sizes(rates, grid, forecasts, rows)
    first = grid.first + rates.shape[-1] - rows
    block = first // BLOCK
    for memory, own in zip(memories, np.moveaxis(sized.size, 1, 0), strict=True):
        memory.put(block, block_maxima(own, first))
    begin = int(refits(np.array(block)))
    new = [memory for memory in memories if memory.fitted(begin) is None]
    if new:
        before = np.stack([memory.span(begin - MEMORY, begin) for memory in new], axis=1)
        fits = np.stack([fit(own, kind.shape) for own, kind in zip(before, KINDS, strict=True)])
        for memory, own in zip(new, np.moveaxis(fits, 1, 0), strict=True):
            memory.keep(begin, own)
    known = np.stack([own for memory in memories if (own := memory.fitted(begin)) is not None], axis=1)
    return scores(sized, known[:, :, np.newaxis], rates[:, rates.shape[-1] - rows :])


def reason(kind: int, actual: float, expected: float) -> str:
    """Why a window is an anomaly, in words."""
    what = KINDS[kind]
    if what.key == "still":
        return "the same rate window after window"
    if actual == 0:
        return f"no traffic, where {figure(expected)} req/s is {what.expected}"
    if actual < 2 * expected:
        side = "above" if actual > expected else "below"
        return f"{100 * abs(actual / expected - 1):.0f} % {side} {what.expected}"
    if actual >= 100 * expected:
        return f"far above {what.expected}"
    return f"{figure(actual / expected, 2)} times {what.expected}"
