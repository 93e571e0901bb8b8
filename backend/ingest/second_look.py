"""What the whole of a file says otherwise than its first rows: numbers in another style, and parts that come later."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from backend.ingest.cells import is_text, texts
from backend.ingest.columns import Plan, column_style
from backend.ingest.numbers import NOT_A_NUMBER, Masks, NumberStyle
from backend.ingest.readers.base import FileReader
from backend.ingest.series import SeriesRows

MOST_CELLS = 1_000  # of a column that are remembered


class OtherPlan(Exception):
    """The rows are to be read by another plan."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("the whole file says otherwise than its first rows")
        self.plan = plan


@dataclass
class SecondLook:
    """Cells that the style of the first rows does not fit, by column."""

    plan: Plan
    strange: dict[str, list[str]] = field(default_factory=dict)

    def at(self, name: str, column: pa.Array[Any], values: npt.NDArray[np.float64], bad: Masks) -> None:
        """Remember the cells of a batch that are no numbers, or of counts no whole ones."""
        if not is_text(column.type) or len(self.strange.get(name, ())) >= MOST_CELLS:
            return
        strange = next((mask for reason, mask in bad if reason == NOT_A_NUMBER), np.zeros(len(values), np.bool_))
        if self.plan.unit == "count":
            strange = strange | (np.isfinite(values) & (values != np.rint(values)))
        if strange.any():
            self.strange.setdefault(name, []).extend(texts(column.filter(pa.array(strange)).slice(0, MOST_CELLS)))

    def check(self, source: FileReader, rows: SeriesRows) -> None:
        """Raise OtherPlan where the cells are numbers of another style, or rows of one time may be parts."""
        styles = tuple(
            self._style(source, name, style) for name, style in zip(self.plan.values, self.plan.styles, strict=True)
        )
        if styles != self.plan.styles:
            raise OtherPlan(replace(self.plan, styles=styles))
        constants = [name for name in self.plan.constants if name not in (*self.plan.labels, *self.plan.values)]
        if constants and _repeat(rows):
            labels = (*self.plan.labels, *constants)
            raise OtherPlan(replace(self.plan, labels=labels, constants=()))

    def _style(self, source: FileReader, name: str, style: NumberStyle) -> NumberStyle:
        numbers = [cell for cell in self.strange.get(name, ()) if column_style(source, name, [cell]) is not None]
        if not numbers:
            return style
        other = column_style(source, name, [*texts(source.sample([name])[name]), *numbers])
        return style if other is None or other.doubtful or other.unit.role == "measure" else other


def _repeat(rows: SeriesRows) -> bool:
    """Whether a time has several rows of one part."""
    times, places = np.unique(rows.ticks, return_inverse=True)
    if len(times) == len(rows.ticks):
        return False
    return rows.groups is None or len(np.unique(places * (int(rows.groups.max()) + 1) + rows.groups)) < len(places)
