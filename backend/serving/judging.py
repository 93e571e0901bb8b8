"""Windows of many live series, judged together as they come."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from backend.arrays import Floats
from backend.models.anomalies import judge_newest
from backend.models.surprise import WIDEST, Forecast, reach
from backend.models.tail import BLOCK
from backend.models.trailing_stats import Grid
from backend.serving.points import score_columns
from backend.serving.stream import SeriesStream
from backend.serving.watch import surprises_of
from backend.stores import Store

Pasts = dict[SeriesStream, tuple[int, Floats]]  # the first window, and the rates from there on
TOGETHER = 64  # series that are judged at once: each takes 0.3 MB meanwhile


class Judged(NamedTuple):
    """scores: by series and window its columns of a point. surprises: the blocks that the windows lie in, as the store
    takes them."""

    scores: dict[tuple[str, int], dict[str, float]]
    surprises: pd.DataFrame


def judge_windows(store: Store, window_seconds: int, streams: Mapping[SeriesStream, Mapping[int, float]]) -> Judged:
    """Judge these windows, of each stream by number the rate, which it need not have yet.

    A window that is corrected changes what its block was like, but no score of another window, as it changes no
    forecast.
    """
    groups: dict[int, list[SeriesStream]] = defaultdict(list)  # by their last window: of one block
    pasts: Pasts = {}
    before = reach(Grid.of_seconds(window_seconds, 0))
    for stream, rates in streams.items():
        newest = max(stream.newest, max(rates))
        first = min(rates) // BLOCK * BLOCK - before
        if not stream.has_at_hand(first):
            pasts[stream] = first, stream.past(store, first, newest + 1)
        for block in {window // BLOCK for window in rates}:
            groups[min((block + 1) * BLOCK - 1, newest)].append(stream)
    scores: dict[tuple[str, int], dict[str, float]] = {}
    keys, blocks, maxima = [], [], []
    parts = (
        (last, members[at : at + TOGETHER])
        for last, members in sorted(groups.items())
        for at in range(0, len(members), TOGETHER)
    )
    for last, members in parts:
        block = last // BLOCK
        for stream, columns in zip(members, _judged(store, window_seconds, streams, pasts, members, last), strict=True):
            for window in streams[stream]:
                if window // BLOCK == block:
                    row = window - block * BLOCK
                    scores[stream.key.name, window] = {name: float(column[row]) for name, column in columns.items()}
            keys.append(stream.key)
            blocks.append(block)
            maxima.append(stream.watch.memory.span(block, block + 1))
    return Judged(scores, surprises_of(keys, window_seconds, blocks, np.concatenate(maxima, axis=1)))


def _judged(
    store: Store,
    window_seconds: int,
    streams: Mapping[SeriesStream, Mapping[int, float]],
    pasts: Pasts,
    members: list[SeriesStream],
    last: int,
) -> list[dict[str, Floats]]:
    """By series the columns of a block's windows up to `last`."""
    begin, stop = last // BLOCK * BLOCK, last + 1
    first = begin - reach(Grid.of_seconds(window_seconds, 0))
    rates = np.empty((len(members), stop - first))
    for own, stream in zip(rates, members, strict=True):
        begun, past = pasts.get(stream) or (first, stream.rates(first, stop))
        own[:] = past[first - begun : stop - begun]
        for window, rate in streams[stream].items():
            if first <= window < stop:
                own[window - first] = rate
    forecasts = [stream.watch.forecasts(store, stream.key, begin - WIDEST + 1, stop) for stream in members]
    together = {
        horizon: Forecast(*(np.stack(parts) for parts in zip(*(each[horizon] for each in forecasts), strict=True)))
        for horizon in members[0].watch.horizons
    }
    grid, memories = Grid.of_seconds(window_seconds, first), [stream.watch.memory for stream in members]
    columns = score_columns(judge_newest(memories, rates, grid, together, stop - begin))
    return [{name: column[place] for name, column in columns.items()} for place in range(len(members))]
