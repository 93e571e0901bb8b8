"""Points of one series as the store keeps them: what came beside what was forecast for it just before."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from backend.measurements import POINT_FIELDS
from backend.models.anomalies import THRESHOLD, Scores
from backend.models.catalog import MODELS, PREFERRED
from backend.models.intervals import INTERVAL
from backend.models.predictor import predictions
from backend.models.rolling import Floats
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


def predicted_columns(issued: Mapping[str, Mapping[str, Any]], window_seconds: int) -> dict[str, float]:
    """The columns of a point, but for its rate and score, from the packed rows of the origin just before it, by
    model: of those models that said something then, if one is trained for one window ahead."""
    columns = {model.column: (model.key, "mean") for model in MODELS}
    columns |= {edge: (PREFERRED.key, edge) for edge in INTERVAL}
    return {
        column: float(issued[key][field(quantity, window_seconds)])
        for column, (key, quantity) in columns.items()
        if field(quantity, window_seconds) in issued.get(key, {})
    }


def one_ahead(issued: pd.DataFrame, window_seconds: int, by: str = "filename") -> dict[Any, dict[str, float]]:
    """The columns of points, as predicted_columns gives them, from issued forecasts as the store takes them, by a
    column of theirs."""
    fields = [name for quantity in ("mean", *INTERVAL) if (name := field(quantity, window_seconds)) in issued]
    models: dict[Any, dict[str, dict[str, Any]]] = {}
    for row in issued[[by, "model", *fields]].to_dict("records"):
        models.setdefault(row[by], {})[row["model"]] = {str(name): value for name, value in row.items()}
    return {each: predicted_columns(rows, window_seconds) for each, rows in models.items()}


def one_window_ahead(
    target: pd.Timestamp, actual: float, predicted: Mapping[str, float], scored: Mapping[str, float]
) -> pd.DataFrame:
    """One point: what came in the window beside what had been forecast for it, if anything had, and its score."""
    point = pd.DataFrame({"actual_rps": [actual], **predicted, **scored}, index=pd.DatetimeIndex([target]))
    return point.reindex(columns=list(POINT_FIELDS)).astype("float64")
