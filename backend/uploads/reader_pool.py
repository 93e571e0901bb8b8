"""Files are read in processes of their own: a file that crashes or bloats its reader takes nothing else down.

Measured in reference work: a Parquet file of 300 bytes can make pyarrow allocate gigabytes, and a damaged one
can end the process without a Python exception.
"""

import multiprocessing
import resource
from collections.abc import Callable
from concurrent.futures import TimeoutError
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool

from backend.config import Settings
from backend.errors import UnusableFileError
from backend.ingest import Inspection, ReadLimits, ReadOptions, Traffic, inspect_file, read_traffic

READERS = 2

Result = TypeVar("Result")


class ReaderPool:
    """Reads traffic files in at most READERS child processes with bounded memory and time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._limits = read_limits(settings)
        self._pool = ProcessPool(
            max_workers=READERS,
            initializer=_limit_memory,
            initargs=(settings.reader_memory_mb * 1024**2,),
            context=multiprocessing.get_context("spawn"),
        )
        self._pool.schedule(_warm_up)

    def read(self, path: Path, filename: str, options: ReadOptions) -> Traffic:
        """Read a file; blocks the calling thread. Raises ProblemError, whatever the file did to its reader."""
        return self._run(read_traffic, path, filename, options)

    def inspect(self, path: Path, filename: str, options: ReadOptions) -> Inspection:
        """What a file is, as `read` would read it."""
        return self._run(inspect_file, path, filename, options)

    def _run(
        self,
        call: Callable[[Path, str, ReadOptions, ReadLimits, int], Result],
        path: Path,
        filename: str,
        options: ReadOptions,
    ) -> Result:
        timeout = self._settings.reader_timeout_seconds
        future = self._pool.schedule(
            call, args=(path, filename, options, self._limits, self._settings.window_seconds), timeout=timeout
        )
        try:
            result: Result = future.result()
        except TimeoutError:
            raise UnusableFileError(
                f"Reading the file took longer than {timeout} s and was ended. Split it into smaller files, or "
                "raise SCALEOPS_READER_TIMEOUT_SECONDS."
            ) from None
        except (ProcessExpired, MemoryError):
            raise UnusableFileError(
                "The process that read the file ran out of memory or crashed, so nothing was stored. The file may be "
                f"damaged; a reader may use {self._settings.reader_memory_mb} MB (SCALEOPS_READER_MEMORY_MB)."
            ) from None
        return result

    def close(self) -> None:
        self._pool.stop()
        self._pool.join(timeout=5)


def read_limits(settings: Settings) -> ReadLimits:
    """Bounds of the readers; a compressed file may unpack to four times the largest upload."""
    return ReadLimits(max_rows=settings.max_rows, max_unpacked_bytes=4 * settings.max_upload_bytes)


def _limit_memory(limit: int) -> None:
    with suppress(ValueError, OSError):  # macOS refuses this limit; the row and byte limits still hold there
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _warm_up() -> None:
    """Import the readers (about 0.5 s) before the first file comes."""
