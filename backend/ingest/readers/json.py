"""JSON lines and JSON arrays of objects: Arrow parses whole blocks; what it refuses is parsed line by line."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as arrow_json

from backend.errors import ProblemError, UnusableFileError
from backend.ingest.contract import ReadLimits
from backend.ingest.detect import Detected, Format
from backend.ingest.json_rows import flat
from backend.ingest.readers.base import SAMPLE_ROWS, Batch, check_rows
from backend.ingest.rejects import RejectCounter
from backend.ingest.streams import BLOCK_BYTES, TextStream, line_blocks, read_tail

NOT_JSON = "not a JSON object"
TOO_DEEP = "JSON nested too deeply"
TAIL_ROWS = 100
_MAX_DEPTH = 64
_SHAPE = 'JSON must be one object per line, or one array of objects, such as {"timestamp": 1700000000}'

Cell = int | float | str | None
_DECODER = json.JSONDecoder()


class JsonReader:
    """Objects in file order; keys that are not asked for are not built."""

    def __init__(self, path: Path, detected: Detected, limits: ReadLimits) -> None:
        self.format: Format = detected.format
        self._path = path
        self._limits = limits
        self._dotted = False  # whether keys have points of their own, which then are no paths
        self._sample = self._read_sample(detected)
        keys = {key: None for row in self._sample for key in row}
        if len(keys) > limits.max_columns:
            raise UnusableFileError(
                f"The JSON objects have more than {limits.max_columns:,} different keys, the maximum.",
                limit=limits.max_columns,
            )
        self._types = {key: _common_type([row.get(key) for row in self._sample]) for key in keys}

    def _read_sample(self, detected: Detected) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        problem: str | None = None
        for item in self._objects_of_head(detected):
            if isinstance(item, dict):
                self._dotted |= any("." in key for key in item)
                rows.append(cast(dict[str, Any], flat(item)))
            elif problem is None:
                problem = str(item)
            if len(rows) == SAMPLE_ROWS:
                break
        rows += self._rows_of_tail(detected)
        if not rows:
            raise UnusableFileError(f"The file has no readable JSON object ({problem or 'none at all'}). {_SHAPE}.")
        return rows

    def _objects_of_head(self, detected: Detected) -> Iterator[dict[str, Any] | str]:
        if self.format == "json_array":
            with TextStream(self._path, self._limits) as stream:
                yield from _array_objects(stream, self._limits)
            return
        lines = detected.head.split(b"\n")
        for line in lines if detected.complete else lines[:-1]:
            if line.strip():
                yield _load(line)

    def _rows_of_tail(self, detected: Detected) -> list[dict[str, Any]]:
        """The last rows, which may have keys that the first ones lack."""
        if self.format == "json_array" or (detected.complete and detected.head.count(b"\n") <= SAMPLE_ROWS):
            return []
        lines = read_tail(self._path, self._limits).split(b"\n")[1:]
        rows = [flat(_load(line)) for line in lines[-TAIL_ROWS:] if line.strip()]
        return [row for row in rows if isinstance(row, dict)]

    def columns(self) -> dict[str, pa.DataType]:
        return dict(self._types)

    def sample(self, names: Sequence[str]) -> dict[str, pa.Array[Any]]:
        return {name: _array([row.get(name) for row in self._sample], self._types[name]) for name in names}

    def batches(self, names: Sequence[str], rejects: RejectCounter) -> Iterator[Batch]:
        with TextStream(self._path, self._limits) as stream:
            try:
                source = self._line_batches if self.format == "json_lines" else self._array_batches
                yield from source(stream, names, rejects)
            except ProblemError:
                raise
            except ValueError as error:
                raise stream.problem or UnusableFileError(f"The JSON cannot be parsed: {error}.") from error

    def _line_batches(self, stream: TextStream, names: Sequence[str], rejects: RejectCounter) -> Iterator[Batch]:
        schema = _schema({name: self._types[name] for name in names})
        row = 1
        for block in line_blocks(stream):
            table = None if self._dotted or _nested(block) else _parse_fast(block, schema)
            if table is None:
                lines = [line for line in block.split(b"\n") if line.strip()]
                yield self._batch([flat(_load(line)) for line in lines], names, row, rejects, stream.share)
                row += len(lines)
            elif table.num_rows:
                yield Batch([_path(table, name) for name in names], row, share=stream.share)
                row += table.num_rows
            check_rows(row - 1, self._limits)

    def _array_batches(self, stream: TextStream, names: Sequence[str], rejects: RejectCounter) -> Iterator[Batch]:
        row = 1
        items: list[dict[str, Any] | str] = []
        for item in _array_objects(stream, self._limits):
            row_of_names = flat(item)
            items.append({n: row_of_names.get(n) for n in names} if isinstance(row_of_names, dict) else row_of_names)
            check_rows(row + len(items) - 1, self._limits)
            if len(items) == self._limits.batch_rows:
                yield self._batch(items, names, row, rejects, stream.share)
                row += len(items)
                items = []
        if items:
            yield self._batch(items, names, row, rejects, stream.share)

    def _batch(
        self,
        items: list[dict[str, Any] | str],
        names: Sequence[str],
        row: int,
        rejects: RejectCounter,
        share: float,
    ) -> Batch:
        good: list[dict[str, Any]] = []
        numbers: list[int] = []
        for number, item in enumerate(items, row):
            if isinstance(item, dict):
                good.append(item)
                numbers.append(number)
            else:
                rejects.add(item, number)
        columns = [_array([item.get(name) for item in good], self._types[name]) for name in names]
        return Batch(columns, row, numbers, share)


def _schema(types: dict[str, pa.DataType]) -> pa.Schema:
    """The schema of the objects that hold the values of these paths."""
    fields: dict[str, Any] = {}
    for path, kind in types.items():
        name, _, rest = path.partition(".")
        fields.setdefault(name, {})[rest] = kind
    return pa.schema(
        [(name, inner[""] if "" in inner else pa.struct(list(_schema(inner)))) for name, inner in fields.items()]
    )


def _path(table: pa.Table, path: str) -> pa.Array[Any]:
    name, *rest = path.split(".")
    column = table.column(name).combine_chunks()
    return pc.struct_field(column, rest) if rest else column


def _load(line: bytes) -> dict[str, Any] | str:
    """One object, or why the line is none."""
    try:
        item = json.loads(line)
    except RecursionError:
        return TOO_DEEP
    except ValueError:
        return NOT_JSON
    return item if isinstance(item, dict) else NOT_JSON


def _nested(block: bytes) -> bool:
    """Whether nesting may be deep enough to exhaust the stack of Arrow's parser; errs on the safe side."""
    text = np.frombuffer(block, np.uint8) | 0x20  # folds [ into { and ] into }
    depth = np.cumsum((text == ord("{")).view(np.int8) - (text == ord("}")).view(np.int8), dtype=np.int32)
    return bool(depth.max(initial=0) > _MAX_DEPTH or depth.min(initial=0) < -_MAX_DEPTH)


