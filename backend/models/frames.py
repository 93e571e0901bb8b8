"""Frames in, tables out: the estimator's checks of what it is given and the shape of what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from backend.arrays import Floats
from backend.models.intervals import LEVEL_NAMES
from backend.models.trailing_stats import Grid

NO_TRAFFIC = 1e-12  # requests per second; one in 30,000 years. Ratios to less than that would overflow.
MOST_RATE = 1e15  # 100,000 a second for everybody alive; from 1e19 on squares overflow the sums' four bytes
DEFAULT_STEP = pd.Timedelta(seconds=60)
ForecastTables = Mapping[int, Mapping[str, pd.DataFrame]]  # by horizon (windows) and model, a row a window


@dataclass(frozen=True)
class ForecastResult:
    """Forecasts from the end of a series.

    table: one row a model and horizon: model (a key of catalog.MODELS), horizon (windows ahead), timestamp (start of
    the target window, UTC), mean and intervals.LEVEL_NAMES (requests per second). Empty where nothing is known.
    warming_up: fewer than shrinkage.MIN_WINDOWS known windows: the expert average alone, with wide intervals.
    issued_at: end of the newest window it was computed from.
    """

    table: pd.DataFrame
    warming_up: bool
    issued_at: pd.Timestamp


def series_of(frame: pd.DataFrame) -> tuple[Floats, Grid]:
    """Rates and grid of a frame; what is negative or above MOST_RATE is unknown.

    Raises ValueError unless its index is UTC, regular and ascending.
    """
    index = frame.index
    if not isinstance(index, pd.DatetimeIndex) or index.tz is None or str(index.tz) not in ("UTC", "utc"):
        raise ValueError("The frame needs a DatetimeIndex in UTC.")
    if len(index) == 0:
        raise ValueError("The frame has no rows.")
    times = index.as_unit("ns").asi8
    if len(times) > 1:
        step_ns = int(times[1] - times[0])
    else:
        offset = pd.Timedelta(index.freq) if isinstance(index.freq, pd.offsets.Tick) else DEFAULT_STEP
        step_ns = int(offset.as_unit("ns").value)
    if step_ns <= 0 or (np.diff(times) != step_ns).any():
        raise ValueError("The frame's rows must lie on a regular grid, unknown windows as NaN.")
    values = frame["actual_rps"].to_numpy(dtype=np.float64, na_value=np.nan)
    return usable_rates(values), Grid(step_ns, int(times[0] // step_ns))


def usable_rates(values: Floats) -> Floats:
    """What is negative or above MOST_RATE is unknown."""
    values = np.where((values >= 0) & (values <= MOST_RATE), values, np.nan)
    return np.where(values < NO_TRAFFIC, 0.0, values)


def by_level(quantiles: Floats) -> dict[str, Floats]:
    """Quantiles (levels, rows), levels as intervals.LEVELS, by their columns' names."""
    return dict(zip(LEVEL_NAMES, quantiles, strict=True))
