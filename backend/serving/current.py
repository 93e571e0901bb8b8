"""The newest forecast of a series, and which of its candidates is served at each horizon."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pandas as pd

from backend.measurements import read_rates
from backend.models import catalog
from backend.models.features import MAX_AGE
from backend.models.frames import by_level
from backend.models.selection import LOOKBACK, Selection, baseline_forecast, choose
from backend.schemas import Forecast, ForecastPoint, SeriesStatus, ServedPoint
from backend.serving.issued import issued_for
from backend.serving.past import ServedPast, served_past
from backend.serving.presenters import forecast_view, on_grid, selection_reason, trend
from backend.stores import SeriesRecord, Store


class CurrentForecasts:
    """Thread-safe: it keeps nothing, so a restart or another backend comes to the same selection.

    min_windows: known windows below which a series is warming up; horizons: those that are forecast, in windows;
    learning: whether a series is forecast from its newest windows alone meanwhile.
    """

    def __init__(
        self,
        store: Store,
        min_windows: int,
        horizons: Sequence[int],
        learning: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._store = store
        self._min_windows = min_windows
        self.horizons = horizons
        self._learning = learning

    def highest_rate(self, stored: SeriesRecord, since: datetime) -> float:
        """The highest rate of a series from a window on; 0 where none is known."""
        rates = read_rates(self._store, stored.key, since, None)
        return 0.0 if rates.empty else float(rates.max())

    def past(self, stored: SeriesRecord, start: datetime, stop: datetime) -> ServedPast:
        """What was served at the origins in [start, stop]."""
        return served_past(self._store, stored, self.horizons, start, stop)

    def newest(self, stored: SeriesRecord, status: SeriesStatus, until: datetime | None = None) -> Forecast | None:
        """The newest forecast of a series, or None where there is none.

        `until`: as it was at that origin, from what was known of the windows before it.
        """
        window = timedelta(seconds=stored.window_seconds)
        if until is not None:
            known = read_rates(self._store, stored.key, until - LOOKBACK * window, until)
            if known.empty:
                return None
            stored = replace(stored, last=known.index[-1].to_pydatetime())
        view = forecast_view(self._store, stored, status, max(self.horizons), until)
        if view is None:
            return None
        start = stored.last - (LOOKBACK - 1) * window
        rates = on_grid(read_rates(self._store, stored.key, start, until), stored.window_seconds)
        if rates.empty:
            return None
        tables = issued_tables(self._store, stored, rates.to_frame(), self.horizons)
        served, learning = _served(view, rates, tables), self._learning(stored.name)
        warming_up = self._warming_up(stored, view.issued_at, int(rates.notna().sum()))
        return view.model_copy(update={"served": served, "learning": learning, "warming_up": warming_up})

    def _warming_up(self, stored: SeriesRecord, issued_at: datetime, newest: int) -> bool:
        """Whether too few of the windows that models are weighed by are known, of which `newest` lie nearest."""
        if newest >= self._min_windows:
            return False
        start = issued_at - MAX_AGE * timedelta(seconds=stored.window_seconds)
        return len(read_rates(self._store, stored.key, start, issued_at)) < self._min_windows


def issued_tables(
    store: Store,
    stored: SeriesRecord,
    points: pd.DataFrame,
    horizons: Sequence[int],
    quantities: Sequence[str] = ("mean",),
) -> dict[int, dict[str, pd.DataFrame]]:
    """What was issued for the windows of `points`: by horizon (windows) and model a table on the points' index.

    Only what was issued for one of these windows at least: a model that came to the catalog later is absent, so that
    the others are still scored.
    """
    index = pd.DatetimeIndex(points.index)
    tables = issued_for(store, stored.key, index, stored.window_seconds, horizons, quantities)
    issued: dict[int, dict[str, pd.DataFrame]] = {}
    for horizon, models in tables.items():
        for key in catalog.model_keys():
            if key in models and models[key]["mean"].notna().any():
                issued.setdefault(horizon, {})[key] = models[key]
    return issued


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
