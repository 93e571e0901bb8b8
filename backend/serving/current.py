"""The newest forecast of a series with the one that is served of it."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from backend.measurements import read_points
from backend.models.catalog import MODELS
from backend.models.intervals import LEVELS
from backend.models.selection import CANDIDATES, LOOKBACK, Choice, choose, naive_candidate
from backend.presenters import forecast_view, on_grid, trend
from backend.schemas import Forecast, SeriesStatus, Served, ServedPoint
from backend.serving.issued import issued_for
from backend.stores import SeriesRecord, Store

LEVEL_NAMES = [f"p{round(100 * level)}" for level in LEVELS]


class CurrentForecasts:
    """Thread-safe: it keeps nothing, so a restart or another backend comes to the same choice."""

    def __init__(self, store: Store, min_windows: int, horizons: Sequence[int]) -> None:
        self._store = store
        self._min_windows = min_windows
        self._horizons = horizons

    def newest(self, stored: SeriesRecord, status: SeriesStatus) -> Forecast | None:
        """The newest forecast of a series, or None where none was made."""
        view = forecast_view(self._store, stored, status, self._min_windows)
        if view is None:
            return None
        window = timedelta(seconds=stored.window_seconds)
        start = stored.last - LOOKBACK * window
        points = on_grid(read_points(self._store, stored.key, start, None), stored.window_seconds)
        if points.empty:
            return None
        issued = issued_tables(self._store, stored, points, self._horizons)
        made = {
            horizon: {model: table["mean"] for model, table in models.items()} for horizon, models in issued.items()
        }
        choice = choose(points["actual_rps"], made)
        return view.model_copy(update={"served": _served(choice, view, points["actual_rps"])})


def issued_tables(
    store: Store,
    stored: SeriesRecord,
    points: pd.DataFrame,
    horizons: Sequence[int],
    quantities: Sequence[str] = ("mean",),
) -> dict[int, dict[str, pd.DataFrame]]:
    """What was issued for the windows of `points`: by horizon (windows) and model a table on the points' index."""
    index = pd.DatetimeIndex(points.index)
    tables = issued_for(store, stored.key, index, stored.window_seconds, horizons, quantities)
    return {horizon: models for horizon, models in tables.items() if len(models) == len(MODELS)}


def _served(choice: Choice, view: Forecast, rates: pd.Series) -> Served:
    rows = [point for point in view.points if point.model == "lgbm_plus"]
    if choice.model in ("lgbm_plus", "lgbm"):
        rows = [point for point in view.points if point.model == choice.model]
        points = [ServedPoint.model_validate(point.model_dump(exclude={"model"})) for point in rows]
    else:
        points = [_naive_point(point.model_dump(), rates, choice.model, view.window_seconds) for point in rows]
    errors = {name: choice.errors[name] for name in CANDIDATES if name in choice.errors}
    return Served.model_validate({"model": choice.model, "reason": choice.reason, "errors": errors, "points": points})


def _naive_point(point: dict[str, object], rates: pd.Series, name: str, window_seconds: int) -> ServedPoint:
    horizon = int(str(point["horizon"]))
    candidate = naive_candidate(rates, horizon, name, pd.Timedelta(window_seconds, "s"))
    quantiles = dict(zip(LEVEL_NAMES, np.asarray(candidate.quantiles).tolist(), strict=True))
    against = trend(candidate.mean, rates.iloc[-1])
    return ServedPoint.model_validate({**point, **quantiles, "mean": candidate.mean, "trend": against})
