from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.tests.server import Server, running_server


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"SCALEOPS_MAX_UPLOAD_MB": "8", "SCALEOPS_LIVE_INTERVAL_SECONDS": "0.2"}
    with running_server(tmp_path_factory.mktemp("server"), **settings) as server:
        yield server


@pytest.fixture
def server(shared_server: Server) -> Server:
    """One server for the session, with nothing stored at the start of each test."""
    shared_server.clear()
    return shared_server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
