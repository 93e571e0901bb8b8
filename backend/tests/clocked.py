"""A clock that a test moves, and servers that go by it: windows pass as fast as they are worked off, whatever the load.

The time lies in a file that the servers map, whose path they have in CLOCK. Only the time of day stands still; pauses
and timeouts go by the clock that always runs.
"""

import mmap
import os
import time
from pathlib import Path
from unittest.mock import patch

from backend.tests import server

CLOCK = "SCALEOPS_TESTS_CLOCK"


class Clock:
    """Nanoseconds since 1970, the same for all who open the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), 8)

    @classmethod
    def begin(cls, path: Path, seconds: int) -> "Clock":
        """A new clock that stands at so many seconds since 1970."""
        path.write_bytes(bytes(8))
        clock = cls(path)
        clock.set(seconds)
        return clock

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a server that goes by this clock."""
        return {CLOCK: str(self._path)}

    def set(self, seconds: float) -> None:
        self._bytes[:] = round(seconds * 1e9).to_bytes(8, "little")

    def time_ns(self) -> int:
        return int.from_bytes(self._bytes[:], "little")

    def time(self) -> float:
        return self.time_ns() / 1e9


def serve() -> None:
    """Serve in this process by the clock of its environment."""
    clock = Clock(Path(os.environ[CLOCK]))
    with patch.multiple(time, time=clock.time, time_ns=clock.time_ns):
        server.serve()
