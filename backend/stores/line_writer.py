"""Points as InfluxDB line protocol, built from whole columns."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    Strings = pa.Array[Any]
else:
    Strings = pa.Array

Tags = Mapping[str, str | pd.Series]  # one value for all rows or one each

# What line protocol cannot carry in a tag value: a line's end, and a backslash before what follows it.
UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\\]")
ESCAPED = re.compile(r"\\x([0-9a-f]{2})")
SEPARATORS = re.compile(r"[,= ]")


def stored_name(name: str) -> str:
    """A name as it is stored: a backslash or control character becomes \\x and its code, all else stays."""
    if not name:
        raise ValueError("InfluxDB cannot store an empty tag value")
    return UNSTORABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", name)


def original_name(stored: str) -> str:
    """The name that stored_name was given."""
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), stored)


def series_lines(
    measurement: str,
    tags: Tags,
    fields: Mapping[str, pd.Series],
    moments: npt.NDArray[np.int64],
) -> list[str]:
    """One line a row. Tags are one value for all rows or one each; fields are floats, left out where unknown, or
    text."""
    head: list[str | Strings] = [measurement]
    for name in sorted(tags):  # the server need not sort them then
        head += [f",{name}=", _escaped(tags[name])]
    values = [_joined([f"{name}=", _text(column)]) for name, column in fields.items()]
    times = pa.array(moments).cast(pa.string())
    rows = _joined([_joined(head), _joined(values, ",", null_handling="skip"), times], " ")
    return [str(line) for line in rows.to_pylist()]


def _joined(parts: Sequence[str | Strings], separator: str = "", **options: str) -> Strings:
    """The parts of each row put together; a text stands for the same in every row."""
    join: Any = pc.binary_join_element_wise
    joined: Strings = join(*parts, separator, **options)
    return joined


def _escaped(value: str | pd.Series) -> str | Strings:
    if isinstance(value, str):
        return _escaped_text(value)
    places, texts = pd.factorize(value)
    return pa.array([_escaped_text(str(text)) for text in texts], pa.string()).take(places)


def _escaped_text(text: str) -> str:
    return SEPARATORS.sub(r"\\\g<0>", stored_name(text))


def record_line(name: str, version: str, record: str) -> str:
    """A series' record: JSON text at the epoch."""
    return f"series,filename={_escaped_text(name)},version={_escaped_text(version)} record={_quoted(record)} 0"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _text(column: pd.Series) -> Strings:
    """The shortest text that reads back as the same number; null where the value is unknown or infinite."""
    if not pd.api.types.is_numeric_dtype(column):
        return pa.array([_quoted(text) for text in column], pa.string())
    values = column.to_numpy(dtype="float64", na_value=np.nan)
    text: Strings = pa.array(values, mask=~np.isfinite(values)).cast(pa.string())
    return text
