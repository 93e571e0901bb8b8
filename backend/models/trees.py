"""The boosted trees: what they are given, and what they give."""

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from backend.arrays import Floats
from backend.models.features import Features
from backend.models.trailing_sums import newest

RESOLUTION = 2.0**14  # steps of a feature per unit

Matrix = npt.NDArray[np.float32]


class Trees:
    """A boosted ensemble from LightGBM's text, whose hash must have been checked: damaged text kills the process.

    Is pickled as that text: LightGBM takes 0.1 s to write the shipped model's anew.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._booster = lgb.Booster(model_str=text)

    def __reduce__(self) -> tuple[type["Trees"], tuple[str]]:
        return Trees, (self._text,)

    def predict(self, rows: Matrix) -> Floats:
        """The scaled forecast of each row of features: (..., features) -> (...)."""
        flat = np.ascontiguousarray(rows).reshape(-1, rows.shape[-1])
        # One thread for a live step: starting more costs more than they save.
        threads = 1 if len(flat) < 4_096 else 0
        forecast = np.asarray(self._booster.predict(flat, num_threads=threads), dtype=np.float64)
        return forecast.reshape(rows.shape[:-1])


def tree_matrix(columns: Features, base: Floats) -> Matrix:
    """The newest rows of features.NAMES and, last, the linear model's scaled forecast, as many as `base` has: (...,
    rows, features)."""
    matrix = np.empty((*base.shape, len(columns.trees) + 1), dtype=np.float32)
    for place, column in enumerate((*columns.trees.values(), base)):
        # Rounded, so that 0.30000000000000004 and 0.3 take the same branch: a series times ten has the same ratios
        # but for rounding, and must get the same forecast times ten.
        matrix[..., place] = np.rint(newest(column, base.shape[-1]) * RESOLUTION) / RESOLUTION
    return matrix
