"""A SQLite file of another version is brought up to date with every point intact, or refused with the reason."""

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from backend.errors import StoreUnavailableError
from backend.measurements import FORECASTS, MEASUREMENTS, POINTS, SAMPLES, points_table, read_points
from backend.stores import Field, SeriesKey
from backend.stores.sqlite import SqliteStore
from backend.tests.stores.samples import (
    FORECAST_FIELDS,
    MODELS,
    forecasts,
    forecasts_of,
    info,
    points,
    write_forecasts,
    write_points,
)

RELEASE_0_1 = (Path(__file__).parent / "release_0_1.sql").read_text()
VERSION = "lgbm_v1"
ORIGINS = {
    "access.log": "upload",
    "web": "feed",
    "young": "feed",
    "replay of access.log": "replay",
    "synthetic-sample.parquet": "sample",
}


# From this version's tables back to those before anomalies had a score.
SCHEMA_1 = """
ALTER TABLE inference_metrics RENAME COLUMN anomaly_score TO anomaly;
ALTER TABLE inference_metrics DROP COLUMN anomaly_kind;
ALTER TABLE inference_metrics DROP COLUMN anomaly_expected;
UPDATE inference_metrics SET anomaly = (time / 60) % 2;
DROP TABLE surprises;
PRAGMA user_version = 1;
"""


def before_intervals(script: str) -> str:
    """The database of an earlier version, whose points had no p10, p90 and anomaly."""
    script = script.replace(", p10 REAL, p90 REAL, anomaly REAL", "")
    return re.sub(r'(INSERT INTO "inference_metrics" VALUES\(.*?),[^,]+,[^,]+,[^,]+\);', r"\1);", script)


