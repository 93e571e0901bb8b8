"""What the columns mean: one row a request or one row a window, which columns are the traffic, and which name parts."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from backend.errors import InvalidRequestError, UnusableFileError
from backend.figures import figure
from backend.ingest.blanks import Joined, joined_columns
from backend.ingest.cells import is_number, is_text, plain_type, texts
from backend.ingest.contract import Kind, ReadOptions, ValueUnit
from backend.ingest.labels import (
    RowFilter,
    choose_filter,
    constant_columns,
    label_columns,
    labelled_name,
    measures_only,
    numbers_rows,
)
from backend.ingest.names import MEASURED, Meaning, is_counter_name, meaning, normal, words
from backend.ingest.numbers import ABSENT, NumberStyle, number_style, parse_values
from backend.ingest.readers.base import FileReader
from backend.ingest.rejects import listed, quoted
from backend.ingest.report_lines import refuse_words
from backend.ingest.series import SeriesRows, rises
from backend.ingest.steps import steps_of_spans
from backend.ingest.time_columns import JOINED, TimePlan, choose_time, detect_times, named_columns, usable_samples
from backend.ingest.timestamps import TimeParser, Zone
from backend.ingest.traffic_columns import Candidate, choose_columns
from backend.ingest.windows import find_step

STEP_JITTER, STEPS_SHARE = 0.1, 0.9  # so much of a step late, and so many distances that are steps, is regular
_INDEX_NAMES = re.compile(r"column 1|unnamed: 0|index|#|row|no|nr|id", re.I)
_FRACTION_NAMES = re.compile(r"ns|nanos|nanoseconds|usec|micros|microseconds", re.I)  # of the second, beside a time
_STATISTICS = frozenset("min max minimum maximum avg average mean median stddev stdev std".split())
# Columns that a log of requests has, and a table of measurements has not.
_LOG_WORDS = frozenset(
    "path url uri method verb ip client agent useragent referer referrer request status statuscode code responsecode "
    "message msg level session trace endpoint route page protocol".split()
)


@dataclass(frozen=True)
class Plan:
    """How to read the file.

    `unit` None: the name does not say, the numbers decide. `alone`: no other number and no label stands beside the
    values. `vague`: the name may be of anything, so irregular rows may be requests as well. `counters`: the names are
    those of cumulative counters. `apart`: the columns rise each by itself, so their increases are what adds up.
    `constants`: columns that name the same in all first rows, and may name parts behind those. `joined`: rows
    without a value may be those of another column.
    """

    kind: Kind
    time: TimePlan
    values: tuple[str, ...] = ()
    styles: tuple[NumberStyle, ...] = ()
    unit: ValueUnit | None = None
    scale: float = 1.0
    labels: tuple[str, ...] = ()
    keep: RowFilter | None = None
    alone: bool = True
    vague: bool = False
    counters: bool = False
    apart: bool = False
    joined: Joined = "no"
    constants: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def parser(self) -> TimeParser:
        return self.time.parser

    @property
    def value(self) -> str | None:
        return JOINED.join(self.values) or None


@dataclass(frozen=True)
class Table:
    """The columns beside the time, by what their first rows hold."""

    samples: Mapping[str, pa.Array[Any]]
    types: Mapping[str, pa.DataType]
    styles: Mapping[str, NumberStyle]  # of those that hold numbers
    empty: tuple[str, ...]
    useless: tuple[str, ...]  # numbers that say nothing of their own: an index, a time again


def plan_reading(source: FileReader, options: ReadOptions, zone: Zone, now: float) -> Plan:
    """Detect what the options do not give. Raises UnusableFileError naming the columns that were seen, or
    SeveralReadings."""
    types = {name: plain_type(kind) for name, kind in source.columns().items()}
    notes: list[str] = []
    time = choose_time(source, types, options, zone, now, notes)
    table = _table(source, types, time)
    keep = choose_filter(table.samples, list(table.styles))
    if keep is not None and options.kind != "raw":
        notes.append(keep.says)
    ticks = _ticks(source, time, keep)
    if options.kind == "raw":
        return Plan("raw", time, keep=keep if keep and keep.selects_metric else None, notes=tuple(notes))
    labels = label_columns(table.samples, [*time.names, *table.useless], list(table.styles), keep, ticks)
    regular = _is_regular(ticks, time.parser, [table.samples[name] for name in labels], keep, table)
    chosen = _choose(table, options, regular, keep, notes)
    _refuse_doubtful(chosen or (), table)
    if chosen is None:
        return Plan("raw", time, keep=keep if keep and keep.selects_metric else None, notes=tuple(notes))
    names = [candidate.name for candidate in chosen]
    alone = len(chosen) == 1 and chosen[0].meaning.unit is None
    named = labelled_name(table.samples, keep) if alone else None
    says = _meaning_of(chosen, named, table)
    if says.scale != 1.0:
        notes.append(_scale_note(names, says))
    numbers = [name for name in table.styles if name not in names and not _is_beside(name)]
    apart = len(names) > 1 and all(_rises(ticks, table, name) for name in names)
    vague = not regular and options.value_column is None and all(one.meaning.role != "traffic" for one in chosen)
    return Plan(
        "series",
        time,
        values=tuple(names),
        styles=tuple(table.styles.get(name, NumberStyle()) for name in names),
        unit=says.unit,
        scale=says.scale,
        labels=tuple(name for name in labels if name not in names),
        keep=keep,
        alone=len(names) == 1 and not numbers,
        vague=vague,
        counters=all(is_counter_name(name) for name in ([named] if named else names)),
        apart=apart,
        joined=joined_columns(table.samples, table.styles, names, numbers, apart),
        constants=tuple(constant_columns(table.samples, list(table.styles))),
        notes=tuple(notes),
    )


def _table(source: FileReader, types: Mapping[str, pa.DataType], time: TimePlan) -> Table:
    others = [name for name in types if name not in time.names]
    samples = usable_samples(source, others, types)
    styles: dict[str, NumberStyle] = {}
    empty: list[str] = []
    for name, array in samples.items():
        if is_number(array.type):
            styles[name] = NumberStyle()
        elif is_text(array.type):
            cells = texts(array)
            style = column_style(source, name, cells)
            if style is not None:
                styles[name] = style
            elif all(cell.strip().lower() in ABSENT for cell in cells):
                empty.append(name)
    useless = _no_measurements(samples, list(styles))
    for name in useless:
        del styles[name]
    return Table(samples, types, styles, tuple(empty), tuple(useless))


def column_style(source: FileReader, name: str, cells: Sequence[str]) -> NumberStyle | None:
    """How a column with these cells writes numbers; None for one of text."""
    semicolons = getattr(source, "delimiter", ",") == ";"
    return number_style(cells, semicolons, counts=meaning(name).unit == "count")


def _no_measurements(samples: Mapping[str, pa.Array[Any]], numeric: Sequence[str]) -> list[str]:
    """Columns of numbers that only count the rows, or are times again, or the fraction of a time."""
    found: list[str] = []
    is_log = any(_LOG_WORDS & set(words(name)) for name in samples)
    for name in numeric:
        role = meaning(name).role
        if is_log and numbers_rows(samples[name]):
            found.append(name)
            continue
        if role in {"traffic", "weak"} or (role == "empty" and not name.startswith("column")):
            continue
        array = samples[name].drop_null()
        whole = texts(array)[:200]
        if _FRACTION_NAMES.fullmatch(name) and all(cell.strip().isdigit() for cell in whole):
            found.append(name)
            continue
        if _INDEX_NAMES.fullmatch(name) and all(cell.strip().isdigit() for cell in whole) and len(whole) > 2:
            numbers = [int(cell) for cell in whole]
            if numbers == list(range(numbers[0], numbers[0] + len(numbers))):
                found.append(name)
                continue
        parser, share = detect_times(array, ReadOptions(), Zone("UTC", UTC), "value")
        if share > 0.9 and parser.unit in {"s", "ms", "us", "ns"}:
            found.append(name)
    return found


def _ticks(source: FileReader, time: TimePlan, keep: RowFilter | None) -> npt.NDArray[np.int64]:
    """Times of the first rows that count, -1 where a row has none."""
    names = [*time.names, *([keep.column] if keep else [])]
    sample = source.sample(names)
    parsed = time.parser.parse(time.column([sample[name] for name in time.names]))
    ticks = parsed.ticks.copy()
    for _, mask in parsed.bad:
        ticks[mask] = -1
    return ticks


def _is_regular(
    ticks: npt.NDArray[np.int64],
    parser: TimeParser,
    labels: Sequence[pa.Array[Any]],
    keep: RowFilter | None,
    table: Table,
) -> bool:
    """Whether nearly every step holds one row, or one a label. A few stray rows change nothing."""
    good = ticks >= 0
    if keep is not None:
        good &= keep.mask(table.samples[keep.column])
    times = ticks[good]
    if len(times) < 3:
        return len(times) == 2
    distinct = np.unique(times)
    if len(distinct) < 3:
        return False
    step, regular = find_step(distinct, parser.ticks_per_second)
    gaps = np.diff(distinct) / parser.ticks_per_second
    several = steps_of_spans(gaps)
    if len(several) > 1 and np.mean(np.isin(np.rint(gaps), several)) >= STEPS_SHARE:
        return True  # as where old rows are kept in coarser steps
    steps = gaps / step
    near = (np.rint(steps) >= 1) & (np.abs(steps - np.rint(steps)) <= STEP_JITTER)
    regular = regular and bool(np.mean(near) >= STEPS_SHARE)
    if len(distinct) * 100 >= len(times) * 95:
        return regular
    return (regular and bool(labels)) or _rows_alike(times)


def _rows_alike(times: npt.NDArray[np.int64]) -> bool:
    """Whether every time has the same number of rows, as where a row was written twice or has several readings."""
    _, counts = np.unique(times, return_counts=True)
    return bool(np.count_nonzero(counts == np.median(counts)) * 100 >= 95 * len(counts)) and len(counts) > 3


def _choose(
    table: Table, options: ReadOptions, regular: bool, keep: RowFilter | None, notes: list[str]
) -> list[Candidate] | None:
    """The columns that are the traffic; None for a log of requests."""
    if options.value_column is not None:
        names = named_columns(options.value_column, table.types, "value_column")
        for name in names:
            if name not in table.types or (name not in table.samples and not _holds_nothing(table.types[name])):
                raise InvalidRequestError(
                    f"value_column is {quoted(name)}, which is the time column.", field="value_column"
                )
            if name not in table.samples:
                raise UnusableFileError(
                    f"The column {quoted(name)} is of type {str(table.types[name])[:80]}, which holds no numbers.",
                    column=name,
                )
        return [Candidate(name, meaning(name)) for name in names]
    candidates = [_candidate(name, style) for name, style in table.styles.items()]
    if measures_only(table.samples):
        candidates = [
            replace(one, meaning=Meaning("measure")) if one.meaning.role in {"empty", "none"} else one
            for one in candidates
        ]
    candidates += [
        Candidate(name, meaning(_leaf(name)))
        for name in table.empty
        if meaning(_leaf(name)).role in {"traffic", "weak"}
    ]
    values = [one for one in candidates if {"value", "values"} & set(words(one.name)) and one.meaning.role == "empty"]
    if len(values) == 1 and labelled_name(table.samples, keep):
        candidates = values  # beside it stand its least, its most, how often it was measured
    is_log = any(_LOG_WORDS & set(words(name)) for name in table.samples)
    silent = all(one.meaning.role not in {"traffic", "weak"} for one in candidates)
    if silent and not regular and len(candidates) > 1 and options.kind is None:
        candidates = [one for one in candidates if one.meaning.role == "measure"]  # several numbers of each request
    chosen = choose_columns(candidates, table.samples, table.styles, notes)
    if chosen and _is_series(chosen, regular, is_log, options, keep):
        names = [one.name for one in chosen]
        added = ", whose values are added up" if len(names) > 1 else ""
        notes.append(
            f"The file was read as a series, one row per window, with values from {listed(names)}{added} "
            "(override with kind and value_column)."
        )
        return chosen
    if regular and options.kind is None:
        refuse_words({name: array for name, array in table.samples.items() if name not in table.styles})
    _refuse_no_traffic(table, candidates, options, regular, is_log)
    notes.append(
        "No column has a name known for a count or a rate, so each row was counted as one request "
        "(override with kind and value_column)."
    )
    return None


def _candidate(name: str, style: NumberStyle) -> Candidate:
    """A column by its name, unless the units in its cells say that it measures something else."""
    said = meaning(_leaf(name))
    measures = style.units and style.unit.role == "measure"
    bytes_or_billions = style.doubtful == "B" and said.role != "traffic"
    return Candidate(name, Meaning("measure") if measures or bytes_or_billions else said)


def _refuse_doubtful(chosen: Sequence[Candidate], table: Table) -> None:
    """Raise UnusableFileError for cells that may be a thousandth or a million."""
    for one in chosen:
        if one.name in table.styles and table.styles[one.name].doubtful == "m":
            raise UnusableFileError(
                f"The numbers in {quoted(one.name)} have an m behind them, which may be thousandths (milli) or "
                "millions. Write them without it, or millions as M, and upload the file again.",
                column=one.name,
            )


def _is_series(
    chosen: Sequence[Candidate], regular: bool, is_log: bool, options: ReadOptions, keep: RowFilter | None
) -> bool:
    roles = {one.meaning.role for one in chosen}
    if options.kind == "series" or "traffic" in roles:
        return True
    if roles <= {"weak", "empty"}:
        return regular or not (is_log and roles == {"empty"} and keep is None) or len(chosen) == 1
    return regular and not is_log


def _refuse_no_traffic(
    table: Table, candidates: Sequence[Candidate], options: ReadOptions, regular: bool, is_log: bool
) -> None:
    """Raise UnusableFileError for a table of measurements that are no traffic."""
    if options.kind == "series":
        raise UnusableFileError(
            f"No column has a name known for a count or a rate. The columns are {listed(list(table.types))}. "
            "Name one with value_column.",
            columns=list(table.types)[:20],
        )
    measured = [one.name for one in candidates if one.meaning.role in {"measure", "error"}]
    letters = [name for name in measured if table.styles[name].doubtful]
    doubt = f" B behind the numbers in {listed(letters)} is bytes, or billions." if letters else ""
    if regular and measured and not is_log:
        raise UnusableFileError(
            f"The file has no column of traffic: {listed(measured)} measure something else.{doubt} If one of them is "
            "a number of requests, name it with value_column; if each row is a request, set kind to raw.",
            columns=list(table.types)[:20],
        )


def _rises(ticks: npt.NDArray[np.int64], table: Table, name: str) -> bool:
    """Whether the first rows of a column look like a counter's."""
    if name not in table.styles:
        return False
    values, bad = parse_values(table.samples[name], table.styles[name])
    good = (ticks >= 0) & ~np.logical_or.reduce([np.zeros(len(values), np.bool_), *(mask for _, mask in bad)])
    return rises(SeriesRows(ticks[good], values[good]))


