"""Small tables that are held whole: sheets, drawn tables, documents of JSON."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from backend.errors import UnusableFileError
from backend.ingest.contract import ReadLimits
from backend.ingest.detect import Format
from backend.ingest.readers.base import SAMPLE_ROWS, Batch, check_rows
from backend.ingest.rejects import RejectCounter


class TableReader:
    """Columns in memory. `numbers`: the numbers of the rows in the file, where some were left out."""

    def __init__(
        self,
        format: Format,
        columns: Mapping[str, pa.Array[Any]],
        limits: ReadLimits,
        numbers: Sequence[int] | None = None,
    ) -> None:
        self.format: Format = format
        self._columns = dict(columns)
        self._numbers = numbers
        self._limits = limits
        self._rows = len(next(iter(columns.values()))) if columns else 0
        if self._rows == 0:
            raise UnusableFileError("The file has no rows. At least two windows of traffic are needed.")
        if len(columns) > limits.max_columns:
            raise UnusableFileError(
                f"The file has {len(columns):,} columns; at most {limits.max_columns:,} are allowed.",
                limit=limits.max_columns,
            )
        check_rows(self._rows, limits)

    def columns(self) -> dict[str, pa.DataType]:
        return {name: array.type for name, array in self._columns.items()}

    def sample(self, names: Sequence[str]) -> dict[str, pa.Array[Any]]:
        return {name: self._columns[name].slice(0, SAMPLE_ROWS) for name in names}

    def batches(self, names: Sequence[str], rejects: RejectCounter) -> Iterator[Batch]:  # noqa: ARG002
        for at in range(0, self._rows, self._limits.batch_rows):
            columns = [self._columns[name].slice(at, self._limits.batch_rows) for name in names]
            numbers = None if self._numbers is None else self._numbers[at : at + self._limits.batch_rows]
            yield Batch(columns, at + 1, numbers, min(1.0, (at + self._limits.batch_rows) / self._rows))


def column_of(cells: Sequence[Any]) -> pa.Array[Any]:
    """The narrowest of integers, floats, truth values and text that holds the cells."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {bool}:
        return pa.array(cells, pa.bool_())
    if kinds <= {int} and kinds and all(cell is None or abs(cell) < 2**63 for cell in cells):
        return pa.array(cells, pa.int64())
    if kinds <= {int, float} and kinds:
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    return pa.array([None if cell is None else _text(cell) for cell in cells], pa.string())


def _text(cell: Any) -> str:
    return str(cell).encode("utf-8", "replace").decode("utf-8")  # JSON can name half a character, UTF-8 cannot
