"""What every reader offers: column names, a sample to recognise them by, and batches of some columns."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from backend.errors import TooLargeError
from backend.ingest.contract import ReadLimits
from backend.ingest.detect import Format
from backend.ingest.rejects import RejectCounter

SAMPLE_ROWS = 1_000


@dataclass(frozen=True)
class Batch:
    """Some rows in file order: the columns that were asked for, as the file has them.

    Row i of the batch is row `first_row + i` of the file, or `numbers[i]` where bad lines in between
    were left out by the reader. `share`: of the file that was read up to the batch's end.
    """

    columns: Sequence[pa.Array[Any]]
    first_row: int
    numbers: Sequence[int] | None = None
    share: float | None = None

    def row_of(self, index: int) -> int:
        return self.first_row + index if self.numbers is None else int(self.numbers[index])


class FileReader(Protocol):
    """One open file of one format."""

    format: Format

    def columns(self) -> dict[str, pa.DataType]:
        """Names and types as the file has them (text formats: as the sample suggests)."""
        ...

    def sample(self, names: Sequence[str]) -> dict[str, pa.Array[Any]]:
        """The first rows (at most about a thousand) of these columns."""
        ...

    def batches(self, names: Sequence[str], rejects: RejectCounter) -> Iterator[Batch]:
        """All rows in file order. Lines that are no rows go to `rejects`."""
        ...


def check_rows(rows: int, limits: ReadLimits) -> None:
    """Raise TooLargeError past `max_rows`."""
    if rows > limits.max_rows:
        raise TooLargeError(
            f"The file has more than {limits.max_rows:,} rows (SCALEOPS_MAX_ROWS). "
            "Split it, or count the requests per minute first.",
            limit=limits.max_rows,
        )
