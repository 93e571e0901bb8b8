"""The order of the work, written once: read → windows → predict → store → score."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pandas as pd

from backend.errors import ConflictError, InvalidRequestError
from backend.ingest import ReadOptions, Traffic
from backend.models.evaluate import Errors, score_predictions
from backend.models.live import LiveForecaster
from backend.models.predictor import RPSEstimator
from backend.stores import POINT_FIELDS, SeriesKey, Store

Step = Literal["reading", "forecasting", "storing"]
ReadFile = Callable[[Path, str, ReadOptions], Traffic]

ANOMALY_SHARE = 0.15
NAME_LENGTH = 100
REPLAY_PREFIX = "replay of "


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


def predicted_points(estimator: RPSEstimator, frame: pd.DataFrame) -> pd.DataFrame:
    """Put every window's actual beside what was forecast just before it: POINT_FIELDS columns."""
    points = frame.join(estimator.predict(frame))
    return points.assign(anomaly=anomalies(points))[list(POINT_FIELDS)]


def anomalies(points: pd.DataFrame) -> pd.Series:
    """1.0 where actual is further than 15 % from model1's forecast and outside its p10-p90 band, else 0.0.

    Both are asked for: 15 % alone marks most quiet minutes, the band alone one window in five.
    """
    actual, forecast = points["actual_rps"], points["predicted_rps_model1"]
    far = (actual - forecast).abs() > ANOMALY_SHARE * forecast
    outside = (actual < points["p10"]) | (actual > points["p90"])
    return (far & outside).astype("float64")


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


def series_name(filename: str) -> str:
    """The series' name for a file: its last path part, printable characters only, at most 100 of them."""
    return clean_name(filename.replace("\\", "/").rsplit("/", maxsplit=1)[-1])


def clean_name(text: str) -> str:
    """A name for a series: printable characters only, at most 100 of them, not one that belongs to replays."""
    name = "".join(character for character in text if character.isprintable()).strip()[:NAME_LENGTH].strip()
    if name.startswith(REPLAY_PREFIX):
        raise InvalidRequestError(
            f'Names that start with "{REPLAY_PREFIX}" belong to replays. Rename it and send it again.'
        )
    return name if name.strip(".") else "unnamed"


def refuse_one_too_many(store: Store, key: SeriesKey, max_series: int) -> None:
    names = {series.filename for series in store.list_series()}
    if key.filename not in names and len(names) >= max_series:
        raise ConflictError(
            f"{len(names)} series are stored, which is the most (SCALEOPS_MAX_SERIES). Delete one of them first.",
            limit=max_series,
        )
