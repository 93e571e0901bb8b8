"""JSON documents: rows that lie somewhere inside, as objects, as pairs, or as arrays side by side. Held whole."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backend.errors import UnusableFileError
from backend.ingest.contract import ReadLimits
from backend.ingest.json_rows import rows_in, table_of
from backend.ingest.readers.table import TableReader, column_of
from backend.ingest.refusals import refuse_text
from backend.ingest.streams import BLOCK_BYTES, TextStream

MOST_BYTES = 256 * 1024**2  # of a document; its objects take about ten times as much
_DECODER = json.JSONDecoder()


def open_document(path: Path, limits: ReadLimits) -> TableReader:
    """The rows of a JSON document as a table."""
    text = _text(path, limits)
    refuse_text([text[:4000]])
    rows = [row for document in _documents(text) for row in rows_in(document, {})]
    if not rows:
        raise UnusableFileError(
            "The file has no readable JSON object that is a row. Rows may be objects, pairs of time and value, or "
            'arrays side by side, such as {"timestamp": 1700000000, "requests": 5} on each line.'
        )
    columns = {name: column_of([_cell(cell) for cell in cells]) for name, cells in table_of(rows).items()}
    return TableReader("json", columns, limits)


def _text(path: Path, limits: ReadLimits) -> str:
    content = bytearray()
    with TextStream(path, limits) as stream:
        while chunk := stream.read(BLOCK_BYTES):
            content += chunk
            if len(content) > MOST_BYTES:
                raise UnusableFileError(
                    f"The JSON document is larger than {MOST_BYTES // 1024**2} MB. Write its rows one object per line, "
                    "such as jq -c '.rows[]' does, and upload that.",
                    limit=MOST_BYTES,
                )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnusableFileError("The JSON is not UTF-8. Save it as UTF-8 and upload it again.") from error


def _documents(text: str) -> Iterator[Any]:
    """Documents that follow each other, with nothing or a comma between."""
    place = _skip(text, 0)
    documents = 0
    while place < len(text):
        try:
            document, place = _DECODER.raw_decode(text, place)
        except RecursionError:
            raise UnusableFileError("The JSON is nested too deeply.") from None
        except ValueError as error:
            near = text[place : place + 40]
            raise UnusableFileError(
                f"The file has no readable JSON object after {documents:,}: it is truncated or damaged near {near!r}."
            ) from error
        yield document
        documents += 1
        place = _skip(text, place)


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n,\x1e":
        place += 1
    return place


def _cell(value: Any) -> Any:
    return json.dumps(value)[:200] if isinstance(value, list | dict) else value
