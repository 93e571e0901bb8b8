"""A bucket that release 0.1 wrote is brought up to date; one of a later version is refused. On a real InfluxDB."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.config import Settings
from backend.errors import StoreUnavailableError
from backend.measurements import FORECASTS, MEASUREMENTS, SAMPLES, read_points
from backend.stores import SeriesKey
from backend.stores.influx import InfluxStore, wait_for_influxdb
from backend.stores.influx_queries import AT_EPOCH, RECORDS_OF_NAME
from backend.stores.line_writer import record_line, stored_name
from backend.tests.influxd import ORG, Influxd
from backend.tests.stores.samples import forecasts_of, points, write_points
from backend.tests.stores.test_migrations import ORIGINS

pytestmark = pytest.mark.programs
SCRIPT = (Path(__file__).parent / "release_0_1.sql").read_text()
VERSION = "lgbm_v1"
Open = Callable[[], InfluxStore]


def rows(table: str) -> list[list[str]]:
    return [found.split(",") for found in re.findall(rf'INSERT INTO "{table}" VALUES\((.*)\);', SCRIPT)]


def lines() -> list[str]:
    """What release 0.1 wrote of the same series into InfluxDB."""
    series = {number: name.strip("'") for number, name, *_ in rows("series")}
    tags = {number: f"filename={name.replace(' ', chr(92) + ' ')},version={VERSION}" for number, name in series.items()}
    fields = ("actual_rps", "predicted_rps_model1", "predicted_rps_model2", "p10", "p90", "anomaly")
    written = [f"series,{tag} window_seconds=60,written_at={1e9 + int(number)} 0" for number, tag in tags.items()]
    for number, time, *values in rows("inference_metrics"):
        known = [f"{name}={value}" for name, value in zip(fields, values, strict=True) if value != "NULL"]
        written.append(f"inference_metrics,{tags[number]} {','.join(known)} {time}")
    for number, model, horizon, time, *values, issued_at in rows("forecasts"):
        pairs = zip(("mean", "p10", "p50", "p90", "p95"), values, strict=True)
        known = [*(f"{name}={value}" for name, value in pairs), f"issued_at={issued_at}"]
        tag = f"forecasts,{tags[number]},model={model.strip(chr(39))},horizon={horizon}"
        written.append(f"{tag} {','.join(known)} {time}")
    return [*written, "samples,filename=young,source=host\\=a value=3,kind=0 1793491200"]


@pytest.fixture
def opened(influxd: Influxd, bucket: Callable[..., tuple[str, str]]) -> Open:
    """Opens the store over a bucket of release 0.1, as a start does."""
    name, token = bucket()
    parameters = {"org": ORG, "bucket": name, "precision": "s"}
    influxd.call("POST", "write", params=parameters, content="\n".join(lines()))
    settings = Settings(
        store="influxdb", influxdb_url=influxd.url, influxdb_org=ORG, influxdb_bucket=name, influxdb_token=token
    )
    return lambda: wait_for_influxdb(settings, MEASUREMENTS)


def test_every_series_has_its_record_and_its_points(opened: Open) -> None:
    store = opened()
    assert {record.name: record.origin for record in store.list_series()} == ORIGINS
    for number, name, *_ in rows("series"):
        expected = [row for row in rows("inference_metrics") if row[0] == number]
        read = read_points(store, SeriesKey(name.strip("'"), VERSION), None, None)
        assert read["actual_rps"].tolist() == [float(row[2]) for row in expected]
        record = store.find(name.strip("'"))
        assert record is not None
        assert (record.points, record.first, record.last) == (len(expected), read.index[0], read.index[-1])


def test_marks_of_anomalies_are_scores(opened: Open) -> None:
    store = opened()
    for number, name, *_ in rows("series"):
        expected = [float(row[-1]) * 0.5 for row in rows("inference_metrics") if row[0] == number and row[-1] != "NULL"]
        read = read_points(store, SeriesKey(name.strip("'"), VERSION), None, None)
        assert read["anomaly_score"].dropna().tolist() == expected


def test_a_bucket_of_schema_1_gets_scores_once(opened: Open) -> None:
    key = SeriesKey("web", VERSION)
    store = opened()
    time = int(read_points(store, key, None, None).index[0].timestamp())
    (row,) = store._client.rows(RECORDS_OF_NAME, AT_EPOCH | {"filename": "web"})
    record = json.loads(row["_value"]) | {"schema": 1}
    store._client.write([record_line("web", VERSION, json.dumps(record))])
    store._client.write([f"inference_metrics,filename=web,version={VERSION} anomaly=1 {time}"])
    assert read_points(opened(), key, None, None)["anomaly_score"].iloc[0] == 0.5


def test_files_of_schema_2_are_to_be_forecast_anew_and_keep_their_scores(opened: Open) -> None:
    store = opened()
    for record in store.list_series():
        tags = {"filename": stored_name(record.name)}
        (row,) = store._client.rows(RECORDS_OF_NAME, AT_EPOCH | tags)
        content = json.loads(row["_value"]) | {"schema": 2, "attributes": {"kept": 1}}
        store._client.write([record_line(record.name, VERSION, json.dumps(content))])
    key = SeriesKey("web", VERSION)
    time = int(read_points(store, key, None, None).index[0].timestamp())
    store._client.write([f"inference_metrics,filename=web,version={VERSION} anomaly=1,anomaly_score=0.25 {time}"])
    again = opened()
    for record in again.list_series():
        anew = {"unforecast": True} if record.origin in ("upload", "sample") else {}
        assert record.attributes == {"kept": 1} | anew
    assert read_points(again, key, None, None)["anomaly_score"].iloc[0] == 0.25


def test_forecasts_stand_at_their_origins_and_the_old_rows_are_gone(opened: Open) -> None:
    store = opened()
    issued = forecasts_of(store, SeriesKey("web", VERSION))
    expected = [row for row in rows("forecasts") if row[0] == "2"]
    assert sorted(issued["mean"]) == pytest.approx(sorted(float(row[4]) for row in expected), rel=1e-6)
    assert len(store.read(FORECASTS, SeriesKey("web", VERSION).tags)) == 6
    assert store.read(SAMPLES, {"filename": "young"})["value"].tolist() == [3.0]


def test_opening_it_again_changes_nothing(opened: Open) -> None:
    first = opened()
    records, issued = first.list_series(), forecasts_of(first, SeriesKey("web", VERSION))
    second = opened()
    assert second.list_series() == records
    assert forecasts_of(second, SeriesKey("web", VERSION)).equals(issued)


def test_a_series_of_a_later_version_is_refused(opened: Open) -> None:
    store = opened()
    write_points(store, SeriesKey("new", VERSION), points(3))
    later = 'series,filename=new,version=lgbm_v1 record="{\\"schema\\": 99}" 0'
    store._client.write([later])
    with pytest.raises(StoreUnavailableError, match=r"later version.*schema 99.*INFLUXDB_BUCKET"):
        opened()
