"""Which windows came far from what was forecast for them."""

import pandas as pd

from backend.models import catalog
from backend.models.intervals import INTERVAL

ANOMALY_SHARE = 0.15


def anomalies(points: pd.DataFrame) -> pd.Series:
    """1.0 where actual is further than 15 % from the preferred model's forecast and outside its p10-p90 interval, else
    0.0.

    Both are asked for: 15 % alone marks most quiet minutes, the interval alone one window in five.
    """
    actual, forecast = points["actual_rps"], points[catalog.PREFERRED.column]
    lower, upper = INTERVAL
    far = (actual - forecast).abs() > ANOMALY_SHARE * forecast
    outside = (actual < points[lower]) | (actual > points[upper])
    return (far & outside).astype("float64")
