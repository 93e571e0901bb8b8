"""Which format a file has, decided by its content; the name only helps to word a refusal."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Literal

from backend.errors import UnsupportedFormatError, UnusableFileError
from backend.ingest.contract import ReadLimits
from backend.ingest.json_rows import has_rows_inside, has_time, values_of
from backend.ingest.layout import Layout, find_layout, kind_of, rows_of
from backend.ingest.loglines import REQUEST_MARKS, LogShape, find_log
from backend.ingest.refusals import kind_of_markup, refuse_binary, refuse_text, unsupported
from backend.ingest.rejects import listed, quoted
from backend.ingest.report_lines import refuse_reports
from backend.ingest.streams import (
    PACKED_IN,
    PACKINGS,
    has_forced_cells,
    packing_of,
    read_head,
    read_start,
    with_plain_cells,
)
from backend.ingest.unquoted_commas import refuse_unquoted_commas

Format = Literal["parquet", "xlsx", "csv", "json_lines", "json_array", "json", "common_log", "combined_log", "log"]

LOGS: tuple[Format, ...] = ("common_log", "combined_log", "log")  # have lines, and no columns

# What a file dialog offers. The content decides, not the name.
EXTENSIONS: dict[Format, tuple[str, ...]] = {
    "parquet": (".parquet",),
    "xlsx": (".xlsx",),
    "csv": (".csv", ".tsv", ".txt", ".jtl"),
    "json_lines": (".jsonl", ".ndjson"),
    "json_array": (".json",),
    "log": (".log",),
}
ACCEPTED_EXTENSIONS = [
    *dict.fromkeys(chain.from_iterable(EXTENSIONS.values())),
    *(packing.extension for packing in PACKINGS),
]

_TIME_NAME = re.compile(
    r"(?i)time|date|zeit|datum|fecha|^(?:ts|ds|t|day|hour|minute|epoch|unix|bucket|week|month|year)$"
)
_COLUMN_NAME = re.compile(r"[^\W\d][\w .:/%()\[\]#*+-]{0,60}")
_EPOCH = re.compile(r"\s*1\d{9}(?:\d{3}|\d{6}|\d{9}|\.\d{1,9})?\s*")
PACED_SHARE = 0.9  # of the rows follow evenly, and of the times have equally many rows
HEADED_SHARE = 0.95  # of the rows have as many cells as there are names
_STAMP = rb"\[\d{2}/[A-Za-z]{3}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\]"
_LOG_LINE = re.compile(rb"^\S+ [^\"\[{]{0,500}" + _STAMP)
_COMBINED_LINE = re.compile(_STAMP + rb' "(?:[^"\\]|\\.)*" \S+ \S+ "')
_SNIFFED_LINES = 100
_HEAD_LINES = 2_000  # that a layout or a log's shape is found from
_MOST_LINES = _HEAD_LINES + 1_001  # those, and of a table that begins behind them as many as a sample has


@dataclass(frozen=True)
class Detected:
    format: Format
    head: bytes = b""  # first unpacked bytes without a byte order mark; empty for binary formats
    complete: bool = False  # whether `head` is the whole file
    layout: Layout | None = None  # of a table of text
    shape: LogShape | None = None  # of a log's lines
    forced: bool = False  # whether cells are written as formulas of text, `="007"`; in `head` they are plain

    @property
    def lines(self) -> list[str]:
        return first_lines(self.head, self.complete)


def detect(path: Path, filename: str, limits: ReadLimits) -> Detected:
    """Decide the format. Raises UnusableFileError or UnsupportedFormatError saying what the file is and a way out."""
    with path.open("rb") as file:
        start = file.read(PACKED_IN)
    if not start:
        raise UnusableFileError("The file is empty (0 bytes).")
    if start.startswith(b"PAR1"):
        return Detected("parquet")
    packing = packing_of(start)
    if packing and packing.name == "zip" and _is_sheet(path):
        return Detected("xlsx")
    refuse_binary(start, filename)
    if packing:
        refuse_packed(read_start(path, limits), packing.name, filename)
    head, complete = read_head(path, limits)
    if has_forced_cells(head):
        return replace(_text_format(with_plain_cells(head), complete, filename), forced=True)
    return _text_format(head, complete, filename)


def refuse_packed(head: bytes, packing: str, filename: str) -> None:
    if head.startswith(b"PAR1"):
        raise UnsupportedFormatError(
            f"The file is Parquet inside {packing}. Unpack it first; Parquet is compressed already."
        )
    if again := packing_of(head):
        twice = f"with {packing} twice" if again.name == packing else f"with {again.name} and then with {packing}"
        raise UnsupportedFormatError(f"The file was compressed {twice}. Unpack it once first.")
    refuse_binary(head, filename)


def first_lines(head: bytes, complete: bool) -> list[str]:
    """The first lines, as far as they are surely complete."""
    parts = head.split(b"\n", _MOST_LINES)
    if len(parts) > _MOST_LINES:
        head, complete = b"\n".join(parts[:-1]), True
    lines = head.decode("utf-8", "replace").splitlines()
    if not complete and len(lines) > 1:
        lines.pop()  # the last line may be cut
    return lines


def _is_sheet(path: Path) -> bool:
    """Whether a zip archive is a workbook: its directory, at the end, names the parts of one."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 65_536))
        return b"xl/workbook.xml" in file.read()


