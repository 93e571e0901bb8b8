from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.stores import Store
from backend.stores.sqlite import SqliteStore


@pytest.fixture(params=["sqlite"])
def store(tmp_path: Path) -> Iterator[Store]:
    opened = SqliteStore(tmp_path / "store.sqlite")
    yield opened
    opened.close()
