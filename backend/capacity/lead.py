"""How long a decision takes until its replicas serve, from times that were measured."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

LEVEL = 0.9  # of lead times: one start in ten may be later


@dataclass(frozen=True)
class Lead:
    """seconds: planned with. samples: how many it was taken from, 0 where it was given. margin: by how much the
    slowest of them was later (seconds)."""

    seconds: float
    samples: int = 0
    margin: float = 0.0

    @property
    def sentence(self) -> str:
        """What it was taken from; empty where it was given."""
        if not self.samples:
            return ""
        times = "time" if self.samples == 1 else "times"
        slowest = f"; the slowest took {self.margin:g} s more" if self.margin else ""
        return f"The lead of {self.seconds:g} s is the P90 of {self.samples} {times} measured{slowest}."


def lead_of(samples: Sequence[float]) -> Lead:
    """The 90th percentile of measured lead times (seconds; nearest rank, so that it is one that occurred)."""
    ordered = sorted(samples)
    seconds = ordered[ceil(LEVEL * len(ordered)) - 1]
    return Lead(seconds, len(ordered), ordered[-1] - seconds)


def samples_of(text: str) -> list[str]:
    """The numbers of a query, a command line or a CSV column: separated by commas or lines, a header left out."""
    cells = [cell for cell in re.split(r"[,;\s]+", text) if cell]
    return cells[1:] if cells and not re.match(r"[-+.\d]", cells[0]) else cells
