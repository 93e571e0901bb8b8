"""What the store holds, shaped as the answers of the API."""

import math
from datetime import UTC, datetime, timedelta

import pandas as pd

from backend.measurements import read_points
from backend.schemas import ChartDataPoint, Forecast, ForecastPoint, Incomplete, Series, SeriesStatus, Trend
from backend.serving.issued import newest_forecasts
from backend.stores import SeriesRecord, Store

FLAT_BAND = 0.02  # a forecast within 2 % of the newest rate is drawn as flat
STALE_WINDOWS = 3
LONGEST_HORIZON = 15


def chart_points(frame: pd.DataFrame) -> list[ChartDataPoint]:
    """Points in the frame's order; unknown values are null."""
    return [
        ChartDataPoint(
            timestamp=timestamp,
            actual_rps=_known(actual),
            predicted_rps_model1=_known(model1),
            predicted_rps_model2=_known(model2),
            p10=_known(p10),
            p90=_known(p90),
            anomaly=anomaly == 1.0,
        )
        for timestamp, actual, model1, model2, p10, p90, anomaly in frame.itertuples(name=None)
    ]


def on_grid(frame: pd.DataFrame, seconds: int) -> pd.DataFrame:
    """Give the windows or buckets between first and last that are absent a row of their own, all unknown."""
    if frame.empty:
        return frame
    return frame.reindex(pd.date_range(frame.index[0], frame.index[-1], freq=f"{seconds}s", unit="s"))


def series_view(stored: SeriesRecord, status: SeriesStatus) -> Series:
    span = stored.incomplete
    return Series(
        filename=stored.name,
        version=stored.version,
        origin=stored.origin,
        window_seconds=stored.window_seconds,
        points=stored.points,
        first=stored.first,
        last=stored.last,
        written_at=stored.written_at,
        live=status == "live",
        status=status,
        synthetic=stored.origin == "sample" or bool(stored.attributes.get("synthetic")),
        replay_of=stored.attributes.get("replay_of"),
        incomplete=Incomplete(first=span.first, last=span.last) if span else None,
    )


def forecast_view(store: Store, stored: SeriesRecord, status: SeriesStatus, min_windows: int) -> Forecast | None:
    """The newest forecast of a series, or None where none was made."""
    window = timedelta(seconds=stored.window_seconds)
    # A feed's newest forecast may be older than its newest window (it closed while no process ran) or newer (nothing
    # was known of the windows since).
    rows = newest_forecasts(store, stored.key, stored.last - (LONGEST_HORIZON - 1) * window)
    newest = read_points(store, stored.key, stored.last, None)["actual_rps"]
    if rows.empty or newest.empty:  # the series may be deleted meanwhile
        return None
    issued_at = rows["issued_at"].max()
    late = datetime.now(UTC) - issued_at > STALE_WINDOWS * window
    return Forecast(
        filename=stored.name,
        version=stored.version,
        window_seconds=stored.window_seconds,
        issued_at=issued_at,
        stale=status == "stale" or (status == "historic" and late),
        status=status,
        warming_up=stored.points < min_windows,
        points=_forecast_points(rows, stored.window_seconds, newest.iloc[-1]),
        served=None,
    )


def trend(forecast: float, newest: float) -> Trend:
    """Where a forecast lies against the newest rate."""
    if abs(forecast - newest) <= FLAT_BAND * newest:
        return "flat"
    return "up" if forecast > newest else "down"


def _forecast_points(rows: pd.DataFrame, window_seconds: int, newest: float) -> list[ForecastPoint]:
    ahead = pd.to_timedelta(rows["horizon_seconds"] - window_seconds, unit="s")
    table = rows.assign(
        horizon=rows["horizon_seconds"] // window_seconds,
        timestamp=rows["issued_at"] + ahead,
        trend=[trend(mean, newest) for mean in rows["mean"]],
    )
    return [ForecastPoint.model_validate(row) for row in table.to_dict("records")]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
