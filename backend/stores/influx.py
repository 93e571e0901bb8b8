"""The store that servers share: InfluxDB v2. influxdb/README.md describes what is stored, influx_queries.py asks."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import structlog

from backend.config import Settings
from backend.errors import ConflictError, StoreUnavailableError
from backend.stores.contract import FORECAST_FIELDS, POINT_FIELDS, SeriesKey, StoredSeries
from backend.stores.influx_client import InfluxClient, InfluxUnreachableError
from backend.stores.influx_frames import (
    KINDS,
    NO_SOURCE,
    forecasts_table,
    points_table,
    rates_table,
    samples_table,
    seconds_of,
)
from backend.stores.influx_queries import (
    AT_EPOCH,
    COUNT_POINTS,
    COUNT_VERSIONS,
    EARLIEST,
    FIND_SERIES,
    LATEST,
    LIST_SERIES,
    OF_ONE,
    RATES,
    RATES_KEPT,
    READ_BUCKETS,
    READ_FORECASTS,
    READ_POINTS,
    SAMPLE_KEPT,
    SAMPLES,
    SUMMARY,
    SUMMARY_OF_ALL,
    WHOLE,
)
from backend.stores.line_writer import Tags, original_name, series_lines, stored_name

log = structlog.get_logger()

BATCH_LINES = 5_000  # what InfluxData recommends; larger ones gain little and repeat more after a failure
WRITERS = 2
FEW_SERIES = 3  # more of them are counted by one query over all
SETTLED_SECONDS = 10  # a series written more recently than this may be in the middle of a write
WAIT_PAUSE_SECONDS = 1
CONFIRM_TRIES, CONFIRM_PAUSE_SECONDS = 6, 0.1  # InfluxDB Cloud shows a stored point a moment later


def wait_for_influxdb(settings: Settings) -> "InfluxStore":
    """Open the store once its server answers; raise when it refuses, or does not answer in the time allowed."""
    give_up = time.monotonic() + settings.store_wait_seconds
    while True:
        try:
            client = InfluxClient(
                settings.influxdb_url, settings.influxdb_org, settings.influxdb_bucket, _token(settings)
            )
            store = InfluxStore(client)
            store.check()
            return store
        except InfluxUnreachableError as error:
            if time.monotonic() >= give_up:
                raise
            log.warning("waiting_for_influxdb", detail=error.detail)
            time.sleep(WAIT_PAUSE_SECONDS)


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


@dataclass(frozen=True)
class Summary:
    """What the series' points say of themselves, and the write after which they said it."""

    written_at: float
    points: int
    first: datetime
    last: datetime


