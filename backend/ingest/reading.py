"""`read_traffic`: a file → a regular series, in order: detect, plan, read in batches, windows."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backend.errors import AmbiguousFileError, InvalidRequestError, ProblemError, UnusableFileError
from backend.ingest.choices import Choice, SeveralReadings
from backend.ingest.columns import Plan, plan_reading
from backend.ingest.contract import OnBatch, ReadLimits, ReadOptions, Traffic
from backend.ingest.date_order import ask_about_year_first, with_order
from backend.ingest.detect import Detected, detect
from backend.ingest.formats import open_file
from backend.ingest.one_pass import Reading
from backend.ingest.preview import first_windows, preview
from backend.ingest.readers.accesslog import AccessLogReader
from backend.ingest.readers.textlog import TextLogReader
from backend.ingest.second_look import OtherPlan
from backend.ingest.time_columns import TimePlan
from backend.ingest.time_forms import FORMS
from backend.ingest.time_parts import Part
from backend.ingest.timestamps import NOT_A_TIME, Zone, parse_zone, ticks_parser

MAX_WINDOW_SECONDS = 31 * 86_400
MOST_CHOICES = 8
OTHER_ORDER_SHARE = 0.05  # of the rows that are no times in one order of day and month make the other one be tried


@dataclass(frozen=True)
class _File:
    """A file with everything that decides how it is read."""

    path: Path
    found: Detected
    options: ReadOptions
    limits: ReadLimits
    window: int
    now: float
    on_batch: OnBatch | None

    def chosen(self, **fields: Any) -> _File:
        return replace(self, options=replace(self.options, **fields))


@dataclass(frozen=True)
class Readings:
    """The likely readings of a file, each with what it gives. `question`: what is asked; None where one is likely."""

    question: str | None
    found: list[tuple[Choice, Traffic]]

    def choices(self) -> list[dict[str, Any]]:
        """As JSON values; none where nothing is asked."""
        return [_shown(*each) for each in self.found[:MOST_CHOICES]] if self.question else []


def read_traffic(
    path: Path,
    filename: str,
    options: ReadOptions,
    limits: ReadLimits,
    default_window_seconds: int = 60,
    now: float | None = None,
    on_batch: OnBatch | None = None,
) -> Traffic:
    """Read a file of any known format into requests per second on a regular UTC grid.

    `filename` only helps to word messages; the content decides the format. `now`: seconds since 1970, for times
    without a year and times in the future. `on_batch` is told how far the reading is. Memory stays bounded: a raw log
    is counted batch by batch, of a series only times and values are held. Raises a ProblemError of status 413, 415 or
    422 whose detail says what was wrong, where, and what is allowed; AmbiguousFileError, with the choices, where two
    readings are likely.
    """
    found = detected(path, filename, limits)
    readings = likely_readings(path, found, options, limits, default_window_seconds, now, on_batch)
    if readings.question is None:
        return readings.found[0][1]
    raise AmbiguousFileError(readings.question, readings.choices())


def detected(path: Path, filename: str, limits: ReadLimits) -> Detected:
    """The format of a file, with its head. Raises a ProblemError for one that cannot be read."""
    with _damage_is_said():
        return detect(path, filename, limits)


def likely_readings(
    path: Path,
    found: Detected,
    options: ReadOptions,
    limits: ReadLimits,
    default_window_seconds: int = 60,
    now: float | None = None,
    on_batch: OnBatch | None = None,
) -> Readings:
    """As `read_traffic`, but all likely readings, of a file whose format was detected."""
    now = time.time() if now is None else now
    with _damage_is_said():
        return _likely(_File(path, found, options, limits, default_window_seconds, now, on_batch))


@contextmanager
def _damage_is_said() -> Iterator[None]:
    """Raise UnusableFileError for whatever the libraries raise."""
    try:
        yield
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


def _likely(file: _File) -> Readings:
    """A choice that cannot be read is none, so the last one left needs no question."""
    try:
        return Readings(None, [(Choice({}, ""), _read(file))])
    except SeveralReadings as several:
        found = _tried(several, file)
        return Readings(several.question if len(found) > 1 else None, found)


def _tried(several: SeveralReadings, file: _File) -> list[tuple[Choice, Traffic]]:
    """Every choice with what it gives; one that leaves a further question is as many as that has answers."""
    readings: list[tuple[Choice, Traffic]] = []
    problem: ProblemError | None = None
    for choice in several.choices:
        chosen = file.chosen(**choice.fields)
        try:
            readings.append((choice, _read(chosen)))
        except SeveralReadings as further:
            for inner, traffic in _tried(further, chosen):
                both = Choice({**choice.fields, **inner.fields}, f"{choice.says} {inner.says}")
                readings.append((both, traffic))
        except ProblemError as error:
            problem = problem or error
    if not readings and problem is not None:
        raise problem
    return readings


def _shown(choice: Choice, traffic: Traffic) -> dict[str, Any]:
    return {
        "fields": dict(choice.fields),
        "says": choice.says,
        "window_seconds": traffic.window_seconds,
        "windows": first_windows(traffic),
        "preview": preview(traffic),
    }


def _read(file: _File) -> Traffic:
    window = file.window if file.options.window_seconds is None else file.options.window_seconds
    if not 1 <= window <= MAX_WINDOW_SECONDS:
        raise InvalidRequestError(
            f"window_seconds is {window}; it must be from 1 to {MAX_WINDOW_SECONDS:,}.", field="window_seconds"
        )
    zone_name = file.options.timezone or "UTC"
    zone = Zone(zone_name, parse_zone(zone_name))
    source = open_file(file.path, file.found, file.limits, zone, file.now)
    if isinstance(source, AccessLogReader):
        zone.offsets.add(0)  # every line carries one
        plan = Plan("raw", _line_times("clf"))
    elif isinstance(source, TextLogReader):
        source.settle(file.options.date_order)
        plan = Plan("raw", _line_times(source.unit), notes=tuple(source.notes()))
    else:
        plan = plan_reading(source, file.options, zone, file.now)
        zone.forget()  # what the sample showed: the whole file will show it again
    reading = Reading(source, plan, zone, window, file.limits, file.options, file.now, file.on_batch)
    try:
        traffic = reading.run()
    except OtherPlan as other:
        zone.forget()
        reading = Reading(source, other.plan, zone, window, file.limits, file.options, file.now, file.on_batch)
        traffic = reading.run()
    form = plan.parser.form
    if form is None or form.order not in {"ymd", "ydm"} or file.options.date_order is not None:
        return traffic
    if reading.dropped_for(NOT_A_TIME) > OTHER_ORDER_SHARE * traffic.rows_read:
        return _in_other_order(file, plan, traffic)
    if form is FORMS[0]:
        ask_about_year_first(reading.days())
    return traffic


def _line_times(unit: str) -> TimePlan:
    return TimePlan((Part("time", lambda column: column),), ticks_parser(unit, 1))  # type: ignore[arg-type]


def _in_other_order(file: _File, plan: Plan, traffic: Traffic) -> Traffic:
    """Many rows are no times: what the first rows said of day and month may be wrong for the whole file."""
    assert plan.parser.form is not None
    order = "ydm" if plan.parser.form.order == "ymd" else "ymd"
    try:
        other = _read(file.chosen(date_order=with_order(plan.parser.form, order).order))
    except UnusableFileError:
        return traffic
    dropped = [sum(entry.count for entry in one.rows_dropped) for one in (traffic, other)]
    return other if dropped[1] < dropped[0] else traffic
