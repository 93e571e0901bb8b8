"""What the store holds, as the page gets it."""

import numpy as np
import pandas as pd

from backend.measurements import POINT_FIELDS
from backend.models.anomalies import KEYS
from backend.serving.presenters import chart_points


def windows(count: int) -> pd.DataFrame:
    index = pd.date_range("2026-01-05T08:00Z", periods=count, freq="60s", unit="s")
    points = pd.DataFrame(10.0, index=index, columns=list(POINT_FIELDS))
    return points.assign(anomaly_score=0.1, anomaly_kind=np.nan, anomaly_expected=np.nan)


def test_a_bucket_names_its_anomalies_with_their_own_times_rates_and_reasons() -> None:
    points = windows(6)
    points.iloc[3, :] = 40.0
    points.iloc[3, -3:] = [0.8, KEYS.index("forecast_above"), 10.0]
    buckets = points.resample("120s").mean().assign(anomaly_score=[0.1, 0.8, 0.1])
    first, second, third = chart_points(buckets, points)
    assert not first.anomaly
    assert not third.anomalies
    assert second.anomaly
    (anomaly,) = second.anomalies
    assert (anomaly.timestamp, anomaly.actual_rps, anomaly.score) == (points.index[3], 40.0, 0.8)
    assert anomaly.reason == "4 times what was forecast or usual by the week before"
    assert second.actual_rps == 25.0
    assert second.anomaly_score == 0.8


def test_a_window_that_an_earlier_version_marked_has_that_version_s_reason() -> None:
    points = windows(2).assign(anomaly_score=[0.0, 0.5])
    unmarked, marked = chart_points(points)
    assert not unmarked.anomalies
    assert marked.anomalies[0].reason.startswith("more than 15 % off")
