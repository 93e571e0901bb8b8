from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from backend.stores import Store
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.stores.sqlite import SqliteStore
from backend.tests.influxd import ORG, Influxd

BUCKETS = count(1)


@pytest.fixture(params=["sqlite", "influxdb"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Each store, empty."""
    opened: Store = request.getfixturevalue(f"{request.param}_store")
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Store:
    return SqliteStore(tmp_path / "store.sqlite")


@pytest.fixture
def influxdb_store(influxd: Influxd) -> Store:
    bucket = f"bucket-{next(BUCKETS)}"
    return InfluxStore(InfluxClient(influxd.url, ORG, bucket, influxd.make_bucket(bucket)))
