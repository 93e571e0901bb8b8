"""Which windows came far from what was forecast for them."""

import pandas as pd

ANOMALY_SHARE = 0.15


def anomalies(points: pd.DataFrame) -> pd.Series:
    """1.0 where actual is further than 15 % from model1's forecast and outside its p10-p90 band, else 0.0.

    Both are asked for: 15 % alone marks most quiet minutes, the band alone one window in five.
    """
    actual, forecast = points["actual_rps"], points["predicted_rps_model1"]
    far = (actual - forecast).abs() > ANOMALY_SHARE * forecast
    outside = (actual < points["p10"]) | (actual > points["p90"])
    return (far & outside).astype("float64")