class InfluxStore:
    """Store contract over one InfluxDB v2 bucket.

    InfluxDB has no transactions: a write of many batches that fails between two of them leaves the ones before.
    Nothing is confirmed then, and the same write again leaves exactly its data.
    """

    def __init__(self, client: InfluxClient) -> None:
        self._client = client
        self._summaries: dict[SeriesKey, Summary] = {}

    def write_points(self, key: SeriesKey, window_seconds: int, points: pd.DataFrame) -> int:
        known = points[points["actual_rps"].notna()]
        if known.empty:
            return 0
        self._refuse_another_window(key, window_seconds)
        first = self._series_lines(pd.Series([key.filename]), key.version, window_seconds)

        def lines(part: slice) -> list[str]:
            rows = known.iloc[part]
            fields = {name: rows[name] for name in POINT_FIELDS}
            built = series_lines("inference_metrics", _tags(key), fields, seconds_of(rows.index))
            return built if part.start else [*first, *built]

        self._send(lines, len(known))
        if len(known) > BATCH_LINES:  # once more, so that a list made in between is not taken for the present
            self._client.write(self._series_lines(pd.Series([key.filename]), key.version, window_seconds))
        return self._confirm(key, seconds_of(known.index))

    def write_windows(self, version: str, window_seconds: int, windows: pd.DataFrame) -> set[str]:
        lengths = {
            original_name(row["filename"]): row["_value"]
            for row in self._client.rows(LIST_SERIES, **AT_EPOCH)
            if row["version"] == stored_name(version) and row["_field"] == "window_seconds"
        }
        refused = {name for name in windows["filename"].unique() if lengths.get(name, window_seconds) != window_seconds}
        kept = windows[~windows["filename"].isin(refused)]
        about = self._series_lines(pd.Series(kept["filename"].unique()), version, window_seconds)

        def lines(part: slice) -> list[str]:
            rows = kept.iloc[part]
            tags: Tags = {"filename": rows["filename"], "version": version}
            fields = {name: rows[name] for name in POINT_FIELDS}
            built = series_lines("inference_metrics", tags, fields, seconds_of(rows["timestamp"]))
            return built if part.start else [*about, *built]

        self._send(lines, len(kept))
        self._confirm_windows(version, kept)
        return refused

    def write_forecasts(self, key: SeriesKey, forecasts: pd.DataFrame) -> int:
        return self.write_issued(key.version, forecasts.assign(filename=key.filename))

    def write_issued(self, version: str, forecasts: pd.DataFrame) -> int:
        def lines(part: slice) -> list[str]:
            rows = forecasts.iloc[part]
            horizon = rows["horizon_seconds"].astype("int64").astype(str)
            issued = pd.Series(seconds_of(rows["issued_at"]), dtype="float64")
            fields = {name: rows[name] for name in FORECAST_FIELDS} | {"issued_at": issued}
            tags: Tags = {
                "filename": rows["filename"],
                "version": version,
                "model": rows["model"],
                "horizon": horizon,
            }
            return series_lines("forecasts", tags, fields, seconds_of(rows["timestamp"]))

        self._send(lines, len(forecasts))
        return len(forecasts)

    def read_points(
        self, key: SeriesKey, start: datetime | None, stop: datetime | None, every: int | None = None
    ) -> pd.DataFrame:
        asked = _named(key) | _range(start, stop)
        if every is None:
            found = self._client.frame(READ_POINTS, **asked)
        else:
            found = self._client.frame(READ_BUCKETS, every=timedelta(seconds=every), **asked)
        return points_table(found, every)

    def read_forecasts(self, key: SeriesKey, start: datetime | None, stop: datetime | None) -> pd.DataFrame:
        return forecasts_table(self._client.frame(READ_FORECASTS, **_named(key), **_range(start, stop)))

    def read_rates(self, version: str, start: datetime, stop: datetime, filename: str | None = None) -> pd.DataFrame:
        one, named = _of_one(filename)
        asked = {"version": stored_name(version), "start": start, "stop": stop, **named}
        return rates_table(self._client.frame(RATES + one + RATES_KEPT, **asked))

    def list_series(self) -> list[StoredSeries]:
        about: dict[SeriesKey, dict[str, float]] = {}
        for row in self._client.rows(LIST_SERIES, **AT_EPOCH):
            key = SeriesKey(original_name(row["filename"]), original_name(row["version"]))
            about.setdefault(key, {})[row["_field"]] = row["_value"]
        whole = {key: one for key, one in about.items() if len(one) == 2}
        summaries = self._summarised({key: one["written_at"] for key, one in whole.items()})
        self._summaries = {key: summary for key, summary in summaries.items() if _settled(summary)}
        stored = [_stored_series(key, whole[key], summary) for key, summary in summaries.items()]
        return sorted(stored, key=lambda series: series.written_at, reverse=True)

    def delete_series(self, filename: str) -> int:
        counts = self._client.rows(COUNT_VERSIONS, filename=stored_name(filename), **WHOLE)
        # Samples first: of those another backend would write the points anew. It is listed until all of it is gone.
        for measurement in ("samples", "inference_metrics", "forecasts", "series"):
            self._client.delete(measurement, "filename", stored_name(filename))
        return sum(int(row["_value"]) for row in counts)

    def write_samples(self, samples: pd.DataFrame) -> int:
        identity = ["filename", "source", "time"]
        latest = samples.drop_duplicates(identity, keep="last")
        tags = {"filename": latest["filename"], "source": latest["source"].replace("", NO_SOURCE)}
        fields = {"value": latest["value"], "kind": latest["kind"].map(KINDS.index)}
        lines = series_lines("samples", tags, fields, pd.DatetimeIndex(latest["time"]).as_unit("ns").asi8)
        for start in range(0, len(lines), BATCH_LINES):
            self._client.write(lines[start : start + BATCH_LINES], "ns")
        return len(samples)

    def read_samples(self, start: datetime, stop: datetime | None, filename: str | None = None) -> pd.DataFrame:
        one, named = _of_one(filename)
        return samples_table(self._client.frame(SAMPLES + one + SAMPLE_KEPT, "ns", **named, **_range(start, stop)))

    def delete_samples(self, before: datetime) -> None:
        self._client.delete_before("samples", before)

    def check(self) -> None:
        """Raise where the bucket cannot be reached, read and written, or would drop old points."""
        kept = self._client.retention_seconds()
        if kept:
            raise StoreUnavailableError(
                f'The InfluxDB bucket "{self._client.bucket}" keeps points for {timedelta(seconds=kept)} only, so '
                "older logs could not be stored. Remove its limit: influx bucket update --id … --retention 0"
            )
        self._client.rows(LIST_SERIES, **AT_EPOCH)
        self._client.write(["scaleops_check ok=1 0"])

    def close(self) -> None:
        self._client.close()

    def _send(self, lines: Callable[[slice], list[str]], rows: int) -> None:
        """Write rows in batches; while the server stores one, the next is built and on its way."""
        parts = [slice(start, start + BATCH_LINES) for start in range(0, rows, BATCH_LINES)]
        if len(parts) == 1:
            return self._client.write(lines(parts[0]))
        with ThreadPoolExecutor(WRITERS) as pool:
            for _ in pool.map(lambda part: self._client.write(lines(part)), parts):
                pass  # raises what a batch raised, and takes back those that have not begun

    def _refuse_another_window(self, key: SeriesKey, window_seconds: int) -> None:
        rows = self._client.rows(FIND_SERIES, **_named(key), **AT_EPOCH)
        stored = next((int(row["_value"]) for row in rows if row["_field"] == "window_seconds"), window_seconds)
        if stored != window_seconds:
            raise ConflictError(
                f"The series is stored with windows of {stored} s and this data has windows of {window_seconds} s. "
                "Use another file name, delete the stored series first, or set window_seconds to match."
            )

    @staticmethod
    def _series_lines(filenames: pd.Series, version: str, window_seconds: int) -> list[str]:
        same = np.ones(len(filenames))
        fields = {"window_seconds": pd.Series(same * window_seconds), "written_at": pd.Series(same * time.time())}
        tags: Tags = {"filename": filenames, "version": version}
        return series_lines("series", tags, fields, np.zeros(len(filenames), dtype="int64"))

    def _confirm(self, key: SeriesKey, times: npt.NDArray[np.int64]) -> int:
        """Return the number of points when the store has them all; InfluxDB may have dropped some in silence."""
        expected = len(np.unique(times))
        span = _range(_moment(times.min()), _moment(times.max() + 1))

        def stored() -> int:
            return sum(int(row["_value"]) for row in self._client.rows(COUNT_POINTS, **_named(key), **span))

        _wait_for(expected, stored)
        return expected

    def _confirm_windows(self, version: str, windows: pd.DataFrame) -> None:
        if windows.empty:
            return
        sent = pd.MultiIndex.from_frame(windows[["filename", "timestamp"]]).unique()
        start, stop = windows["timestamp"].min(), windows["timestamp"].max() + timedelta(seconds=1)

        def stored() -> int:
            found = self.read_rates(version, start.to_pydatetime(), stop.to_pydatetime())
            return int(sent.isin(pd.MultiIndex.from_frame(found[["filename", "timestamp"]])).sum())

        _wait_for(len(sent), stored)

    def _summarised(self, written: dict[SeriesKey, float]) -> dict[SeriesKey, Summary]:
        """Of each series that has points, counted by the server once for every write: many at once, few one by one."""
        known = {key: kept for key, kept in self._summaries.items() if written.get(key) == kept.written_at}
        asked = written.keys() - known.keys()
        if len(asked) > FEW_SERIES:
            rows = self._client.rows(SUMMARY_OF_ALL, **WHOLE)
        else:
            rows = [row for key in asked for row in self._client.rows(SUMMARY, **_named(key), **WHOLE)]
        said: dict[SeriesKey, dict[str, Any]] = {}
        for row in rows:
            key = SeriesKey(original_name(row["filename"]), original_name(row["version"]))
            said.setdefault(key, {})[row["result"]] = row["_value" if row["result"] == "points" else "_time"]
        counted = {
            key: Summary(written[key], int(said[key]["points"]), said[key]["first"], said[key]["last"])
            for key in asked
            if len(said.get(key, {})) == 3
        }
        return known | counted


