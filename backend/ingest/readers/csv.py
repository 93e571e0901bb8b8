"""CSV: comma, semicolon, tab or bar; only the needed columns are kept, as text, and parsed later.

Text first, because one bad cell must cost one row and not the file: Arrow's own typed reader stops at it.
"""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv

from backend.errors import UnusableFileError
from backend.ingest.contract import ReadLimits
from backend.ingest.detect import Detected, Format
from backend.ingest.readers.base import SAMPLE_ROWS, Batch, check_rows
from backend.ingest.rejects import RejectCounter
from backend.ingest.streams import BLOCK_BYTES, AsciiWhereDamaged, TextStream
from backend.ingest.timestamps import looks_like_time

_DELIMITERS = ",;\t|"
csv.field_size_limit(ReadLimits().max_line_bytes)  # a cell may be as long as a line: it costs its row, not the file
_NULLS = ["", "null", "NULL", "None", "NA", "N/A", "#N/A"]


class CsvReader:
    format: Format = "csv"

    def __init__(self, path: Path, detected: Detected, limits: ReadLimits) -> None:
        self._path = path
        self._limits = limits
        lines, blank = _whole_lines(detected)
        self.delimiter = _delimiter(lines)
        self._check_width(lines[0])
        self._quoted = '"' in detected.head.decode("utf-8", "replace")
        rows = list(csv.reader(lines[: SAMPLE_ROWS + 1], delimiter=self.delimiter))
        rows = [row for row in rows if row]
        if not rows:
            raise UnusableFileError("The file has no rows.")
        self.has_header = not any(looks_like_time(cell) or _is_number(cell) for cell in rows[0])
        self._header_lines = blank + 1 if self.has_header else 0
        self._names = _names(rows[0], self.has_header)
        self._sample = rows[1:] if self.has_header else rows
        if not self._sample and detected.complete:
            raise UnusableFileError("The CSV file has a header but no rows. At least two windows are needed.")

    def _check_width(self, first_line: str) -> None:
        columns = first_line.count(self.delimiter) + 1
        if columns > self._limits.max_columns:
            raise UnusableFileError(
                f"The CSV file has {columns:,} columns; at most {self._limits.max_columns:,} are allowed.",
                row=1,
                limit=self._limits.max_columns,
            )

    def columns(self) -> dict[str, pa.DataType]:
        return {name: pa.string() for name in self._names}

    def sample(self, names: Sequence[str]) -> dict[str, pa.Array[Any]]:
        width = len(self._names)
        good = [row for row in self._sample if len(row) == width]
        return {name: pa.array([_null(row[self._names.index(name)]) for row in good], pa.string()) for name in names}

    def batches(self, time: str, value: str | None, rejects: RejectCounter) -> Iterator[Batch]:
        skipped: list[int] = []

        def skip(row: arrow_csv.InvalidRow) -> str:
            number = (row.number or 0) - self._header_lines
            skipped.append(number)
            rejects.add(f"not {row.expected_columns} columns as in the first line", number, row.text)
            return "skip"

        with AsciiWhereDamaged(self._path, self._limits) as stream:
            try:
                yield from self._read(stream, skip, skipped, time, value)
            except pa.ArrowInvalid as error:
                raise stream.problem or _csv_problem(error, self._limits) from error

    def _read(self, stream: TextStream, skip: Any, skipped: list[int], time: str, value: str | None) -> Iterator[Batch]:
        names = [time] if value is None or value == time else [time, value]
        reader = arrow_csv.open_csv(
            pa.PythonFile(stream, mode="r"),  # type: ignore[arg-type]
            read_options=arrow_csv.ReadOptions(
                column_names=self._names,
                skip_rows=self._header_lines,
                block_size=BLOCK_BYTES,
                use_threads=False,  # only then are bad rows numbered; two threads gain nothing here
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.delimiter, newlines_in_values=self._quoted, invalid_row_handler=skip
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=names,
                column_types={name: pa.binary() for name in names},
                null_values=_NULLS,
                strings_can_be_null=True,
            ),
        )
        row, used = 1, 0
        for batch in reader:
            numbers = None
            if used < len(skipped):
                numbers, used = _numbers(row, batch.num_rows, skipped, used)
            yield Batch(batch.column(0), None if value is None else batch.column(len(names) - 1), row, numbers)
            row = row + batch.num_rows if numbers is None else (numbers[-1] + 1 if numbers else row)
            while used < len(skipped) and skipped[used] == row:
                row, used = row + 1, used + 1
            check_rows(row - 1, self._limits)


def _numbers(row: int, count: int, skipped: list[int], used: int) -> tuple[list[int], int]:
    """Row numbers of the next `count` good rows, stepping over the skipped ones."""
    numbers: list[int] = []
    while len(numbers) < count:
        if used < len(skipped) and skipped[used] == row:
            used += 1
        else:
            numbers.append(row)
        row += 1
    return numbers, used


def _csv_problem(error: pa.ArrowInvalid, limits: ReadLimits) -> UnusableFileError:
    if "straddling" in str(error):
        return UnusableFileError(
            f"A row is longer than {limits.max_line_bytes:,} bytes, the maximum; "
            "an unclosed quote also looks like this.",
            limit=limits.max_line_bytes,
        )
    return UnusableFileError(f"The CSV file cannot be read: {str(error).splitlines()[0][:200]}.")


def _whole_lines(detected: Detected) -> tuple[list[str], int]:
    """The lines that are surely complete, from the first that is not blank, and how many blank ones came before."""
    lines = detected.head.decode("utf-8", "replace").splitlines()
    if not detected.complete and len(lines) > 1:
        lines.pop()  # the last line may be cut
    blank = next((place for place, line in enumerate(lines) if line.strip()), len(lines))
    return lines[blank:], blank


def _delimiter(lines: list[str]) -> str:
    """The delimiter that splits most of the first lines into the same number of cells, and into most cells."""
    first = lines[:20]
    scores = []
    for delimiter in _DELIMITERS:
        widths = [line.count(delimiter) for line in first]
        steady = sum(width == widths[0] for width in widths)
        scores.append((widths[0] > 0, steady, widths[0], -_DELIMITERS.index(delimiter)))
    best = max(scores)
    return _DELIMITERS[-best[3]] if best[0] else ","


def _names(first: list[str], has_header: bool) -> list[str]:
    """Unique column names; `column 1`, … where the file has none."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(first, 1):
        base = cell.strip() if has_header and cell.strip() else f"column {number}"
        name, copy = base, 2
        while name in taken:
            name, copy = f"{base} ({copy})", copy + 1
        taken.add(name)
        names.append(name)
    return names


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _null(cell: str) -> str | None:
    return None if cell in _NULLS else cell