def written(path: Path, script: str) -> dict[str, list[tuple[object, ...]]]:
    """Make the file, and tell the points of each series in it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
        rows = connection.execute(
            "SELECT filename, time, actual_rps, predicted_rps_model1, predicted_rps_model2 "
            "FROM inference_metrics JOIN series ON series.id = series_id ORDER BY filename, time"
        ).fetchall()
    return {name: [row[1:] for row in rows if row[0] == name] for name in {row[0] for row in rows}}


def known(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [tuple(None if value != value else value for value in row) for row in rows]


@pytest.mark.parametrize("script", [RELEASE_0_1, before_intervals(RELEASE_0_1)], ids=["0.1", "without intervals"])
def test_every_point_of_an_earlier_release_is_there(tmp_path: Path, script: str) -> None:
    before = written(tmp_path / "store.sqlite", script)
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    for name, rows in before.items():
        table = read_points(store, SeriesKey(name, VERSION), None, None)
        columns = table[["actual_rps", "predicted_rps_model1", "predicted_rps_model2"]]
        times = [int(stamp.timestamp()) for stamp in table.index]
        assert known([(time, *row) for time, row in zip(times, columns.to_numpy().tolist(), strict=True)]) == rows
    assert {record.name: record.points for record in store.list_series()} == {
        name: len(rows) for name, rows in before.items()
    }
    store.close()


def test_what_an_earlier_release_marked_as_an_anomaly_still_is_one(tmp_path: Path) -> None:
    written(tmp_path / "store.sqlite", RELEASE_0_1)
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.execute("UPDATE inference_metrics SET anomaly = 1.0 WHERE time % 7 = 0")
        connection.commit()
        query = "SELECT anomaly FROM inference_metrics JOIN series ON series.id = series_id WHERE filename = 'web' "
        marks = [mark for (mark,) in connection.execute(query + "ORDER BY time")]
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    scores = read_points(store, SeriesKey("web", VERSION), None, None)["anomaly_score"]
    assert scores.tolist() == [0.5 * mark for mark in marks]
    store.close()


def test_a_file_of_schema_1_keeps_every_point(tmp_path: Path) -> None:
    path, key = tmp_path / "store.sqlite", SeriesKey("access.log", VERSION)
    store = SqliteStore(path, MEASUREMENTS)
    write_points(store, key, points(5))
    before = read_points(store, key, None, None)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA_1)
    again = SqliteStore(path, MEASUREMENTS)
    after = read_points(again, key, None, None)
    assert after["anomaly_score"].tolist() == [0.0, 0.5, 0.0, 0.5, 0.0]
    pd.testing.assert_frame_equal(after.drop(columns="anomaly_score"), before.drop(columns="anomaly_score"))
    again.close()


def test_a_file_of_schema_2_keeps_its_forecasts_and_has_its_uploads_forecast_anew(tmp_path: Path) -> None:
    path, fed, uploaded = tmp_path / "store.sqlite", SeriesKey("web", VERSION), SeriesKey("access.log", VERSION)
    later = [name for name in FORECAST_FIELDS if name.split("_")[0] not in ("mean", "p10", "p50", "p90", "p95")]
    store = SqliteStore(path, MEASUREMENTS)
    for series in (info(fed, origin="feed"), info(uploaded)):
        rows = forecasts(series.key, "2026-01-01T00:05:00Z").drop(columns=later)
        store.write({POINTS: points_table(series.key, points(5)), FORECASTS: rows}, [series])
        store.set_attributes(series.key, {"kept": 1})
    before = store.read(FORECASTS, fed.tags)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")
    again = SqliteStore(path, MEASUREMENTS)
    pd.testing.assert_frame_equal(again.read(FORECASTS, fed.tags), before)
    attributes = {record.name: record.attributes for record in again.list_series()}
    assert attributes == {"web": {"kept": 1}, "access.log": {"kept": 1, "unforecast": True}}
    write_forecasts(again, forecasts(fed, "2026-01-01T00:06:00Z"))
    assert again.read(FORECASTS, fed.tags)["p99_900"].notna().sum() == len(MODELS)
    again.close()


def test_forecasts_and_samples_of_an_earlier_release_are_there(tmp_path: Path) -> None:
    written(tmp_path / "store.sqlite", RELEASE_0_1)
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    issued = forecasts_of(store, SeriesKey("web", VERSION))
    values = re.findall(r'"forecasts" VALUES\(2,\'(\w+)\',(\d+),(\d+),([\d.]+),.*,(\d+)\);', RELEASE_0_1)
    assert len(issued) == len(values) == 18
    for model, horizon, target, mean, issued_at in values:
        (row,) = issued[
            (issued["model"] == model)
            & (issued["horizon_seconds"] == int(horizon))
            & (issued["timestamp"].map(lambda stamp: stamp.timestamp()) == int(target))
        ].itertuples()
        assert row.mean == pytest.approx(float(mean), rel=1e-7)
        assert row.issued_at.timestamp() == int(issued_at)
    assert store.read(SAMPLES, {})["value"].tolist() == [3.0]
    store.close()


def test_a_series_of_an_earlier_release_has_the_origin_that_its_rows_show(tmp_path: Path) -> None:
    written(tmp_path / "store.sqlite", RELEASE_0_1)
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    assert {record.name: record.origin for record in store.list_series()} == ORIGINS
    store.close()


def test_a_migrated_file_is_written_and_opened_again_as_any_other(tmp_path: Path) -> None:
    before = written(tmp_path / "store.sqlite", RELEASE_0_1)
    SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS).close()
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS, verify=True)
    key = SeriesKey("access.log", VERSION)
    write_points(store, key, points(3, start="1995-07-02T00:00:00Z"))
    assert len(read_points(store, key, None, None)) == len(before["access.log"]) + 3
    store.check()
    store.close()


def test_a_file_of_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    SqliteStore(path, MEASUREMENTS).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(StoreUnavailableError, match=r"later version.*schema 99.*SCALEOPS_SQLITE_PATH"):
        SqliteStore(path, MEASUREMENTS)
    assert path.read_bytes() == before


def test_a_file_that_cannot_be_migrated_is_refused_with_the_reason_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    before = written(path, RELEASE_0_1)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("ALTER TABLE forecasts RENAME COLUMN issued_at TO made_at")
    with pytest.raises(StoreUnavailableError, match=r"schema 0 to 1: .*issued_at.*Nothing was changed"):
        SqliteStore(path, MEASUREMENTS)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)
        (count,) = connection.execute("SELECT COUNT(*) FROM inference_metrics").fetchone()
        assert count == sum(map(len, before.values()))
        assert len(connection.execute("PRAGMA table_info(series)").fetchall()) == 5


def test_a_field_that_a_measurement_gains_is_unknown_in_earlier_rows(tmp_path: Path) -> None:
    key = SeriesKey("access.log", VERSION)
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    write_points(store, key, points(3))
    store.close()
    wider = replace(POINTS, fields=(*POINTS.fields, Field("predicted_rps_model3")))
    again = SqliteStore(tmp_path / "store.sqlite", (wider, FORECASTS))
    read = again.read(wider, key.tags)
    assert read["predicted_rps_model3"].isna().all()
    assert read["actual_rps"].tolist() == points(3)["actual_rps"].tolist()
    again.close()
