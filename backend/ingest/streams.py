"""Text files as bounded streams: unpacked on the fly, with every limit checked while reading."""

import bz2
import codecs
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa

from backend.errors import ProblemError, TooLargeError, UnsupportedFormatError, UnusableFileError
from backend.ingest.contract import ReadLimits

BLOCK_BYTES = 1024**2
_FORCED = re.compile(rb'(^|[,;\t|] *)(?:="([^"\r\n]*)"|"=""([^"\r\n]*)""")(?= *(?:[,;\t|\r\n]|$))', re.M)
PACKED_IN = 512  # bytes that tell how a file is packed, and that it is packed once


@dataclass(frozen=True)
class Packing:
    """How files are packed to be smaller. `unpack` makes a stream of the packed one."""

    name: str
    magic: bytes
    extension: str
    unpack: Callable[[IO[bytes]], Any]


def _one_member(file: IO[bytes]) -> IO[bytes]:
    """The one file of a zip archive; folders and what systems add are none (`__MACOSX/`, `.DS_Store`)."""
    archive = zipfile.ZipFile(file)
    members = [
        one
        for one in archive.infolist()
        if not one.is_dir() and not re.search(r"^__MACOSX/|(?:^|/)(?:\.[^/]*|Thumbs\.db)$", one.filename)
    ]
    if len(members) != 1:
        names = ", ".join(one.filename[:60] for one in members[:5]) or "none"
        raise UnsupportedFormatError(
            f"The zip archive has {len(members)} files ({names}); it must have one. Unpack it and upload each file "
            "by itself: parts with the same file name become one series."
        )
    if members[0].flag_bits & 1:
        raise UnsupportedFormatError("The zip archive is encrypted. Unpack it and upload the file inside.")
    return archive.open(members[0])


PACKINGS: tuple[Packing, ...] = (
    Packing("gzip", b"\x1f\x8b", ".gz", lambda file: gzip.GzipFile(fileobj=file)),
    Packing("zip", b"PK\x03\x04", ".zip", _one_member),
    Packing("bzip2", b"BZh", ".bz2", bz2.BZ2File),
    Packing("xz", b"\xfd7zXZ\x00", ".xz", lzma.LZMAFile),
    Packing("zstd", b"\x28\xb5\x2f\xfd", ".zst", lambda file: pa.CompressedInputStream(cast(Any, file), "zstd")),
)
_DAMAGE = (zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, OSError, ValueError)


def packing_of(start: bytes) -> Packing | None:
    return next((packing for packing in PACKINGS if start.startswith(packing.magic)), None)


