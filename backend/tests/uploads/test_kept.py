"""Files that are kept to be read again: for how long, how many, and that one being read stays."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from backend.errors import NotFoundError
from backend.uploads.kept import KEPT_SECONDS, KeptFiles, ReceivedFile


class Disk:
    """Kept files of at most 100 bytes, by a clock that the test moves; `there`: the ids of those that are on it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.there: set[str] = set()
        self.kept = KeptFiles(100, lambda: self.now)

    def keep(self, upload_id: str, size: int = 10) -> None:
        folder = ExitStack()
        folder.callback(self.there.discard, upload_id)
        self.there.add(upload_id)
        self.kept.keep(upload_id, ReceivedFile(Path(upload_id), f"{upload_id}.csv", size, ""), folder)

    def read(self, upload_id: str) -> str:
        with self.kept.reading(upload_id) as file:
            return file.filename


@pytest.fixture
def disk() -> Disk:
    return Disk()


def test_a_file_is_read_as_often_as_one_likes_for_half_an_hour_each_time(disk: Disk) -> None:
    disk.keep("a")
    for _ in range(3):
        disk.now += KEPT_SECONDS - 1
        assert disk.read("a") == "a.csv"
    disk.now += KEPT_SECONDS
    assert disk.kept.until("a") is None
    with pytest.raises(NotFoundError, match=r"30 minutes.*SCALEOPS_UPLOAD_KEEP_MB"):
        disk.read("a")
    disk.kept.forget_old()
    assert disk.there == set()


def test_the_file_that_was_read_longest_ago_goes_first(disk: Disk) -> None:
    for upload_id in "abc":
        disk.keep(upload_id, 30)
    disk.read("a")
    disk.keep("d", 30)
    disk.read("d")
    assert disk.there == {"a", "c", "d"}


def test_a_file_larger_than_all_may_be_is_read_once(disk: Disk) -> None:
    disk.keep("a", 1_000)
    assert disk.read("a") == "a.csv"
    assert disk.there == set()


def test_a_file_stays_while_it_is_read(disk: Disk) -> None:
    disk.keep("a", 60)
    with disk.kept.reading("a"):
        disk.keep("b", 60)
        disk.read("b")
        disk.kept.forget("a")
        disk.now += 2 * KEPT_SECONDS
        assert "a" in disk.there
    assert disk.there == set()


def test_two_may_read_a_file_at_once(disk: Disk) -> None:
    disk.keep("a")
    with disk.kept.reading("a"):
        assert disk.read("a") == "a.csv"
        assert disk.there == {"a"}


def test_at_the_end_all_files_go(disk: Disk) -> None:
    disk.keep("a")
    disk.keep("b")
    disk.kept.close()
    assert disk.there == set()
