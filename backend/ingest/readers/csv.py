"""CSV: only the needed columns are kept, as text, and parsed later.

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
from backend.ingest.layout import Layout, cells_of, column_names, is_border
from backend.ingest.readers.base import SAMPLE_ROWS, Batch, FileReader, check_rows
from backend.ingest.readers.table import TableReader
from backend.ingest.rejects import RejectCounter
from backend.ingest.streams import BLOCK_BYTES, AsciiWhereDamaged, PlainCells, TextStream, line_blocks
from backend.ingest.unquoted_commas import ENOUGH, fills_up, split_numbers

csv.field_size_limit(ReadLimits().max_line_bytes)  # a cell may be as long as a line: it costs its row, not the file
NULLS = ["", "null", "NULL", "None", "NA", "N/A", "#N/A"]


def open_csv(path: Path, detected: Detected, limits: ReadLimits) -> FileReader:
    """The reader for the table's layout: Arrow's for the plain one, line by line for those that people look at."""
    layout = detected.layout
    assert layout is not None
    if layout.width > limits.max_columns:
        raise UnusableFileError(
            f"The CSV file has {layout.width:,} columns; at most {limits.max_columns:,} are allowed.",
            row=1,
            limit=limits.max_columns,
        )
    names = layout.names or column_names([""] * layout.width)
    if layout.shape == "plain":
        return CsvReader(path, detected, layout, names, limits)
    with _cells_of_text(path, detected, limits) as stream:
        return _loose_table(stream, layout, names, limits)


def _cells_of_text(path: Path, detected: Detected, limits: ReadLimits) -> TextStream:
    return PlainCells(path, limits) if detected.forced else AsciiWhereDamaged(path, limits)


class CsvReader:
    format: Format = "csv"

    def __init__(self, path: Path, detected: Detected, layout: Layout, names: list[str], limits: ReadLimits) -> None:
        self._path = path
        self._detected = detected
        self._limits = limits
        self.delimiter = layout.delimiter
        self._quoted = b'"' in detected.head
        self._header_lines = layout.first_row
        self._names = names
        rows = csv.reader(
            detected.lines[layout.first_row : layout.first_row + SAMPLE_ROWS + 1], delimiter=self.delimiter
        )
        try:
            self._sample = [row for row in rows if row][:SAMPLE_ROWS]
        except csv.Error as error:
            raise _csv_problem(str(error), limits) from error
        if not self._sample and detected.complete:
            raise UnusableFileError("The CSV file has a header but no rows. At least two windows are needed.")

    def columns(self) -> dict[str, pa.DataType]:
        return {name: pa.string() for name in self._names}

    def sample(self, names: Sequence[str]) -> dict[str, pa.Array[Any]]:
        width = len(self._names)
        good = [row for row in self._sample if len(row) == width]
        return {name: pa.array([_null(row[self._names.index(name)]) for row in good], pa.string()) for name in names}

    def batches(self, names: Sequence[str], rejects: RejectCounter) -> Iterator[Batch]:
        skipped: list[int] = []
        split: list[tuple[int, str]] = []
        width = len(self._names)
        fitting = [cells for cells in self._sample if len(cells) == width][:50]

        def skip(row: arrow_csv.InvalidRow) -> str:
            number = (row.number or 0) - self._header_lines
            skipped.append(number)
            text = row.text or ""
            if self.delimiter == "," and row.actual_columns > width and fills_up(text.split(","), width, fitting):
                split.append((row.number or 0, text))
            rejects.add(f"not {row.expected_columns} columns as in the first line", number, row.text)
            return "skip"

        with _cells_of_text(self._path, self._detected, self._limits) as stream:
            try:
                yield from self._read(stream, skip, skipped, list(dict.fromkeys(names)))
                if len(split) >= ENOUGH:
                    raise split_numbers(*split[0])
            except pa.ArrowInvalid as error:
                raise stream.problem or _csv_problem(str(error), self._limits) from error

    def _read(self, stream: TextStream, skip: Any, skipped: list[int], names: list[str]) -> Iterator[Batch]:
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
                null_values=NULLS,
                strings_can_be_null=True,
            ),
        )
        row, used = 1, 0
        for batch in reader:
            numbers = None
            if used < len(skipped):
                numbers, used = _numbers(row, batch.num_rows, skipped, used)
            yield Batch(batch.columns, row, numbers, stream.share)
            row = row + batch.num_rows if numbers is None else (numbers[-1] + 1 if numbers else row)
            while used < len(skipped) and skipped[used] == row:
                row, used = row + 1, used + 1
            check_rows(row - 1, self._limits)


def _loose_table(stream: TextStream, layout: Layout, names: list[str], limits: ReadLimits) -> TableReader:
    """A table drawn with lines, divided by spaces, or with spaces before its quotes: read whole, line by line."""
    cells: list[list[str | None]] = []
    numbers: list[int] = []
    line = 0
    for block in line_blocks(stream):
        for text in block.decode("utf-8", "replace").splitlines():
            line += 1
            if line <= layout.first_row or not text.strip() or (layout.shape == "drawn" and is_border(text)):
                continue
            row = cells_of(text, layout.shape, layout.delimiter)
            if len(row) == layout.width:
                cells.append([_null(cell.strip()) for cell in row])
                numbers.append(line - layout.first_row)
        check_rows(len(cells), limits)
    columns = {name: pa.array([row[place] for row in cells], pa.string()) for place, name in enumerate(names)}
    return TableReader("csv", columns, limits, numbers)


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


def _csv_problem(error: str, limits: ReadLimits) -> UnusableFileError:
    if "straddling" in error or "field limit" in error:
        return UnusableFileError(
            f"A row is longer than {limits.max_line_bytes:,} bytes, the maximum; "
            "an unclosed quote also looks like this.",
            limit=limits.max_line_bytes,
        )
    return UnusableFileError(f"The CSV file cannot be read: {error.splitlines()[0][:200]}.")


def _null(cell: str) -> str | None:
    return None if cell in NULLS else cell
