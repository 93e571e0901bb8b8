"""The newest forecast of a series, and which of its candidates is served at each horizon."""

from collections.abc import Mapping
from datetime import timedelta

import pandas as pd

from backend.models import catalog
from backend.models.frames import by_level
from backend.models.selection import LOOKBACK, Selection, baseline_forecast, choose
from backend.presenters import forecast_view, on_grid, selection_reason, trend
from backend.schemas import Forecast, ForecastPoint, SeriesStatus, ServedPoint
from backend.stores import Store, StoredSeries


class CurrentForecasts:
    """Thread-safe: it keeps nothing, so a restart or another backend comes to the same selection.

    min_windows: known windows below which a series is warming up; longest_horizon: in windows.
    """

    def __init__(self, store: Store, min_windows: int, longest_horizon: int) -> None:
        self._store = store
        self._min_windows = min_windows
        self._longest_horizon = longest_horizon

    def newest(self, stored: StoredSeries, status: SeriesStatus) -> Forecast | None:
        """The newest forecast of a series, or None where there is none."""
        view = forecast_view(self._store, stored, status, self._min_windows, self._longest_horizon)
        if view is None:
            return None
        window = timedelta(seconds=stored.window_seconds)
        start = stored.last - LOOKBACK * window
        points = on_grid(self._store.read_points(stored.key, start, None), stored.window_seconds)
        if points.empty:
            return None
        live = status != "historic"
        tables = issued_tables(self._store, stored, points) if live else {1: _stored_predictions(points)}
        return view.model_copy(update={"served": _served(view, points["actual_rps"], tables)})


def issued_tables(store: Store, stored: StoredSeries, points: pd.DataFrame) -> dict[int, dict[str, pd.DataFrame]]:
    """What was issued for the windows of `points`: by horizon (windows) and model a table on the points' index.

    Horizons at which every model of the catalog was issued for one of these windows at least.
    """
    stop = points.index[-1] + timedelta(seconds=stored.window_seconds)
    rows = store.read_forecasts(stored.key, points.index[0].to_pydatetime(), stop.to_pydatetime())
    keys = catalog.model_keys()
    tables: dict[int, dict[str, pd.DataFrame]] = {}
    for horizon in sorted(rows["horizon_seconds"].unique().tolist()):
        by_model = dict(list(rows[rows["horizon_seconds"] == horizon].groupby("model")))
        if by_model.keys() >= set(keys):
            tables[horizon // stored.window_seconds] = {
                key: by_model[key].set_index("timestamp").reindex(points.index) for key in keys
            }
    return tables


def _stored_predictions(points: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """One window ahead is all that is stored of every window of a file."""
    return {model.key: points[[model.column]].set_axis(["mean"], axis=1) for model in catalog.MODELS}


def _served(view: Forecast, rates: pd.Series, tables: Mapping[int, Mapping[str, pd.DataFrame]]) -> list[ServedPoint]:
    served = []
    for horizon in sorted({point.horizon for point in view.points}):
        means = {key: table["mean"] for key, table in tables.get(horizon, {}).items()}
        selection = choose(rates, horizon, means)
        points = {point.model: point for point in view.points if point.horizon == horizon}
        values = _selected(selection, points, rates, view.window_seconds)
        if values:
            reason = selection_reason(selection)
            served.append(ServedPoint.model_validate({**values, "reason": reason, "errors": selection.errors}))
    return served


def _selected(
    selection: Selection, points: Mapping[str, ForecastPoint], rates: pd.Series, window_seconds: int
) -> dict[str, object]:
    """The selected forecast at the horizon of `points`, one a model; empty where a selected model has none there."""
    if selection.model in catalog.model_keys():
        return points[selection.model].model_dump() if selection.model in points else {}
    point = next(iter(points.values()))
    forecast = baseline_forecast(rates, point.horizon, selection.model, pd.Timedelta(window_seconds, "s"))
    return point.model_dump() | {
        "model": selection.model,
        "mean": forecast.mean,
        "trend": trend(forecast.mean, rates.iloc[-1]),
        **by_level(forecast.quantiles),
    }