def _wait_for(expected: int, stored: Callable[[], int]) -> None:
    """Return once the store has as many points; raise where it goes on to have fewer."""
    for attempt in range(CONFIRM_TRIES):
        found = stored()
        if found >= expected:
            return
        time.sleep(CONFIRM_PAUSE_SECONDS * 2**attempt)
    raise StoreUnavailableError(
        f"InfluxDB accepted {expected} points but returns {found} of them. Send the same data again.",
        headers={"Retry-After": "5"},
    )


def _stored_series(key: SeriesKey, about: dict[str, float], summary: Summary) -> StoredSeries:
    return StoredSeries(
        filename=key.filename,
        version=key.version,
        window_seconds=int(about["window_seconds"]),
        points=summary.points,
        first=summary.first,
        last=summary.last,
        written_at=_moment(summary.written_at),
    )


def _settled(summary: Summary) -> bool:
    return abs(time.time() - summary.written_at) > SETTLED_SECONDS


def _tags(key: SeriesKey) -> dict[str, str | pd.Series]:
    return {"filename": key.filename, "version": key.version}


def _named(key: SeriesKey) -> dict[str, str]:
    return {"filename": stored_name(key.filename), "version": stored_name(key.version)}


def _of_one(filename: str | None) -> tuple[str, dict[str, str]]:
    """What a query of one series has beside that of all, and its parameter."""
    return ("", {}) if filename is None else (OF_ONE, {"filename": stored_name(filename)})


def _range(start: datetime | None, stop: datetime | None) -> dict[str, datetime]:
    return {"start": start or EARLIEST, "stop": stop or LATEST}


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
