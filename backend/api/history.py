"""Stored points for the chart."""

import math
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from backend.api.document import OF_A_SERIES
from backend.deps import FilenameQuery, StateDep, find_series
from backend.live.channel import LIVE_WINDOWS
from backend.measurements import on_grid, read_points
from backend.models.anomalies import THRESHOLD
from backend.schemas import ChartDataPoint, LiveRange, Range
from backend.serving.presenters import chart_points
from backend.stores import SeriesRecord

router = APIRouter()

SPANS = {"1h": timedelta(hours=1), "6h": timedelta(hours=6), "24h": timedelta(hours=24)}
MOST_BUCKETS = 720


@router.get("/history", responses=OF_A_SERIES)
def history(
    state: StateDep,
    range: Annotated[Range, Query(examples=["24h"])],
    filename: FilenameQuery = None,
    anchor: Literal["data", "now"] = "data",
) -> list[ChartDataPoint]:
    """The last hour, six or day: up to the series' last point (`data`) or to the present (`now`).

    At most 720 points; longer spans are averaged by the store into buckets of several windows. Windows inside an
    outage are there with null values.
    """
    series = find_series(state, filename)
    end = datetime.now(UTC) if anchor == "now" else None
    start, stop, every = buckets(series, SPANS[range], end)
    store, key = state["store"], series.key
    if every == series.window_seconds:
        return chart_points(on_grid(read_points(store, key, start, stop), every))
    points = on_grid(read_points(store, key, start, stop, every), every)
    marked = points.index[points["anomaly_score"] >= THRESHOLD]
    # A bucket's mean is not the rate of the window that is marked.
    span = (marked[0], marked[-1] + timedelta(seconds=every)) if len(marked) else (stop, stop)
    return chart_points(points, read_points(store, key, *span))


def span_of(series: SeriesRecord, range: LiveRange) -> timedelta:
    """How long a chart of the range is; live: as long as a snapshot."""
    return LIVE_WINDOWS * timedelta(seconds=series.window_seconds) if range == "live" else SPANS[range]


def buckets(series: SeriesRecord, span: timedelta, end: datetime | None) -> tuple[datetime, datetime, int]:
    """Start, stop and seconds of the buckets: whole windows, on the UTC grid, at most 720 of them."""
    window = series.window_seconds
    every = window * math.ceil(span.total_seconds() / window / MOST_BUCKETS)
    latest = end or series.last + timedelta(seconds=window)
    stop = math.ceil(latest.timestamp() / every) * every
    count = max(1, math.ceil(span.total_seconds() / every))
    return _utc(stop - count * every), _utc(stop), every


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
