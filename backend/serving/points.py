"""Points of one series as the store keeps them: what came beside what was forecast for it just before."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from backend.arrays import Floats
from backend.measurements import POINT_FIELDS
from backend.models.anomalies import THRESHOLD, Scores
from backend.models.catalog import MODELS, PREFERRED
from backend.models.intervals import INTERVAL
from backend.models.predictor import predictions
from backend.serving.issued import field, forecasts_as_kept


def predicted_points(frame: pd.DataFrame, one_ahead: Mapping[str, pd.DataFrame], judged: Scores) -> pd.DataFrame:
    """Put every window's actual beside what was forecast just before it, and its score: POINT_FIELDS columns.

    `one_ahead`: the forecasts one window ahead of every row, as RPSEstimator.forecasts_at gives them, none where a
    model is not trained for them; in points they are as the store keeps forecasts, as those of a live series are.
    `judged`: scores of the last rows.
    """
    kept = {model: forecasts_as_kept(table) for model, table in one_ahead.items()}
    points = frame.join(predictions(kept)) if kept else frame
    scores = pd.DataFrame(score_columns(judged), index=frame.index[len(frame) - len(judged.score) :])
    return points.join(scores).reindex(columns=list(POINT_FIELDS))


def score_columns(judged: Scores) -> dict[str, Floats]:
    """The columns of points that say how anomalous each is; of anomalies the reason, too, an eighth of a point."""
    anomalous = judged.score >= THRESHOLD
    reasons = {"anomaly_kind": judged.kind, "anomaly_expected": judged.expected}
    return {"anomaly_score": judged.score} | {
        name: np.where(anomalous, column, np.nan) for name, column in reasons.items()
    }


def one_ahead(issued: pd.DataFrame, window_seconds: int, by: str = "filename") -> dict[Any, dict[str, float]]:
    """The columns of points, but for rate and score, from issued forecasts as the store takes them, by a column of
    theirs: of those models that said something then, empty where none is trained for one window ahead."""
    sources = {model.column: (model.key, "mean") for model in MODELS}
    sources |= {edge: (PREFERRED.key, edge) for edge in INTERVAL}
    named, models = issued[by].tolist(), issued["model"].to_numpy()
    predicted: dict[Any, dict[str, float]] = {each: {} for each in named}
    for column, (key, quantity) in sources.items():
        if (name := field(quantity, window_seconds)) in issued:
            values = issued[name].tolist()
            for row in np.flatnonzero(models == key).tolist():
                predicted[named[row]][column] = values[row]
    return predicted


def one_window_ahead(
    target: pd.Timestamp, actual: float, predicted: Mapping[str, float], scored: Mapping[str, float]
) -> pd.DataFrame:
    """One point: what came in the window beside what had been forecast for it, if anything had, and its score."""
    point = pd.DataFrame({"actual_rps": [actual], **predicted, **scored}, index=pd.DatetimeIndex([target]))
    return point.reindex(columns=list(POINT_FIELDS)).astype("float64")
