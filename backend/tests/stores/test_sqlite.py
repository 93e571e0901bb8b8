"""What only a file can promise: several processes, and a process that is killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.errors import StoreUnavailableError
from backend.measurements import MEASUREMENTS
from backend.stores import SeriesKey
from backend.stores.sqlite import SqliteStore
from backend.tests.stores.samples import points, write_points

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
