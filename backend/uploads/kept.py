"""Files that stay for a while after they were received, so that they can be read in another way without being sent."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from backend.errors import NotFoundError

KEPT_SECONDS = 1_800


@dataclass(frozen=True)
class ReceivedFile:
    """A file on this machine's disk. `filename`: as it was sent."""

    path: Path
    filename: str
    bytes: int
    sha256: str


@dataclass
class _Kept:
    file: ReceivedFile
    folder: ExitStack  # closed, the file goes
    until: float
    readers: int = 0


@dataclass
class KeptFiles:
    """At most `most_bytes` of files, each for KEPT_SECONDS after it was read last; the oldest go first. A file that is
    being read stays. Thread-safe."""

    most_bytes: int
    clock: Callable[[], float] = time.time
    _files: dict[str, _Kept] = field(default_factory=dict)  # the one read last at the end
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def keep(self, upload_id: str, file: ReceivedFile, folder: ExitStack) -> None:
        """Keep a file as that of an upload; `folder` is closed when it is forgotten, at the end of its first reading
        where it is larger than all kept files may be."""
        with self._lock:
            self.forget(upload_id)
            self._files[upload_id] = _Kept(file, folder, self.clock() + KEPT_SECONDS)

    @contextmanager
    def reading(self, upload_id: str) -> Iterator[ReceivedFile]:
        """The file of an upload, which stays at least as long. Raises NotFoundError where it is not kept."""
        with self._lock:
            kept = self._files.get(upload_id)
            if kept is None or self.until(upload_id) is None:
                raise NotFoundError(
                    f"The file of the upload {upload_id!r} is not kept any more: files are for {KEPT_SECONDS // 60} "
                    "minutes, and all together within SCALEOPS_UPLOAD_KEEP_MB. Send it again."
                )
            kept.readers += 1
            self._files[upload_id] = self._files.pop(upload_id)
            self.forget_old()
        try:
            yield kept.file
        finally:
            with self._lock:
                kept.readers -= 1
                kept.until = self.clock() + KEPT_SECONDS
                if self._files.get(upload_id) is not kept and not kept.readers:
                    kept.folder.close()
                self.forget_old()

    def until(self, upload_id: str) -> datetime | None:
        """Until when a file is kept; None: it is not."""
        with self._lock:
            kept = self._files.get(upload_id)
            return datetime.fromtimestamp(kept.until, UTC) if kept and kept.until > self.clock() else None

    def forget(self, upload_id: str) -> None:
        """Let a file go, once nobody reads it."""
        with self._lock:
            kept = self._files.pop(upload_id, None)
            if kept is not None and not kept.readers:
                kept.folder.close()

    def forget_old(self) -> None:
        """Let those go whose time is over, and the oldest where there are too many bytes."""
        with self._lock:
            for upload_id, kept in list(self._files.items()):
                total = sum(each.file.bytes for each in self._files.values())
                if not kept.readers and (kept.until <= self.clock() or total > self.most_bytes):
                    self.forget(upload_id)

    def close(self) -> None:
        with self._lock:
            for upload_id in list(self._files):
                self.forget(upload_id)
