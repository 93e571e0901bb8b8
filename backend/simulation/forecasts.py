"""What would have been served at every origin, from what was known by then."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from backend.arrays import Floats
from backend.capacity.path import windows_within
from backend.capacity.policy import Policy
from backend.measurements import QUANTITIES
from backend.models.predictor import RPSEstimator
from backend.models.selection import LOOKBACK
from backend.serving.issued import forecasts_as_kept
from backend.serving.past import ServedPast, ahead_of, served_from


def horizons_for(policy: Policy, window_seconds: int, horizons: Sequence[int]) -> tuple[int, ...]:
    """Those of the horizons that a plan by the policy looks at, in between of which it interpolates: two on either
    side. Raises InvalidRequestError where its lead is longer than the last."""
    windows = windows_within(window_seconds, horizons[-1], policy.lead.seconds, policy.cadence_seconds)
    first = max(0, bisect_right(horizons, int(windows[0])) - 2)
    last = min(len(horizons), bisect_left(horizons, int(windows[-1])) + 2)
    return tuple(horizons[first:last])


def served_then(
    estimator: RPSEstimator,
    rates: pd.Series,
    window_seconds: int,
    start: pd.Timestamp,
    horizons: Sequence[int],
    progress: Callable[[float], None],
) -> ServedPast:
    """What selection would have served at the origins from `start` to the end of `rates` (on the grid, with the
    history before). Rounded as stores keep forecasts, so that plans from it are those of the decision log.
    `progress` hears after each horizon which share is done."""
    scored = int(rates.index.searchsorted(start - LOOKBACK * pd.Timedelta(window_seconds, "s")))
    asked = max(0, scored - max(horizons))
    frame = rates.to_frame("actual_rps")
    recent = rates.iloc[scored:]
    ahead = ahead_of(recent, window_seconds, horizons)
    issued = {}
    for number, horizon in enumerate(horizons, start=1):
        issued[horizon] = {
            model: pd.DataFrame(_by_target(table, scored - asked - horizon, len(ahead)), ahead, list(QUANTITIES))
            for model, table in estimator.forecasts_at(frame, horizon, asked).items()
        }
        progress(number / len(horizons))
    return served_from(recent, window_seconds, horizons, issued, start.to_pydatetime())


def _by_target(table: pd.DataFrame, begin: int, rows: int) -> Floats:
    """Row by row of an origin to row by row of a window: row `begin` of the table is about the first window; before
    and after what is in it, NaN."""
    values = forecasts_as_kept(table).to_numpy()
    placed = np.full((rows, len(QUANTITIES)), np.nan)
    front = max(0, -begin)
    part = values[max(0, begin) : begin + rows]
    placed[front : front + len(part)] = part
    return placed