def _text_format(head: bytes, complete: bool, filename: str) -> Detected:
    text = head.lstrip()
    if not text:
        raise UnusableFileError("The file is empty (only whitespace).")
    if re.match(rb"<(?!\d{1,3}>)", text):
        raise unsupported(*kind_of_markup(text), filename=filename)
    controls = len(re.findall(rb"[\x01-\x08\x0e-\x1f\x7f]", head[:4096]))
    if controls > len(head[:4096]) // 20:
        raise unsupported("binary data", filename=filename)
    lines = first_lines(head, complete)
    refuse_text(lines[:_HEAD_LINES])
    if text.startswith(b"{"):
        first, _, rest = text.partition(b"\n")
        return Detected("json_lines" if _is_row(first, not rest.strip(), one_line=True) else "json", head, complete)
    if re.match(rb"\[\s*([\[{\]\"]|-?\d+(?:[\s,.]|\]\s*$)|true|false|null)", text):
        return Detected("json_array" if _is_row(text[1:].lstrip()) or not complete else "json", head, complete)
    if common := _log_format(text):
        return Detected(common, head, complete)
    return _lines_format(lines, head, complete)


def _is_row(text: bytes, alone: bool = False, one_line: bool = False) -> bool:
    """Whether an object begins here that is a row by itself, and no document with rows inside.

    `alone`: it is all that the file has, so it is none where it has rows inside, whatever time it has itself.
    `one_line`: another object behind it makes the line a document of several.
    """
    line = text.decode("utf-8", "replace")
    try:
        item, end = json.JSONDecoder().raw_decode(line)
    except (ValueError, RecursionError):
        return line.rstrip().endswith("}")  # a damaged line among others
    if not isinstance(item, dict) or (one_line and line[end:].lstrip().startswith("{")):
        return False
    if has_time(item):
        return not (alone and has_rows_inside(item))
    return not any(isinstance(value, list) and value for value in values_of(item)) and not has_rows_inside(item)


def _lines_format(lines: list[str], head: bytes, complete: bool) -> Detected:
    """A table of text or a log in no format of its own."""
    looked = lines[:_HEAD_LINES]
    layout = find_layout(looked)
    timed = _has_times(looked, layout)
    says_fields = any(line.startswith("#Fields:") for line in looked[:20])
    log = None if timed and not says_fields else find_log(looked)
    if log is None and not timed:
        _refuse_without_times(looked)
    if log is None or (_is_headed(looked, layout) and not says_fields):
        _refuse_second_table(looked, layout)
        refuse_unquoted_commas(looked, layout)
        return Detected("csv", head, complete, layout=layout)
    refuse_reports(looked, log)
    return Detected("log", head, complete, shape=log)


