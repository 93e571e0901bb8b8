"""What the store holds, shaped as the answers of the API."""

import math
from collections.abc import Iterator

import pandas as pd

from backend.measurements import POINT_FIELDS, SCORE_FIELDS
from backend.models import catalog
from backend.models.anomalies import THRESHOLD, reason
from backend.models.selection import FEWEST, MARGIN, SPAN, Selection
from backend.schemas import Anomaly, ChartDataPoint, ForecastPoint, Incomplete, Series, SeriesStatus, Trend
from backend.stores import SeriesRecord

FLAT_BAND = 0.02  # a forecast within 2 % of the newest rate is drawn as flat
REASONS = SCORE_FIELDS[1:]
BURST_FACTOR = "burst_factor"  # the attribute of a series that was read from a log whose seconds tell one
# Of windows that release 0.1 marked, which gave no reason.
OLD_REASON = "more than 15 % off what was forecast and outside its interval"


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


def forecast_points(rows: pd.DataFrame, window_seconds: int, newest: float) -> list[ForecastPoint]:
    """Newest forecasts (serving.issued.newest_forecasts) beside the newest rate."""
    ahead = pd.to_timedelta(rows["horizon_seconds"] - window_seconds, unit="s")
    table = rows.assign(
        horizon=rows["horizon_seconds"] // window_seconds,
        timestamp=rows["issued_at"] + ahead,
        trend=[trend(mean, newest) for mean in rows["mean"]],
    )
    return [ForecastPoint.model_validate(row) for row in table.to_dict("records")]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
