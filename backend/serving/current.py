"""The newest forecast of a series with the one that is served of it."""

from datetime import timedelta

import numpy as np
import pandas as pd

from backend.models.intervals import LEVELS
from backend.models.selection import CANDIDATES, LOOKBACK, Choice, choose, naive_candidate
from backend.presenters import forecast_view, on_grid, trend
from backend.schemas import Forecast, SeriesStatus, Served, ServedPoint
from backend.stores import Store, StoredSeries

LEVEL_NAMES = [f"p{round(100 * level)}" for level in LEVELS]


class CurrentForecasts:
    """Thread-safe: it keeps nothing, so a restart or another backend comes to the same choice."""

    def __init__(self, store: Store, min_windows: int) -> None:
        self._store = store
        self._min_windows = min_windows

    def newest(self, stored: StoredSeries, status: SeriesStatus) -> Forecast | None:
        """The newest forecast of a series, or None where none was made."""
        view = forecast_view(self._store, stored, status, self._min_windows)
        if view is None:
            return None
        window = timedelta(seconds=stored.window_seconds)
        start = stored.last - LOOKBACK * window
        points = on_grid(self._store.read_points(stored.key, start, None), stored.window_seconds)
        if points.empty:
            return None
        made = self._issued(stored, points) if status != "historic" else {1: _stored_predictions(points)}
        choice = choose(points["actual_rps"], made)
        return view.model_copy(update={"served": _served(choice, view, points["actual_rps"])})

    def _issued(self, stored: StoredSeries, points: pd.DataFrame) -> dict[int, dict[str, pd.Series]]:
        return {
            horizon: {model: table["mean"] for model, table in models.items()}
            for horizon, models in issued_tables(self._store, stored, points).items()
        }


def issued_tables(store: Store, stored: StoredSeries, points: pd.DataFrame) -> dict[int, dict[str, pd.DataFrame]]:
    """What was issued for the windows of `points`: by horizon (windows) and model a table on the points' index."""
    stop = points.index[-1] + timedelta(seconds=stored.window_seconds)
    rows = store.read_forecasts(stored.key, points.index[0].to_pydatetime(), stop.to_pydatetime())
    tables: dict[int, dict[str, pd.DataFrame]] = {}
    for horizon in sorted(rows["horizon_seconds"].unique().tolist()):
        for model, part in rows[rows["horizon_seconds"] == horizon].groupby("model"):
            table = part.set_index("timestamp").reindex(points.index)
            tables.setdefault(horizon // stored.window_seconds, {})[str(model)] = table
    return {horizon: models for horizon, models in tables.items() if len(models) == 2}


def _stored_predictions(points: pd.DataFrame) -> dict[str, pd.Series]:
    """One window ahead is all that is stored of every window of a file."""
    return {"lgbm_plus": points["predicted_rps_model1"], "lgbm": points["predicted_rps_model2"]}


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
