"""How values without declared fields are kept: in a few bytes, and the same from every store.

A quantity and its companions (a forecast's mean and quantiles) come in groups. The first of a group is kept to the
seven digits of a four-byte float. The others lie around it, so each is kept as a whole number of steps from it, in one
byte: the step is the least power of two with which all of the group lie within 80 steps below and 174 above, since
quantiles reach further above a mean than below it. So each is off by half a step, at most an 80th of how far the
furthest one lies from the mean. Columns that are no whole groups are kept as four-byte floats.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from backend.arrays import Floats
from backend.stores.contract import TIME, Measurement

Rows = npt.NDArray[np.void]

FLOAT4 = np.dtype("<f4")
BELOW, ABOVE = 80, 174
UNKNOWN = 255
PIECE = 8_192  # groups rounded at once: it takes ten times their memory


@dataclass(frozen=True)
class Layout:
    """What the bytes of a row are: four-byte floats of `names`, or groups of `quantities` for each of `suffixes`."""

    names: tuple[str, ...]
    quantities: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        if not self.quantities:
            return json.dumps(list(self.names))
        return json.dumps({"quantities": list(self.quantities), "suffixes": list(self.suffixes)})

    @classmethod
    def of_text(cls, text: str) -> "Layout":
        content = json.loads(text)
        if isinstance(content, list):
            return cls(tuple(content))
        return cls.of_groups(tuple(content["quantities"]), tuple(content["suffixes"]))

    @classmethod
    def of_groups(cls, quantities: tuple[str, ...], suffixes: tuple[str, ...]) -> "Layout":
        return cls(tuple(f"{name}_{suffix}" for suffix in suffixes for name in quantities), quantities, suffixes)

    @property
    def row(self) -> np.dtype[np.void]:
        if not self.quantities:
            return np.dtype((FLOAT4, (len(self.names),)))
        others = len(self.quantities) - 1
        return np.dtype(([("first", FLOAT4), ("exponent", "i1"), ("codes", "u1", (others,))], (len(self.suffixes),)))

    def packed(self, table: pd.DataFrame) -> list[bytes]:
        """The bytes of every row of a table that has the columns `names`."""
        values = table[list(self.names)].to_numpy(dtype=np.float64)
        rows = _encoded(self, values) if self.quantities else values.astype(FLOAT4)
        raw, width = rows.tobytes(), self.row.itemsize
        return [raw[start : start + width] for start in range(0, len(raw), width)]

    def unpacked(self, rows: Iterable[bytes]) -> Floats:
        """(rows, names)"""
        read = np.frombuffer(b"".join(rows), dtype=self.row.base).reshape(-1, *self.row.shape)
        return _decoded(read) if self.quantities else read.astype(np.float64)


def layout_of(measurement: Measurement, table: pd.DataFrame) -> Layout:
    """How the table's columns are kept, beside its tags and time."""
    names = tuple(str(name) for name in table.columns if name not in (*measurement.tags, TIME))
    suffixes = tuple(dict.fromkeys(name.rpartition("_")[2] for name in names))
    grouped = Layout.of_groups(measurement.groups, suffixes)
    return grouped if measurement.groups and set(grouped.names) == set(names) else Layout(names)


def as_kept(measurement: Measurement, table: pd.DataFrame) -> pd.DataFrame:
    """The columns that are no tag and no time, rounded as they are kept."""
    layout = layout_of(measurement, table)
    return pd.DataFrame(layout.unpacked(layout.packed(table)), columns=list(layout.names), index=table.index)


def groups_as_kept(values: Floats) -> Floats:
    """Groups of a quantity and its companions (groups, quantities), rounded as they are kept."""
    layout = Layout.of_groups(tuple(str(place) for place in range(values.shape[1])), ("",))
    starts = range(0, len(values), PIECE) or [0]
    return np.concatenate([_decoded(_encoded(layout, values[start : start + PIECE])) for start in starts])


def _encoded(layout: Layout, values: Floats) -> Rows:
    groups = values.reshape(len(values), len(layout.suffixes), len(layout.quantities))
    rows = np.zeros((len(values), *layout.row.shape), dtype=layout.row.base)
    rows["first"] = groups[:, :, 0]
    first, others = rows["first"].astype(np.float64)[:, :, None], groups[:, :, 1:]
    exponent = _exponents(others - first)
    for _ in range(2):  # the first guess is half of what is needed or a little less, as what was rounded once needs
        counts = _steps(others, exponent) - _steps(first, exponent)
        exponent = exponent + np.any((counts < -BELOW) | (counts > ABOVE), axis=2, keepdims=True)
    counts = _steps(others, exponent) - _steps(first, exponent)
    rows["exponent"] = exponent[:, :, 0]
    rows["codes"] = np.where(np.isfinite(counts), counts + BELOW, UNKNOWN)
    return rows


def _exponents(offsets: Floats) -> Floats:
    """Of a step that is too small for a group, by one or two: (rows, groups, 1)."""
    reach = np.maximum(offsets / ABOVE, -offsets / BELOW)
    needed = np.where(np.isfinite(offsets), reach, 0.0).max(axis=2, keepdims=True)
    return np.asarray(np.clip(np.ceil(np.log2(np.maximum(needed, 2.0**-120))) - 1.0, -120, 120))


def _steps(values: Floats, exponent: Floats) -> Floats:
    return np.asarray(np.rint(values * 2.0**-exponent))


def _decoded(rows: Rows) -> Floats:
    first, exponent = rows["first"].astype(np.float64)[:, :, None], rows["exponent"].astype(np.float64)[:, :, None]
    codes = rows["codes"].astype(np.float64)
    counts = np.where(codes == UNKNOWN, np.nan, codes - BELOW)
    others = (_steps(first, exponent) + counts) * 2.0**exponent
    groups = np.concatenate([first, others], axis=2)
    return groups.reshape(len(rows), groups.shape[1] * groups.shape[2])
