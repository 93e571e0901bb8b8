"""How far the rows of a series are apart."""

from dataclasses import dataclass, field

import numpy as np

from backend.arrays import Floats, Ints
from backend.ingest.windows import find_step

SPAN_SHARE, SPAN_ROWS, SPAN_RUN = 0.05, 10, 8  # of the rows, rows, and rows in a row that make a step one of several


@dataclass(frozen=True)
class Steps:
    """`step`: the commonest distance of a row to the next (seconds), or the middle one where none is common. `own`: of
    every row. `several`: steps of long spans of the file, if it has more than one. `absent_share`: of the rows that a
    step each would make."""

    step: float
    regular: bool
    middle: float
    own: Floats
    absent_share: float = 0.0
    several: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        return max([self.step, *self.several])


def find_steps(ticks: Ints, parts: Ints | None, ticks_per_second: int) -> Steps:
    """The steps of rows that are sorted by part and time."""
    follows = np.ones(max(len(ticks) - 1, 0), np.bool_) if parts is None else parts[1:] == parts[:-1]
    gaps = np.diff(ticks)[follows]
    gaps = gaps[gaps > 0]
    distinct = np.unique(ticks)
    if len(gaps) == 0:  # each part has one row: the times of all together
        gaps = np.diff(distinct)
    step, regular = find_step(np.concatenate([[0], np.cumsum(gaps)]), ticks_per_second)
    middle = float(np.median(np.diff(distinct))) / ticks_per_second
    own = np.full(len(ticks), step)
    several: list[float] = []
    if parts is None and len(ticks) > 2 * SPAN_ROWS:
        several = steps_of_spans(np.diff(ticks) / ticks_per_second)
    if len(several) > 1:
        own = _own_steps(np.diff(ticks) / ticks_per_second, several)
    slots = (distinct[-1] - distinct[0]) / (step * ticks_per_second) + 1
    return Steps(step, regular, middle, own, float(max(0.0, 1 - len(distinct) / slots)) if regular else 0.0, several)


def step_notes(steps: Steps, wanted: int, window: int) -> list[str]:
    """What is said of the steps, and of the windows that they make where others were wanted."""
    notes = []
    if not steps.regular and len(steps.several) < 2:
        notes.append(f"The times are irregular; the median interval of {steps.step:g} s was used as the step.")
    if len(steps.several) > 1:
        shown = " and ".join(f"{step:g} s" for step in steps.several)
        notes.append(f"The rows are {shown} apart in different spans: each counts for its own.")
    if window != wanted:
        notes.append(f"The rows are {steps.longest:g} s apart, so the windows are {window} s instead of {wanted} s.")
    elif round(steps.longest) != window:
        notes.append(f"The rows are {steps.longest:g} s apart; each window of {window} s is the average of its rows.")
    return notes


def steps_of_spans(gaps: Floats) -> list[float]:
    """Steps that long spans of rows have; one that stands only here and there is a row that is absent."""
    rounded = np.rint(gaps)
    starts = np.append(True, np.diff(rounded) != 0)
    found = []
    for step in np.unique(rounded[starts]).tolist():
        rows = rounded == step
        count, runs = int(np.count_nonzero(rows)), int(np.count_nonzero(rows & starts))
        if step > 0 and count >= max(SPAN_ROWS, SPAN_SHARE * len(gaps)) and count >= SPAN_RUN * runs:
            found.append(step)
    return found


def _own_steps(gaps: Floats, several: list[float]) -> Floats:
    """The distance of every row to the next where that is a step, else as the row before."""
    steps = np.where(np.isin(np.rint(gaps), several), np.rint(gaps), np.nan)
    own = np.append(steps, np.nan)
    places = np.maximum.accumulate(np.where(np.isnan(own), 0, np.arange(len(own))))
    own = own[places]
    return np.where(np.isnan(own), several[0], own)
