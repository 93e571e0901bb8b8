"""How long a decision takes until its replicas serve, from times that were measured."""

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


def lead_of(samples: Sequence[float]) -> Lead:
    """The 90th percentile of measured lead times (seconds; nearest rank, so that it is one that occurred)."""
    ordered = sorted(samples)
    seconds = ordered[ceil(LEVEL * len(ordered)) - 1]
    return Lead(seconds, len(ordered), ordered[-1] - seconds)
