"""How a bucket that an earlier version wrote becomes one of this version."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import structlog

from backend.stores.contract import TIME, Measurement, Origin, SeriesRecord
from backend.stores.influx_client import InfluxClient
from backend.stores.influx_queries import AT_EPOCH, EARLIEST, LATEST, summary
from backend.stores.influx_records import InfluxRecords
from backend.stores.influx_rows import lines_of
from backend.stores.line_writer import original_name, series_lines, stored_name

log = structlog.get_logger()

BATCH_ROWS = 5_000
# What 0.1 stored: of a series two floats at the epoch, of a forecast one row a model, horizon and target window.
OLD_SERIES = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "series" and (r._field == "window_seconds" or r._field == "written_at"))
  |> keep(columns: ["filename", "version", "_field", "_value"])
"""
OLD_FORECASTS = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "forecasts" and r.filename == filename and r.version == version)
  |> filter(fn: (r) => exists r.horizon)
  |> keep(columns: ["model", "horizon", "_time", "_field", "_value"])
"""
# Before schema 2 a point's anomaly was 1 or 0.
OLD_ANOMALIES = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == measurement and r.filename == filename and r.version == version)
  |> filter(fn: (r) => r._field == "anomaly")
  |> keep(columns: ["_time", "_value"])
"""
MARKED = 0.5  # the score of what was marked: what is an anomaly now begins there
WITH_SAMPLES = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "samples" and r.filename == filename and r._field == "value")
  |> first()
  |> keep(columns: ["_value"])
"""


def upgrade(client: InfluxClient, measurements: Sequence[Measurement]) -> None:
    """Give every series of 0.1 a record, pack its forecasts by origin, and take every other from schema to schema.

    A series gets its record last, so an upgrade that was interrupted goes on where it was; the old rows are deleted
    once the new ones are stored. The field of the old marks stays, which InfluxDB cannot delete alone.
    """
    records = InfluxRecords(client)
    known = {record.key for record in records.all()}
    points = next(each for each in measurements if each.counted)
    for (name, version), old in _old_series(client).items():
        if not any((key.name, key.version) == (original_name(name), original_name(version)) for key in known):
            log.warning("series_migration", filename=original_name(name), version=original_name(version))
            _upgrade_series(client, records, points, name, version, old)
    for schema, outdated in records.outdated().items():
        for record in outdated:
            log.warning("series_migration", filename=record.name, version=record.version)
            for migration in MIGRATIONS[schema - 1 :]:
                record = migration(client, points, record)
            records.put([record])


def _old_series(client: InfluxClient) -> dict[tuple[str, str], dict[str, float]]:
    series: dict[tuple[str, str], dict[str, float]] = {}
    for row in client.rows(OLD_SERIES, AT_EPOCH):
        series.setdefault((row["filename"], row["version"]), {})[row["_field"]] = row["_value"]
    return {names: old for names, old in series.items() if len(old) == 2}


def _upgrade_series(
    client: InfluxClient,
    records: InfluxRecords,
    points: Measurement,
    name: str,
    version: str,
    old: dict[str, float],
) -> None:
    tags = {"filename": name, "version": version}
    whole: dict[str, object] = {**tags, "start": EARLIEST, "stop": LATEST}
    rows = {row["result"]: row for row in client.rows(summary(points, tags), whole)}
    if len(rows) < 3:
        return
    forecasts = client.frame(OLD_FORECASTS, whole)
    issued = _pack(client, name, version, forecasts) if len(forecasts) else 0
    fed = issued > 1 or bool(client.rows(WITH_SAMPLES, whole))
    origin = _origin(original_name(name), fed)
    record = SeriesRecord(
        name=original_name(name),
        version=original_name(version),
        origin=origin,
        window_seconds=int(old["window_seconds"]),
        points=int(rows["count"]["_value"]),
        first=rows["first"]["_time"],
        last=rows["last"]["_time"],
        written_at=datetime.fromtimestamp(old["written_at"], UTC),
        attributes={},
    )
    for migration in MIGRATIONS:
        record = migration(client, points, record)
    records.put([record])
    for horizon in forecasts["horizon"].unique() if len(forecasts) else ():
        client.delete("forecasts", tags | {"horizon": horizon}, None)


def _origin(name: str, fed: bool) -> Origin:
    """There a series was no more than its name; those of replays and of the sample were reserved."""
    if name.startswith("replay of "):
        return "replay"
    if name == "synthetic-sample.parquet":
        return "sample"
    return "feed" if fed else "upload"


def _anomaly_scores(client: InfluxClient, points: Measurement, record: SeriesRecord) -> SeriesRecord:
    """Write the score of every point that has a mark."""
    names = {tag: stored_name(value) for tag, value in record.key.tags.items()}
    whole: dict[str, object] = {**names, "measurement": points.name, "start": EARLIEST, "stop": LATEST}
    marks = client.frame(OLD_ANOMALIES, whole)
    if marks.empty:
        return record
    times = pd.DatetimeIndex(marks["_time"]).as_unit("s").asi8
    lines = series_lines(points.name, record.key.tags, {"anomaly_score": marks["_value"] * MARKED}, times)
    for start in range(0, len(lines), BATCH_ROWS):
        client.write(lines[start : start + BATCH_ROWS])
    return record


def _unforecast(_: InfluxClient, __: Measurement, record: SeriesRecord) -> SeriesRecord:
    """Have files forecast anew, with all quantiles. A feed's next window brings them."""
    if not record.of_files:
        return record
    return replace(record, attributes={**record.attributes, "unforecast": True})


# The migration at place n brings schema n + 1 to n + 2. Never change one that was released; add the next.
Migration = Callable[[InfluxClient, Measurement, SeriesRecord], SeriesRecord]
MIGRATIONS: tuple[Migration, ...] = (_anomaly_scores, _unforecast)


def _pack(client: InfluxClient, name: str, version: str, forecasts: pd.DataFrame) -> int:
    """Write one row a model and origin; how many origins there were."""
    wide = forecasts.pivot(index=["model", "horizon", "_time"], columns="_field", values="_value").reset_index()
    long = wide.drop(columns="_time").melt(["model", "horizon", "issued_at"], var_name="quantity").dropna()
    long["name"] = long["quantity"] + "_" + long["horizon"].astype("str")
    packed = long.pivot(index=["model", "issued_at"], columns="name", values="value").reset_index()
    times = pd.DatetimeIndex(packed.pop("issued_at").to_numpy("int64").astype("datetime64[s]")).tz_localize("UTC")
    table = packed.assign(filename=original_name(name), version=original_name(version), **{TIME: times})
    measurement = Measurement("forecasts", ("filename", "version", "model"))
    for start in range(0, len(table), BATCH_ROWS):
        client.write(lines_of(measurement, table.iloc[start : start + BATCH_ROWS]))
    return int(table[TIME].nunique())
