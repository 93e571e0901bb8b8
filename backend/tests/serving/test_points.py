"""Points of one series as they are stored."""

import pandas as pd

from backend.measurements import POINT_FIELDS
from backend.serving.points import one_ahead, one_window_ahead


def test_a_point_without_a_forecast_has_only_its_actual() -> None:
    point = one_window_ahead(pd.Timestamp("2026-01-01T00:00Z"), 5.0, {}, {})
    assert tuple(point.columns) == POINT_FIELDS
    assert point["actual_rps"].tolist() == [5.0]
    assert point[["predicted_rps_model1", "predicted_rps_model2", "p10", "p90"]].isna().all(axis=None)


def test_a_window_keeps_what_the_models_said_of_it_before_there_was_a_further_one() -> None:
    row = {"filename": "web", "model": "lgbm_plus", "mean_60": 4.0, "p10_60": 3.0, "p90_60": 5.0}  # lgbm: not there yet
    said = {"predicted_rps_model1": 4.0, "p10": 3.0, "p90": 5.0}
    assert one_ahead(pd.DataFrame([row]), 60) == {"web": said}


def test_of_a_model_that_is_not_trained_one_window_ahead_nothing_is_predicted() -> None:
    assert one_ahead(pd.DataFrame([{"filename": "web", "model": "lgbm_plus", "mean_900": 4.0}]), 60) == {"web": {}}
