"""Parquet: footer checked before anything is decoded, only the needed columns, row batches in sequence."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from backend.errors import TooLargeError, UnusableFileError
from backend.ingest.contract import ReadLimits
from backend.ingest.detect import Format
from backend.ingest.readers.base import SAMPLE_ROWS, Batch
from backend.ingest.rejects import RejectCounter

_MAX_FOOTER_BYTES = 16 * 1024**2


class ParquetReader:
    """Decryption is never enabled and no extension type is loaded: a file brings data, not behaviour."""

    format: Format = "parquet"

    def __init__(self, path: Path, limits: ReadLimits) -> None:
        self._path = path
        self._limits = limits
        # Without pre-buffering and memory map, a column chunk is read page by page and not as a whole.
        self._file = pq.ParquetFile(
            path,
            pre_buffer=False,
            buffer_size=256 * 1024,
            thrift_string_size_limit=_MAX_FOOTER_BYTES,
            thrift_container_size_limit=1_000_000,
            arrow_extensions_enabled=False,  # type: ignore[call-arg]
        )
        self._check_footer()

    def _check_footer(self) -> None:
        metadata = self._file.metadata
        if metadata.num_rows > self._limits.max_rows:
            raise TooLargeError(
                f"The Parquet file has {metadata.num_rows:,} rows; at most {self._limits.max_rows:,} are allowed "
                "(SCALEOPS_MAX_ROWS).",
                limit=self._limits.max_rows,
                rows=metadata.num_rows,
            )
        if metadata.num_columns > self._limits.max_columns:
            raise UnusableFileError(
                f"The Parquet file has {metadata.num_columns:,} columns; at most {self._limits.max_columns:,} "
                "are allowed.",
                limit=self._limits.max_columns,
            )
        if metadata.num_rows == 0:
            raise UnusableFileError("The Parquet file has no rows. At least two windows of traffic are needed.")

    def columns(self) -> dict[str, pa.DataType]:
        return {field.name: field.type for field in self._file.schema_arrow}

    def sample(self, names: Sequence[str]) -> dict[str, pa.Array[Any]]:
        if not names:
            return {}
        for batch in self._file.iter_batches(batch_size=SAMPLE_ROWS, columns=list(names), use_threads=False):
            return {name: _column(batch, name) for name in names}
        return {}

    def batches(self, names: Sequence[str], rejects: RejectCounter) -> Iterator[Batch]:  # noqa: ARG002
        row = 1
        for batch in self._file.iter_batches(
            batch_size=self._limits.batch_rows, columns=list(dict.fromkeys(names)), use_threads=len(names) > 1
        ):
            share = (row + batch.num_rows - 1) / self._file.metadata.num_rows
            yield Batch([_column(batch, name) for name in names], row, share=share)
            row += batch.num_rows


def _column(batch: pa.RecordBatch, name: str) -> pa.Array[Any]:
    return batch.column(batch.schema.names.index(name))  # the first of that name; by name alone Arrow refuses two
