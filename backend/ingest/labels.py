"""Columns that name what a row is about: parts that are added up, totals among them, names of metrics."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from backend.ingest.cells import as_text, bools, codes, filled, is_text, texts
from backend.ingest.names import METRIC_WORDS, QUANTILE_WORDS, is_subtotal, is_total, meaning, words
from backend.ingest.rejects import listed, quoted

MOST_LABELS = 200  # different ones that a column may have in the first rows, or a fifth of them
CALENDAR = frozenset(
    "weekday dow dayofweek wochentag weekend holiday workday day hour minute month year quarter season week".split()
)
_WEEKDAY_OR_MONTH = re.compile(
    r"(?i)mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|[md]i\b|do\b|sa\b|so\b|true|false"
)
NUMBERED_ROWS, NUMBERED_SHARE = 20, 0.95  # so many rows at least, and so many numbers that follow another
TURNS_SHARE = 0.95  # of the rows have the value of so many rows before as there are values


@dataclass(frozen=True)
class RowFilter:
    """Rows that count: those with one of the values in the column. `selects_metric`: others are of other metrics."""

    column: str
    values: tuple[str, ...]
    selects_metric: bool
    says: str

    def mask(self, column: pa.Array[Any]) -> npt.NDArray[np.bool_]:
        return bools(pc.is_in(pc.utf8_trim_whitespace(filled(column)), value_set=pa.array(self.values, pa.string())))


def choose_filter(samples: Mapping[str, pa.Array[Any]], numeric: Sequence[str]) -> RowFilter | None:
    """The rows of the metric that is traffic, or those of a total among the labels."""
    values_of = {name: _values(array) for name, array in samples.items() if is_text(array.type) and name not in numeric}
    for name, values in values_of.items():
        if len(values) > 1 and METRIC_WORDS & set(words(name)) and (chosen := _traffic_metrics(values)):
            says = f"Of the metrics in {quoted(name)} only {listed(chosen)} is requests: rows of others were left out."
            return RowFilter(name, tuple(chosen), True, says)
    for name, values in values_of.items():
        totals = [value for value in values if is_total(value)]
        totals = [value for value in totals if not is_subtotal(value)] or totals
        if totals and len(values) > len(totals) and _share(samples[name], totals) > 0.01:
            says = f"{listed(totals)} in {quoted(name)} is the total of the other rows, so its rows count alone."
            return RowFilter(name, tuple(totals), False, says)
    return None


def label_columns(
    samples: Mapping[str, pa.Array[Any]],
    times: Sequence[str],
    numeric: Sequence[str],
    keep: RowFilter | None,
    ticks: npt.NDArray[np.int64],
) -> list[str]:
    """Columns whose values tell rows apart: text, truth values, and numbers that name something.

    Whole numbers under a name that says nothing are measured more often than they name: they are labels only where
    rows of one time cannot be told apart without them, or where they take turns. `ticks`: the times of the rows.
    """
    found: list[str] = []
    nameless: list[str] = []
    for name, array in samples.items():
        if name in times or (keep is not None and name == keep.column and len(keep.values) == 1):
            continue
        if name in numeric and not (_is_whole(array) or meaning(name).role == "label"):
            continue
        if _is_calendar(name, array):
            continue
        role = meaning(name).role
        if name in numeric and role not in {"label", "none", "empty"}:
            continue
        different = len(_values(array))
        if 1 < different <= max(MOST_LABELS, len(array) // 5):
            (nameless if name in numeric and role != "label" else found).append(name)
    for name in nameless:
        if _repeats(ticks, [samples[label] for label in found]) or _takes_turns(ticks, samples[name]):
            found.append(name)
    return found


def _is_whole(array: pa.Array[Any]) -> bool:
    """Whether a column of numbers has whole ones only, also where it is text, as in CSV."""
    if not is_text(array.type):
        return bool(pa.types.is_integer(array.type))
    return all(value.isdigit() for value in _values(array))


def numbers_rows(array: pa.Array[Any]) -> bool:
    """Whether whole numbers are all different and follow each other, as those that a server gives its requests."""
    cells = [cell.strip() for cell in texts(array)]
    if len(cells) < NUMBERED_ROWS or not all(cell.isdigit() and len(cell) < 16 for cell in cells):
        return False
    steps = np.diff(np.sort(np.array([int(cell) for cell in cells])))
    return bool(np.all(steps > 0) and np.mean(steps == 1) >= NUMBERED_SHARE)


def constant_columns(samples: Mapping[str, pa.Array[Any]], numeric: Sequence[str]) -> list[str]:
    """Columns of text, and of numbers that name something, that say the same in all first rows."""
    naming = [name for name in samples if name not in numeric or meaning(name).role == "label"]
    return [name for name in naming if len(_values(samples[name])) == 1]


def _is_calendar(name: str, array: pa.Array[Any]) -> bool:
    """Whether a column says again of the time what day of the week, hour, month, … it is."""
    values = _values(array)
    numbers = all(value.removesuffix(".0").isdigit() for value in values)
    return bool(CALENDAR & set(words(name))) and (numbers or all(map(_WEEKDAY_OR_MONTH.match, values)))


def _repeats(ticks: npt.NDArray[np.int64], labels: Sequence[pa.Array[Any]]) -> bool:
    """Whether rows of one time have the same labels."""
    rows = np.stack([ticks, *(codes(label)[0] for label in labels)], axis=1)[ticks >= 0]
    return len(np.unique(rows, axis=0)) < len(rows)


def _takes_turns(ticks: npt.NDArray[np.int64], array: pa.Array[Any]) -> bool:
    """Whether numbers that follow each other, as those of shards, come round one after the other in time."""
    places, different = codes(array)
    numbers = sorted(int(text) for text in different if text.strip().isdigit())
    if not numbers or numbers[-1] - numbers[0] != len(different) - 1:
        return False  # such as counts, which may come round as well
    places = places[np.argsort(ticks, kind="stable")]
    length = len(different)
    return len(places) > 2 * length and float(np.mean(places[length:] == places[:-length])) >= TURNS_SHARE


def measures_only(samples: Mapping[str, pa.Array[Any]]) -> bool:
    """Whether a column beside the values says that they are no traffic: quantiles, or metrics that all are measured."""
    for name, array in samples.items():
        values = _values(array)
        if QUANTILE_WORDS & set(words(name)) and values:
            return True
        if is_text(array.type) and values and METRIC_WORDS & set(words(name)):
            if all(meaning(value).role == "measure" for value in values):
                return True
    return False


def labelled_name(samples: Mapping[str, pa.Array[Any]], keep: RowFilter | None) -> str | None:
    """The name of the traffic where it stands in a column of its own: `_field` is rps in all rows."""
    if keep is not None and keep.selects_metric:
        return keep.values[0]
    for name, array in samples.items():
        values = _values(array) if is_text(array.type) and METRIC_WORDS & set(words(name)) else []
        if len(values) == 1 and meaning(values[0]).role == "traffic":
            return values[0]
    return None


def _values(array: pa.Array[Any]) -> list[str]:
    """The different texts in the first rows."""
    return [text for text in dict.fromkeys(text.strip() for text in texts(array)) if text]


def _share(array: pa.Array[Any], values: Sequence[str]) -> float:
    return float(np.mean(bools(pc.is_in(as_text(array), value_set=pa.array(values, pa.string())))))


def _traffic_metrics(values: Sequence[str]) -> list[str]:
    """The names of metrics that are requests, where others among them are something else."""
    said = {value: meaning(value) for value in values if "/" not in value}
    if not any(one.role in {"measure", "error"} for one in said.values()):
        return []
    whole = [value for value, one in said.items() if one.is_whole]
    return whole or [value for value, one in said.items() if one.role == "traffic"]
