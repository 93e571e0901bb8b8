"""A file on its way into the store, in order: read → windows → predict → store → score."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from backend.config import Settings
from backend.errors import ConflictError
from backend.ingest import ReadLimits, ReadOptions, Traffic, read_traffic
from backend.measurements import FORECASTS, POINTS, SURPRISES, points_table, read_rates
from backend.models.anomalies import HORIZONS, new_memory
from backend.models.evaluate import Errors, score_predictions
from backend.models.predictor import RPSEstimator
from backend.models.rolling import Floats
from backend.models.tail import BLOCK, Memory
from backend.serving.issued import first_kept_row, rolling_table
from backend.serving.points import predicted_points
from backend.serving.watch import judged_frame, stored_memory, surprises_table
from backend.stores import Origin, SeriesInfo, SeriesKey, Store
from backend.stores.names import refuse_one_too_many, series_name
from backend.uploads.again import file_digest, given_fields, import_attributes, read_before
from backend.uploads.workers import OnStep

AFTER_SPAN = 60  # windows, the longest horizon
ReadFile = Callable[[Path, str, ReadOptions], Traffic]


@dataclass(frozen=True)
class ImportResult:
    """What became of a file."""

    key: SeriesKey
    traffic: Traffic
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
    on_step: OnStep,
    origin: Origin = "upload",
) -> ImportResult:
    """Read a file, predict every window of it as it would have been predicted then, and store both.

    Of its last seven days every forecast is stored, as it would have been issued: accuracy, past forecasts and
    selection then read those of a file and of a feed alike. The same bytes with other fields replace all that their
    first reading stored. Nothing is stored unless everything before it went well.
    `on_step` may raise to call the import off.
    """
    key = SeriesKey(series_name(filename), estimator.version)
    on_step("reading")
    traffic = read(path, filename, options)
    on_step("forecasting")
    refuse_one_too_many(store, key.name, max_series)
    window = traffic.window_seconds
    digest, fields = file_digest(path), given_fields(options)
    again = read_before(store.find(key.name), digest, fields)
    frame = traffic.frame
    if not again:
        frame = with_stored_history(store, key, frame, window, estimator.history_windows)
    begin = traffic.frame.index[0]
    kept_from = frame.index[first_kept_row(len(traffic.frame), len(frame), window)]
    memory = new_memory() if again else stored_memory(store, key, window, int(begin.timestamp()) // (BLOCK * window))
    spans = [
        _predicted(estimator, span, begin, kept_from, memory)
        for span in known_spans(frame, estimator.history_windows)
        if span.index[-1] >= begin
    ]
    table = points_table(key, pd.concat([span.points for span in spans]))
    forecasts = pd.concat([rolling_table(key, span.newest, window) for span in spans])
    surprises = pd.concat([surprises_table(key, window, span.first_block, span.maxima) for span in spans])
    on_step("storing")
    if again:
        store.delete_series(key.name)
    info = SeriesInfo(key, window, origin, import_attributes(store.find(key.name), digest, fields, traffic.frame))
    if store.write({POINTS: table, FORECASTS: forecasts, SURPRISES: surprises}, [info]):
        raise another_window(store, key, window)
    longest = max(spans, key=lambda span: len(span.frame))
    return ImportResult(
        key=key,
        traffic=traffic,
        points_written=len(table),
        scores=score_predictions(longest.frame, longest.points.reindex(longest.frame.index)),
    )


def read_limits(settings: Settings) -> ReadLimits:
    """Bounds of an upload; a compressed file may unpack to four times the largest one."""
    return ReadLimits(max_rows=settings.max_rows, max_unpacked_bytes=4 * settings.max_upload_bytes)


def file_reader(settings: Settings) -> ReadFile:
    """Read within the limits of an upload."""
    limits = read_limits(settings)

    def read(path: Path, filename: str, options: ReadOptions) -> Traffic:
        return read_traffic(path, filename, options, limits, settings.window_seconds)

    return read


@dataclass(frozen=True)
class _Predicted:
    """A span of a series with what is known of it: `points` of the file's windows; `newest` by horizon what was
    forecast from its newest rows; `maxima` of surprises by block, from number `first_block` on."""

    frame: pd.DataFrame
    points: pd.DataFrame
    newest: Mapping[int, Mapping[str, pd.DataFrame]]
    first_block: int
    maxima: Floats


def _predicted(
    estimator: RPSEstimator, frame: pd.DataFrame, begin: pd.Timestamp, kept_from: pd.Timestamp, memory: Memory
) -> _Predicted:
    """What would have been said of a span's windows from `begin` on. Scores look at some horizons, for all windows; of
    the other horizons only the newest forecasts are made."""
    first = int(frame.index.searchsorted(kept_from))
    made = {
        horizon: estimator.forecasts_at(frame, horizon, first)
        for horizon in estimator.horizons
        if horizon not in HORIZONS
    }
    whole = {horizon: estimator.forecasts_at(frame, horizon) for horizon in estimator.horizons if horizon in HORIZONS}
    rows = len(frame) - int(frame.index.searchsorted(begin))
    scores, block, maxima = judged_frame(frame, whole, memory, rows)
    points = predicted_points(frame, whole[1], scores).iloc[len(frame) - rows :]
    made |= {
        horizon: {model: table.iloc[first:] for model, table in tables.items()} for horizon, tables in whole.items()
    }
    return _Predicted(frame, points, {horizon: made[horizon] for horizon in estimator.horizons}, block, maxima)


def known_spans(frame: pd.DataFrame, history_windows: int) -> list[pd.DataFrame]:
    """The frame cut at every gap that is longer than what a forecast looks back on: so nothing is computed over the
    years between two rows. Each span keeps the windows after its last known one that may be forecast."""
    known = np.flatnonzero(frame["actual_rps"].notna().to_numpy())
    cuts = np.flatnonzero(np.diff(known) > history_windows + AFTER_SPAN)
    starts = [0, *known[cuts + 1].tolist()]
    stops = [*(known[cuts] + 1 + AFTER_SPAN).tolist(), len(frame)]
    return [frame.iloc[start:stop] for start, stop in zip(starts, stops, strict=True)]


def with_stored_history(
    store: Store, key: SeriesKey, frame: pd.DataFrame, window_seconds: int, history_windows: int
) -> pd.DataFrame:
    """Put what is stored of the series just before the frame in front of it, so a day that follows an earlier
    upload is predicted with that upload in mind. Without stored history the frame is returned as it is."""
    start = frame.index[0]
    since = start - timedelta(seconds=history_windows * window_seconds)
    stored = read_rates(store, key, since.to_pydatetime(), start.to_pydatetime()).to_frame()
    if stored.empty:
        return frame
    whole = pd.concat([stored, frame])
    return whole.reindex(pd.date_range(whole.index[0], whole.index[-1], freq=f"{window_seconds}s", unit="s"))


def another_window(store: Store, key: SeriesKey, window_seconds: int) -> ConflictError:
    record = store.find(key.name)
    stored = f"windows of {record.window_seconds} s" if record else "another window length"
    return ConflictError(
        f"The series is stored with {stored} and this data has windows of {window_seconds} s. Use another file name, "
        "delete the stored series first, or set window_seconds to match."
    )
