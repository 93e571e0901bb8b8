"""More kinds of traffic from the traces at hand: longer windows, thinner traffic, series without history."""

import zlib

import numpy as np
import pandas as pd

RESAMPLED = ("5min", "30min", "1h")
THINNED_COUNTS = (200.0, 10.0)  # mean requests a window after thinning
PIECE_WINDOWS = 240
PIECES = 12


def variants(name: str, frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """`frame` and its variants, each a series of its own; the same name and frame give the same ones."""
    series = [(name, frame)]
    random = np.random.default_rng(zlib.crc32(name.encode()))
    step = frame.index[1] - frame.index[0]
    for count in THINNED_COUNTS:
        if frame["actual_rps"].mean() * step.total_seconds() > 3 * count:
            series.append((f"{name}, thinned to {count:g} a window", thinned(frame, count, random)))
    for window in RESAMPLED:
        if pd.Timedelta(window) > step:
            series.append((f"{name}, {window}", resampled(frame, window)))
    for source, longer in list(series):
        starts = random.integers(0, max(1, len(longer) - PIECE_WINDOWS), PIECES)
        series.extend((f"{source}, piece", longer.iloc[start : start + PIECE_WINDOWS]) for start in np.sort(starts))
    return series


def thinned(frame: pd.DataFrame, mean_count: float, random: np.random.Generator) -> pd.DataFrame:
    """Each request kept with the same probability, so that a window holds `mean_count` on average."""
    seconds = (frame.index[1] - frame.index[0]).total_seconds()
    counts = np.rint(frame["actual_rps"].to_numpy() * seconds)
    known = np.isfinite(counts)
    kept = random.binomial(np.where(known, counts, 0).astype(np.int64), mean_count / np.nanmean(counts))
    return pd.DataFrame({"actual_rps": np.where(known, kept, np.nan) / seconds}, index=frame.index)


def resampled(frame: pd.DataFrame, window: str) -> pd.DataFrame:
    """Mean rate of longer windows, unknown where a fifth or more of a window is."""
    groups = frame["actual_rps"].resample(window)
    known = groups.count() / (pd.Timedelta(window) / (frame.index[1] - frame.index[0]))
    return pd.DataFrame({"actual_rps": groups.mean().where(known > 0.8)})
