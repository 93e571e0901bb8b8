"""InfluxDB's line protocol, as Telegraf sends it: the lines that can be read, and the first that cannot."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from line_protocol_parser import LineFormatError, parse_line

Precision = Literal["ns", "us", "ms", "s"]
_NANOSECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
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
    """A line that cannot be used, by its number, and why."""

    number: int
    text: str
    reason: str

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= _SHOWN else self.text[:_SHOWN] + "…"
        return f"line {self.number}: {self.reason} ({shown!r})"


def parse_lines(text: str, precision: Precision, now: int) -> Iterator[Line | BadLine]:
    """Read every line; one without a time gets `now` (ns). Empty lines and comments are passed over."""
    factor = _NANOSECONDS[precision]
    for number, line in enumerate(text.split("\n"), start=1):
        if not line or line.isspace():
            continue
        try:
            parsed = parse_line(line)
        except (LineFormatError, UnicodeError) as error:
            yield BadLine(number, line, str(error).rstrip("."))
            continue
        if parsed is not None:  # a comment
            time = now if parsed["time"] is None else parsed["time"] * factor
            yield Line(number, parsed["measurement"], parsed["tags"], parsed["fields"], time)
