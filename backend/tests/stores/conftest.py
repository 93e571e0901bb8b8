from collections.abc import Callable, Iterator
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
def bucket(influxd: Influxd) -> Callable[..., tuple[str, str]]:
    """Makes buckets: the name and the token of a new one at each call."""

    def make(retention_seconds: int = 0) -> tuple[str, str]:
        name = f"bucket-{next(BUCKETS)}"
        return name, influxd.make_bucket(name, retention_seconds)

    return make


@pytest.fixture
def influxdb_store(influxd: Influxd, bucket: Callable[..., tuple[str, str]]) -> InfluxStore:
    return InfluxStore(InfluxClient(influxd.url, ORG, *bucket()))
