"""Points of one series as they are stored."""

import pandas as pd

from backend.measurements import POINT_FIELDS
from backend.serving.points import one_window_ahead


def test_a_point_without_a_forecast_has_only_its_actual() -> None:
    point = one_window_ahead(pd.Timestamp("2026-01-01T00:00Z"), 5.0, {})
    assert tuple(point.columns) == POINT_FIELDS
    assert point["actual_rps"].tolist() == [5.0]
    assert point[["predicted_rps_model1", "predicted_rps_model2", "p10", "p90"]].isna().all(axis=None)
