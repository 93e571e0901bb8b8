"""What is no regular file, spooled into one: a pipe or standard input is read once, a traffic file several times."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from backend.errors import TooLargeError, UnusableFileError

STDIN = Path("-")
ALLOWED = "Give a file, a pipe, or - for standard input."
PIECE_BYTES = 1024**2


def is_file(given: str) -> bool:
    """Whether a file, a pipe or standard input is given, and no name of something else."""
    path = Path(given)
    return path == STDIN or (path.exists() and not path.is_dir())


@contextmanager
def regular_file(given: Path, most_bytes: int) -> Iterator[Path]:
    """The file itself, or what comes through a pipe or standard input as a file of its own until the end of the block,
    whose name is `stdin`, `pipe`, or that of a named pipe.

    Raises UnusableFileError for a device, TooLargeError beyond `most_bytes`.
    """
    if given != STDIN and given.is_file():
        yield given
        return
    from backend.uploads.folder import upload_folder

    with upload_folder() as folder:
        path = folder / _name(given)
        with path.open("wb") as spooled:
            _copy(given, spooled, most_bytes)
        yield path


def _name(given: Path) -> str:
    """A shell's <(…) is a pipe that only a number names."""
    if given == STDIN:
        return "stdin"
    return "pipe" if given.name.isdigit() else given.name


def _copy(given: Path, spooled: BinaryIO, most_bytes: int) -> None:
    left = most_bytes
    for piece in _pieces(given):
        left -= len(piece)
        if left < 0:
            raise TooLargeError(
                f"{_said(given)} has more than {most_bytes // 1024**2} MB (SCALEOPS_MAX_UPLOAD_MB). Raise that, or "
                "save it as a file and give its name.",
                limit_bytes=most_bytes,
            )
        spooled.write(piece)


def _pieces(given: Path) -> Iterator[bytes]:
    try:
        with _opened(given) as piped:
            while piece := piped.read(PIECE_BYTES):
                yield piece
    except OSError as error:
        raise UnusableFileError(f"{_said(given)} cannot be read: {error.strerror}. {ALLOWED}") from None


def _opened(given: Path) -> AbstractContextManager[BinaryIO]:
    if given == STDIN:
        if sys.stdin is None:
            raise UnusableFileError(f"Standard input is closed. {ALLOWED}")
        return nullcontext(sys.stdin.buffer)
    source = given.open("rb")
    mode = os.fstat(source.fileno()).st_mode
    if (stat.S_ISCHR(mode) or stat.S_ISBLK(mode)) and not source.isatty():
        source.close()
        raise UnusableFileError(f"{given} is a device. {ALLOWED}")
    return source


def _said(given: Path) -> str:
    return "Standard input" if given == STDIN else str(given)
