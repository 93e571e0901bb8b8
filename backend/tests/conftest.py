from collections.abc import Iterator

import pytest

from backend.tests.influxd import Influxd


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """A server for the session; tests that stop it start one of their own."""
    server = Influxd(tmp_path_factory.mktemp("influxd"))
    server.start()
    server.set_up()
    yield server
    server.stop()
