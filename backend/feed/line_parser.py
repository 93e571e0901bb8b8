"""InfluxDB's line protocol, as Telegraf sends it: the lines that can be read, and the first that cannot."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from line_protocol_parser import LineFormatError, parse_line

Precision = Literal["ns", "us", "ms", "s"]
_NANOSECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
MOST_LINE_BYTES = 64 * 1024  # as long as InfluxDB lets measurement and tags alone be
MOST_TAGS = 250  # the parser's time grows with their square, and nothing else runs: 0.2 ms for 250, 14 s for 100,000
_KEY = re.compile(rb"(?:[^ \\]++|\\.)*+", re.DOTALL)  # measurement and tags: up to the first space that is not escaped
_SHOWN = 120  # characters of a bad line that its error repeats

Value = float | int | str | bool


@dataclass(frozen=True)
class Line:
    """One line; `time` in nanoseconds since 1970."""

    number: int
    measurement: str
    tags: dict[str, str]
    fields: dict[str, Value]
    time: int


@dataclass(frozen=True)
class BadLine:
    """A line that cannot be used, by its number, and why. `text` is its beginning."""

    number: int
    text: str
    reason: str

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= _SHOWN else self.text[:_SHOWN] + "…"
        return f"line {self.number}: {self.reason} ({shown!r})"


def parse_lines(body: bytes, precision: Precision, now: int) -> Iterator[Line | BadLine]:
    """Read every line; one without a time gets `now` (ns). Empty lines and comments are passed over."""
    factor = _NANOSECONDS[precision]
    for number, line in enumerate(_lines(body), start=1):
        if not line or line.isspace():
            continue
        try:
            _check_size(line)
            parsed = parse_line(line.decode())
        except LineFormatError as error:
            yield BadLine(number, _beginning(line), str(error).rstrip("."))
            continue
        except UnicodeError:
            yield BadLine(number, _beginning(line), "it is not UTF-8")
            continue
        if parsed is not None:  # a comment
            time = now if parsed["time"] is None else parsed["time"] * factor
            yield Line(number, parsed["measurement"], parsed["tags"], parsed["fields"], time)


def _lines(body: bytes) -> Iterator[bytes]:
    """The lines one by one: split() would make millions at once, and nothing else runs meanwhile."""
    start = 0
    while start < len(body):
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        yield body[start:end]
        start = end + 1


def _beginning(line: bytes) -> str:
    return line[: 4 * _SHOWN].decode(errors="replace")


def _check_size(line: bytes) -> None:
    if len(line) > MOST_LINE_BYTES:
        raise LineFormatError(f"it is longer than {MOST_LINE_BYTES} bytes")
    if line.count(b",") <= MOST_TAGS:  # of tags and fields, which are more often few than many
        return
    key = _KEY.match(line)
    if key is not None and key[0].count(b",") > MOST_TAGS:
        raise LineFormatError(f"it has more than {MOST_TAGS} tags")
