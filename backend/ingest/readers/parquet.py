"""Parquet: footer checked before anything is decoded, only the needed columns, row batches in sequence."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backend.errors import TooLargeError, UnusableFileError
from backend.ingest.contract import ReadLimits
from backend.ingest.detect import Format
from backend.ingest.json_rows import FLAT_DEPTH
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
        self._sampled: dict[str, pa.Array[Any]] = {}  # each column's first rows are decoded once
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
        return {name: kind for field in self._file.schema_arrow for name, kind in _leaves(field, FLAT_DEPTH)}

    def sample(self, names: Sequence[str]) -> dict[str, pa.Array[Any]]:
        missing = [name for name in names if name not in self._sampled]
        for batch in self._file.iter_batches(SAMPLE_ROWS, columns=missing, use_threads=False) if missing else ():
            self._sampled |= {name: _column(batch, name) for name in missing}
            break
        return {name: self._sampled[name] for name in names}

    def batches(self, names: Sequence[str], rejects: RejectCounter) -> Iterator[Batch]:  # noqa: ARG002
        row = 1
        for batch in self._file.iter_batches(
            batch_size=self._limits.batch_rows, columns=list(dict.fromkeys(names)), use_threads=len(names) > 1
        ):
            share = (row + batch.num_rows - 1) / self._file.metadata.num_rows
            yield Batch([_column(batch, name) for name in names], row, share=share)
            row += batch.num_rows


def _leaves(field: pa.Field[Any], depth: int) -> Iterator[tuple[str, pa.DataType]]:
    """A column, or the columns inside one, by path: {"stats": {"requests": 1}} → stats.requests."""
    if depth == 0 or not pa.types.is_struct(field.type):
        yield field.name, field.type
        return
    for inner in field.type:
        for path, kind in _leaves(inner, depth - 1):
            yield f"{field.name}.{path}", kind


def _column(batch: pa.RecordBatch, name: str) -> pa.Array[Any]:
    if name in batch.schema.names:
        return batch.column(batch.schema.names.index(name))  # the first of that name; by name alone Arrow refuses two
    outer = next(one for one in batch.schema.names if name.startswith(f"{one}."))
    return _inner(batch.column(batch.schema.names.index(outer)), name.removeprefix(f"{outer}."))


def _inner(column: pa.Array[Any], path: str) -> pa.Array[Any]:
    field = next(field for field in column.type if path == field.name or path.startswith(f"{field.name}."))
    inner = pc.struct_field(column, [field.name])
    return inner if path == field.name else _inner(inner, path.removeprefix(f"{field.name}."))
