"""The flow from a frame to what is stored."""

import numpy as np
import pandas as pd
import pytest

from backend.errors import InvalidRequestError
from backend.pipeline import anomalies, one_window_ahead, series_name
from backend.stores import POINT_FIELDS


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


def test_a_point_without_a_forecast_has_only_its_actual() -> None:
    point = one_window_ahead(None, pd.Timestamp("2026-01-01T00:00Z"), 5.0)
    assert tuple(point.columns) == POINT_FIELDS
    assert point["actual_rps"].tolist() == [5.0]
    assert point[["predicted_rps_model1", "predicted_rps_model2", "p10", "p90"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("traffic.csv", "traffic.csv"),
        ("/var/log/access.log", "access.log"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a" * 300, "a" * 100),
        ("line\nbreak\x00.csv", "linebreak.csv"),
        ("", "unnamed"),
        ("...", "unnamed"),
        (" spaces .csv ", "spaces .csv"),
    ],
)
def test_a_series_is_named_by_the_printable_last_part_of_its_path(filename: str, name: str) -> None:
    assert series_name(filename) == name


def test_names_of_replays_are_reserved() -> None:
    with pytest.raises(InvalidRequestError):
        series_name("replay of traffic.csv")
