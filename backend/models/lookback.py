"""What later origins look back at: forecasts of earlier ones, their scales, sums of their errors.

Whatever a statistic reads of earlier origins it reads from here, in a backtest as in a live step (live.py): so both see
the same numbers, and a live step computes the newest origin alone.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from backend.arrays import Floats
from backend.models.decayed_sum import decayed_sum

Kept = npt.NDArray[np.float32]
Precision = TypeVar("Precision", np.float16, np.float32, np.float64)


class Lookback:
    """Of a computation over all origins, which has nothing to remember. Arrays end in an axis of origins, the newest
    last."""

    def keep(
        self, _name: Hashable, newest: Floats, _span: int, precision: type[Precision], /
    ) -> npt.NDArray[Precision]:
        """Take in the values of the newest origins: those, behind the ones that were kept, rounded to a precision,
        at least the newest `_span` where there are so many; NaN stands before the first there is."""
        return newest.astype(precision)

    def decayed_sum(self, _name: Hashable, newest: Floats, end: int, alpha: float, width: int, /) -> Floats:
        """The decayed sum at the newest origins, whose values are taken in: decayed_sum.py. `end`: number of the window
        after the last."""
        return decayed_sum(newest, end - newest.shape[-1], alpha, width)

    def before(self, _name: Hashable, fill: float, like: Floats, /) -> Floats:
        """What was carried to the origin before the newest ones, `fill` where nothing was: (..., 1)."""
        return np.full((*like.shape[:-1], 1), fill)

    def carry(self, _name: Hashable, _newest: Floats, /) -> None:
        """Take in the values of the newest origins, of which the last one is needed unrounded at the next."""

    def hold(self, _name: Hashable, _number: int, compute: Callable[[], Floats], _axis: int, /) -> Floats:
        """What `compute` gives along an axis of origins; the last of it holds until `_number` is another."""
        return compute()
