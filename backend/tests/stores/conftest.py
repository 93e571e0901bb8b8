from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.measurements import MEASUREMENTS
from backend.stores import Measurement, Store
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.stores.sqlite import SqliteStore
from backend.tests.influxd import ORG, Influxd


@pytest.fixture(params=["sqlite", "influxdb"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Each store, empty."""
    opened: Store = request.getfixturevalue(f"{request.param}_store")
    yield opened
    opened.close()


@pytest.fixture
def measurements() -> tuple[Measurement, ...]:
    return MEASUREMENTS


@pytest.fixture
def sqlite_store(tmp_path: Path, measurements: tuple[Measurement, ...]) -> Store:
    return SqliteStore(tmp_path / "store.sqlite", measurements)


@pytest.fixture
def influxdb_store(
    influxd: Influxd, bucket: Callable[..., tuple[str, str]], measurements: tuple[Measurement, ...]
) -> InfluxStore:
    return InfluxStore(InfluxClient(influxd.url, ORG, *bucket()), measurements)
