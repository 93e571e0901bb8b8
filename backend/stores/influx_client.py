"""Talking to an InfluxDB v2 server: retries, time limits, and what its answers mean to a user."""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from io import BytesIO
from types import TracebackType
from typing import Any, Literal, Self

import pandas as pd
import pyarrow as pa
import pyarrow.csv
from influxdb_client import BucketRetentionRules, Dialect, InfluxDBClient
from influxdb_client.client.flux_csv_parser import FluxCsvParserException, FluxQueryException
from influxdb_client.client.query_api import QueryApi
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService
from urllib3 import BaseHTTPResponse, Retry
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from backend.errors import ConflictError, StoreUnavailableError
from backend.stores.influx_queries import ALL_RECORDS, AT_EPOCH, EARLIEST, FIRST_VALUES, LATEST


class _RetryUnlessHanging(Retry):
    """A server that broke the connection may have restarted; one that did not answer in time would not again."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


# A page waits for a reading 5 s at most, also where the server hangs; what a write reads may take as long as a write.
CONNECT_MS, READ_MS, WRITE_MS = 2_000, 4_500, 30_000
RETRY_AFTER_SECONDS = "5"
CONNECTIONS = 40  # as many as the server has threads for requests
PASSING = (429, 500, 502, 503, 504)
# Every request may be repeated: the same points again leave the same data. A page asks again by itself, so a query
# is tried twice at most, and once where the server took it and hangs; a write is worth some ten seconds.
QUERY_RETRY = _RetryUnlessHanging(
    total=1,
    allowed_methods=None,
    status_forcelist=PASSING,
    backoff_jitter=0.2,
    retry_after_max=2,
    raise_on_status=False,
)
WRITE_RETRY = Retry(
    total=4,
    allowed_methods=None,
    status_forcelist=PASSING,
    backoff_factor=0.3,
    backoff_jitter=0.3,
    retry_after_max=10,
    raise_on_status=False,
)
PLAIN_CSV = Dialect(header=True, delimiter=",", annotations=[], comment_prefix="#", date_time_format="RFC3339")


FIELD_CONFLICT = re.compile(r'input field "([^"]+)" on measurement "([^"]+)" is type float, already exists as type')
MOST_NAMED = 3
_writing: ContextVar[bool] = ContextVar("writing", default=False)


@contextmanager
def patience() -> Iterator[None]:
    """Let what is asked within the block take as long as a write may."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


class InfluxUnreachableError(StoreUnavailableError):
    """No answer, or one that may pass: worth waiting for at the start."""


