"""Traffic most of whose windows are empty: thinned from a trace, or drawn at random."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

MOST = 20_160  # windows of a thinned trace: two weeks of minutes
DRAWN = 10_080


@dataclass(frozen=True)
class Drawn:
    """Windows that hold something with the probability 1 - empty, likelier at some hours where daily."""

    title: str
    empty: float
    daily: bool


KINDS = tuple(
    Drawn(f"drawn, {empty:.0%} empty{', daily' if daily else ''}", empty, daily)
    for empty in (0.6, 0.8, 0.95)
    for daily in (False, True)
)


def thinned_until_empty(frame: pd.DataFrame, empty: float) -> pd.DataFrame:
    """Requests of the first MOST windows kept with the same probability, so that this share of windows holds none."""
    frame = frame.iloc[:MOST]
    seconds = (frame.index[1] - frame.index[0]).total_seconds()
    counts = np.rint(frame["actual_rps"].to_numpy() * seconds)
    known = np.isfinite(counts)
    low, high = 0.0, 1.0  # the share falls with the probability
    for _ in range(40):
        kept = (low + high) / 2
        low, high = (kept, high) if np.mean((1.0 - kept) ** counts[known]) > empty else (low, kept)
    left = np.random.default_rng(1).binomial(np.where(known, counts, 0).astype(np.int64), high)
    return pd.DataFrame({"actual_rps": np.where(known, left, np.nan) / seconds}, index=frame.index)


def drawn() -> Iterator[tuple[Drawn, pd.DataFrame]]:
    """A week of minutes of each: lognormal sizes in the windows that hold something."""
    for number, kind in enumerate(KINDS):
        random = np.random.default_rng(number)
        index = pd.date_range("2022-03-01", periods=DRAWN, freq="min", tz="UTC")
        hours = np.exp(0.8 * np.sin(2 * np.pi * np.arange(DRAWN) / 1_440)) if kind.daily else np.ones(DRAWN)
        stirring = random.random(DRAWN) < np.minimum((1.0 - kind.empty) * hours / hours.mean(), 1.0)
        yield kind, pd.DataFrame({"actual_rps": np.where(stirring, random.lognormal(0, 0.6, DRAWN), 0.0)}, index=index)
