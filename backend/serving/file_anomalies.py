"""The anomalies of a file by itself, judged as an import judges them."""

from dataclasses import dataclass

import pandas as pd

from backend.models.anomalies import new_memory
from backend.models.predictor import RPSEstimator
from backend.serving.presenters import anomalies_in
from backend.serving.rolling import rolling_pieces

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
    pieces = rolling_pieces(estimator, frame, 0, len(frame), new_memory(), advance=lambda _: None)
    return pd.concat([piece.points for piece in pieces])


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