def _meaning_of(chosen: Sequence[Candidate], named: str | None, table: Table) -> Meaning:
    """What the names say together; of one that says nothing, what its cells' units say, or the metric's name."""
    own = chosen[0].meaning
    if len({one.meaning.unit for one in chosen}) > 1:
        return Meaning()
    style = table.styles.get(chosen[0].name)
    if style is not None and style.units and style.unit.unit is not None:
        return Meaning(style.unit.role, style.unit.unit)  # the scale is applied cell by cell
    return own if named is None else meaning(named)


def _is_beside(name: str) -> bool:
    """Whether a column names something, or is another statistic of the same numbers: neither says what they are."""
    return meaning(name).role == "label" or set(words(name)) <= _STATISTICS


def _scale_note(names: Sequence[str], says: Meaning) -> str:
    per = {60: "minute", 3600: "hour", 86_400: "day"}.get(round(1 / says.scale)) if says.scale < 1 else None
    unit = "requests" if says.unit == "count" else "requests per second"
    what = f"requests per {per}" if per else f"{figure(says.scale)} {unit} each"
    return f"{listed(list(names))} was read as {what} (override with value_unit)."


def _leaf(name: str) -> str:
    """Of a path in JSON the last part; a name that is an expression has no parts, nor one whose parts before say that
    it measures something of requests: latencies.request."""
    before, _, last = name.rpartition(".")
    path = re.fullmatch(r"[\w.]+", name) and before and normal(last)
    return last if path and not MEASURED & set(words(before)) else name


def _holds_nothing(kind: pa.DataType) -> bool:
    return not (is_text(kind) or is_number(kind) or pa.types.is_boolean(kind))
