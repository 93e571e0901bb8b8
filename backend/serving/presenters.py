"""What the store holds, shaped as the answers of the API."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pandas as pd

from backend.measurements import POINT_FIELDS, SCORE_FIELDS, STALE_WINDOWS, read_rates
from backend.models import catalog
from backend.models.anomalies import THRESHOLD, reason
from backend.models.selection import FEWEST, MARGIN, SPAN, Selection
from backend.schemas import Anomaly, ChartDataPoint, Forecast, ForecastPoint, Incomplete, Series, SeriesStatus, Trend
from backend.serving.issued import newest_forecasts
from backend.stores import SeriesRecord, Store

FLAT_BAND = 0.02  # a forecast within 2 % of the newest rate is drawn as flat
REASONS = SCORE_FIELDS[1:]
BURST_FACTOR = "burst_factor"  # the attribute of a series that was read from a log whose seconds tell one
# Of windows that release 0.1 marked, which gave no reason.
OLD_REASON = "more than 15 % off what was forecast and outside its interval"
Rows = TypeVar("Rows", pd.DataFrame, pd.Series)


def chart_points(frame: pd.DataFrame, windows: pd.DataFrame | None = None) -> list[ChartDataPoint]:
    """Points in the frame's order; unknown values are null. `windows`: where the frame has buckets, the points of the
    windows in those that hold an anomaly."""
    marks: dict[int, list[Anomaly]] = {}
    for timestamp, anomaly in anomalies_in(frame if windows is None else windows):
        marks.setdefault(int(frame.index.searchsorted(timestamp, side="right")) - 1, []).append(anomaly)
    rows = frame.reindex(columns=list(POINT_FIELDS)).itertuples(name=None)
    return [
        ChartDataPoint(
            timestamp=timestamp,
            anomaly=place in marks,
            anomalies=marks.get(place, []),
            **{name: _known(value) for name, value in zip(POINT_FIELDS, values, strict=True) if name not in REASONS},
        )
        for place, (timestamp, *values) in enumerate(rows)
    ]


def anomalies_in(points: pd.DataFrame) -> Iterator[tuple[pd.Timestamp, Anomaly]]:
    """The points that are anomalies, with why."""
    found = points[points["anomaly_score"] >= THRESHOLD]
    for timestamp, actual, *scored in found[["actual_rps", *SCORE_FIELDS]].itertuples(name=None):
        score, kind, expected = scored
        why = OLD_REASON if math.isnan(kind) else reason(int(kind), actual, expected)
        yield timestamp, Anomaly(timestamp=timestamp, actual_rps=actual, score=score, reason=why)


def on_grid(frame: Rows, seconds: int) -> Rows:
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
        burst_factor=stored.attributes.get(BURST_FACTOR),
        incomplete=Incomplete(first=span.first, last=span.last) if span else None,
    )


def forecast_view(
    store: Store,
    stored: SeriesRecord,
    status: SeriesStatus,
    longest_horizon: int,
    until: datetime | None = None,
) -> Forecast | None:
    """The newest forecast of a series, without what is served of it and whether it is warming up; None where there is
    none.

    `longest_horizon`: the longest that is forecast, in windows. `until`: the origin that nothing later is read of.
    """
    window = timedelta(seconds=stored.window_seconds)
    # A feed's newest forecast may be older than its newest window (it closed while no process ran) or newer (nothing
    # was known of the windows since).
    rows = newest_forecasts(store, stored.key, stored.last - (longest_horizon - 1) * window, until)
    newest = read_rates(store, stored.key, stored.last, until)
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
        warming_up=False,
        points=_forecast_points(rows, stored.window_seconds, newest.iloc[-1]),
        served=[],
    )


def trend(forecast: float, newest: float) -> Trend:
    """Where a forecast lies against the newest rate."""
    if abs(forecast - newest) <= FLAT_BAND * newest:
        return "flat"
    return "up" if forecast > newest else "down"


def selection_reason(selection: Selection) -> str:
    """Why a candidate is served, for the page and the log."""
    label = catalog.label(selection.model)
    if selection.why == "too_few":
        return f"Fewer than {FEWEST} forecasts at this horizon could be scored so far"
    errors = sorted(selection.errors.items(), key=lambda item: item[1])
    figures = ", ".join(f"{catalog.label(key)} {error:.1%}" for key, error in errors)
    if selection.why == "least_error":
        return f"{label} had the least error over the last {SPAN} windows: {figures} of the traffic"
    return f"{label} stays until another is {MARGIN:.0%} better over the last {SPAN} windows: {figures} of the traffic"


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
