"""Records of series in InfluxDB: one point a series, at the epoch, with the record as JSON text."""

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pandas as pd

from backend.errors import StoreUnavailableError
from backend.stores.contract import SeriesInfo, SeriesKey, SeriesRecord, Span, with_changes
from backend.stores.influx_client import InfluxClient
from backend.stores.influx_queries import ALL_RECORDS, AT_EPOCH, RECORDS_OF_NAME
from backend.stores.line_writer import original_name, record_line, stored_name

# Of what is stored, as in SQLite: before 2 anomalies had no score, before 3 forecasts had five quantities. Release 0.1
# kept no records.
SCHEMA = 3


class InfluxRecords:
    """Reads and writes records. Every one names the schema of its series."""

    def __init__(self, client: InfluxClient) -> None:
        self._client = client

    def all(self) -> list[SeriesRecord]:
        """All records, the one written last first."""
        return _records(self._client.frame(ALL_RECORDS, AT_EPOCH, text=True))

    def outdated(self) -> dict[int, list[SeriesRecord]]:
        """By schema those of series whose rows an earlier version wrote."""
        answer = self._client.frame(ALL_RECORDS, AT_EPOCH, text=True)
        if answer.empty:
            return {}
        schemas = answer["_value"].map(lambda text: json.loads(text)["schema"])
        return {schema: _records(answer[schemas == schema]) for schema in range(1, SCHEMA)}

    def of_name(self, name: str) -> list[SeriesRecord]:
        """Those of a name, a version each, the one written last first."""
        return _records(self._client.frame(RECORDS_OF_NAME, AT_EPOCH | {"filename": stored_name(name)}, text=True))

    def put(self, records: Iterable[SeriesRecord]) -> None:
        if lines := self.lines(records):
            self._client.write(lines)

    @staticmethod
    def lines(records: Iterable[SeriesRecord]) -> list[str]:
        return [record_line(record.name, record.version, json.dumps(_content(record))) for record in records]

    def delete_versions(self, keys: Iterable[SeriesKey]) -> None:
        for key in keys:
            self._client.delete("series", {tag: stored_name(value) for tag, value in key.tags.items()}, None)

    def delete(self, name: str) -> None:
        self._client.delete("series", {"filename": stored_name(name)}, None)


def renewed(info: SeriesInfo, stored: SeriesRecord | None) -> SeriesRecord:
    """The record that a writer makes or renews; a feed stays one."""
    now = datetime.fromtimestamp(time.time(), UTC)
    attributes = with_changes(stored.attributes if stored else {}, info.attributes)
    if stored is None:
        epoch = datetime.fromtimestamp(0, UTC)
        return SeriesRecord(
            info.key.name, info.key.version, info.origin, info.window_seconds, 0, epoch, epoch, now, attributes
        )
    return replace(
        stored,
        origin="feed" if stored.origin == "feed" else info.origin,
        written_at=now,
        attributes=attributes,
    )


def marked(record: SeriesRecord, span: Span) -> SeriesRecord:
    """The record while points of that span are on their way."""
    before = record.incomplete
    if before is None:
        return replace(record, incomplete=span)
    return replace(record, incomplete=Span(min(before.first, span.first), max(before.last, span.last)))


def completed(record: SeriesRecord, span: Span) -> SeriesRecord:
    """The record once all points of that span are confirmed; what an earlier import left incomplete elsewhere stays."""
    before = record.incomplete
    if before is None or before.first < span.first or before.last > span.last:
        return record
    return replace(record, incomplete=None)


def _content(record: SeriesRecord) -> dict[str, Any]:
    span = record.incomplete
    return {
        "schema": SCHEMA,
        "origin": record.origin,
        "window_seconds": record.window_seconds,
        "points": record.points,
        "first": record.first.timestamp(),
        "last": record.last.timestamp(),
        "written_at": record.written_at.timestamp(),
        "attributes": dict(record.attributes),
        "incomplete": [span.first.timestamp(), span.last.timestamp()] if span else None,
    }


def _records(answer: pd.DataFrame) -> list[SeriesRecord]:
    if answer.empty:
        return []
    rows = zip(answer["filename"], answer["version"], answer["_value"], strict=True)
    records = [_record(*row) for row in rows]
    return sorted(records, key=lambda record: record.written_at, reverse=True)


@lru_cache(maxsize=1_024)
def _record(name: str, version: str, text: str) -> SeriesRecord:
    """From what is stored. Kept, for in a list of hundreds hardly one is another than the time before."""
    name, version, content = original_name(name), original_name(version), json.loads(text)
    if content["schema"] > SCHEMA:
        raise StoreUnavailableError(
            f'The series "{name}" was written by a later version of ScaleOps (schema {content["schema"]}; this version '
            f"knows schema {SCHEMA}). Run that version, or set INFLUXDB_BUCKET to another bucket."
        )
    span = content["incomplete"]
    return SeriesRecord(
        name=name,
        version=version,
        origin=content["origin"],
        window_seconds=content["window_seconds"],
        points=content["points"],
        first=_utc(content["first"]),
        last=_utc(content["last"]),
        written_at=_utc(content["written_at"]),
        attributes=content["attributes"],
        incomplete=Span(_utc(span[0]), _utc(span[1])) if span else None,
    )


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
