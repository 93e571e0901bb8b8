"""Text files as bounded streams: unpacked on the fly, with every limit checked while reading."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from backend.errors import ProblemError, TooLargeError, UnusableFileError
from backend.ingest.contract import ReadLimits

GZIP_MAGIC = b"\x1f\x8b"
BLOCK_BYTES = 1024**2


class TextStream(io.RawIOBase):
    """The unpacked bytes of a text file, without a byte order mark.

    Raises TooLargeError past `max_unpacked_bytes`, UnusableFileError for a line past `max_line_bytes`,
    a NUL byte or a damaged gzip. `problem` keeps the error, because a library in between may wrap it.
    """

    def __init__(self, path: Path, limits: ReadLimits) -> None:
        super().__init__()
        self._path = path
        self._file: IO[bytes] = path.open("rb")
        self.gzipped = self._file.read(2) == GZIP_MAGIC
        self._file.seek(0)
        self._source: IO[bytes] = gzip.GzipFile(fileobj=self._file) if self.gzipped else self._file  # type: ignore[assignment]
        self._limits = limits
        self._position = 0
        self._line_bytes = 0  # since the last line end
        self.problem: ProblemError | None = None

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def read(self, size: int = -1, /) -> bytes:
        # No chunk is longer than a line may be, so a too long line always shows between two chunks.
        most = min(BLOCK_BYTES, max(self._limits.max_line_bytes, 1))
        try:
            chunk = self._unpack(most if size < 0 else min(size, most))
            self._check(chunk)
            if self._position == 0 and chunk:
                self._position = len(chunk)
                return chunk.removeprefix(b"\xef\xbb\xbf") or self.read(size)
        except ProblemError as problem:
            self.problem = problem
            raise
        self._position += len(chunk)
        return chunk

    def start(self) -> bytes:
        """The first bytes without any check but that of the packing; only before `read`."""
        return self._unpack(512)

    def readall(self) -> bytes:
        raise io.UnsupportedOperation("read in blocks")

    def _unpack(self, size: int) -> bytes:
        try:
            return self._source.read(size)
        except EOFError as error:
            raise UnusableFileError(
                f"The gzip file is truncated: it ends after {self._position:,} unpacked bytes. Upload the whole file."
            ) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise UnusableFileError(
                f"The gzip file is damaged after {self._position:,} unpacked bytes ({error})."
            ) from error

    def _check(self, chunk: bytes) -> None:
        if self.gzipped and self._position + len(chunk) > self._limits.max_unpacked_bytes:
            raise TooLargeError(
                f"The gzip file unpacks to more than {self._limits.max_unpacked_bytes:,} bytes, the maximum "
                "(four times SCALEOPS_MAX_UPLOAD_MB).",
                limit=self._limits.max_unpacked_bytes,
            )
        if b"\0" in chunk:
            line = self._line_number(chunk[: chunk.index(b"\0")])
            raise UnusableFileError(
                f"Line {line:,} has a NUL byte, so the file is binary, damaged or UTF-16; text files must be UTF-8.",
                row=line,
            )
        self._check_lines(chunk)

    def _line_number(self, before: bytes) -> int:
        """The line that begins after what was read and `before`. Counted only now: nothing else needs it."""
        lines, remaining = 1 + before.count(b"\n"), self._position
        with TextStream(self._path, self._limits) as again:
            while remaining > 0 and (chunk := again._unpack(min(remaining, BLOCK_BYTES))):
                lines += chunk.count(b"\n")
                remaining -= len(chunk)
        return lines

    def _check_lines(self, chunk: bytes) -> None:
        end = chunk.find(b"\n")
        reach = self._line_bytes + (len(chunk) if end < 0 else end)
        if reach > self._limits.max_line_bytes:
            line = self._line_number(b"")
            raise UnusableFileError(
                f"Line {line:,} is longer than {self._limits.max_line_bytes:,} bytes, the maximum.",
                row=line,
                limit=self._limits.max_line_bytes,
            )
        if end < 0:
            self._line_bytes = reach
        else:
            self._line_bytes = len(chunk) - chunk.rfind(b"\n") - 1


class AsciiWhereDamaged(TextStream):
    """The same, but in a chunk that is not UTF-8 every byte past ASCII becomes `?`.

    Arrow's CSV reader cannot report a bad row that is not UTF-8. Times and numbers are ASCII, so nothing is lost.
    """

    def read(self, size: int = -1, /) -> bytes:
        chunk = super().read(size)
        if chunk.isascii():
            return chunk
        try:
            chunk.decode("utf-8")
        except UnicodeDecodeError:
            return chunk.decode("ascii", "replace").replace("\N{REPLACEMENT CHARACTER}", "?").encode("ascii")
        return chunk


def read_start(path: Path, limits: ReadLimits) -> bytes:
    """The first unpacked bytes, unchecked: enough to know what the content is."""
    with TextStream(path, limits) as stream:
        return stream.start()


def read_head(path: Path, limits: ReadLimits) -> tuple[bytes, bool]:
    """The first bytes (about a line's limit) and whether that is the whole file."""
    with TextStream(path, limits) as stream:
        head = bytearray()
        wanted = min(limits.max_line_bytes + 1, BLOCK_BYTES)
        while len(head) < wanted:
            chunk = stream.read(wanted - len(head))
            if not chunk:
                return bytes(head), True
            head += chunk
        return bytes(head), not stream.read(1)


def line_blocks(stream: TextStream) -> Iterator[bytes]:
    """Blocks of whole lines; every block but the last ends with a newline."""
    rest = b""
    while chunk := stream.read(BLOCK_BYTES):
        end = chunk.rfind(b"\n") + 1
        if end == 0:
            rest += chunk
            continue
        yield rest + chunk[:end]
        rest = chunk[end:]
    if rest:
        yield rest
