"""Trailing sums whose value at a row does not depend on where the array begins.

A live forecast sees the last few thousand windows, a backtest the whole series, and both must say the same to the
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


def trailing_sum(values: Floats, width: int) -> Floats:
    """Sum of the `width` rows that end with each row."""
    total: Floats | None = None
    taken, size, power = 0, 1, values
    while True:
        if width & size:
            part = shift(power, taken)
            total = part if total is None else total + part
            taken += size
        if taken == width:
            assert total is not None
            return total
        power = power + shift(power, size)
        size *= 2


def decayed_sum(values: Floats, alpha: float, width: int) -> Floats:
    """Sum of the last `width` (a power of two) rows, k rows back weighted (1 - alpha)^k: a truncated EWMA kernel."""
    total, size, decay = values, 1, 1.0 - alpha
    while size < width:
        total = total + decay * shift(total, size)
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