def _parse_fast(block: bytes, schema: pa.Schema) -> pa.Table | None:
    try:
        return arrow_json.read_json(
            pa.BufferReader(block),  # type: ignore[arg-type]
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _array_objects(stream: TextStream, limits: ReadLimits) -> Iterator[dict[str, Any] | str]:
    """The items of a top-level array, with no more of the text in memory than one block and one item."""
    text, place, ended = _decode(stream, b""), 0, False
    rest = text[1]
    buffer = text[0].lstrip()
    if not buffer.startswith("["):
        raise UnusableFileError(f"The file is not a JSON array. {_SHAPE}.")
    place = 1
    while True:
        place = _skip(buffer, place)
        if place < len(buffer) and buffer[place] == "]":
            return
        item, end = _next_item(buffer, place)
        if end is not None and (end < len(buffer) or ended):
            yield item if isinstance(item, dict) else NOT_JSON
            place = end
            continue
        if ended:
            raise UnusableFileError(
                f"The JSON array is truncated or damaged near {buffer[place : place + 40]!r}. {_SHAPE}."
            )
        if len(buffer) - place > limits.max_line_bytes:
            raise UnusableFileError(
                f"One item of the JSON array is damaged or longer than {limits.max_line_bytes:,} bytes, the maximum.",
                limit=limits.max_line_bytes,
            )
        more, rest = _decode(stream, rest)
        ended = not more
        buffer, place = buffer[place:] + more, 0


def _skip(buffer: str, place: int) -> int:
    while place < len(buffer) and buffer[place] in " \t\r\n,":
        place += 1
    return place


def _next_item(buffer: str, place: int) -> tuple[Any, int | None]:
    """The item that begins here and where it ends; None where it is not complete."""
    try:
        return _DECODER.raw_decode(buffer, place)
    except RecursionError:
        raise UnusableFileError(f"The JSON is nested too deeply. {_SHAPE}.") from None
    except ValueError:
        return None, None


def _decode(stream: TextStream, rest: bytes) -> tuple[str, bytes]:
    """More text, and the bytes of a character that was cut at the end."""
    chunk = stream.read(BLOCK_BYTES // 4)
    data = rest + chunk
    for cut in range(4):
        try:
            return data[: len(data) - cut].decode("utf-8"), data[len(data) - cut :]
        except UnicodeDecodeError as error:
            if not chunk or error.start < len(data) - 4:
                break
    raise UnusableFileError("The JSON is not UTF-8. Save it as UTF-8 and upload it again.")


def _common_type(cells: list[Any]) -> pa.DataType:
    """The one type that holds the cells: numbers stay numbers, anything mixed with text becomes text."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if not kinds:
        return pa.null()
    if kinds == {int}:
        return pa.int64()
    if kinds <= {int, float}:
        return pa.float64()
    if kinds <= {int, float, str}:
        return pa.string()
    if kinds == {bool}:
        return pa.bool_()
    return pa.struct([])


def _array(cells: list[Any], kind: pa.DataType) -> pa.Array[Any]:
    try:
        return pa.array(cells, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError):
        return pa.array([_text(cell) for cell in cells], pa.string())


def _text(cell: Any) -> str | None:
    if cell is None:
        return None
    text = cell if isinstance(cell, str) else json.dumps(cell)[:200]
    return text.encode("utf-8", "replace").decode("utf-8")  # JSON can name half a character, UTF-8 cannot
