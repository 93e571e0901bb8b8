"""Trailing sums whose value at a row does not depend on where the array begins.

A live forecast sees the last few thousand windows, a backtest the whole series, and both must forecast the same to the
last digit. Running sums (cumsum) and recursive filters carry the rounding of everything before them; the sums here
are built by doubling, so that every row adds the same numbers in the same order, whatever comes before its span.
Rows before the array count as 0. All functions work along the last axis.

`rows` asks for the newest rows alone. A single one is summed by halving, the same additions in the same order: a
backtest needs log2(width) additions a row, a live step, which knows no other row, as many as there are windows.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from backend.arrays import Floats

Scalar = TypeVar("Scalar", bound=np.generic)


def newest(values: npt.NDArray[Scalar], rows: int) -> npt.NDArray[Scalar]:
    """The last `rows` rows, or all where there are fewer."""
    return values[..., max(0, values.shape[-1] - rows) :]


def shift(values: npt.NDArray[Scalar], lag: int, fill: float = 0.0, rows: int | None = None) -> npt.NDArray[Scalar]:
    """The value `lag` rows earlier, of the last `rows` rows or all; `fill` where that lies before the array."""
    rows = values.shape[-1] if rows is None else rows
    stop = values.shape[-1] - lag
    if rows <= stop:
        return values[..., stop - rows : stop]
    out: npt.NDArray[Scalar] = np.full((*values.shape[:-1], rows), fill, dtype=values.dtype)
    if stop > 0:
        out[..., rows - stop :] = values[..., :stop]
    return out


def trailing_sum(values: Floats, width: int, rows: int | None = None) -> Floats:
    """Sum of the `width` rows that end with each row."""
    if rows == 1:
        return _newest_sum(values, width)
    total: Floats | None = None
    taken, size, power = 0, 1, values
    while True:
        if width & size:
            total = shift(power, taken) if total is None else _plus_earlier(total, power, taken)
            taken += size
        if taken == width:
            assert total is not None
            return total if rows is None else newest(total, rows)
        power = _plus_earlier(power, power, size)
        size *= 2


def _plus_earlier(values: Floats, other: Floats, rows: int) -> Floats:
    """values + other, `rows` rows earlier."""
    if rows >= values.shape[-1]:
        return values
    total = np.empty_like(values)
    total[..., :rows] = values[..., :rows]
    np.add(values[..., rows:], other[..., :-rows], out=total[..., rows:])
    return total


def _newest_sum(values: Floats, width: int) -> Floats:
    padded = shift(values, 0, 0.0, width)
    total: Floats | None = None
    stop, size = width, 1
    while total is None or stop > 0:
        if width & size:
            part = padded[..., stop - size : stop]
            while part.shape[-1] > 1:
                part = part[..., 1::2] + part[..., ::2]
            total = part if total is None else total + part
            stop -= size
        size *= 2
    return total


def trailing_max(values: Floats, width: int, rows: int | None = None) -> Floats:
    """Maximum of the `width` rows that end with each row."""
    if rows == 1:
        return np.asarray(newest(values, width).max(axis=-1, keepdims=True))
    size, best = 1, values
    while size * 2 <= width:
        best = np.maximum(best, shift(best, size, -np.inf))
        size *= 2
    best = np.maximum(best, shift(best, width - size, -np.inf)) if width > size else best
    return best if rows is None else newest(best, rows)


def mean_where(total: Floats, weight: Floats) -> Floats:
    """total / weight, NaN where nothing was known."""
    return np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)
