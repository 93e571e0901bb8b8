"""Access logs: the bracketed time of every line, found and parsed in whole blocks with numpy.

A line is never taken apart further: only when the request came matters. A block of text is viewed as one
64-bit number at every byte, so eight characters of all lines are fetched, checked and computed at once.
"""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from backend.arrays import Ints
from backend.ingest.contract import ReadLimits
from backend.ingest.detect import Detected, Format
from backend.ingest.fixed_width_times import Uint64s, clock_seconds, lines_in, run_starts
from backend.ingest.readahead import read_ahead
from backend.ingest.readers.base import Batch, check_rows
from backend.ingest.rejects import RejectCounter
from backend.ingest.streams import TextStream, line_blocks

TIME_COLUMN = "time"
NO_TIME = "no [day/month/year:hour:minute:second zone] in the line"

_STAMP_BYTES = 28  # [01/Jul/1995:00:00:01 -0400]
_STAMP = re.compile(rb"\[(\d{2}/[A-Za-z]{3}/\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-]\d{4})\]")


class AccessLogReader:
    """One column, `time`: int64 seconds since 1970, UTC."""

    def __init__(self, path: Path, detected: Detected, limits: ReadLimits) -> None:
        self.format: Format = detected.format
        self._path = path
        self._limits = limits

    def columns(self) -> dict[str, pa.DataType]:
        return {TIME_COLUMN: pa.int64()}

    def sample(self, names: Sequence[str]) -> dict[str, pa.Array[Any]]:  # noqa: ARG002
        return {}

    def batches(self, names: Sequence[str], rejects: RejectCounter) -> Iterator[Batch]:  # noqa: ARG002
        dates = Dates()
        line = 1
        # Unpacking and reading take about as long as parsing, so they get a thread of their own.
        with TextStream(self._path, self._limits) as stream, read_ahead(line_blocks(stream)) as blocks:
            for block in blocks:
                seconds, numbers, lines = parse_block(block, line, dates, rejects)
                yield Batch([pa.array(seconds)], line, numbers, stream.share)
                line += lines
                check_rows(line - 1, self._limits)


class Dates:
    """Date and zone texts seen so far → seconds of that midnight, UTC; a log has few of them."""

    def __init__(self) -> None:
        self._known: dict[bytes, int | None] = {}

    def seconds(self, text: bytes) -> int | None:
        """`01/Jul/1995-0400` → seconds, or None where there is no such day or zone."""
        if text not in self._known:
            if len(self._known) > 100_000:
                self._known.clear()
            self._known[text] = _midnight(text)
        return self._known[text]


_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}


def _midnight(text: bytes) -> int | None:
    # Month names are English in every log; strptime would follow the server's locale.
    shape = re.fullmatch(rb"(\d{2})/([A-Za-z]{3})/(\d{4})([+-])(\d{2})(\d{2})", text)
    if shape is None:
        return None
    day, month, year, sign, hours, minutes = shape.groups()
    if int(hours) > 15 or int(minutes) > 59:
        return None
    try:
        midnight = datetime(int(year), _MONTHS[month.decode().lower()], int(day), tzinfo=UTC)
    except (ValueError, KeyError):
        return None
    offset = (int(hours) * 60 + int(minutes)) * 60
    return int(midnight.timestamp()) - (offset if sign == b"+" else -offset)


def parse_block(
    block: bytes, first_line: int, dates: Dates, rejects: RejectCounter
) -> tuple[Ints, list[int] | None, int]:
    """Seconds of the good lines, their line numbers if any line was bad or blank, and the number of lines.

    `block`: whole lines. A bad line is added to `rejects`, a blank one passed over.
    """
    text, starts, ends = lines_in(block)
    brackets = np.flatnonzero(text[: len(block)] == ord("["))
    first = np.searchsorted(brackets, starts)
    at = np.append(brackets, len(block))[first]
    seconds, good = _parse_stamps(text, at, dates)
    good &= at + _STAMP_BYTES <= ends
    if good.all():
        return seconds, None, len(ends)
    _second_look(block, starts, ends, seconds, good, first_line, dates, rejects)
    kept = np.flatnonzero(good)
    return seconds[kept], (kept + first_line).tolist(), len(ends)


def _parse_stamps(text: npt.NDArray[np.uint8], at: Ints, dates: Dates) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The stamps whose `[` is at these places → seconds, and which of them are stamps at all."""
    words: Uint64s = np.ndarray((len(text) - 7,), "<u8", text, 0, (1,))
    day, year = words[at + 1], words[at + 5]  # 01/Jul/1 and ul/1995: overlap; both are needed as they are
    zone = words[at + 20] >> np.uint64(8)  # 1 -0400] without the seconds' last digit
    clock, good = clock_seconds(words[at + 13])
    good &= (zone >> np.uint64(48)) == ord("]")
    good &= (zone & np.uint64(0xFF)) == ord(" ")
    runs = run_starts(day, year, zone)
    midnights = np.zeros(len(runs), np.int64)
    known = np.zeros(len(runs), np.bool_)
    for number, start in enumerate(at[runs].tolist()):
        stamp = text[start + 1 : start + 27].tobytes()
        midnight = dates.seconds(stamp[:11] + stamp[21:26]) if stamp[11:12] == b":" else None
        if midnight is not None:
            midnights[number], known[number] = midnight, True
    lengths = np.diff(np.append(runs, len(at)))
    return clock + np.repeat(midnights, lengths), good & np.repeat(known, lengths)


def _second_look(
    block: bytes,
    starts: Ints,
    ends: Ints,
    seconds: Ints,
    good: npt.NDArray[np.bool_],
    first_line: int,
    dates: Dates,
    rejects: RejectCounter,
) -> None:
    """Lines whose first `[` is no time: another may be (a user name can hold one); else they are dropped."""
    for index in np.flatnonzero(~good).tolist():
        line = block[starts[index] : ends[index]]
        for match in _STAMP.finditer(line):
            date, hour, minute, second, zone = match.groups()
            midnight = dates.seconds(date + zone)
            clock = (int(hour), int(minute), int(second))
            if midnight is not None and clock < (24,) and clock[1] < 60 and clock[2] < 61:
                seconds[index] = midnight + clock[0] * 3600 + clock[1] * 60 + clock[2]
                good[index] = True
                break
        if not good[index] and line.strip():
            rejects.add(NO_TIME, first_line + index, line[:200].decode("utf-8", "replace"))
