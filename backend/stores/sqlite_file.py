"""The SQLite file: its connections, its transactions, and what goes wrong with files: full disks and damage."""

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from backend.errors import StorageFullError, StoreUnavailableError
from backend.stores.contract import Measurement
from backend.stores.sqlite_migrations import upgrade

log = structlog.get_logger()

BUSY_SECONDS = 30  # another process may hold the write lock while it stores a whole upload
LEAST_FREE_BYTES = 32 * 1024**2  # below it nothing is written any more, so that there is room to delete
ROW_BYTES = 300  # that a row may take in the file and in its log together
# Deleting needs room for its log. Where others filled the disk to the last byte, this file is given up for it.
RESERVE_BYTES = 16 * 1024**2
VACUUM_PAGES = 512  # given back at a time: some 10 ms, which a writer waits
# SQLite has no queue of writers: each asks again after a while, at first at most 25 ms later. Who writes step by step
# leaves the file alone for longer than that after a long step, and most of the time after short ones, or none of them
# would ever find it free.
LONGEST_PAUSE_SECONDS, PAUSE = 0.03, 3
INCREMENTAL = 2  # of PRAGMA auto_vacuum


class SqliteFile:
    """One connection a thread, one writer at a time."""

    def __init__(self, path: Path, measurements: Sequence[Measurement], verify: bool) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        try:
            self._open(measurements, verify)
        except BaseException:
            self.close()
            raise

    def _open(self, measurements: Sequence[Measurement], verify: bool) -> None:
        with self._reporting():
            self._path.parent.mkdir(parents=True, exist_ok=True)
        if verify:
            self._verify()
        with self.freeing() as connection:
            migrated = upgrade(connection, self._path, measurements)
        if migrated:
            self._compact()
        self._reserve()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._reporting():
            yield self._connection()

    @contextmanager
    def writing(self, rows: int = 0) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is stored, or nothing. Raises StorageFullError where the disk has no room."""
        with self._reporting():
            self._refuse_full_disk(LEAST_FREE_BYTES + rows * ROW_BYTES)
            with self._transaction() as connection:
                yield connection

    @contextmanager
    def freeing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that may run on a full disk, since it frees room or takes hardly any."""
        with self._reporting():
            if self._free_bytes() < RESERVE_BYTES:
                self._reserve_path.unlink(missing_ok=True)
            with self._transaction() as connection:
                yield connection

    def give_back_space(self) -> None:
        """Return the pages that deleted rows took to the disk, some at a time."""
        with self._reporting():
            connection = self._connection()
            while connection.execute("PRAGMA freelist_count").fetchone()[0]:
                before = connection.execute("PRAGMA page_count").fetchone()
                with self.step():
                    # execute() would stop at the first page: this pragma has a row a page, and no columns.
                    connection.executescript(f"PRAGMA incremental_vacuum({VACUUM_PAGES})")
                if connection.execute("PRAGMA page_count").fetchone() == before:
                    break
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._reserve()

    @staticmethod
    @contextmanager
    def step() -> Iterator[None]:
        """One of many transactions in a row: afterwards it is the turn of those who wait to write."""
        started = time.monotonic()
        yield
        time.sleep(min(LONGEST_PAUSE_SECONDS, PAUSE * (time.monotonic() - started)))

    def close(self) -> None:
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    @property
    def _reserve_path(self) -> Path:
        return self._path.with_name(f"{self._path.name}-reserve")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            with self._lock:
                self._connections.append(connection)
            # Of a new file; an old one is compacted for it. Setting it takes the write lock, so not where it is set.
            if connection.execute("PRAGMA auto_vacuum").fetchone()[0] != INCREMENTAL:
                connection.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")
            connection.execute("PRAGMA journal_mode = WAL")
            # NORMAL keeps the file whole through kill -9 and loses at most the last commits in a power cut,
            # for a 100 times cheaper commit of one live window.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA journal_size_limit = {RESERVE_BYTES}")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
        return connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk ends it by itself
                connection.execute("ROLLBACK")
            raise

    def _verify(self) -> None:
        if not self._path.exists():
            return
        with self._reporting():
            (finding,) = self._connection().execute("PRAGMA quick_check(1)").fetchone()
            if finding != "ok":
                raise sqlite3.DatabaseError(finding)

    def _compact(self) -> None:
        """Rewrite the file once, without what the migration left, so that it can give back space from now on."""
        try:
            self._connection().execute("VACUUM")
        except sqlite3.OperationalError as error:  # no room for a second copy, or another process reads
            log.warning("database_not_compacted", path=str(self._path), reason=str(error))

    def _reserve(self) -> None:
        """Keep room for deleting, while there is plenty."""
        with suppress(OSError):
            if not self._reserve_path.exists() and self._free_bytes() > 4 * RESERVE_BYTES:
                with self._reserve_path.open("wb") as reserve:
                    os.posix_fallocate(reserve.fileno(), 0, RESERVE_BYTES)

    def _free_bytes(self) -> int:
        return shutil.disk_usage(self._path.parent).free

    def _refuse_full_disk(self, needed: int) -> None:
        free = self._free_bytes()
        if free < needed:
            raise self._full(free, needed)

    def _full(self, free: int, needed: int) -> StorageFullError:
        return StorageFullError(
            f"The disk of {self._path.parent} is full: {free:,} bytes are free, and {needed:,} are needed. Delete "
            "series, or make room on that disk.",
            folder=str(self._path.parent),
            free_bytes=free,
            needed_bytes=needed,
        )

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._meaning(error) from error

    def _meaning(self, error: sqlite3.Error | OSError) -> StoreUnavailableError | StorageFullError:
        code = getattr(error, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_FULL:
            return self._full(self._free_bytes(), LEAST_FREE_BYTES)
        damaged = code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or type(error) is sqlite3.DatabaseError
        if damaged:
            advice = (
                f"It is damaged. Restore it from a backup; or save what can be read, with `sqlite3 {self._path} "
                ".recover`, and move it away to start empty."
            )
        else:
            advice = "Check that its folder exists, is writable and has free space."
        reason = " ".join(str(error).split())
        return StoreUnavailableError(
            f"The SQLite file {self._path} cannot be used: {reason}. {advice}", headers={"Retry-After": "5"}
        )
