"""Which format a file has, decided by its content; the name only helps to word a refusal."""

import re
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from backend.errors import UnsupportedFormatError, UnusableFileError
from backend.ingest.contract import ReadLimits
from backend.ingest.streams import GZIP_MAGIC, read_head, read_start

Format = Literal["parquet", "csv", "json_lines", "json_array", "common_log", "combined_log"]

# What a file dialog offers. The content decides, not the name.
EXTENSIONS: dict[Format, tuple[str, ...]] = {
    "parquet": (".parquet",),
    "csv": (".csv", ".tsv", ".txt"),
    "json_lines": (".jsonl", ".ndjson"),
    "json_array": (".json",),
    "common_log": (".log",),
    "combined_log": (".log",),
}
ACCEPTED_EXTENSIONS = [*dict.fromkeys(chain.from_iterable(EXTENSIONS.values())), ".gz"]

SUPPORTED_FORMATS = (
    "Parquet, CSV (comma, semicolon or tab), JSON lines, a JSON array of objects, and access logs in Common or "
    "Combined Log Format; CSV, JSON and logs also as .gz"
)

_MAGIC: list[tuple[bytes, str]] = [
    (b"PK\x03\x04", "a zip archive (or an Office document)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "an executable (ELF)"),
    (b"SQLite format 3", "an SQLite database"),
    (b"ARROW1", "an Arrow (Feather) file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\xd0\xcf\x11\xe0", "a legacy Office document"),
]

_STAMP = rb"\[\d{2}/[A-Za-z]{3}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\]"
_LOG_LINE = re.compile(rb"^\S+ [^\"\[{]{0,500}" + _STAMP)
_COMBINED_LINE = re.compile(_STAMP + rb' "(?:[^"\\]|\\.)*" \S+ \S+ "')
_SNIFFED_LINES = 100


@dataclass(frozen=True)
class Detected:
    format: Format
    gzipped: bool
    head: bytes  # first unpacked bytes without a byte order mark; empty for Parquet
    complete: bool  # whether `head` is the whole file


def detect(path: Path, filename: str, limits: ReadLimits) -> Detected:
    """Decide the format. Raises UnusableFileError (empty, UTF-16) or UnsupportedFormatError."""
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        raise UnusableFileError(f"The file is empty (0 bytes). Supported formats: {SUPPORTED_FORMATS}.")
    if start.startswith(b"PAR1"):
        return Detected("parquet", False, b"", False)
    _refuse_binary(start, filename)
    gzipped = start.startswith(GZIP_MAGIC)
    if gzipped:
        _refuse_packed(read_start(path, limits), filename)
    head, complete = read_head(path, limits)
    return Detected(_text_format(head, filename), gzipped, head, complete)


def _refuse_packed(head: bytes, filename: str) -> None:
    if head.startswith(b"PAR1"):
        raise UnsupportedFormatError("The file is Parquet inside gzip. Unpack it first; Parquet is compressed already.")
    if head.startswith(GZIP_MAGIC):
        raise UnsupportedFormatError("The file was compressed with gzip twice. Unpack it once first.")
    _refuse_binary(head, filename)


def _refuse_binary(start: bytes, filename: str) -> None:
    for magic, name in _MAGIC:
        if start.startswith(magic):
            raise _unsupported(name, filename)
    if start[257:262] == b"ustar":
        raise _unsupported("a tar archive", filename)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnusableFileError("The file is UTF-16 text. Save it as UTF-8 and upload it again.")


def _unsupported(looks_like: str, filename: str) -> UnsupportedFormatError:
    suffix = Path(filename).suffix.lower()
    named = f", although its name ends in {suffix}" if suffix in {".csv", ".json", ".parquet", ".log"} else ""
    return UnsupportedFormatError(
        f"The content looks like {looks_like}{named}. Supported formats: {SUPPORTED_FORMATS}."
    )


def _text_format(head: bytes, filename: str) -> Format:
    text = head.lstrip()
    if not text:
        raise UnusableFileError(f"The file is empty (only whitespace). Supported formats: {SUPPORTED_FORMATS}.")
    if text.startswith(b"<"):
        html = re.match(rb"(?i)<(!doctype\s+html|html|head|body|script|div|!--)", text)
        raise _unsupported("an HTML page" if html else "XML", filename)
    controls = len(re.findall(rb"[\x01-\x08\x0e-\x1f\x7f]", head[:4096]))
    if controls > len(head[:4096]) // 20:
        raise _unsupported("binary data", filename)
    if text.startswith(b"{"):
        return "json_lines"
    if re.match(rb"\[\s*([\[{\]\"]|-?\d+[\s,.\]]|true|false|null)", text):
        return "json_array"
    return _log_format(text) or "csv"


def _log_format(text: bytes) -> Format | None:
    lines = text.split(b"\n", _SNIFFED_LINES)[:_SNIFFED_LINES]
    matching = [line for line in lines if _LOG_LINE.search(line)]
    if not matching:
        return None
    return "combined_log" if _COMBINED_LINE.search(matching[0]) else "common_log"
