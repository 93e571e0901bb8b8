"""The store that servers share: InfluxDB v2. influxdb/README.md describes what is stored, influx_queries.py asks."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import structlog

from backend.config import Settings
from backend.errors import StoreUnavailableError
from backend.stores import influx_queries as queries
from backend.stores.contract import (
    OF_FILES,
    TIME,
    Measurement,
    SeriesInfo,
    SeriesKey,
    SeriesRecord,
    Span,
    Tables,
    with_changes,
)
from backend.stores.influx_client import InfluxClient, InfluxUnreachableError, patience
from backend.stores.influx_migrations import upgrade
from backend.stores.influx_queries import EARLIEST, LATEST
from backend.stores.influx_records import InfluxRecords, completed, marked, renewed
from backend.stores.influx_rows import lines_of, to_buckets, to_table
from backend.stores.line_writer import stored_name

log = structlog.get_logger()

FEW_SERIES = 3  # whose records are asked for one by one; of more all are
BATCH_LINES = 5_000  # what InfluxData recommends; larger ones gain little and repeat more after a failure
WRITERS = 2
WAIT_PAUSE_SECONDS = 1
CONFIRM_TRIES, CONFIRM_PAUSE_SECONDS = 6, 0.1  # InfluxDB Cloud shows a stored point a moment later


def wait_for_influxdb(settings: Settings, measurements: Sequence[Measurement]) -> "InfluxStore":
    """Open the store once its server answers; raise when it refuses, or does not answer in the time allowed."""
    give_up = time.monotonic() + settings.store_wait_seconds
    while True:
        try:
            client = client_of(settings)
            store = InfluxStore(client, measurements)
            store.check()
            upgrade(client, measurements)
            return store
        except InfluxUnreachableError as error:
            if time.monotonic() >= give_up:
                raise
            log.warning("waiting_for_influxdb", detail=error.detail)
            time.sleep(WAIT_PAUSE_SECONDS)


def opened_by_another(settings: Settings, measurements: Sequence[Measurement]) -> "InfluxStore":
    """Open a store that another process of this machine waited for, checked, and brought up to date."""
    return InfluxStore(client_of(settings), measurements)


def client_of(settings: Settings) -> InfluxClient:
    """The bucket that the settings name. Raises StoreUnavailableError where no token can be read."""
    return InfluxClient(settings.influxdb_url, settings.influxdb_org, settings.influxdb_bucket, _token(settings))


def _token(settings: Settings) -> str:
    if settings.influxdb_token or settings.influxdb_token_file is None:
        return settings.influxdb_token
    try:
        token = settings.influxdb_token_file.read_text().strip()
    except FileNotFoundError:
        token = ""
    except OSError as error:
        raise StoreUnavailableError(f"INFLUXDB_TOKEN_FILE cannot be read: {error}.") from error
    if not token:
        raise InfluxUnreachableError(
            f"INFLUXDB_TOKEN_FILE: there is no token in {settings.influxdb_token_file}; "
            "InfluxDB writes it when it is set up for the first time."
        )
    return token


class InfluxStore:
    """Store contract over one InfluxDB v2 bucket.

    InfluxDB has no transactions, and a server that is killed may have stored part of a request: each shard, which is a
    week of points, has a log of its own. So records come after their rows. An import marks them as incomplete before
    the first row, and as complete once the server shows all points; a feed, which repeats what was not confirmed, does
    not. The same write again leaves exactly its data.
    """

    def __init__(self, client: InfluxClient, measurements: Sequence[Measurement]) -> None:
        self._client = client
        self._measurements = measurements
        self._records = InfluxRecords(client)

    @patience()
    def write(self, tables: Tables, series: Sequence[SeriesInfo] = (), *, replace: bool = False) -> set[str]:
        if replace:
            self._take_away(tables, series)
        stored = self._stored_records(series)
        refused = {info.key for info in series if info.window_seconds != stored.get(info.key, info).window_seconds}
        records = {info.key: renewed(info, stored.get(info.key)) for info in series if info.key not in refused}
        kept = {measurement: _latest(measurement, table, refused) for measurement, table in tables.items()}
        counted = next(((each, table) for each, table in kept.items() if each.counted and len(table)), None)
        final = self._grown(records, *counted) if counted else records
        final = {key: record for key, record in final.items() if record.points}
        if series:
            kept = {measurement: _of_keys(measurement, table, final) for measurement, table in kept.items()}
        imported = {info.key for info in series if info.origin in OF_FILES} & final.keys()
        if counted:
            self._records.put(marked(records[key], _span(counted[1])) for key in imported)
        self._send(kept)
        if counted:
            self._confirm(counted[0], kept[counted[0]])
        # Of an import that was interrupted nobody knows how many points it left.
        healed = {key for key in final if records[key].incomplete and final[key].incomplete is None}
        self._records.put(
            self._counted(counted[0], record) if counted and key in healed else record for key, record in final.items()
        )
        return {key.name for key in refused}

    def _take_away(self, tables: Tables, series: Sequence[SeriesInfo]) -> None:
        """Delete series, every version; their new records, which stay, say that they are incomplete until the write
        that follows is confirmed."""
        counted = next(table for measurement, table in tables.items() if measurement.counted)
        for info in series:
            span = _span(counted[counted["filename"] == info.key.name])
            before = self._records.of_name(info.key.name)
            self._records.put([marked(renewed(info, None), span)])
            self._records.delete_versions(record.key for record in before if record.key != info.key)
            for measurement in self._measurements:
                if measurement.of_series:
                    self._client.delete(measurement.name, {"filename": stored_name(info.key.name)}, None)

    def read(
        self,
        measurement: Measurement,
        tags: Mapping[str, str],
        start: datetime | None = None,
        stop: datetime | None = None,
        *,
        fields: Sequence[str] | None = None,
        every: int | None = None,
    ) -> pd.DataFrame:
        asked = _parameters(tags) | {"start": start or EARLIEST, "stop": stop or LATEST}
        names = fields or measurement.field_names
        if (start or EARLIEST) >= (stop or LATEST):  # refused by InfluxDB
            return to_table(measurement, pd.DataFrame(), pd.DataFrame(), tags, names)
        if every is not None:
            flux = queries.read_buckets(measurement, tags)
            return to_buckets(measurement, self._client.frame(flux, asked | {"every": timedelta(seconds=every)}), every)
        numbers = [name for name in names if name not in _texts(measurement)]
        texts = [name for name in names if name in _texts(measurement)]
        precision = measurement.precision
        answer, text_answer = pd.DataFrame(), pd.DataFrame()
        if numbers or not texts:
            answer = self._client.frame(queries.read(measurement, tags, numbers), asked, precision)
        if texts:
            text_answer = self._client.frame(queries.read(measurement, tags, texts), asked, precision, text=True)
        return to_table(measurement, answer, text_answer, tags, names)

    def delete(self, measurement: Measurement, tags: Mapping[str, str], before: datetime) -> int:
        self._client.delete(measurement.name, _parameters(tags), before)
        for record in self._records.all() if measurement.counted else ():
            if tags.items() <= record.key.tags.items():
                self.recount(record.key)
        return 0

    def find(self, name: str) -> SeriesRecord | None:
        return next(iter(self._records.of_name(name)), None)

    def list_series(self) -> list[SeriesRecord]:
        return self._records.all()

    def set_attributes(self, key: SeriesKey, attributes: Mapping[str, Any]) -> None:
        for record in self._records.of_name(key.name):
            if record.key == key:
                self._records.put([replace(record, attributes=with_changes(record.attributes, attributes))])

    def delete_series(self, name: str) -> int:
        records = self._records.of_name(name)
        # Samples first: of those another backend would write the points anew. It is listed until all of it is gone.
        for measurement in sorted(self._measurements, key=lambda each: each.of_series):
            if "filename" in measurement.tags:
                self._client.delete(measurement.name, {"filename": stored_name(name)}, None)
        self._records.delete(name)
        return sum(record.points for record in records)

    def check(self) -> None:
        """Raise where the bucket cannot be reached, read and written, or would drop old points."""
        self._client.check()
        self._client.write(["scaleops_check ok=1 0"])

    def close(self) -> None:
        self._client.close()

    @patience()
    def recount(self, key: SeriesKey) -> None:
        counted = next(each for each in self._measurements if each.counted)
        for record in self._records.of_name(key.name):
            if record.key == key:
                renewed = self._counted(counted, record)
                if renewed != record and record in self._records.of_name(key.name):  # nothing was written meanwhile
                    self._records.put([renewed])

    def _counted(self, measurement: Measurement, record: SeriesRecord) -> SeriesRecord:
        """The record with the number and the ends of the points that the server has."""
        flux, asked = queries.summary(measurement, record.key.tags), _parameters(record.key.tags)
        rows = {row["result"]: row for row in self._client.rows(flux, asked | {"start": EARLIEST, "stop": LATEST})}
        if len(rows) < 3:
            return record
        count, first, last = int(rows["count"]["_value"]), rows["first"]["_time"], rows["last"]["_time"]
        return replace(record, points=count, first=first, last=last)

    def _stored_records(self, series: Sequence[SeriesInfo]) -> dict[SeriesKey, SeriesRecord]:
        names = {info.key.name for info in series}
        if len(names) > FEW_SERIES:
            return {record.key: record for record in self._records.all()}
        return {record.key: record for name in names for record in self._records.of_name(name)}

    def _grown(
        self, records: Mapping[SeriesKey, SeriesRecord], measurement: Measurement, table: pd.DataFrame
    ) -> dict[SeriesKey, SeriesRecord]:
        """The records as they will be: a row that a record counts already is not counted again."""
        pair = ["filename", "version"]
        rows = _identities(table)
        added = table[~rows.isin(self._present(measurement, table))].groupby(pair).size().to_dict()
        spans = table.groupby(pair)[TIME].agg(["min", "max", "size"]).reset_index()
        grown = dict(records)
        for name, version, first, last, size in spans.itertuples(index=False):
            key = SeriesKey(name, version)
            if record := grown.get(key):
                span = Span(first.to_pydatetime(), last.to_pydatetime())
                uncounted = added.get((name, version), 0) if record.points else size
                grown[key] = completed(record.grown(span.first, span.last, uncounted), span)
        return grown

    def _present(self, measurement: Measurement, table: pd.DataFrame) -> pd.MultiIndex:
        """Which rows there are in the time that the table spans, of its series or of all."""
        span = _span(table)
        one = {tag: str(table[tag].iloc[0]) for tag in ("filename", "version") if table[tag].nunique() == 1}
        stop = span.last + timedelta(seconds=1)
        stored = self.read(measurement, one, span.first, stop, fields=[str(measurement.required)])
        return _identities(stored.assign(**one))

    def _confirm(self, measurement: Measurement, table: pd.DataFrame) -> None:
        """Return when the store has all rows; InfluxDB may have dropped some in silence."""
        expected = _identities(table).unique()
        if table["filename"].nunique() > 1 or len(expected) < 100:
            return _wait_for(len(expected), lambda: int(expected.isin(self._present(measurement, table)).sum()))
        tags = {tag: str(table[tag].iloc[0]) for tag in ("filename", "version")}
        span, flux = _span(table), queries.count(measurement, tags)
        asked = _parameters(tags) | {"start": span.first, "stop": span.last + timedelta(seconds=1)}

        def stored() -> int:
            return sum(int(row["_value"]) for row in self._client.rows(flux, asked))

        _wait_for(len(expected), stored)

    def _send(self, tables: Tables) -> None:
        """Write rows in batches; while the server stores one, the next is built."""
        parts = [
            (measurement, table.iloc[start : start + BATCH_LINES])
            for measurement, table in tables.items()
            for start in range(0, len(table), BATCH_LINES)
        ]

        def write(part: tuple[Measurement, pd.DataFrame]) -> None:
            self._client.write(lines_of(*part), part[0].precision)

        with ThreadPoolExecutor(WRITERS) as pool:
            for _ in pool.map(write, parts):
                pass  # raises what a batch raised, and takes back those that have not begun


def _parameters(tags: Mapping[str, str]) -> dict[str, Any]:
    return {tag: stored_name(value) for tag, value in tags.items()}


def _texts(measurement: Measurement) -> set[str]:
    return {field.name for field in measurement.fields if not queries.is_number(field)}


def _latest(measurement: Measurement, table: pd.DataFrame, refused: set[SeriesKey]) -> pd.DataFrame:
    """The rows that are stored: without those of refused series, and of the same identity the last."""
    if refused:
        table = table[~table["filename"].isin({key.name for key in refused})]
    if measurement.required is not None:
        table = table[table[measurement.required].notna()]
    return table.drop_duplicates([*measurement.tags, TIME], keep="last")


def _of_keys(measurement: Measurement, table: pd.DataFrame, keys: Collection[SeriesKey]) -> pd.DataFrame:
    if not measurement.of_series:
        return table
    names = pd.MultiIndex.from_tuples([(key.name, key.version) for key in keys], names=["filename", "version"])
    return table[pd.MultiIndex.from_frame(table[["filename", "version"]]).isin(names)]


def _identities(table: pd.DataFrame) -> pd.MultiIndex:
    seconds = table.assign(**{TIME: pd.DatetimeIndex(table[TIME]).as_unit("s").asi8})
    return pd.MultiIndex.from_frame(seconds[["filename", "version", TIME]])


def _span(table: pd.DataFrame) -> Span:
    return Span(table[TIME].min().to_pydatetime(), table[TIME].max().to_pydatetime())


def _wait_for(expected: int, stored: Callable[[], int]) -> None:
    """Return once the store has as many points; raise where it goes on to have fewer."""
    for attempt in range(CONFIRM_TRIES):
        count = stored()
        if count >= expected:
            return
        time.sleep(CONFIRM_PAUSE_SECONDS * 2**attempt)
    raise StoreUnavailableError(
        f"InfluxDB accepted {expected} points but returns {count} of them. Send the same data again.",
        headers={"Retry-After": "5"},
    )
