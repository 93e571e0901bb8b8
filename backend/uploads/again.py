"""The files that a series was read from, kept in its record: the same bytes again replace what they stored before."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from backend.errors import ConflictError
from backend.ingest import ReadOptions
from backend.stores import SeriesRecord

FILES = "files"  # the attribute: by SHA-256 of each file what it was read with, and which windows it has
MOST_FILES = 100  # that are remembered of a series; parts of one, a day each, are seldom more


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def given_fields(options: ReadOptions) -> dict[str, Any]:
    """The fields that a file was sent with."""
    return {name: value for name, value in asdict(options).items() if value is not None}


def read_before(record: SeriesRecord | None, digest: str, fields: Mapping[str, Any]) -> bool:
    """Whether the series holds these bytes as read with other fields, and nothing else.

    Raises ConflictError where it holds more than them, which a new reading must not take away.
    """
    files = record.attributes.get(FILES, {}) if record else {}
    if record is None or digest not in files or files[digest]["fields"] == fields:
        return False
    before = files[digest]
    grown = record.last.timestamp() > before["last"] or record.first.timestamp() < before["first"]
    if len(files) > 1 or grown:
        raise ConflictError(
            "The same file is stored in this series as it was read before, beside other windows. Delete the series and "
            "upload its files again, or use another file name."
        )
    return True


def import_attributes(
    record: SeriesRecord | None, digest: str, fields: Mapping[str, Any], frame: pd.DataFrame
) -> dict[str, Any]:
    """What the record is to remember of a file, beside the files that it knows."""
    known = dict(record.attributes.get(FILES, {})) if record else {}
    if len(known) >= MOST_FILES and digest not in known:
        return {}
    first, last = (frame.index[place].timestamp() for place in (0, -1))
    return {FILES: {**known, digest: {"fields": dict(fields), "first": first, "last": last}}}
