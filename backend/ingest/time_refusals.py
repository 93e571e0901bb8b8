"""Columns of times that cannot be placed in time: what they hold, and the way out. A new kind is a row."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from backend.errors import UnusableFileError
from backend.ingest.cells import texts
from backend.ingest.loglines import LOG_TIMES
from backend.ingest.names import words
from backend.ingest.rejects import quoted
from backend.ingest.time_forms import MONTHS
from backend.ingest.timestamps import looks_like_time

_WANTED = "Write each time with its date, as ISO 8601 (YYYY-MM-DD HH:MM:SS), or as s, ms, us or ns since 1970."

_DOTNET_TICKS = r"6[2-5]\d{16}"

# What most cells of a column are, and what to say of it.
KINDS: tuple[tuple[str, str], ...] = (
    (r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp][Mm])?", "times of day without a date"),
    (r"\d{4}-?W\d{2}(-?\d)?", "ISO weeks, not days"),
    (rf"(?:{'|'.join(MONTHS)}|mon|tue|wed|thu|fri|sat|sun)[a-z]{{0,6}}\.?", "names of months or days without a date"),
    (r"(19|20)\d\d", "years: rows a year apart are too coarse, a window is a day at most"),
    (r"(19|20)\d\d[-/](0?[1-9]|1[0-2])", "months: rows a month apart are too coarse, a window is a day at most"),
    (r"(19|20)\d\d[ -]?Q[1-4]", "quarters: rows that far apart are too coarse, a window is a day at most"),
    (r"\d{1,7}(\.\d+)?", "numbers that count from a start (relative or elapsed time), so nothing says when that was"),
    (r"[1-4]\d{7}", "numbers that may be minutes since 1970"),
    (r"\d{6}", "numbers that may be hours since 1970"),
    (_DOTNET_TICKS, "numbers that may be ticks of 100 ns since the year 0001 (.NET)"),
    (r"1[23]\d{16}", "numbers that may be ticks of 100 ns since 1601 (Windows)"),
)
_LOST_DIGITS = re.compile(r"(\d)\.(\d+)[eE]\+?(\d+)")
_RELATIVE = frozenset("offset elapsed relative since start".split())


def explain_times(name: str, array: pa.Array[Any]) -> None:
    """Raise UnusableFileError where it is known what the cells are that are no times."""
    cells = [cell.strip() for cell in texts(array) if cell.strip()][:200]
    for pattern, says in KINDS:
        matching = sum(re.fullmatch(pattern, cell, re.I) is not None for cell in cells)
        if cells and matching * 10 >= len(cells) * 9:
            raise UnusableFileError(
                f"The column {quoted(name)} holds {says}, such as {quoted(cells[0])}. {_WANTED}", column=name
            )


def refuse_doubtful(name: str, array: pa.Array[Any]) -> None:
    """Raise UnusableFileError where numbers only seem to be times: a spreadsheet rounded them (1.70960E+12), or they
    are ticks of .NET, which as nanoseconds would be of 1990."""
    cells = texts(array.slice(0, 200))
    if cells and all(re.fullmatch(_DOTNET_TICKS, cell.strip()) for cell in cells):
        explain_times(name, array)
    shapes = [found for cell in cells if (found := _LOST_DIGITS.fullmatch(cell.strip()))]
    lost = [found for found in shapes if int(found[3]) >= 9 and len(found[2]) < 9]
    fixed = len({len(found[2]) for found in lost}) == 1  # else their zeros at the end were left out, not digits
    if fixed and len(lost) * 2 >= len(cells):
        raise UnusableFileError(
            f"The times in {quoted(name)} lost digits: {quoted(lost[0][0])} is rounded to "
            f"{10 ** (int(lost[0][3]) - len(lost[0][2])):,} units. Export them again with all digits, as text or as "
            "ISO 8601.",
            column=name,
        )


def explain_names(names: Sequence[str]) -> None:
    """Raise UnusableFileError where the times are in the header: a column a day, or a minute of the day."""
    times = [name for name in names if looks_like_time(name) and not (name.isdigit() and len(name) < 8)]
    numbers = [int(name) for name in names if name.isdigit() and len(name) < 5]
    runs = len(numbers) >= 12 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    if len(times) >= 3 or runs:
        shown = times[0] if len(times) >= 3 else str(numbers[0])
        raise UnusableFileError(
            f"The times are the names of columns, such as {quoted(shown)}. Turn the table so that each time is a row, "
            "with a column of times and one of requests (pandas: DataFrame.melt)."
        )


def explain_relative(names: Sequence[str]) -> None:
    """Raise UnusableFileError where the only times are counted from a start."""
    relative = next((name for name in names if _RELATIVE & set(words(name))), None)
    if relative is not None:
        raise UnusableFileError(
            f"No column holds times. {quoted(relative)} counts from a start (relative time), so nothing says when that "
            f"was. {_WANTED}",
            column=relative,
        )


def explain_inside_text(samples: Mapping[str, pa.Array[Any]]) -> None:
    """Raise UnusableFileError where a column has times with something around them."""
    for name, array in samples.items():
        cells = [cell for cell in texts(array) if cell.strip()][:200]
        if cells and all(any(re.search(time.pattern, cell) for time in LOG_TIMES if time.form) for cell in cells):
            raise UnusableFileError(
                f"No column holds times alone. {quoted(name)} has them inside other text, such as {quoted(cells[0])}. "
                f"Take away what stands around them. {_WANTED}",
                column=name,
            )
