"""`read_traffic`: a file → a regular series, in order: detect, plan, read in batches, windows."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from backend.errors import InvalidRequestError, ProblemError, UnusableFileError
from backend.ingest.columns import Plan, parse_values, plan_reading
from backend.ingest.contract import ReadLimits, ReadOptions, Traffic
from backend.ingest.detect import Detected, detect
from backend.ingest.readahead import read_ahead
from backend.ingest.readers.accesslog import TIME_COLUMN, AccessLogReader
from backend.ingest.readers.base import Batch, FileReader
from backend.ingest.readers.csv import CsvReader
from backend.ingest.readers.json import JsonReader
from backend.ingest.readers.parquet import ParquetReader
from backend.ingest.rejects import RejectCounter, quoted
from backend.ingest.timestamps import (
    AMBIGUOUS_SLOT,
    EARLIEST,
    LATEST,
    OUT_OF_RANGE,
    TICKS,
    Zone,
    parse_zone,
    plain,
    ticks_parser,
    to_floats,
    utf8,
)
from backend.ingest.windows import RawCounter, one_row_per_time, raw_series, series_windows

MIXED_UNITS_SHARE = 0.05
MAX_WINDOW_SECONDS = 31 * 86_400


def read_traffic(
    path: Path,
    filename: str,
    options: ReadOptions,
    limits: ReadLimits,
    default_window_seconds: int = 60,
) -> Traffic:
    """Read a file of any known format into requests per second on a regular UTC grid.

    `filename` only helps to word messages; the content decides the format. Memory stays bounded: a raw log is
    counted batch by batch, of a series only times and values are held. Raises a ProblemError of status 413, 415
    or 422 whose detail says what was wrong, where, and what is allowed; nothing else comes out for a bad file.
    """
    try:
        return _read(path, filename, options, limits, default_window_seconds)
    except ProblemError:
        raise
    except (FileNotFoundError, MemoryError):
        raise  # the caller's path and limit, not the file's fault
    except Exception as error:
        # Damaged files make the libraries raise many kinds of error; each means that the file cannot be read.
        raise UnusableFileError(
            f"The file is damaged, or not of the format that its content suggests: {_first_line(error)}"
        ) from error


def _first_line(error: Exception) -> str:
    text = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    return text if text.endswith(".") else f"{text}."


def _read(path: Path, filename: str, options: ReadOptions, limits: ReadLimits, default_window: int) -> Traffic:
    window = default_window if options.window_seconds is None else options.window_seconds
    if not 1 <= window <= MAX_WINDOW_SECONDS:
        raise InvalidRequestError(
            f"window_seconds is {window}; it must be from 1 to {MAX_WINDOW_SECONDS:,}.", field="window_seconds"
        )
    zone_name = options.timezone or "UTC"
    zone = Zone(zone_name, parse_zone(zone_name))
    detected = detect(path, filename, limits)
    source = _open(path, detected, limits)
    if isinstance(source, AccessLogReader):
        zone.offset_seen = True  # every line carries one
        plan = Plan("raw", TIME_COLUMN, ticks_parser("clf", 1), None, None, 1.0, False, [])
    else:
        plan = plan_reading(source, options, zone)
        zone.forget()  # what the sample showed: the whole file will show it again
    return _Reading(source, plan, zone, window, limits, options).run()


def _open(path: Path, detected: Detected, limits: ReadLimits) -> FileReader:
    match detected.format:
        case "parquet":
            return ParquetReader(path, limits)
        case "csv":
            return CsvReader(path, detected, limits)
        case "json_lines" | "json_array":
            return JsonReader(path, detected, limits)
        case "common_log" | "combined_log":
            return AccessLogReader(path, detected, limits)


class _Reading:
    """One pass over one file."""

    def __init__(
        self, source: FileReader, plan: Plan, zone: Zone, window: int, limits: ReadLimits, options: ReadOptions
    ) -> None:
        self._source = source
        self._plan = plan
        self._zone = zone
        self._window = window
        self._limits = limits
        self._options = options
        self._lines = RejectCounter()  # what the reader refused: no rows at all
        self._rows = RejectCounter()  # rows whose time or value is bad
        self._rows_read = 0
        self._other_unit = 0
        self._ended = False  # whether all rows were read and some of them can be used

    def run(self) -> Traffic:
        try:
            return self._raw() if self._plan.kind == "raw" else self._series()
        except UnusableFileError as error:
            if self._ended and self._dropped():
                raise UnusableFileError(f"{error.detail} {self._dropped_note()}", **error.extra) from error
            raise

    def _dropped(self) -> int:
        return self._lines.total() + self._rows.total()

    def _dropped_note(self) -> str:
        """What was dropped and why, for a file with too few usable rows."""
        reasons = [f"{entry.count:,} {entry.reason}" for entry in self._lines.dropped() + self._rows.dropped()]
        return f"Dropped of {self._rows_read + self._lines.total():,} rows: {'; '.join(reasons)}."

    def _raw(self) -> Traffic:
        counter = RawCounter(self._window, self._plan.parser.ticks_per_second, self._limits.max_windows)
        with read_ahead(self._source.batches(self._plan.time, None, self._lines)) as batches:
            for batch in batches:
                ticks, good = self._times(batch)
                counter.add(ticks if good is None else ticks[good])
        self._check_usable()
        frame, notes = raw_series(counter, self._zone.undecided, AMBIGUOUS_SLOT, self._rows)
        return self._traffic(frame, self._window, notes)

    def _series(self) -> Traffic:
        all_ticks: list[npt.NDArray[np.int64]] = []
        all_values: list[npt.NDArray[np.float64]] = []
        with read_ahead(self._source.batches(self._plan.time, self._plan.value, self._lines)) as batches:
            for batch in batches:
                ticks, good = self._times(batch)
                values, good = self._values(batch, good)
                all_ticks.append(ticks.copy() if good is None else ticks[good])
                all_values.append(values.copy() if good is None else values[good])
        self._check_usable()
        rows, notes = one_row_per_time(
            np.concatenate(all_ticks), np.concatenate(all_values), self._plan.has_labels, self._rows
        )
        unit = self._plan.value_unit or "count"
        frame, window, more = series_windows(
            rows, self._plan.parser.ticks_per_second, self._window, unit, self._limits.max_windows
        )
        frame["actual_rps"] *= self._plan.value_scale
        return self._traffic(frame, window, notes + more)

    def _times(self, batch: Batch) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_] | None]:
        """Ticks of the batch and which rows are good (None: all). Bad ones are counted."""
        times = plain(batch.times)
        parsed = self._plan.parser.parse(times)
        self._rows_read += len(times)
        good: npt.NDArray[np.bool_] | None = None
        for reason, mask in parsed.bad:
            self._rows.add_mask(reason, mask, batch.row_of, lambda index: _text(times, index))
            good = ~mask if good is None else good & ~mask
            if reason == OUT_OF_RANGE and self._plan.parser.unit in TICKS:
                self._other_unit += _fits_a_unit(times.filter(pa.array(mask)))
        return parsed.ticks, good

    def _values(
        self, batch: Batch, good: npt.NDArray[np.bool_] | None
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_] | None]:
        assert batch.values is not None
        column = plain(batch.values)
        values, bad = parse_values(column)
        for reason, mask in bad:
            counted = mask if good is None else mask & good
            self._rows.add_mask(reason, counted, batch.row_of, lambda index: _text(column, index))
            good = ~mask if good is None else good & ~mask
        return values, good

    def _check_usable(self) -> None:
        rows = self._rows_read + self._lines.total()
        if rows == 0:
            raise UnusableFileError("The file has no rows. At least two windows of traffic are needed.")
        if self._other_unit and self._other_unit >= MIXED_UNITS_SHARE * rows:
            raise UnusableFileError(
                f"The time column mixes units: {self._other_unit:,} of {rows:,} rows are not in "
                f"{self._plan.parser.unit} but in another unit ({self._rows.quote()}). "
                "Use one unit in the whole column.",
                column=self._plan.time,
                rows=self._rows.first_rows(),
            )
        if self._dropped() == rows:
            bad = self._rows if self._rows.total() else self._lines
            raise UnusableFileError(
                f"None of the {rows:,} rows can be used with times from {quoted(self._plan.time)}: "
                f"{bad.quote()}. Times must be ISO 8601, access-log times, or "
                "s, ms, us or ns since 1970, from 1990 to 2099; values must be finite and not negative.",
                column=self._plan.time,
                rows=bad.first_rows(),
            )
        self._ended = True

    def _traffic(self, frame: Any, window: int, notes: list[str]) -> Traffic:
        plan = self._plan
        return Traffic(
            frame=frame,
            kind=plan.kind,
            format=self._source.format,
            timestamp_column=None if plan.parser.unit == "clf" and plan.time == TIME_COLUMN else plan.time,
            time_unit=plan.parser.unit,
            timezone=self._zone.label,
            value_column=plan.value,
            value_unit=plan.value_unit,
            window_seconds=window,
            rows_read=self._rows_read + self._lines.total(),
            rows_dropped=self._lines.dropped() + self._rows.dropped(),
            assumptions=plan.notes + self._zone.notes(self._options.timezone is not None) + notes,
        )


def _text(array: pa.Array[Any], index: int) -> str | None:
    """A cell as text to quote; None where it has none that can be shown."""
    cell = array[index]
    try:
        shown = (pc.cast(cell, pa.string()) if pa.types.is_timestamp(array.type) else cell).as_py()
    except (ValueError, OverflowError, pa.ArrowException):
        return None
    if isinstance(shown, bytes):
        return shown.decode("utf-8", "replace")
    return None if shown is None else str(shown)


def _fits_a_unit(times: pa.Array[Any]) -> int:
    """How many of these out-of-range times would be times in another unit."""
    if pa.types.is_timestamp(times.type) or pa.types.is_date(times.type):
        return 0
    text = pa.types.is_integer(times.type) or pa.types.is_floating(times.type)
    numbers = np.asarray(times.cast(pa.float64(), safe=False)) if text else to_floats(utf8(times)[0])
    fits = np.zeros(len(numbers), np.bool_)
    for scale in TICKS.values():
        fits |= (numbers >= EARLIEST * scale) & (numbers < LATEST * scale)
    return int(np.count_nonzero(fits))
