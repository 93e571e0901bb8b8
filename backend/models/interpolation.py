"""Forecasts between the trained horizons: monotone cubics through those at the trained ones, over the logarithm of the
horizon, along which errors grow about evenly.

Fritsch and Butland's (1984) piecewise cubics have no kink where they meet and stay between neighbouring values, so that
a mean between two horizons is between the two means. Quantiles are interpolated as the lowest and the steps up from it:
steps stay at least 0, so quantiles never cross.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from backend.models.rolling import Floats


def between(trained: Sequence[int], horizons: npt.ArrayLike, values: Floats) -> Floats:
    """Values at `horizons` (windows, a number or an array of them) from those at the trained ones.

    trained: (T,), rising; values: (T, …); the answer: (…) or (horizons, …). Horizons outside the trained ones get the
    value at the nearest.
    """
    wanted = np.clip(horizons, trained[0], trained[-1])
    if len(trained) == 1:
        return np.broadcast_to(values[0], (*np.shape(wanted), *values.shape[1:]))
    return np.asarray(PchipInterpolator(np.log(trained), values)(np.log(wanted)))


def quantiles_between(trained: Sequence[int], horizons: npt.ArrayLike, quantiles: Floats) -> Floats:
    """As `between`, of quantiles (T, levels, …) in rising order: (levels, …) or (horizons, levels, …), rising too."""
    steps = np.diff(quantiles, axis=1, prepend=0.0)
    return np.asarray(np.cumsum(between(trained, horizons, steps), axis=np.ndim(horizons)))
