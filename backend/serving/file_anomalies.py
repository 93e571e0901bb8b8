"""The anomalies of a file by itself, judged as an import judges them."""

from dataclasses import dataclass

import pandas as pd

from backend.models.anomalies import HORIZONS, new_memory
from backend.models.predictor import RPSEstimator
from backend.serving.presenters import anomalies_in
from backend.serving.watch import judged_frame

APART = 15  # windows: anomalies that lie no further from each other are one alarm


@dataclass(frozen=True)
class Alarm:
    """Anomalies near each other: from the start of the first window to the end of the last, with the largest score and
    its reason."""

    start: pd.Timestamp
    end: pd.Timestamp
    score: float
    reason: str


def judged_points(estimator: RPSEstimator, frame: pd.DataFrame) -> pd.DataFrame:
    """The points of a frame with their scores, POINT_FIELDS columns."""
    horizons = [horizon for horizon in HORIZONS if horizon in estimator.horizons]
    forecasts = {horizon: estimator.forecasts_at(frame, horizon) for horizon in horizons}
    points, _, _ = judged_frame(frame, forecasts, new_memory(), len(frame))
    return points


def alarms_of(points: pd.DataFrame, window_seconds: int) -> list[Alarm]:
    """The alarms in judged points, in order of time."""
    window = pd.Timedelta(window_seconds, "s")
    alarms: list[Alarm] = []
    for time, anomaly in anomalies_in(points):
        new = Alarm(time, time + window, anomaly.score, anomaly.reason)
        if alarms and time - alarms[-1].end <= APART * window:
            before = alarms.pop()
            worst = max(before, new, key=lambda each: each.score)
            new = Alarm(before.start, new.end, worst.score, worst.reason)
        alarms.append(new)
    return alarms