class InfluxClient:
    """One bucket of one server. Thread-safe."""

    def __init__(self, url: str, org: str, bucket: str, token: str) -> None:
        self.bucket = bucket
        self._where = f"InfluxDB at {url}"
        self._client, self._patient = (
            InfluxDBClient(
                url=url,
                token=token,
                org=org,
                timeout=(CONNECT_MS, answer),
                retries=QUERY_RETRY,
                connection_pool_maxsize=CONNECTIONS,
            )
            for answer in (READ_MS, WRITE_MS)
        )
        self._writes = WriteService(self._patient.api_client)

    def write(self, lines: list[str], precision: str = "s") -> None:
        """Store lines with times of that precision; what is too large for the server is sent in halves."""
        if not lines:
            return
        try:
            with self._reporting(writing=True):
                self._writes.post_write(
                    self._client.org,
                    self.bucket,
                    gzip.compress("\n".join(lines).encode(), compresslevel=1),
                    precision=precision,
                    content_encoding="gzip",
                    urlopen_kw={"retries": WRITE_RETRY},
                )
        except _TooLargeError as error:
            if len(lines) == 1:
                raise ConflictError(f"{self._where} refuses a request of one line: {error.detail}.") from error
            middle = len(lines) // 2
            self.write(lines[:middle], precision)
            self.write(lines[middle:], precision)

    def rows(self, flux: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
        """The rows of a small answer."""
        with self._reporting():
            tables = self._queries().query(flux, params={"bucket": self.bucket, **parameters})
        return [record.values for table in tables for record in table.records]

    def frame(
        self, flux: str, parameters: Mapping[str, object], precision: Literal["s", "ns"] = "s", *, text: bool = False
    ) -> pd.DataFrame:
        """A large answer, read in bulk, its times in that precision, its values floats or text. An empty one has no
        columns."""
        with self._reporting():
            answer = self._queries().query_raw(flux, params={"bucket": self.bucket, **parameters}, dialect=PLAIN_CSV)
            body: bytes = answer.data
            answer.release_conn()
        # Tables of another shape follow an empty line; so does the reason when a query fails halfway.
        parts = [part.strip() for part in body.split(b"\r\n\r\n") if part.strip()]
        for part in parts:
            if part.startswith(b"error,"):
                raise StoreUnavailableError(f"A query at {self._where} failed: {part.decode().splitlines()[-1]}")
        options = pyarrow.csv.ConvertOptions(
            column_types={
                "_time": pa.timestamp(precision, "UTC"),
                "_value": pa.string() if text else pa.float64(),
                **dict.fromkeys(("filename", "version", "source", "model", "horizon"), pa.string()),
            }
        )
        tables = [
            pyarrow.csv.read_csv(BytesIO(part), convert_options=options)
            .drop_columns(["", "result", "table"])
            .to_pandas()
            for part in parts
        ]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    def delete(self, measurement: str, tags: Mapping[str, str], before: datetime | None) -> None:
        """Delete the measurement's points that have these tags, all or the older ones."""
        predicate = " AND ".join([f'_measurement="{measurement}"', *(f"{tag}={_quoted(tags[tag])}" for tag in tags)])
        # InfluxDB deletes both ends of a range.
        last = "2262-01-01T00:00:00Z" if before is None else before - timedelta(microseconds=1)
        with self._reporting():
            self._patient.delete_api().delete("1677-09-22T00:00:00Z", last, predicate, bucket=self.bucket)

    def check(self) -> None:
        """Raise where the bucket cannot be reached and read, or would drop old points. Writes nothing."""
        if kept := self._retention_seconds():
            raise StoreUnavailableError(
                f'The InfluxDB bucket "{self.bucket}" keeps points for {timedelta(seconds=kept)} only, so older logs '
                "could not be stored. Remove its limit: influx bucket update --id … --retention 0"
            )
        self.rows(ALL_RECORDS, AT_EPOCH)

    def _retention_seconds(self) -> int:
        """How long the bucket keeps points, 0 for without limit; raises where it is not there."""
        with self._reporting():
            buckets = self._client.buckets_api().find_buckets(name=self.bucket).buckets
        if not buckets:
            raise StoreUnavailableError(
                f'{self._where} has no bucket "{self.bucket}" that INFLUXDB_TOKEN may use. Create it without a '
                "retention limit, or set INFLUXDB_BUCKET.",
                headers={"Retry-After": RETRY_AFTER_SECONDS},
            )
        rules: list[BucketRetentionRules] = buckets[0].retention_rules
        return max((rule.every_seconds for rule in rules), default=0)

    def close(self) -> None:
        self._client.close()
        self._patient.close()

    def _queries(self) -> QueryApi:
        return (self._patient if _writing.get() else self._client).query_api()

    def _foreign_series(self, field: str, measurement: str) -> Iterator[str]:
        """The tags of those whose values of a field are no floats."""
        asked = {"start": EARLIEST, "stop": LATEST, "measurement": measurement, "field": field}
        for row in self.rows(FIRST_VALUES, asked):
            if not isinstance(row["_value"], float):
                tags = {tag: value for tag, value in row.items() if tag[0] != "_" and tag not in ("result", "table")}
                yield ", ".join(f"{tag}={_quoted(value)}" for tag, value in tags.items()) or "without tags"

    @contextmanager
    def _reporting(self, writing: bool = False) -> Iterator[None]:
        try:
            yield
        except ApiException as error:
            raise self._meaning(error, writing) from error
        except (FluxQueryException, FluxCsvParserException) as error:
            raise StoreUnavailableError(f"A query at {self._where} failed: {error}.") from error
        except HTTPError as error:
            raise InfluxUnreachableError(
                f"{self._where} does not answer ({_cause(error)}). Check that it runs and that INFLUXDB_URL is right.",
                headers={"Retry-After": RETRY_AFTER_SECONDS},
            ) from error

    def _meaning(self, error: ApiException, writing: bool) -> Exception:
        message = _server_message(error)
        answered: Mapping[str, str] = error.headers or {}
        headers = {"Retry-After": answered.get("Retry-After", RETRY_AFTER_SECONDS)}
        match error.status:
            case 413:
                return _TooLargeError(message)
            case 400 | 422 if writing:
                return ConflictError(f"{self._where} refused the data: {message}.{self._way_out(message)}")
            case 401 | 403:
                advice = f"Check INFLUXDB_TOKEN: it must read and write the bucket {self.bucket}"
            case 400 | 404 | 422:
                advice = "Check INFLUXDB_ORG and INFLUXDB_BUCKET"
            case _:
                return InfluxUnreachableError(
                    f"{self._where} is busy or failing (status {error.status}): {message}.", headers=headers
                )
        return StoreUnavailableError(f"{self._where} refused the request: {message}. {advice}.", headers=headers)

    def _way_out(self, message: str) -> str:
        """What to do about a field that another program has stored with another type. Deleting its series is no help:
        our refused write is in the index by then, and the measurement, with the types of its fields, stays."""
        conflict = FIELD_CONFLICT.search(message)
        series = list(self._foreign_series(*conflict.groups())) if conflict else []
        if not series:
            return ""
        return (
            f" Another program wrote that field, in the series {'; '.join(series[:MOST_NAMED])}, and for the days that "
            "it did InfluxDB keeps the type, even once the series is deleted. Give ScaleOps a bucket of its own and "
            "name it in INFLUXDB_BUCKET."
        )


class _TooLargeError(StoreUnavailableError):
    pass


def _server_message(error: ApiException) -> str:
    """What the server said, without the request's headers."""
    try:
        return str(json.loads(error.body)["message"]).rstrip(".")
    except (TypeError, ValueError, KeyError):
        return str(error.reason or f"status {error.status}")


def _cause(error: HTTPError) -> str:
    """What went wrong, without the address, which is said already."""
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, ProtocolError):
        return str(reason.args[0]).rstrip(".")
    return str(reason).rsplit("): ", maxsplit=1)[-1]


def _quoted(text: str) -> str:
    """A string of the delete predicate, which takes no parameters; the name has no control characters any more."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
