"""One pass over one file by its plan: times and values batch by batch, every bad row counted, and then the windows."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from backend.arrays import Bools, Ints
from backend.errors import UnusableFileError
from backend.ingest.blanks import Blanks
from backend.ingest.bursts import BurstCounter
from backend.ingest.cells import codes, filled, plain, put_together, to_floats, utf8
from backend.ingest.columns import Plan
from backend.ingest.contract import OnBatch, ReadLimits, ReadOptions, Traffic, ValueUnit
from backend.ingest.detect import LOGS
from backend.ingest.numbers import NEGATIVE, NO_VALUE, parse_values
from backend.ingest.readahead import read_ahead
from backend.ingest.readers.base import Batch, FileReader
from backend.ingest.rejects import RejectCounter, quoted
from backend.ingest.second_look import SecondLook
from backend.ingest.series import DAY, SeriesRows, all_rows, series_frame
from backend.ingest.steps import find_steps
from backend.ingest.timestamps import AMBIGUOUS_SLOT, EARLIEST, LATEST, OUT_OF_RANGE, TICKS, Zone
from backend.ingest.units import ask_about_kind, settle_unit
from backend.ingest.windows import STEP_SECONDS, RawCounter, has_steps, raw_series, steps_within

MIXED_UNITS_SHARE = 0.05
NEGATIVE_SHARE = 0.5  # of the rows are no faults of single ones
NOT_THIS_METRIC = "row of another metric, or a part of a total"


class Reading:
    """One pass over one file."""

    def __init__(
        self,
        source: FileReader,
        plan: Plan,
        zone: Zone,
        window: int,
        limits: ReadLimits,
        options: ReadOptions,
        now: float,
        on_batch: OnBatch | None = None,
    ) -> None:
        self._source = source
        self._plan = plan
        self._zone = zone
        self._window = window
        self._limits = limits
        self._options = options
        self._now = now
        self._on_batch = on_batch
        self._partial = False
        self._lines = RejectCounter()  # what the reader refused: no rows at all
        self._rows = RejectCounter()  # rows whose time or value is bad
        self._rows_read = 0
        self._other_unit = 0
        self._ended = False  # whether all rows were read and some of them can be used
        self._groups: dict[str, int] = {}  # numbers of the parts that labels name
        self._days: Ints = np.zeros(0, np.int64)
        self._second_look = SecondLook(plan)

    def run(self) -> Traffic:
        try:
            return self._raw() if self._plan.kind == "raw" else self._series()
        except UnusableFileError as error:
            if self._ended and self._dropped():
                raise UnusableFileError(f"{error.detail} {self._dropped_note()}", **error.extra) from error
            raise

    def dropped_for(self, reason: str) -> int:
        return self._rows.count(reason)

    def days(self) -> Ints:
        """The different days of the rows, since 1970, sorted; after `run`."""
        return self._days

    def _dropped(self) -> int:
        return self._lines.total() + self._rows.total()

    def _dropped_note(self) -> str:
        """What was dropped and why, for a file with too few usable rows."""
        reasons = [f"{entry.count:,} {entry.reason}" for entry in self._lines.dropped() + self._rows.dropped()]
        return f"Dropped of {self._rows_read + self._lines.total():,} rows: {'; '.join(reasons)}."

    @contextmanager
    def _batches(self, columns: list[str]) -> Iterator[Iterator[Batch]]:
        keep = [self._plan.keep.column] if self._plan.keep else []
        names = [*self._plan.time.names, *columns, *keep]
        with read_ahead(self._source.batches(names, self._lines)) as batches:
            yield self._followed(batches)

    def _followed(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The batches, told of after each; those behind the head are left where only that is looked at."""
        most = self._limits.head_rows
        for batch in batches:
            if most is not None and self._rows_read >= most:
                self._partial = True
                return
            yield batch
            if self._on_batch:
                self._on_batch(self._rows_read + self._lines.total(), batch.share)

    def _raw(self) -> Traffic:
        per_second, most = self._plan.parser.ticks_per_second, self._limits.max_windows
        counter = RawCounter(self._window, per_second, most)
        within = self._limits.within_windows
        steps = RawCounter(STEP_SECONDS, per_second, most) if within and has_steps(self._window) else None
        bursts = BurstCounter(self._window, per_second) if within else None
        with self._batches([]) as batches:
            for batch in batches:
                ticks, good = self._times(batch)
                usable = ticks if good is None else ticks[good]
                counter.add(usable)
                if steps:
                    steps.add(usable)
                if bursts:
                    bursts.add(usable)
        traffic = self._counted(counter, [])
        return replace(
            traffic,
            steps=steps_within(steps, traffic.frame, self._window) if steps else None,
            burst_factor=bursts.factor() if bursts else None,
        )

    def _counted(self, counter: RawCounter, notes: list[str]) -> Traffic:
        self._check_usable()
        numbers, _ = counter.known()
        self._days = np.unique(numbers * self._window // DAY)
        frame, more = raw_series(counter, self._zone.undecided, AMBIGUOUS_SLOT, self._rows)
        return self._traffic(frame, self._window, None, notes + more)

    def _series(self) -> Traffic:
        rows = self._load()
        self._second_look.check(self._source, rows)
        self._check_usable()
        plan = self._plan
        per_second = plan.parser.ticks_per_second
        if plan.vague and self._options.kind is None:
            if bool(np.all(rows.values == rows.values[0])):
                counter = RawCounter(self._window, per_second, self._limits.max_windows)
                counter.add(rows.ticks)
                name, same = quoted(plan.value or ""), rows.values[0]
                note = f"{name} is always {same:g}, so each row was counted as one request."
                return self._counted(counter, [note])
            ask_about_kind(plan.value or "")
        unit, scale, notes = settle_unit(plan, rows, self._options)
        rows = self._own_dates(rows)
        frame, window, more = series_frame(
            rows, per_second, self._window, unit, self._options.rows, self._limits.max_windows, self._rows
        )
        frame["actual_rps"] *= scale
        return self._traffic(frame, window, unit, notes + more)

    def _load(self) -> SeriesRows:
        """Times, values and parts of all rows that can be used, and the rest of those that have a time."""
        plan = self._plan
        ticks, values, groups, blank_ticks, blank_groups = [], [], [], [], []
        every = range(len(plan.values))
        together = [[place] for place in every] if plan.apart else [list(every)]
        with self._batches([*plan.values, *plan.labels]) as batches:
            for batch in batches:
                times, good = self._times(batch)
                for columns in together:
                    amounts, valued = self._values(batch, good, columns)
                    ticks.append(times.copy() if valued is None else times[valued])
                    values.append(amounts.copy() if valued is None else amounts[valued])
                    parts = self._parts(batch, str(columns)) if plan.labels or plan.apart else None
                    if parts is not None:
                        groups.append(parts if valued is None else parts[valued])
                    if valued is not None:
                        blank = ~valued if good is None else good & ~valued
                        blank_ticks.append(times[blank])
                        blank_groups += [] if parts is None else [parts[blank]]
        self._days = np.unique(np.concatenate(ticks) // (DAY * plan.parser.ticks_per_second))
        parts_of = np.concatenate if len(self._groups) > 1 else lambda _: None
        blanks = Blanks(np.concatenate(blank_ticks), parts_of(blank_groups), plan.joined) if blank_ticks else None
        return SeriesRows(np.concatenate(ticks), np.concatenate(values), parts_of(groups), blanks)

    def _own_dates(self, rows: SeriesRows) -> SeriesRows:
        """Rows of whole days stand at their own date, whatever the zone."""
        per_second = self._plan.parser.ticks_per_second
        distinct = np.unique(all_rows(rows, per_second).ticks)
        if len(distinct) < 2 or round(find_steps(distinct, None, per_second).step) != DAY:
            return rows
        local = self._zone.wall_clock(rows.ticks, per_second)
        if np.any(local % (DAY * per_second)):
            return rows
        blanks = rows.blanks and replace(rows.blanks, ticks=self._zone.wall_clock(rows.blanks.ticks, per_second))
        return replace(rows, ticks=local, blanks=blanks)

    def _times(self, batch: Batch) -> tuple[Ints, Bools | None]:
        """Ticks of the batch and which rows are good (None: all). Bad ones are counted."""
        plan = self._plan
        times = plan.time.column(batch.columns[: len(plan.time.parts)])
        parsed = plan.parser.parse(times)
        self._rows_read += len(times)
        good: Bools | None = None
        if plan.keep is not None:
            good = plan.keep.mask(batch.columns[-1])
            self._rows.add_mask(NOT_THIS_METRIC, ~good, batch.row_of, lambda index: None)  # noqa: ARG005
        for reason, mask in parsed.bad:
            counted = mask if good is None else mask & good
            self._rows.add_mask(reason, counted, batch.row_of, lambda index: _text(times, index))
            if reason == OUT_OF_RANGE and plan.parser.unit in TICKS:
                self._other_unit += _fits_a_unit(times.filter(pa.array(counted)))
            good = ~mask if good is None else good & ~mask
        return parsed.ticks, good

    def _values(
        self, batch: Batch, good: Bools | None, places: Sequence[int]
    ) -> tuple[npt.NDArray[np.float64], Bools | None]:
        """The values of these value columns added up; a cell without one counts where another column has one."""
        plan = self._plan
        first = len(plan.time.parts)
        columns = [plain(batch.columns[first + place]) for place in places]
        parsed = [parse_values(column, plan.styles[place]) for column, place in zip(columns, places, strict=True)]
        for column, place, (numbers, bad) in zip(columns, places, parsed, strict=True):
            self._second_look.at(plan.values[place], column, numbers, bad)
        if len(parsed) > 1:
            empty = [next((mask for reason, mask in bad if reason == NO_VALUE), None) for _, bad in parsed]
            nothing = np.logical_and.reduce(
                [np.zeros(len(batch.columns[0]), np.bool_) if one is None else one for one in empty]
            )
            parsed = [
                (
                    np.where(one, 0.0, values) if one is not None else values,
                    [pair for pair in bad if pair[0] != NO_VALUE],
                )
                for (values, bad), one in zip(parsed, empty, strict=True)
            ]
            parsed[0][1].append((NO_VALUE, nothing))
        for column, (_, bad) in zip(columns, parsed, strict=True):
            for reason, mask in bad:
                if reason != NO_VALUE or not plan.apart:  # else the row has values of other parts
                    counted = mask if good is None else mask & good
                    self._rows.add_mask(reason, counted, batch.row_of, partial(_text, column))
                good = ~mask if good is None else good & ~mask
        values = parsed[0][0] if len(parsed) == 1 else np.sum([each for each, _ in parsed], axis=0)
        return values, good

    def _parts(self, batch: Batch, of: str) -> Ints:
        """Which part each row is of: rows are of one where all labels are equal, and the columns `of` their values."""
        first = len(self._plan.time.parts) + len(self._plan.values)
        columns = batch.columns[first : first + len(self._plan.labels)]
        if not columns:
            return np.full(len(batch.columns[0]), self._groups.setdefault(of, len(self._groups)), np.int64)
        between = [part for column in columns for part in (filled(column), "\x1f")]
        places, names = codes(put_together([*between, of]))
        return np.array([self._groups.setdefault(name, len(self._groups)) for name in names], np.int64)[places]

    def _check_usable(self) -> None:
        rows = self._rows_read + self._lines.total()
        if rows == 0:
            raise UnusableFileError("The file has no rows. At least two windows of traffic are needed.")
        if self._other_unit and self._other_unit >= MIXED_UNITS_SHARE * rows:
            raise UnusableFileError(
                f"The time column mixes units: {self._other_unit:,} of {rows:,} rows are not in "
                f"{self._plan.parser.unit} but in another unit ({self._rows.quote()}). "
                "Use one unit in the whole column.",
                column=self._plan.time.label,
                rows=self._rows.first_rows(),
            )
        negative = self._rows.count(NEGATIVE)
        if negative > NEGATIVE_SHARE * rows:
            raise UnusableFileError(
                f"{quoted(self._plan.value or '')} is negative in {negative:,} of {rows:,} rows, so it is no traffic. "
                "If another column is, name it with value_column.",
                column=self._plan.value,
                rows=self._rows.first_rows(),
            )
        if self._dropped() == rows:
            bad = self._rows if self._rows.total() else self._lines
            raise UnusableFileError(
                f"None of the {rows:,} rows can be used with times from {quoted(self._plan.time.label)}: "
                f"{bad.quote()}. Times must be ISO 8601, access-log times, or "
                "s, ms, us or ns since 1970, from 1990 to 2099; values must be finite and not negative.",
                column=self._plan.time.label,
                rows=bad.first_rows(),
            )
        self._ended = True

    def _traffic(self, frame: Any, window: int, unit: ValueUnit | None, notes: list[str]) -> Traffic:
        plan = self._plan
        raw = unit is None
        last = frame.index[-1].timestamp()
        if last > self._now:
            moment = datetime.fromtimestamp(last, UTC)
            notes = [*notes, f"The times reach into the future, to {moment:%Y-%m-%d %H:%M} UTC."]
        if any("." in style.thousands for style in plan.styles):
            notes = [*notes, "Points in the numbers were read as thousands: 1.234 is 1,234."]
        if any(style.billions for style in plan.styles):
            notes = [*notes, "B behind the numbers was read as billions: 1.5 B is 1,500,000,000."]
        return Traffic(
            frame=frame,
            kind="raw" if raw else "series",
            format=self._source.format,
            timestamp_column=None if self._source.format in LOGS else plan.time.label,
            time_unit=plan.parser.unit,
            timezone=self._zone.label,
            value_column=None if raw else plan.value,
            value_unit=unit,
            window_seconds=window,
            rows_read=self._rows_read + self._lines.total(),
            rows_dropped=self._lines.dropped() + self._rows.dropped(),
            label_columns=list(plan.labels),
            partial=self._partial,
            assumptions=[*plan.notes, *self._zone.notes(self._options.timezone is not None), *notes],
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
    numeric = pa.types.is_integer(times.type) or pa.types.is_floating(times.type)
    numbers = np.asarray(times.cast(pa.float64(), safe=False)) if numeric else to_floats(utf8(times)[0])
    fits = np.zeros(len(numbers), np.bool_)
    for scale in TICKS.values():
        fits |= (numbers >= EARLIEST * scale) & (numbers < LATEST * scale)
    return int(np.count_nonzero(fits))
