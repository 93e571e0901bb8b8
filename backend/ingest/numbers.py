"""Cells → numbers: thousands and decimals of every country, and units behind the number."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from backend.arrays import Floats
from backend.errors import UnusableFileError
from backend.ingest.cells import bools, codes, is_number, is_text, plain, to_floats, utf8
from backend.ingest.names import Meaning, meaning

Masks = list[tuple[str, npt.NDArray[np.bool_]]]

NO_VALUE = "no value, so the window is unknown"
NOT_A_NUMBER = "value is not a number"
NOT_FINITE = "value is infinite"
NEGATIVE = "value is negative"

# What tools write where there is no value.
ABSENT = [
    "",
    "-",
    "--",
    "\u2013",
    "\u2014",
    "null",
    "undefined",
    "none",
    "na",
    "n/a",
    "#n/a",
    "no data",
    "(null)",
    "\\n",
]

SPACES = " \u00a0\u2007\u2009\u202f"  # also no-break, figure, thin and narrow no-break space
_GROUPING = f"'\u2019{SPACES}"
_NUMBER = rf"[+-]?(?:\d[\d.,{_GROUPING}]*|\.\d+)(?:[eE][+-]?\d+)?"
_CELL = rf"^\s*(?P<number>{_NUMBER}?)\s*(?P<unit>[^\d\s.,+-][^\d]*)?$"
_PARTS = re.compile(_CELL)
_GROUPED = r"[+-]?[1-9]\d{{0,2}}(?:{0}\d{{3}})+"
_INDIAN = r"[+-]?[1-9]\d?(?:,\d\d)+,\d{3}"

_STRANGE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.I)  # numbers to a parser, which are reported row by row

# Letters before a unit, or alone, that multiply.
MULTIPLIERS = {"k": 1e3, "m": 1e6, "mil": 1e6, "mio": 1e6, "b": 1e9, "g": 1e9, "bil": 1e9, "t": 1e12, "tri": 1e12}
_DURATIONS = frozenset("s sec secs us \u00b5s \u03bcs min mins hour hours day days week weeks".split())


@dataclass(frozen=True)
class NumberStyle:
    """How a column writes numbers. `thousands`: the characters that only group; `units`: whether cells carry a unit."""

    thousands: str = ""
    decimal: str = "."
    units: bool = False
    unit: Meaning = field(default_factory=Meaning)  # what the units of the cells say
    billions: bool = False  # B behind a number, which is said, as it could be bytes
    doubtful: str = ""  # a letter behind the numbers that has two meanings, of which nothing here decides

    @property
    def is_plain(self) -> bool:
        return not self.thousands and self.decimal == "." and not self.units


def number_style(cells: Sequence[str], semicolons: bool = False, counts: bool = False) -> NumberStyle | None:
    """How these cells write numbers; None unless most that are not empty are numbers.

    `semicolons`: the file separates cells by them, as where the comma is the decimal sign; `counts`: the column's
    name says that it holds counts.
    """
    present = [cell.strip() for cell in cells if cell.strip().lower() not in ABSENT]
    strange = [cell for cell in present if _STRANGE.fullmatch(cell)]
    if strange and len(strange) * 2 >= len(present):
        return NumberStyle()
    parts = [found for cell in present if (found := _PARTS.match(cell)) and found["number"]]
    if not parts or (len(parts) + len(strange)) * 2 < len(present):
        return None
    numbers = [part["number"].strip() for part in parts]
    if all(
        number.count(".") > 1 and not re.fullmatch(_GROUPED.format(r"\.") + r"(?:,\d+)?", number) for number in numbers
    ):
        return None  # addresses and versions: 10.0.0.1
    units = {unit for part in parts if (unit := (part["unit"] or "").strip())}
    if any(unit_meaning(unit) is None for unit in units):
        return None
    said = next((one for unit in sorted(units) if (one := unit_meaning(unit)) and one.role != "none"), Meaning())
    scaled = [number for part, number in zip(parts, numbers, strict=True) if _multiplies(part["unit"])]
    # 1.254 K is no 1,254 thousands
    thousands, decimal = _separators(numbers, semicolons, counts and not any("." in number for number in scaled))
    billions = any(re.match(r"[bB](?:\s|$)", unit) for unit in units)
    doubtful = "" if said.role == "measure" else _doubtful(units, counts)
    return NumberStyle(thousands, decimal, bool(units), said, billions, doubtful)


def _doubtful(units: set[str], counts: bool) -> str:
    """B is bytes unless millions stand beside it, and nothing that is larger; m is a thousandth, but of no count."""
    low = {unit.lower() for unit in units}
    if "b" in low and (not low & {"m", "mil", "mio"} or "g" in low):
        return "B"
    return "m" if not counts and any(re.match(r"m(?:\s|$|req|r?ps|ops|qps|hits|calls)", unit) for unit in units) else ""


def _multiplies(unit: str | None) -> bool:
    said = unit_meaning(unit) if unit else None
    return said is not None and said.scale > 1


def _separators(numbers: list[str], semicolons: bool, counts: bool) -> tuple[str, str]:
    """The grouping characters and the decimal sign."""
    spaces = "".join(sign for sign in _GROUPING if any(sign in number for number in numbers))
    bare = [re.sub(rf"[{_GROUPING}]", "", number) for number in numbers]
    commas = [number for number in bare if "," in number]
    points = [number for number in bare if "." in number]
    if commas and points:
        both = [number for number in commas if "." in number]
        comma_last = both and all(number.rindex(",") > number.rindex(".") for number in both)
        if comma_last or (not both and semicolons):
            return "." + spaces, ","
        return "," + spaces, "."
    if commas:
        grouped = all(re.fullmatch(_GROUPED.format(","), number) or re.fullmatch(_INDIAN, number) for number in commas)
        several = any(number.count(",") > 1 for number in commas)
        if grouped and (several or counts or not semicolons):
            return "," + spaces, "."
        return spaces, ","
    if points and all(re.fullmatch(_GROUPED.format(r"\."), number) for number in points):
        if any(number.count(".") > 1 for number in points) or (counts and (semicolons or _below_thousand(bare))):
            return "." + spaces, ","
    return spaces, "."


def _below_thousand(numbers: list[str]) -> bool:
    """Whether numbers without a point are of three digits, as they are below 1.000 where points group."""
    others = [number for number in numbers if "." not in number]
    return bool(others) and all(re.fullmatch(r"\d{1,3}", number) for number in others) and max(map(len, others)) == 3


def unit_meaning(unit: str) -> Meaning | None:
    """What stands behind a number: `K`, `req/s`, `K req/s`, `%`; None where it is no unit."""
    low = unit.strip().lower()
    if low in _DURATIONS:
        return Meaning("measure")
    if low in MULTIPLIERS:
        return Meaning(scale=MULTIPLIERS[low])
    prefix = re.match(r"(k|m|mil|mio|g|b|bil|t|tri)\s+(?=\S)", low)
    scale = MULTIPLIERS[prefix[1]] if prefix else 1.0
    found = meaning(low[prefix.end() :] if prefix else low)
    if found.role == "none" and not re.fullmatch(r"[a-z%/\u00b5 ]{1,12}", low):
        return None
    return Meaning(found.role, found.unit, found.scale * scale, found.rest)


def parse_values(array: pa.Array[Any], style: NumberStyle) -> tuple[Floats, Masks]:
    """Values as numbers (NaN where bad) and a mask for every reason a value is bad.

    Units of cells multiply only here where they do so from cell to cell: 1.38 K beside 860.
    """
    array = plain(array)
    if not (is_number(array.type) or is_text(array.type) or pa.types.is_null(array.type)):
        raise UnusableFileError(f"The value column is of type {str(array.type)[:80]}, which holds no numbers.")
    missing = np.asarray(array.is_null().to_numpy(zero_copy_only=False), np.bool_)
    if is_text(array.type):
        values, absent = _parse_text(utf8(array)[0], style)
        missing = missing | absent if absent is not None else missing
    else:
        values = np.asarray(array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    unreadable = np.isnan(values) & ~missing
    infinite, negative = np.isinf(values), values < 0
    masks = [(NO_VALUE, missing), (NOT_A_NUMBER, unreadable), (NOT_FINITE, infinite), (NEGATIVE, negative & ~infinite)]
    return values, [(reason, mask) for reason, mask in masks if mask.any()]


def _parse_text(text: pa.Array[Any], style: NumberStyle) -> tuple[Floats, npt.NDArray[np.bool_] | None]:
    """Numbers (NaN where there is none), and which cells say that there is no value."""
    if style.is_plain:
        try:
            return np.asarray(pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False), np.float64), None
        except pa.ArrowInvalid:
            pass
    trimmed = pc.utf8_trim_whitespace(text)
    absent = bools(pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(ABSENT)))
    scale: Floats | float = 1.0
    if style.units:
        parts = pc.extract_regex(trimmed, _CELL)
        trimmed, scale = pc.utf8_trim_whitespace(parts.field("number")), _unit_scales(parts.field("unit"))
    if style.thousands:
        trimmed = pc.replace_substring_regex(trimmed, f"[{style.thousands}]", "")
    if style.decimal == ",":
        trimmed = pc.replace_substring(trimmed, ",", ".")
    return to_floats(pc.if_else(pa.array(absent), pa.scalar(None, pa.string()), trimmed)) * scale, absent


def _unit_scales(units: pa.Array[Any]) -> Floats:
    places, names = codes(units)
    known = [unit_meaning(unit) if unit.strip() else Meaning() for unit in names]
    table = np.array([np.nan if one is None else one.scale for one in known] or [1.0])
    return np.asarray(table[places], np.float64)
