"""The reader of each format: a new format is a row."""

from collections.abc import Callable
from pathlib import Path

from backend.ingest.contract import ReadLimits
from backend.ingest.detect import Detected, Format
from backend.ingest.readers.accesslog import AccessLogReader
from backend.ingest.readers.base import FileReader
from backend.ingest.readers.csv import open_csv
from backend.ingest.readers.document import open_document
from backend.ingest.readers.json import JsonReader
from backend.ingest.readers.parquet import ParquetReader
from backend.ingest.readers.textlog import TextLogReader
from backend.ingest.timestamps import Zone

Open = Callable[[Path, Detected, ReadLimits, Zone, float], FileReader]


def _open_sheet(path: Path, limits: ReadLimits) -> FileReader:
    from backend.ingest.readers.sheet import open_sheet  # its library, which only workbooks need

    return open_sheet(path, limits)


READERS: dict[Format, Open] = {
    "parquet": lambda path, found, limits, zone, now: ParquetReader(path, limits),  # noqa: ARG005
    "xlsx": lambda path, found, limits, zone, now: _open_sheet(path, limits),  # noqa: ARG005
    "csv": lambda path, found, limits, zone, now: open_csv(path, found, limits),  # noqa: ARG005
    "json": lambda path, found, limits, zone, now: open_document(path, limits),  # noqa: ARG005
    "json_lines": lambda path, found, limits, zone, now: JsonReader(path, found, limits),  # noqa: ARG005
    "json_array": lambda path, found, limits, zone, now: JsonReader(path, found, limits),  # noqa: ARG005
    "common_log": lambda path, found, limits, zone, now: AccessLogReader(path, found, limits),  # noqa: ARG005
    "combined_log": lambda path, found, limits, zone, now: AccessLogReader(path, found, limits),  # noqa: ARG005
    "log": TextLogReader,
}


def open_file(path: Path, found: Detected, limits: ReadLimits, zone: Zone, now: float) -> FileReader:
    """The reader of a file whose format was detected. Raises a ProblemError for one that it cannot read."""
    return READERS[found.format](path, found, limits, zone, now)
