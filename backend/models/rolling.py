"""Trailing sums whose value at a row does not depend on where the array begins.

A live forecast sees the last few thousand windows, a backtest the whole series, and both must forecast the same to the
last digit. Running sums (cumsum) and recursive filters carry the rounding of everything before them; the sums here
are built by doubling, so that every row adds the same numbers in the same order, whatever comes before its span.
Rows before the array count as 0. All functions work along the last axis.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def shift(values: Floats, rows: int, fill: float = 0.0) -> Floats:
    """The value `rows` rows earlier; `fill` where that lies before the array."""
    if rows == 0:
        return values
    out = np.full_like(values, fill)
    if rows < values.shape[-1]:
        out[..., rows:] = values[..., :-rows]
    return out


def earlier(values: Floats, rows: int, first: int) -> Floats:
    """For the rows from `first` the value `rows` rows earlier, NaN where that lies before the array."""
    begin = first - rows
    if begin >= 0:
        return values[begin : len(values) - rows]
    return np.concatenate([np.full(min(-begin, len(values) - first), np.nan), values[: max(0, len(values) - rows)]])


def trailing_sum(values: Floats, width: int) -> Floats:
    """Sum of the `width` rows that end with each row."""
    total: Floats | None = None
    taken, size, power = 0, 1, values
    while True:
        if width & size:
            total = shift(power, taken) if total is None else _plus_earlier(total, power, taken)
            taken += size
        if taken == width:
            assert total is not None
            return total
        power = _plus_earlier(power, power, size)
        size *= 2


def _plus_earlier(values: Floats, other: Floats, rows: int, factor: float = 1.0) -> Floats:
    """values + factor x other, `rows` rows earlier."""
    if rows >= values.shape[-1]:
        return values
    total = np.empty_like(values)
    total[..., :rows] = values[..., :rows]
    before, sums = other[..., :-rows], total[..., rows:]
    if factor == 1.0:
        np.add(values[..., rows:], before, out=sums)
    else:
        np.multiply(before, factor, out=sums)
        np.add(values[..., rows:], sums, out=sums)
    return total


def newest_sum(values: Floats, width: int) -> Floats:
    """The last trailing_sum along the first axis: the same additions in the same order."""
    padded = np.concatenate([np.zeros((max(0, width - len(values)), *values.shape[1:])), values])
    total: Floats | None = None
    stop, size = len(padded), 1
    while total is None or stop > len(padded) - width:
        if width & size:
            part = padded[stop - size : stop]
            while len(part) > 1:
                part = part[1::2] + part[::2]
            total = part[0] if total is None else total + part[0]
            stop -= size
        size *= 2
    return total


def decayed_sum(values: Floats, alpha: float, width: int) -> Floats:
    """Sum of the last `width` (a power of two) rows, k rows back weighted (1 - alpha)^k: a truncated EWMA kernel."""
    total, size, decay = values, 1, 1.0 - alpha
    while size < width:
        total = _plus_earlier(total, total, size, decay)
        size, decay = size * 2, decay * decay
    return total


def trailing_max(values: Floats, width: int) -> Floats:
    """Maximum of the `width` (a power of two times an odd number is fine) rows that end with each row."""
    size, best = 1, values
    while size * 2 <= width:
        best = np.maximum(best, shift(best, size, -np.inf))
        size *= 2
    return np.maximum(best, shift(best, width - size, -np.inf)) if width > size else best


def mean_where(total: Floats, weight: Floats) -> Floats:
    """total / weight, NaN where nothing was known."""
    return np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)
