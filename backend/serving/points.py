"""Points and forecasts of one series as the store keeps them, from what the estimator gives."""

import pandas as pd

from backend.models.anomalies import anomalies
from backend.models.live import LiveForecaster
from backend.models.predictor import RPSEstimator
from backend.stores import POINT_FIELDS


def predicted_points(estimator: RPSEstimator, frame: pd.DataFrame) -> pd.DataFrame:
    """Put every window's actual beside what was forecast just before it: POINT_FIELDS columns."""
    points = frame.join(estimator.predict(frame))
    return points.assign(anomaly=anomalies(points))[list(POINT_FIELDS)]


def issued_forecasts(forecaster: LiveForecaster, frame: pd.DataFrame, window_seconds: int) -> pd.DataFrame:
    """Forecast from the end of the frame, as the store keeps it."""
    result = forecaster.forecast(frame, pd.Timedelta(window_seconds, "s"))
    return result.table.assign(horizon_seconds=result.table["horizon"] * window_seconds, issued_at=result.issued_at)


def one_window_ahead(forecasts: pd.DataFrame | None, target: pd.Timestamp, actual: float) -> pd.DataFrame:
    """One point: what came in the window beside what had been forecast for it, if anything had."""
    point = pd.DataFrame({"actual_rps": [actual]}, index=pd.DatetimeIndex([target]))
    if forecasts is not None:
        model1, model2 = (
            forecasts[(forecasts["model"] == model) & (forecasts["timestamp"] == target)].iloc[0]
            for model in ("lgbm_plus", "lgbm")
        )
        point = point.assign(
            predicted_rps_model1=model1["mean"],
            predicted_rps_model2=model2["mean"],
            p10=model1["p10"],
            p90=model1["p90"],
        )
    point = point.reindex(columns=list(POINT_FIELDS))
    return point.assign(anomaly=anomalies(point))
