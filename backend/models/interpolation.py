"""Forecasts between the trained horizons: monotone cubics through those at the trained ones, over the logarithm of the
horizon, along which errors grow about evenly.

Fritsch and Butland's (1984) piecewise cubics have no kink where they meet and stay between neighbouring values, so that
a mean between two horizons is between the two means. Quantiles are interpolated as the lowest and the steps up from it:
steps stay at least 0, so quantiles never cross.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from backend.arrays import Floats


def between(trained: Sequence[int], horizons: npt.ArrayLike, values: Floats) -> Floats:
    """Values at `horizons` (windows, a number or an array of them) from those at the trained ones.

    trained: (T,), rising; values: (T, …); the answer: (…) or (horizons, …). Horizons outside the trained ones get the
    value at the nearest. NaN between horizons of which one is NaN.
    """
    # Loading it is a fifth of what a start takes of the processor, and most processes interpolate nothing.
    from scipy.interpolate import PchipInterpolator

    known = np.array(trained)
    wanted = np.clip(horizons, known[0], known[-1])
    before = np.searchsorted(known, wanted, side="right") - 1
    low, high = values[before], values[np.minimum(before + 1, len(known) - 1)]
    if len(trained) == 1:
        return np.asarray(low)
    finite = np.isfinite(values).all(axis=0)
    with np.errstate(over="ignore"):  # slopes that are all but 0
        curve = PchipInterpolator(np.log(known), np.where(finite, values, 0.0))(np.log(wanted))
    curve = np.where(finite, curve, np.nan)
    # Rounding: a replica more for a rate that is flat, or a quantile below the one before it.
    inside = np.clip(curve, np.minimum(low, high), np.maximum(low, high))
    at_trained = np.reshape(known[before] == wanted, (*np.shape(wanted), *[1] * (values.ndim - 1)))
    return np.asarray(np.where(at_trained, low, inside))


def quantiles_between(trained: Sequence[int], horizons: npt.ArrayLike, quantiles: Floats) -> Floats:
    """As `between`, of quantiles (T, levels, …) in rising order: (levels, …) or (horizons, levels, …), rising too."""
    steps = np.diff(quantiles, axis=1, prepend=0.0)
    return np.asarray(np.cumsum(between(trained, horizons, steps), axis=np.ndim(horizons)))
