"""Points of one series as they are stored."""

import pandas as pd

from backend.measurements import POINT_FIELDS
from backend.serving.points import one_window_ahead, predicted_columns


def test_a_point_without_a_forecast_has_only_its_actual() -> None:
    point = one_window_ahead(pd.Timestamp("2026-01-01T00:00Z"), 5.0, {}, {})
    assert tuple(point.columns) == POINT_FIELDS
    assert point["actual_rps"].tolist() == [5.0]
    assert point[["predicted_rps_model1", "predicted_rps_model2", "p10", "p90"]].isna().all(axis=None)


def test_a_window_keeps_what_the_models_said_of_it_before_there_was_a_further_one() -> None:
    issued = {"lgbm_plus": {"mean_60": 4.0, "p10_60": 3.0, "p90_60": 5.0}}  # lgbm: not there yet
    assert predicted_columns(issued, 60) == {"predicted_rps_model1": 4.0, "p10": 3.0, "p90": 5.0}
