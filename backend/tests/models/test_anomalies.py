"""Which windows are marked."""

import numpy as np
import pandas as pd

from backend.models.anomalies import anomalies


def judged(actual: float, forecast: float, p10: float, p90: float) -> float:
    points = pd.DataFrame(
        {"actual_rps": [actual], "predicted_rps_model1": [forecast], "p10": [p10], "p90": [p90]}, dtype="float64"
    )
    return float(anomalies(points).iloc[0])


def test_far_from_the_forecast_and_outside_the_band_is_an_anomaly() -> None:
    assert judged(130, 100, 90, 110) == 1.0
    assert judged(70, 100, 90, 110) == 1.0


def test_outside_the_band_but_within_15_percent_is_none() -> None:
    assert judged(114, 100, 95, 105) == 0.0


def test_far_from_the_forecast_but_inside_a_wide_band_is_none() -> None:
    assert judged(3, 1, 0, 4) == 0.0


def test_without_a_forecast_or_an_actual_there_is_no_anomaly() -> None:
    assert judged(130, np.nan, np.nan, np.nan) == 0.0
    assert judged(np.nan, 100, 90, 110) == 0.0
