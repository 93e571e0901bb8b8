"""What would have been said of a file's windows as they came: forecasts at every origin, and each window's score."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from backend.arrays import Floats
from backend.models.anomalies import HORIZONS, judge
from backend.models.catalog import PREFERRED
from backend.models.frames import ForecastTables, series_of
from backend.models.predictor import RPSEstimator
from backend.models.surprise import WIDEST, Forecast, reach
from backend.models.tail import BLOCK, Memory
from backend.models.trailing_sums import shift
from backend.serving.issued import forecasts_as_kept
from backend.serving.points import predicted_points
from backend.serving.watch import JUDGED_BY

FORECAST_ROWS = BLOCK + WIDEST + max(HORIZONS)  # before a piece whose forecasts its scores look at
PIECE = (40_000 - FORECAST_ROWS) // BLOCK * BLOCK  # windows at a time: an import of any size holds 640 MB so


@dataclass(frozen=True)
class Piece:
    """Some windows of a series. points: POINT_FIELDS columns. maxima: of surprises by block (kinds, blocks), from
    number `first_block` on. forecasts: what was forecast from the end of those that are kept; empty where none are."""

    points: pd.DataFrame
    first_block: int
    maxima: Floats
    forecasts: ForecastTables


def rolling_pieces(
    estimator: RPSEstimator,
    frame: pd.DataFrame,
    first: int,
    kept_from: int,
    memory: Memory,
    advance: Callable[[float], None],
) -> Iterator[Piece]:
    """The windows of a frame from row `first` on, in pieces that bounded memory allows, each from a block's start on:
    together they are what one piece would be.

    kept_from: the row from which on the forecasts of every horizon are made; before it only those that a score looks
    at. memory: what is known of the surprises before; afterwards of these, too. advance: told of the windows' worth of
    work done, after each horizon.
    """
    _, grid = series_of(frame)
    before = reach(grid) + BLOCK  # windows that a score looks at, from the first of its block on
    start = first
    while start < len(frame):
        stop = min((grid.first + start + PIECE) // BLOCK * BLOCK - grid.first, len(frame))
        made = _made(estimator, frame, start, stop, kept_from, advance)
        judged = _judged(frame.iloc[max(0, start - before) : stop], stop - start, made, memory)
        yield Piece(*judged, _newest(made, stop - max(start, kept_from)))
        start = stop


def _made(
    estimator: RPSEstimator,
    frame: pd.DataFrame,
    start: int,
    stop: int,
    kept_from: int,
    advance: Callable[[float], None],
) -> ForecastTables:
    made: dict[int, Mapping[str, pd.DataFrame]] = {}
    for horizon in estimator.horizons:
        first = max(0, start - FORECAST_ROWS) if horizon in HORIZONS else max(start, kept_from)
        if first < stop:
            made[horizon] = estimator.forecasts_at(frame.iloc[:stop], horizon, first)
        advance((stop - start) / len(estimator.horizons))
    return made


def _newest(made: ForecastTables, rows: int) -> ForecastTables:
    if rows <= 0:
        return {}
    return {horizon: {model: table.iloc[-rows:] for model, table in tables.items()} for horizon, tables in made.items()}


def _judged(frame: pd.DataFrame, rows: int, made: ForecastTables, memory: Memory) -> tuple[pd.DataFrame, int, Floats]:
    """Points of a frame's last `rows` windows, the number of the first block of these, and their maxima."""
    rates, grid = series_of(frame)
    by_target = {}
    for horizon in HORIZONS:
        if horizon in made:
            columns = forecasts_as_kept(made[horizon][PREFERRED.key])[list(JUDGED_BY)].to_numpy()
            by_target[horizon] = Forecast(*shift(columns.T, horizon, np.nan))
    scores, first_block, maxima = judge(rates, grid, by_target, memory, rows)
    return predicted_points(frame, made.get(1, {}), scores).iloc[len(frame) - rows :], first_block, maxima
