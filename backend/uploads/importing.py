"""A file on its way into the store, in order: read → windows → predict → store → score."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from backend.config import Settings
from backend.errors import ConflictError, UnusableFileError
from backend.ingest import OnBatch, ReadLimits, ReadOptions, Traffic, read_traffic
from backend.measurements import FORECASTS, POINTS, STEPS, SURPRISES, points_table, read_rates, series_table
from backend.models.anomalies import new_memory
from backend.models.evaluate import Errors, score_predictions
from backend.models.predictor import RPSEstimator
from backend.models.tail import BLOCK, Memory
from backend.serving.issued import first_kept_row, rolling_table
from backend.serving.presenters import BURST_FACTOR
from backend.serving.rolling import Piece, rolling_pieces
from backend.serving.watch import stored_memory, surprises_table
from backend.stores import Origin, SeriesInfo, SeriesKey, Store
from backend.stores.names import refuse_one_too_many
from backend.uploads.kept import ReceivedFile
from backend.uploads.same_name import SameName, files_after, given_fields, import_attributes, place_of
from backend.uploads.workers import Report

AFTER_SPAN = 60  # windows, the longest horizon
PROCESS_MB, WINDOW_BYTES = 650, 800  # that an import takes at most: before it stores, and of each window that it stores
ReadFile = Callable[[Path, str, ReadOptions], Traffic]


@dataclass(frozen=True)
class ToImport:
    """A file with all that decides how it is read and where it is stored. `id`: of its import. `name`: of its series,
    where nothing is asked about it."""

    id: str
    file: ReceivedFile
    name: str
    options: ReadOptions
    same_name: SameName | None = None
    origin: Origin = "upload"


@dataclass(frozen=True)
class ImportResult:
    """What became of a file."""

    import_id: str
    key: SeriesKey
    traffic: Traffic
    assumptions: list[str]
    points_written: int
    scores: dict[str, Errors]


@dataclass(frozen=True)
class ImportLimits:
    """`memory_mb`: what the process may use; None where it has no limit."""

    max_series: int
    memory_mb: int | None


def import_file(
    asked: ToImport, read: ReadFile, estimator: RPSEstimator, store: Store, limits: ImportLimits, report: Report
) -> ImportResult:
    """Read a file, predict every window of it as it would have been predicted then, and store both.

    Of its last seven days every forecast is stored, as it would have been issued: accuracy, past forecasts and
    selection then read those of a file and of a feed alike. The same bytes with other fields replace all that their
    first reading stored. Nothing is stored unless everything before it went well; `report` may raise to call the import
    off. Raises SameNameError where it must be asked what the file is to the series of its name.
    """
    report.step("reading")
    traffic = read(asked.file.path, asked.file.filename, asked.options)
    report.step("forecasting")
    place = place_of(store, asked.name, asked.file.sha256, traffic, asked.same_name, estimator.history_windows)
    key = SeriesKey(place.name, estimator.version)
    refuse_one_too_many(store, key.name, limits.max_series)
    window = traffic.window_seconds
    frame = traffic.frame
    if not place.replace:
        frame = with_stored_history(store, key, frame, window, estimator.history_windows)
    begin = traffic.frame.index[0]
    kept_from = frame.index[first_kept_row(len(traffic.frame), len(frame), window)]
    memory = (
        new_memory() if place.replace else stored_memory(store, key, window, int(begin.timestamp()) // (BLOCK * window))
    )
    known = [span for span in known_spans(frame, estimator.history_windows) if span.index[-1] >= begin]
    refuse_too_many_windows(sum(map(len, known)), limits.memory_mb)
    pieces = _predicted(estimator, known, begin, kept_from, memory, report)
    points = pd.concat([piece.points for piece in pieces])
    forecasts = pd.concat([rolling_table(key, piece.forecasts, window) for piece in pieces if piece.forecasts])
    surprises = pd.concat([surprises_table(key, window, piece.first_block, piece.maxima) for piece in pieces])
    report.step("storing")
    before = None if place.replace else store.find(key.name)
    files = files_after(store, before, key, traffic) if before else {}
    fields = given_fields(asked.options)
    attributes = import_attributes(files, asked.file.sha256, fields, asked.id, traffic.frame)
    attributes |= {BURST_FACTOR: traffic.burst_factor}
    info = SeriesInfo(key, window, asked.origin, attributes)
    tables = {POINTS: points_table(key, points), FORECASTS: forecasts, SURPRISES: surprises}
    if traffic.steps is not None:
        tables[STEPS] = series_table(key, traffic.steps)
    if store.write(tables, [info], replace=place.replace):
        raise another_window(store, key, window)
    longest = max(known, key=len)
    return ImportResult(
        import_id=asked.id,
        key=key,
        traffic=traffic,
        assumptions=[*traffic.assumptions, *place.notes],
        points_written=len(points),
        scores=score_predictions(longest, points.reindex(longest.index)),
    )


def refuse_too_many_windows(windows: int, memory_mb: int | None) -> None:
    """Raise UnusableFileError where so many windows cannot be forecast within the memory: before, not after minutes."""
    needed = PROCESS_MB + -(-windows * WINDOW_BYTES // 1024**2)
    if memory_mb is not None and needed > memory_mb:
        raise UnusableFileError(
            f"The file has {windows:,} windows to forecast, which takes about {needed:,} MB of memory; an import may "
            f"use {memory_mb:,} MB (SCALEOPS_READER_MEMORY_MB). Raise that to {needed:,} or more, read it in longer "
            "windows (window_seconds), or send it in parts: parts with the same file name become one series.",
            windows=windows,
            needed_mb=needed,
            limit_mb=memory_mb,
        )


def read_limits(settings: Settings) -> ReadLimits:
    """Bounds of an upload; a compressed file may unpack to four times the largest one."""
    return ReadLimits(max_rows=settings.max_rows, max_unpacked_bytes=4 * settings.max_upload_bytes, within_windows=True)


def file_reader(settings: Settings, on_batch: OnBatch | None = None) -> ReadFile:
    """Read within the limits of an upload."""
    limits = read_limits(settings)

    def read(path: Path, filename: str, options: ReadOptions) -> Traffic:
        return read_traffic(path, filename, options, limits, settings.window_seconds, on_batch=on_batch)

    return read


def _predicted(
    estimator: RPSEstimator,
    spans: Sequence[pd.DataFrame],
    begin: pd.Timestamp,
    kept_from: pd.Timestamp,
    memory: Memory,
    report: Report,
) -> list[Piece]:
    """What would have been said of every span's windows from `begin` on; forecasts of those from `kept_from` on."""
    firsts = [int(span.index.searchsorted(begin)) for span in spans]
    of_all = sum(map(len, spans)) - sum(firsts)
    done = 0.0

    def advance(windows: float) -> None:
        nonlocal done
        done += windows
        report.progress(None, min(done / of_all, 1.0))

    return [
        piece
        for span, first in zip(spans, firsts, strict=True)
        for piece in rolling_pieces(estimator, span, first, int(span.index.searchsorted(kept_from)), memory, advance)
    ]


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
