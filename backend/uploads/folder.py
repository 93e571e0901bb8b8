"""Where a file waits while it is read. What a killed process left behind is removed at the next start."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import structlog

from backend.errors import StorageFullError

log = structlog.get_logger()

PREFIX = "scaleops-upload-"


@contextmanager
def upload_folder() -> Iterator[Path]:
    """A folder for one upload, removed afterwards and locked meanwhile: the lock ends with the process, kill -9 too.

    Raises StorageFullError where what is written there does not fit.
    """
    try:
        with TemporaryDirectory(prefix=PREFIX) as name, _locked(Path(name)) as folder:
            yield folder
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        free = shutil.disk_usage(gettempdir()).free
        raise StorageFullError(
            f"The folder for uploads, {gettempdir()}, is full: {free:,} bytes are free. Make room there, or set TMPDIR "
            "to another folder.",
            folder=gettempdir(),
            free_bytes=free,
        ) from error


def remove_leftovers() -> None:
    """Remove the folders that no process holds. Process ids would not tell: in a container they begin anew."""
    removed = 0
    for folder in Path(gettempdir()).glob(f"{PREFIX}*"):
        try:
            with _locked(folder):
                shutil.rmtree(folder)
                removed += 1
        except OSError:  # held by another backend, or not ours to remove
            continue
    if removed:
        log.warning("leftover_uploads_removed", folders=removed)


@contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        os.close(handle)