def _refuse_second_table(lines: list[str], layout: Layout) -> None:
    """Raise UnusableFileError where other names stand between the rows: what follows them is another table."""
    names = set(layout.names or ())
    for end, cells in rows_of(lines[layout.first_row :], layout.shape, layout.delimiter) if len(names) > 1 else ():
        own = [cell.strip() for cell in cells]
        if len(own) == layout.width and own[0] == (layout.names or [""])[0] and not names >= set(own):
            if all(kind_of(cell) == "text" for cell in own):
                raise UnusableFileError(
                    f"The file holds several tables one after the other: line {layout.first_row + end:,} begins one "
                    f"with the columns {listed(own)}. Save the one of the traffic as a file of its own.",
                    row=layout.first_row + end,
                )


def _has_times(lines: list[str], layout: Layout) -> bool:
    """Whether whole cells of the table's rows are times: in a log they stand among other words."""
    if layout.shape in {"spaced", "drawn"}:
        return True
    rows = [cells for _, cells in rows_of(lines[layout.first_row :], layout.shape, layout.delimiter)]
    fitting = [cells for cells in rows if len(cells) == layout.width]
    if len(fitting) * 10 < len(rows) * 7:
        return False
    if _is_paced(fitting):
        return True
    half = max((len(fitting) + 1) // 2, 1)
    if sum(1 for _ in islice(filter(_is_timed, fitting), half)) == half:
        return True
    names = layout.names or ()
    return any(len(name) < 40 and _TIME_NAME.search(name) for name in names) and not _hold_time(names, layout)


def _is_timed(cells: Sequence[str]) -> bool:
    """Whether a cell is a time, or may be one in numbers since all are."""
    words = False
    for cell in cells:
        kind = kind_of(cell)
        if kind == "time":
            return True
        words = words or kind == "text"
    return not words


def _hold_time(names: Sequence[str], layout: Layout) -> bool:
    """Whether the names are a line of a log as those below: `time:05/Jan/2026:10:00:00 +0000`."""
    return find_log([layout.delimiter.join(names)]) is not None


def _is_paced(rows: list[list[str]]) -> bool:
    """Whether a column has times since 1970 that follow each other evenly, as the rows of a series do, and those of a
    log do not."""
    for cells in zip(*rows, strict=True) if len(rows) > 2 else ():
        if all(_EPOCH.fullmatch(cell) for cell in cells):
            times = Counter(float(cell) for cell in cells)
            gaps = Counter(b - a for a, b in pairwise(sorted(times)))
            counts = Counter(times.values())
            return bool(gaps) and all(max(one.values()) >= PACED_SHARE * sum(one.values()) for one in (gaps, counts))
    return False


def _is_headed(lines: list[str], layout: Layout) -> bool:
    """Whether the lines are rows below names. Then their times are cells, even if none of them can be read: as lines of
    a log each would be counted as a request, whatever else it says."""
    if not layout.names or layout.width < 2 or not all(_COLUMN_NAME.fullmatch(name) for name in layout.names):
        return False
    rows = rows_of(lines[layout.first_row :], layout.shape, layout.delimiter)
    fitting = sum(len(cells) == layout.width for _, cells in rows)
    return fitting >= HEADED_SHARE * len(rows) and not _hold_time(layout.names, layout)


def _refuse_without_times(lines: list[str]) -> None:
    """Raise UnusableFileError for a log of requests whose lines say no time."""
    requests = [line for line in lines if any(re.search(mark, line) for mark in REQUEST_MARKS)]
    if len(requests) * 2 > len(lines):
        raise UnusableFileError(
            f"The lines are requests, but carry no time: {quoted(requests[0])}. Have the server write the time of each "
            "request into its log, and upload that."
        )


def _log_format(text: bytes) -> Format | None:
    lines = text.split(b"\n", _SNIFFED_LINES)[:_SNIFFED_LINES]
    matching = [line for line in lines if _LOG_LINE.search(line)]
    if not matching:
        return None
    return "combined_log" if _COMBINED_LINE.search(matching[0]) else "common_log"
