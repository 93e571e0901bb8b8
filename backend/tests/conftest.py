from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from backend.measurements import MEASUREMENTS
from backend.models.predictor import RPSEstimator
from backend.stores import Measurement, Store
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.stores.sqlite import SqliteStore
from backend.tests.feeding import Home
from backend.tests.influxd import ORG, Influxd, running_influxd
from backend.tests.shipped import shipped_model

BUCKETS = count(1)


@pytest.fixture(scope="session")
def estimator() -> RPSEstimator:
    """The shipped model."""
    return shipped_model()


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """A server for the session; tests that stop it take `mortal`."""
    with running_influxd(tmp_path_factory.mktemp("influxd")) as server:
        yield server


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Influxd]:
    """A server that the test may stop and start."""
    with running_influxd(tmp_path / "influxd") as server:
        yield server


@pytest.fixture(scope="session")
def bucket(influxd: Influxd) -> Callable[..., tuple[str, str]]:
    """Makes buckets: the name and the token of a new one at each call."""

    def make(retention_seconds: int = 0) -> tuple[str, str]:
        name = f"bucket-{next(BUCKETS)}"
        return name, influxd.make_bucket(name, retention_seconds)

    return make


@pytest.fixture(params=["sqlite_home", pytest.param("shared_home", marks=pytest.mark.programs)])
def home(request: pytest.FixtureRequest) -> Home:
    """A home for backends over each store, empty."""
    chosen: Home = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The SQLite file that commands use, which is not there yet."""
    path = tmp_path / "store.sqlite"
    monkeypatch.setenv("SCALEOPS_SQLITE_PATH", str(path))
    return path


@pytest.fixture
def sqlite_home(tmp_path: Path) -> Home:
    """A home over SQLite."""
    return Home(tmp_path, {}, lambda: SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS))


@pytest.fixture
def shared_home(influxd: Influxd, bucket: Callable[..., tuple[str, str]], tmp_path: Path) -> Home:
    """A home over InfluxDB, which several backends may share."""
    name, token = bucket()
    return Home(
        tmp_path,
        influxd.settings(name, token),
        lambda: InfluxStore(InfluxClient(influxd.url, ORG, name, token), MEASUREMENTS),
    )


@pytest.fixture(params=["sqlite", pytest.param("influxdb", marks=pytest.mark.programs)])
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
