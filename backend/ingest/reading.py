"""`read_traffic`: a file → a regular series, in order: detect, plan, read in batches, windows."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from backend.errors import AmbiguousFileError, InvalidRequestError, ProblemError, UnusableFileError
from backend.ingest.choices import Choice, SeveralReadings
from backend.ingest.columns import Plan, plan_reading
from backend.ingest.contract import ReadLimits, ReadOptions, Traffic
from backend.ingest.date_order import ask_about_year_first, with_order
from backend.ingest.formats import open_file
from backend.ingest.one_pass import Reading
from backend.ingest.readers.accesslog import AccessLogReader
from backend.ingest.readers.textlog import TextLogReader
from backend.ingest.time_columns import Part, TimePlan
from backend.ingest.time_forms import FORMS
from backend.ingest.timestamps import NOT_A_TIME, Zone, parse_zone, ticks_parser

MAX_WINDOW_SECONDS = 31 * 86_400
MOST_CHOICES = 8
PREVIEWED = 60  # windows of each choice that an answer shows
OTHER_ORDER_SHARE = 0.05  # of the rows that are no times in one order of day and month make the other one be tried


def read_traffic(
    path: Path,
    filename: str,
    options: ReadOptions,
    limits: ReadLimits,
    default_window_seconds: int = 60,
    now: float | None = None,
) -> Traffic:
    """Read a file of any known format into requests per second on a regular UTC grid.

    `filename` only helps to word messages; the content decides the format. `now`: seconds since 1970, for times
    without a year and times in the future. Memory stays bounded: a raw log is counted batch by batch, of a series only
    times and values are held. Raises a ProblemError of status 413, 415 or 422 whose detail says what was wrong, where,
    and what is allowed; AmbiguousFileError, with the choices, where two readings are likely.
    """
    now = time.time() if now is None else now
    try:
        return _certain(path, filename, options, limits, default_window_seconds, now)
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


def _certain(path: Path, filename: str, options: ReadOptions, limits: ReadLimits, window: int, now: float) -> Traffic:
    """The one likely reading. A choice that cannot be read is none, so the last one left needs no question."""
    try:
        return _read(path, filename, options, limits, window, now)
    except SeveralReadings as several:
        question, readings = several.question, _tried(several, path, filename, options, limits, window, now)
    if len(readings) == 1:
        return readings[0][1]
    raise AmbiguousFileError(
        f"{question} Choose one: {' '.join(choice.says for choice, _ in readings)}",
        choices=[_shown(choice, traffic) for choice, traffic in readings[:MOST_CHOICES]],
    )


def _tried(
    several: SeveralReadings,
    path: Path,
    filename: str,
    options: ReadOptions,
    limits: ReadLimits,
    window: int,
    now: float,
) -> list[tuple[Choice, Traffic]]:
    """Every choice with what it gives; one that leaves a further question is as many as that has answers."""
    readings: list[tuple[Choice, Traffic]] = []
    problem: ProblemError | None = None
    for choice in several.choices:
        chosen = replace(options, **choice.fields)  # type: ignore[arg-type]
        try:
            readings.append((choice, _read(path, filename, chosen, limits, window, now)))
        except SeveralReadings as further:
            for inner, traffic in _tried(further, path, filename, chosen, limits, window, now):
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
        "windows": preview(traffic),
    }


def preview(traffic: Traffic) -> list[dict[str, Any]]:
    """The first windows, as JSON values."""
    shown = traffic.frame.iloc[:PREVIEWED]
    return [
        {"timestamp": at.isoformat(), "rps": None if rate != rate else round(rate, 6)}
        for at, rate in zip(shown.index, shown["actual_rps"].tolist(), strict=True)
    ]


def _read(
    path: Path, filename: str, options: ReadOptions, limits: ReadLimits, default_window: int, now: float
) -> Traffic:
    window = default_window if options.window_seconds is None else options.window_seconds
    if not 1 <= window <= MAX_WINDOW_SECONDS:
        raise InvalidRequestError(
            f"window_seconds is {window}; it must be from 1 to {MAX_WINDOW_SECONDS:,}.", field="window_seconds"
        )
    zone_name = options.timezone or "UTC"
    zone = Zone(zone_name, parse_zone(zone_name))
    source = open_file(path, filename, limits, zone, now)
    if isinstance(source, AccessLogReader):
        zone.offsets.add(0)  # every line carries one
        plan = Plan("raw", _line_times("clf"))
    elif isinstance(source, TextLogReader):
        plan = Plan("raw", _line_times(source.unit), notes=tuple(source.notes()))
    else:
        plan = plan_reading(source, options, zone, now)
        zone.forget()  # what the sample showed: the whole file will show it again
    reading = Reading(source, plan, zone, window, limits, options, now)
    traffic = reading.run()
    form = plan.parser.form
    if form is None or form.order not in {"ymd", "ydm"} or options.date_order is not None:
        return traffic
    if reading.dropped_for(NOT_A_TIME) > OTHER_ORDER_SHARE * traffic.rows_read:
        return _in_other_order(path, filename, options, limits, default_window, now, plan, traffic)
    if form is FORMS[0]:
        ask_about_year_first(reading.days())
    return traffic


def _line_times(unit: str) -> TimePlan:
    return TimePlan((Part("time", lambda column: column),), ticks_parser(unit, 1))  # type: ignore[arg-type]


def _in_other_order(
    path: Path,
    filename: str,
    options: ReadOptions,
    limits: ReadLimits,
    window: int,
    now: float,
    plan: Plan,
    traffic: Traffic,
) -> Traffic:
    """Many rows are no times: what the first rows said of day and month may be wrong for the whole file."""
    assert plan.parser.form is not None
    order = "ydm" if plan.parser.form.order == "ymd" else "ymd"
    try:
        other = _read(
            path, filename, replace(options, date_order=with_order(plan.parser.form, order).order), limits, window, now
        )
    except UnusableFileError:
        return traffic
    dropped = [sum(entry.count for entry in one.rows_dropped) for one in (traffic, other)]
    return other if dropped[1] < dropped[0] else traffic
