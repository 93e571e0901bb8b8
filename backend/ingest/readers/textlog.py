"""Logs in any form: the time of every line, found and parsed in whole blocks.

Where the time stands at one place and is equally wide, as machines write it, its clock is computed for all lines at
once and its date parsed once for every day; other lines are searched by Arrow.
"""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from backend.arrays import Bools, Ints
from backend.ingest.cells import bools, texts, to_floats, utf8
from backend.ingest.contract import DateOrder, ReadLimits, TimeUnit
from backend.ingest.date_order import settled_form, with_order
from backend.ingest.detect import Detected, Format
from backend.ingest.fixed_width_times import clock_seconds, lines_in, run_starts
from backend.ingest.readahead import read_ahead
from backend.ingest.readers.base import Batch, check_rows
from backend.ingest.rejects import RejectCounter
from backend.ingest.streams import TextStream, line_blocks, read_tail
from backend.ingest.time_forms import MICROS, Newest, newest_moment, read_moments
from backend.ingest.timestamps import TICKS, Zone, in_own_zones, localise

TIME_COLUMN = "time"
NO_TIME = "no time in the line"
OTHER_LINE = "another kind of line, not a request"

_FIRST_LINES = 50  # that tell whether a file without years grows forwards


class TextLogReader:
    """One column, `time`: int64 seconds since 1970, UTC."""

    format: Format = "log"

    def __init__(self, path: Path, detected: Detected, limits: ReadLimits, zone: Zone, now: float) -> None:
        assert detected.shape is not None
        self._path = path
        self._limits = limits
        self._shape = detected.shape
        self._zone = zone
        self._search = f"(?s){detected.shape.time.pattern}"
        self._newest = self._find_newest(detected, now)
        self._settled: list[str] = []
        self._midnights: dict[bytes, tuple[int, int | None] | None] = {}

    def settle(self, order: DateOrder | None) -> None:
        """Day and month in dates of numbers as `order` says, else as all lines do. Raises SeveralReadings."""
        form = self._shape.time.form
        if form is None or form.order not in {"dmy", "mdy"}:
            return
        chosen = settled_form(self._times(), form, self._settled) if order is None else with_order(form, order)
        self._shape = replace(self._shape, time=replace(self._shape.time, form=chosen))

    def _times(self) -> Iterator[pa.Array[Any]]:
        with TextStream(self._path, self._limits) as stream:
            for block in line_blocks(stream):
                lines = pa.array(block.splitlines(), pa.binary())
                yield utf8(pc.extract_regex(utf8(lines)[0], self._search).field("t"))[0]

    @property
    def unit(self) -> TimeUnit:
        form = self._shape.time.form
        return "s" if form is None else cast(TimeUnit, {"log": "clf", "ymd -/.": "iso"}.get(form.name, "text"))

    def notes(self) -> list[str]:
        """What was assumed about the lines."""
        notes = ["Each line with a time was counted as one request.", *self._settled]
        if self._newest:
            notes.append(
                f"The times carry no year: they were read as up to {self._newest.moment:%Y-%m-%d}, the newest year "
                "that is not in the future."
            )
        return notes

    def columns(self) -> dict[str, pa.DataType]:
        return {TIME_COLUMN: pa.int64()}

    def sample(self, names: Sequence[str]) -> dict[str, pa.Array[Any]]:  # noqa: ARG002
        return {}

    def batches(self, names: Sequence[str], rejects: RejectCounter) -> Iterator[Batch]:  # noqa: ARG002
        line = 1
        with TextStream(self._path, self._limits) as stream, read_ahead(line_blocks(stream)) as blocks:
            for block in blocks:
                seconds, good, lines = self._block(block, line, rejects)
                kept = np.flatnonzero(good)
                numbers = None if len(kept) == lines else (kept + line).tolist()
                yield Batch([pa.array(seconds[kept])], line, numbers, stream.share)
                line += lines
                check_rows(line - 1, self._limits)

    def _find_newest(self, detected: Detected, now: float) -> Newest | None:
        form = self._shape.time.form
        if form is None or form.has_year:
            return None
        last = read_tail(self._path, self._limits).decode("utf-8", "replace").splitlines()[-20:]
        lines = pa.array([*detected.lines[:_FIRST_LINES], *last])
        cells = pc.extract_regex(lines, self._search).field("t")
        return newest_moment(texts(cells), form, now)

    def _block(self, block: bytes, first_line: int, rejects: RejectCounter) -> tuple[Ints, Bools, int]:
        """Seconds of the lines and which are requests; the others are added to `rejects`, blank ones passed over."""
        text, starts, ends = lines_in(block)
        seconds, naive, good = self._anchored(text, block, starts, ends)
        undecided: list[tuple[str, Bools]] = []
        if not good.all():
            undecided = self._searched(block, starts, ends, seconds, naive, good)
        good &= text[starts] != ord("#")  # what the log says about itself
        self._drop_others(block, starts, ends, good, first_line, rejects)
        seconds, of_zone = self._local(seconds, naive & good)
        for reason, mask in [*undecided, *of_zone]:
            rejects.add_mask(reason, mask & good, lambda index: first_line + index, lambda index: None)  # noqa: ARG005
            good &= ~mask
        return seconds, good, len(ends)

    def _anchored(
        self, text: npt.NDArray[np.uint8], block: bytes, starts: Ints, ends: Ints
    ) -> tuple[Ints, Bools, Bools]:
        """Seconds as written less the offset, which have none, and which lines have the time where it is expected."""
        shape, count = self._shape, len(starts)
        seconds, naive, good = np.zeros(count, np.int64), np.zeros(count, np.bool_), np.zeros(count, np.bool_)
        if shape.anchor is None:
            return seconds, naive, good
        at = starts
        if shape.anchor.sign:
            signs = np.flatnonzero(text[: len(block)] == ord(shape.anchor.sign))
            wanted = np.searchsorted(signs, starts) + shape.anchor.number
            at = np.append(signs, len(block))[np.minimum(wanted, len(signs))] + 1
        inside = np.flatnonzero(at + shape.width <= ends)
        if len(inside) == 0:
            return seconds, naive, good
        at = at[inside]
        words = np.ndarray((len(text) - 7,), "<u8", text, 0, (1,))
        clocks, right = clock_seconds(words[at + shape.clock_at])
        zone_bytes = shape.width - shape.zone_at
        keys = [words[at] & _mask(shape.clock_at), words[at + max(shape.clock_at - 8, 0)] & _mask(shape.clock_at)]
        if zone_bytes:
            keys.append(words[at + shape.zone_at] & _mask(zone_bytes))
        runs = run_starts(*keys)
        found = [self._midnight(text[place : place + shape.width].tobytes()) for place in at[runs].tolist()]
        lengths = np.diff(np.append(runs, len(at)))
        known = np.repeat(np.array([one is not None for one in found]), lengths)
        midnights = np.repeat(np.array([one[0] if one else 0 for one in found], np.int64), lengths)
        without = np.repeat(np.array([bool(one and one[1] is None) for one in found]), lengths)
        seconds[inside], naive[inside], good[inside] = clocks + midnights, without, right & known
        return seconds, naive, good

    def _midnight(self, stamp: bytes) -> tuple[int, int | None] | None:
        """The midnight of a time's date in UTC, as far as its text says, and its offset (None: it has none)."""
        shape = self._shape
        key = stamp[: shape.clock_at] + b"00:00:00" + stamp[shape.zone_at :]
        if key not in self._midnights:
            if len(self._midnights) > 100_000:
                self._midnights.clear()
            self._midnights[key] = self._parse_one(key.decode("utf-8", "replace"))
        return self._midnights[key]

    def _parse_one(self, text: str) -> tuple[int, int | None] | None:
        assert self._shape.time.form is not None
        moments = read_moments(pa.array([text.replace("\t", " ")]), self._shape.time.form, self._newest)
        if not moments.good[0]:
            return None
        offset = int(moments.offsets[0]) if moments.has_offset[0] else None
        if offset is not None:
            self._zone.offsets.add(offset)
        return int(moments.ticks[0]) // MICROS - (offset or 0), offset

    def _searched(
        self, block: bytes, starts: Ints, ends: Ints, seconds: Ints, naive: Bools, good: Bools
    ) -> list[tuple[str, Bools]]:
        """Lines that have the time elsewhere, or not so wide; which of them the clocks of their place leave open."""
        left = np.flatnonzero(~good)
        lines = _lines(block, starts, ends).take(left)
        found = pc.replace_substring(utf8(pc.extract_regex(utf8(lines)[0], self._search).field("t"))[0], "\t", " ")
        form = self._shape.time.form
        if form is None:
            numbers = to_floats(found)
            numbers = np.where(numbers > 1e11, numbers / TICKS["ms"], numbers)
            fine = np.isfinite(numbers)
            seconds[left[fine]], good[left[fine]] = numbers[fine].astype(np.int64), True
            return []
        moments = read_moments(found, form, self._newest)
        placed = in_own_zones(moments, self._zone)
        seconds[left], naive[left], good[left] = placed.ticks // MICROS, moments.naive, moments.good
        undecided: list[tuple[str, Bools]] = []
        for reason, rows in placed.bad:
            mask = np.zeros(len(good), np.bool_)
            mask[left] = rows
            undecided.append((reason, mask))
        return undecided

    def _drop_others(
        self, block: bytes, starts: Ints, ends: Ints, good: Bools, first_line: int, rejects: RejectCounter
    ) -> None:
        def number(index: int) -> int:
            return first_line + index

        def line(index: int) -> str:
            return block[starts[index] : ends[index]][:200].decode("utf-8", "replace")

        if not good.all():
            blank = np.zeros(len(good), np.bool_)
            for index in np.flatnonzero(~good):
                content = block[starts[index] : ends[index]].strip()
                blank[index] = not content or content.startswith(b"#")
            rejects.add_mask(NO_TIME, ~good & ~blank, number, line)
        if self._shape.mark is None:
            return
        marked = pc.match_substring_regex(_lines(block, starts, ends), self._shape.mark)
        other = good & ~bools(marked)
        rejects.add_mask(OTHER_LINE, other, number, line)
        good &= ~other

    def _local(self, seconds: Ints, naive: Bools) -> tuple[Ints, list[tuple[str, Bools]]]:
        if not naive.any():
            return seconds, []
        parsed = localise(seconds, "s", self._zone, naive)
        return parsed.ticks, parsed.bad


def _mask(count: int) -> np.uint64:
    """The first bytes of a little-endian word."""
    return np.uint64(0xFFFFFFFFFFFFFFFF if count >= 8 else (1 << (8 * count)) - 1)


def _lines(block: bytes, starts: Ints, ends: Ints) -> pa.Array[Any]:
    """The lines of a block as an array over its bytes, each with its line end."""
    offsets = np.append(starts, min(int(ends[-1]) + 1, len(block))).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(block)]
    return pa.Array.from_buffers(pa.binary(), len(starts), buffers)
