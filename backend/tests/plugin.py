"""What pytest loads before anything else: pyproject.toml names it."""

import gc
import os
import ssl
from functools import cache
from pathlib import Path

import hypothesis
import pytest

from backend.tests.scripts import NONE_WANTED

PROGRAMS = {"influxd", "mortal", "nginx", "scraped"}  # fixtures that start one
OWN_SERVERS = {"home", "sqlite_home"}  # fixtures for tests that start servers of their own

# Threads of LightGBM wait for each other by spinning: where tests beside each other keep the cores busy, training took
# 20 times as long with two of them as with one. Set before LightGBM is loaded; servers inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # where a test asks for two

# Every client of httpx reads the certificate authorities, 20 ms of CPU, and tests make thousands: once a process.
pytest.MonkeyPatch().setattr(ssl, "create_default_context", cache(ssl.create_default_context))

# No test asserts a time: on a busy machine one example in many takes longer than hypothesis' 200 ms.
hypothesis.settings.register_profile("busy machine", deadline=None)
hypothesis.settings.load_profile("busy machine")


def pytest_configure(config: pytest.Config) -> None:
    if "not programs" in config.option.markexpr:
        os.environ[NONE_WANTED] = "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = set(item.fixturenames) if isinstance(item, pytest.Function) else set()
        if PROGRAMS & fixtures:
            item.add_marker("programs")
        if OWN_SERVERS & fixtures:
            item.add_marker("long")
    items.sort(key=minutes, reverse=True)
    items[:] = dealt(items, getattr(config, "workerinput", {"workercount": 1})["workercount"])


def pytest_collection_finish() -> None:
    gc.freeze()  # every collection went through what all tests have imported: 3 % of their time


def dealt(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """A run of whole files for each worker, of as many tests as the others': what takes minutes is first in it, then
    the files whose tests wait. What keeps a core busy is last, so that none is idle in the end: one file after another
    had 17 s of idle cores there, of ten minutes."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    runs: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for file in sorted(files.values(), key=waiting, reverse=True):
        min(runs, key=len).extend(file)
    return [item for run in runs for item in run]


def waiting(file: list[pytest.Item]) -> tuple[int, float, int]:
    """The minutes that one of its tests takes, and the share of those that start processes or need a program, for which
    they wait; of other files those with few tests, which are long ones."""
    marked = [bool({"long", "programs"} & {mark.name for mark in item.iter_markers()}) for item in file]
    return max(map(minutes, file)), sum(marked) / len(file), -len(file)


def minutes(item: pytest.Item) -> int:
    """That the test takes on its own, as its mark says."""
    return sum(mark.kwargs.get("minutes", 0) for mark in item.iter_markers("long"))