class TextStream(io.RawIOBase):
    """The unpacked bytes of a text file, without a byte order mark.

    Raises TooLargeError past `max_unpacked_bytes`, UnusableFileError for a line past `max_line_bytes`,
    a NUL byte or a damaged gzip. `problem` keeps the error, because a library in between may wrap it.
    """

    def __init__(self, path: Path, limits: ReadLimits) -> None:
        super().__init__()
        self._path = path
        self._file: IO[bytes] = path.open("rb")
        self._bytes = max(path.stat().st_size, 1)
        self.packing = packing_of(self._file.read(PACKED_IN))
        self._file.seek(0)
        self._limits = limits
        self._position = 0
        self._line_bytes = 0  # since the last line end
        self._decoder: codecs.IncrementalDecoder | None = None  # of UTF-16
        self.problem: ProblemError | None = None
        try:
            self._source: IO[bytes] = self.packing.unpack(self._file) if self.packing else self._file
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def readable(self) -> bool:
        return True

    @property
    def share(self) -> float:
        """Of the file as it lies there, packed or not, that was read."""
        return min(1.0, self._file.tell() / self._bytes)

    def close(self) -> None:
        self._file.close()
        super().close()

    def read(self, size: int = -1, /) -> bytes:
        # No chunk is longer than a line may be, so a too long line always shows between two chunks.
        most = min(BLOCK_BYTES, max(self._limits.max_line_bytes, 1))
        try:
            chunk = self._unpack(most if size < 0 else min(size, most))
            chunk = self._as_utf8(chunk)
            self._check(chunk)
            if self._position == 0 and chunk:
                self._position = len(chunk)
                return chunk.removeprefix(codecs.BOM_UTF8) or self.read(size)
        except ProblemError as problem:
            self.problem = problem
            raise
        self._position += len(chunk)
        return chunk

    def _as_utf8(self, chunk: bytes) -> bytes:
        """UTF-16 that begins with its mark as UTF-8; everything else as it is."""
        if self._position == 0 and chunk[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        if self._decoder is None:
            return chunk
        text = self._decoder.decode(chunk, final=not chunk)
        return text.encode() if text or not chunk else self._as_utf8(self._unpack(2))

    def start(self) -> bytes:
        """The first bytes without any check but that of the packing; only before `read`."""
        return self._unpack(PACKED_IN)

    def readall(self) -> bytes:
        raise io.UnsupportedOperation("read in blocks")

    def _unpack(self, size: int) -> bytes:
        try:
            return self._source.read(size)
        except EOFError as error:
            raise UnusableFileError(
                f"The {self._packed} file is truncated: it ends after {self._position:,} unpacked bytes. "
                "Upload the whole file."
            ) from error
        except _DAMAGE as error:
            raise self._damaged(error) from error

    @property
    def _packed(self) -> str:
        return self.packing.name if self.packing else "text"

    def _damaged(self, error: Exception) -> UnusableFileError:
        return UnusableFileError(
            f"The {self._packed} file is damaged after {self._position:,} unpacked bytes ({error})."
        )

    def _check(self, chunk: bytes) -> None:
        if self.packing and self._position + len(chunk) > self._limits.max_unpacked_bytes:
            raise TooLargeError(
                f"The {self._packed} file unpacks to more than {self._limits.max_unpacked_bytes:,} bytes, the maximum "
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
    """The same, in chunks of whole characters; in one that is not UTF-8 every byte past ASCII becomes `?`.

    Arrow's CSV reader cannot report a bad row that is not UTF-8.
    """

    _cut = b""  # the bytes of a character that the last chunk begins and does not end

    def read(self, size: int = -1, /) -> bytes:
        most = BLOCK_BYTES if size < 0 else size
        more = super().read(max(most - len(self._cut), 1))
        chunk, self._cut = self._cut + more, b""
        if chunk.isascii():
            return chunk
        try:
            whole = codecs.utf_8_decode(chunk, "strict", not more)[1]
        except UnicodeDecodeError:
            return chunk.decode("ascii", "replace").replace("\N{REPLACEMENT CHARACTER}", "?").encode("ascii")
        self._cut = chunk[whole:]
        return chunk[:whole] or self.read(size)


class PlainCells(AsciiWhereDamaged):
    """The same, but a cell that spreadsheets are made to take as text, `="007"`, is an ordinary quoted one."""

    _line = b""  # that the last chunk begins and does not end

    def read(self, size: int = -1, /) -> bytes:
        most = BLOCK_BYTES if size < 0 else size
        chunk = super().read(max(most - len(self._line), 1))
        while chunk and b"\n" not in chunk:
            self._line += chunk
            chunk = super().read(max(most - len(self._line), 1))
        end = chunk.rfind(b"\n") + 1
        lines, self._line = self._line + chunk[:end], chunk[end:]
        return with_plain_cells(lines)


def has_forced_cells(lines: bytes) -> bool:
    return b'="' in lines and _FORCED.search(lines) is not None


def with_plain_cells(lines: bytes) -> bytes:
    """Whole lines with `="007"`, also where that stands in quotes once more, as `"007"`."""
    return _FORCED.sub(rb'\1"\2\3"', lines)


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


def read_tail(path: Path, limits: ReadLimits) -> bytes:
    """The last bytes: at most a block, and what of it a packed file gives only as a whole."""
    with path.open("rb") as file:
        if packing_of(file.read(PACKED_IN)) is None:
            file.seek(max(0, path.stat().st_size - BLOCK_BYTES))
            return file.read()
    tail = b""
    with TextStream(path, limits) as stream:
        while chunk := stream.read(BLOCK_BYTES):
            tail = (tail + chunk)[-BLOCK_BYTES:]
    return tail


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
