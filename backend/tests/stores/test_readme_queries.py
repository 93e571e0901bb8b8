"""The queries of influxdb/README.md find what they promise, on a real server."""

import re
from collections.abc import Callable

import pandas as pd
import pytest

from backend.config import ROOT
from backend.measurements import MEASUREMENTS
from backend.stores import SeriesKey
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.tests.influxd import ORG, Influxd
from backend.tests.stores.samples import forecasts, points, write_forecasts, write_points

README = (ROOT / "influxdb" / "README.md").read_text()
QUERIES = re.findall(r"\n([^\n]+)\n```flux\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def server(influxd: Influxd, bucket: Callable[..., tuple[str, str]]) -> tuple[InfluxClient, str]:
    """A bucket with a live series and one of 1995."""
    name, token = bucket()
    client = InfluxClient(influxd.url, ORG, name, token)
    store = InfluxStore(client, MEASUREMENTS)
    start = (pd.Timestamp.now("UTC") - pd.Timedelta(hours=3)).floor("min")
    live = points(180, start=start.isoformat())
    write_points(store, SeriesKey("nginx", "lgbm_v1"), live.assign(anomaly_score=0.7))
    issued = (live.index[-1] + pd.Timedelta(60, "s")).isoformat()
    write_forecasts(store, forecasts(SeriesKey("nginx", "lgbm_v1"), issued))
    write_points(store, SeriesKey("nasa.csv", "lgbm_v1"), points(180, start="1995-07-04T00:00:00Z"))
    return client, name


@pytest.mark.parametrize("query", [query for _, query in QUERIES], ids=[title for title, _ in QUERIES])
def test_a_query_of_the_readme_finds_something(server: tuple[InfluxClient, str], query: str) -> None:
    client, bucket = server
    assert client.rows(query.replace('"scaleops_metrics"', f'"{bucket}"'), {})


def test_the_schema_names_every_measurement_that_is_written(
    influxd: Influxd, bucket: Callable[..., tuple[str, str]]
) -> None:
    name, token = bucket()
    client = InfluxClient(influxd.url, ORG, name, token)
    store = InfluxStore(client, MEASUREMENTS)
    store.check()
    write_points(store, SeriesKey("a", "b"), points(3))
    write_forecasts(store, forecasts(SeriesKey("a", "b"), "2026-01-01T00:03:00Z"))
    found = client.rows('import "influxdata/influxdb/schema"\nschema.measurements(bucket: bucket, start: 0)', {})
    named = set(re.findall(r"^\| `(\w+)` \|", README.split("## Queries")[0], re.MULTILINE))
    assert {row["_value"] for row in found} <= named
