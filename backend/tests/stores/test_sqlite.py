"""What only a file can promise: several processes, and a process that is killed."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from backend.errors import StorageFullError, StoreUnavailableError
from backend.measurements import MEASUREMENTS, POINTS, points_table, read_points
from backend.stores import SeriesKey
from backend.stores.sqlite import SqliteStore
from backend.tests.stores.samples import info, points, write_points

KEY = SeriesKey("traffic.csv", "lgbm_v1")
UPLOAD_POINTS = 20_000
WRITER = f"""
import sys
from pathlib import Path
from backend.stores import SeriesKey
from backend.stores.sqlite import SqliteStore
from backend.measurements import MEASUREMENTS
from backend.tests.stores.samples import points, write_points
store = SqliteStore(Path(sys.argv[1]), MEASUREMENTS)
written = points({UPLOAD_POINTS})
for number in range(int(sys.argv[3])):
    write_points(store, SeriesKey(f"{{sys.argv[2]}}-{{number}}", "lgbm_v1"), written)
    print(number, flush=True)
"""


def writer(path: Path, name: str, uploads: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, str(uploads)], stdout=subprocess.PIPE)


@pytest.mark.long
def test_two_processes_write_at_once_and_both_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    processes = [writer(path, name, 3) for name in ("first", "second")]
    assert [process.communicate()[0].split() for process in processes] == [[b"0", b"1", b"2"]] * 2
    assert {series.points for series in SqliteStore(path, MEASUREMENTS).list_series()} == {UPLOAD_POINTS}
    assert len(SqliteStore(path, MEASUREMENTS).list_series()) == 6


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.08])
def test_a_writer_that_is_killed_leaves_whole_uploads_or_none(tmp_path: Path, delay: float) -> None:
    path = tmp_path / "store.sqlite"
    process = writer(path, "upload", 200)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(delay)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    store = SqliteStore(path, MEASUREMENTS)
    assert {series.points for series in store.list_series()} == {UPLOAD_POINTS}
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    store.close()


def test_a_file_that_cannot_be_opened_says_which_and_what_to_check(tmp_path: Path) -> None:
    (tmp_path / "folder.sqlite").mkdir()
    with pytest.raises(StoreUnavailableError, match=r"folder\.sqlite.*writable"):
        SqliteStore(tmp_path / "folder.sqlite", MEASUREMENTS)


def test_a_file_that_is_not_a_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but somebody's notes" * 100)
    before = path.read_bytes()
    with pytest.raises(StoreUnavailableError, match="not a database"):
        SqliteStore(path, MEASUREMENTS)
    assert path.read_bytes() == before


def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = SqliteStore(path, MEASUREMENTS)
    write_points(store, SeriesKey("traffic.csv", "lgbm_v1"), points(10))
    store.close()
    assert SqliteStore(path, MEASUREMENTS).list_series()[0].points == 10


def test_damage_on_any_page_ends_the_opening_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = SqliteStore(path, MEASUREMENTS)
    write_points(store, KEY, points(20_000))
    store.close()
    whole = path.read_bytes()
    pages = len(whole) // 4096
    for page in range(1, pages, pages // 7):
        damaged = tmp_path / f"damaged-{page}.sqlite"
        damaged.write_bytes(whole[: page * 4096] + b"\xff" * 4096 + whole[(page + 1) * 4096 :])
        with pytest.raises(StoreUnavailableError, match=r"damaged.*backup") as error:
            SqliteStore(damaged, MEASUREMENTS, verify=True)
        assert "\n" not in error.value.detail


def test_deleting_gives_the_space_back(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = SqliteStore(path, MEASUREMENTS)
    write_points(store, SeriesKey("other.csv", "lgbm_v1"), points(100))
    store.delete_series("nothing.csv")
    before = path.stat().st_size
    write_points(store, KEY, points(50_000))
    store.delete_series(KEY.name)
    assert path.stat().st_size <= before + 4 * 4096
    store.close()


class SmallDisk:
    """What shutil.disk_usage says of a disk whose free bytes a test sets."""

    def __init__(self) -> None:
        self.free = 10**9

    def __call__(self, _: Path) -> "SmallDisk":
        return self


def test_a_full_disk_is_said_with_the_folder_and_the_bytes_and_everything_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SmallDisk()
    monkeypatch.setattr(shutil, "disk_usage", disk)
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    write_points(store, KEY, points(5_000))
    disk.free = 1_000_000
    for attempt in (store.check, lambda: write_points(store, SeriesKey("more.csv", "lgbm_v1"), points(10))):
        with pytest.raises(StorageFullError, match="1,000,000 bytes are free") as error:
            attempt()
        assert error.value.status == 507
        assert error.value.extra["folder"] == str(tmp_path)
        assert error.value.extra["needed_bytes"] > 1_000_000
    assert len(read_points(store, KEY, None, None)) == 5_000
    assert store.delete_series(KEY.name) == 5_000
    disk.free = 10**9
    write_points(store, KEY, points(10))
    store.check()
    store.close()


def test_a_disk_that_fills_up_in_the_middle_leaves_nothing_of_the_write(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    write_points(store, KEY, points(1_000))
    limit_pages(store, 60)
    with pytest.raises(StorageFullError, match="full"):
        write_points(store, SeriesKey("more.csv", "lgbm_v1"), points(50_000))
    assert [record.name for record in store.list_series()] == [KEY.name]
    assert store.delete_series(KEY.name) == 1_000
    write_points(store, SeriesKey("more.csv", "lgbm_v1"), points(1_000))
    store.close()


def limit_pages(store: SqliteStore, pages: int) -> None:
    """Let SQLite find the disk full once the file has so many pages."""
    with store._file.reading() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()


def test_a_write_waits_for_no_more_than_a_part_of_a_deletion(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    write_points(store, KEY, points(60_000))
    deleting = threading.Thread(target=store.delete, args=(POINTS, KEY.tags, points(60_000).index[-1]))
    deleting.start()
    between = 0
    while deleting.is_alive():
        write_points(store, SeriesKey("live", "lgbm_v1"), points(1))
        between += 1
    deleting.join()
    assert between > 3  # transactions of others that came in between
    store.close()


def test_a_replacement_that_fails_half_way_leaves_what_was_stored(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    write_points(store, KEY, points(10))
    before = store.list_series()
    broken = points_table(KEY, points(3)).drop(columns="p90")
    with pytest.raises(KeyError):
        store.write({POINTS: broken}, [info(KEY)], replace=True)
    assert store.list_series() == before
    assert len(read_points(store, KEY, None, None)) == 10
