"""A file on its way into the store, in order: read → windows → predict → store → score."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pandas as pd

from backend.ingest import ReadOptions, Traffic
from backend.models.evaluate import Errors, score_predictions
from backend.models.predictor import RPSEstimator
from backend.serving.points import issued_forecasts, predicted_points
from backend.stores import SeriesKey, Store
from backend.stores.names import refuse_one_too_many, series_name

Step = Literal["reading", "forecasting", "storing"]
ReadFile = Callable[[Path, str, ReadOptions], Traffic]


@dataclass(frozen=True)
class ImportResult:
    """What became of a file. `gaps`: windows between first and last that are unknown."""

    key: SeriesKey
    traffic: Traffic
    windows: int
    gaps: int
    points_written: int
    scores: dict[str, Errors]


def import_file(
    path: Path,
    filename: str,
    options: ReadOptions,
    *,
    read: ReadFile,
    estimator: RPSEstimator,
    store: Store,
    max_series: int,
    on_step: Callable[[Step], None],
) -> ImportResult:
    """Read a file, predict every window of it as it would have been predicted then, and store both.

    Nothing is stored unless everything before it went well. `on_step` may raise to call the import off.
    """
    key = SeriesKey(series_name(filename), estimator.version)
    on_step("reading")
    traffic = read(path, filename, options)
    on_step("forecasting")
    refuse_one_too_many(store, key, max_series)
    frame = with_stored_history(store, key, traffic.frame, traffic.window_seconds, estimator.history_windows)
    points = predicted_points(estimator, frame).loc[traffic.frame.index[0] :]
    forecasts = issued_forecasts(estimator.live(), frame, traffic.window_seconds)
    on_step("storing")
    written = store.write_points(key, traffic.window_seconds, points)
    store.write_forecasts(key, forecasts)
    return ImportResult(
        key=key,
        traffic=traffic,
        windows=len(points),
        gaps=int(points["actual_rps"].isna().sum()),
        points_written=written,
        scores=score_predictions(frame, points.reindex(frame.index)),
    )


def with_stored_history(
    store: Store, key: SeriesKey, frame: pd.DataFrame, window_seconds: int, history_windows: int
) -> pd.DataFrame:
    """Put what is stored of the series just before the frame in front of it, so a day that follows an earlier
    upload is predicted with that upload in mind. Without stored history the frame is returned as it is."""
    start = frame.index[0]
    since = start - timedelta(seconds=history_windows * window_seconds)
    stored = store.read_points(key, since.to_pydatetime(), start.to_pydatetime())[["actual_rps"]]
    if stored.empty:
        return frame
    whole = pd.concat([stored, frame])
    return whole.reindex(pd.date_range(whole.index[0], whole.index[-1], freq=f"{window_seconds}s", unit="s"))
