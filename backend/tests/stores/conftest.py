from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.stores import Store
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.stores.sqlite import SqliteStore
from backend.tests.influxd import ORG, Influxd


@pytest.fixture(params=["sqlite", pytest.param("influxdb", marks=pytest.mark.programs)])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Each store, empty."""
    opened: Store = request.getfixturevalue(f"{request.param}_store")
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Store:
    return SqliteStore(tmp_path / "store.sqlite")


@pytest.fixture
def influxdb_store(influxd: Influxd, bucket: Callable[..., tuple[str, str]]) -> InfluxStore:
    return InfluxStore(InfluxClient(influxd.url, ORG, *bucket()))
