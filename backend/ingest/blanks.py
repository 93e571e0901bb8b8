"""Rows with a time and no usable value: of the series itself, or there for another column's sake."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from backend.arrays import Bools, Ints
from backend.ingest.numbers import NumberStyle, parse_values

# Whether rows without a value are those of another column, which has its own times. `even`: if the rows that have a
# value are evenly apart without them.
Joined = Literal["no", "even", "yes"]
FILLED_SHARE = 0.5  # of the rows without a value have one in another column, where that column is why they are there


@dataclass(frozen=True)
class Blanks:
    """Times of rows without a usable value, and the part each is of, where columns tell them apart."""

    ticks: Ints
    groups: Ints | None = None
    joined: Joined = "no"

    def take(self, which: Bools) -> Blanks:
        groups = None if self.groups is None else self.groups[which]
        return Blanks(self.ticks[which], groups, self.joined)


def joined_columns(
    samples: Mapping[str, pa.Array[Any]],
    styles: Mapping[str, NumberStyle],
    values: Sequence[str],
    others: Sequence[str],
    apart: bool,
) -> Joined:
    """Whether the first rows look like several series side by side, each with values at times of its own.

    `values`: the columns of the traffic, each with rows of its own where they are `apart`; `others`: of numbers.
    """
    has = {name: _has_value(samples[name], styles[name]) for name in (*values, *others) if name in styles}
    sets = [[name] for name in values] if apart else [list(values)]
    found = {_joined(_any(has, own), _any(has, [name for name in has if name not in own])) for own in sets}
    return next(one for one in ("yes", "even", "no") if one in found)


def _joined(valued: Bools | None, filled: Bools | None) -> Joined:
    if valued is None or filled is None:
        return "no"
    blank = ~valued
    if blank.any() and np.mean(filled[blank]) <= FILLED_SHARE:
        return "no"
    turns = blank.any() and not np.any(filled & valued)
    return "yes" if turns else "even"


def _any(has: Mapping[str, Bools], names: Sequence[str]) -> Bools | None:
    """Which rows have a value in one of these columns; None where there is no such column."""
    columns = [has[name] for name in names if name in has]
    return np.any(columns, axis=0) if columns else None


def _has_value(array: pa.Array[Any], style: NumberStyle) -> Bools:
    numbers, bad = parse_values(array, style)
    valued = np.ones(len(numbers), np.bool_)
    for _, mask in bad:
        valued &= ~mask
    return valued
