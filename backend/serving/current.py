"""The newest forecast of a series, and which of its candidates is served at each horizon."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd

from backend.measurements import STALE_WINDOWS, on_grid, read_rates
from backend.models import catalog
from backend.models.features import MAX_AGE
from backend.models.frames import by_level
from backend.models.selection import LOOKBACK, Selection, baseline_forecast, choose
from backend.models.shrinkage import MIN_WINDOWS
from backend.schemas import Forecast, ForecastPoint, SeriesStatus, ServedPoint
from backend.serving.issued import issued_tables, newest_forecasts
from backend.serving.past import ServedPast, served_past
from backend.serving.presenters import forecast_points, selection_reason, trend
from backend.stores import SeriesRecord, Store


class CurrentForecasts:
    """Thread-safe: it keeps nothing, so a restart or another backend comes to the same selection.

    horizons: those that are forecast, in windows; learning: whether a series is forecast from its newest windows alone
    meanwhile.
    """

    def __init__(
        self, store: Store, horizons: Sequence[int], learning: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._store = store
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
        # A feed's newest forecast may be older than its newest window (it closed while no process ran) or newer
        # (nothing was known of the windows since).
        rows = newest_forecasts(self._store, stored.key, stored.last - (max(self.horizons) - 1) * window, until)
        start = stored.last - (LOOKBACK - 1) * window
        rates = on_grid(read_rates(self._store, stored.key, start, until), stored.window_seconds)
        if rows.empty or rates.empty:  # the series may be deleted meanwhile
            return None
        points = forecast_points(rows, stored.window_seconds, rates.iloc[-1])
        issued_at = rows["issued_at"].max()
        late = datetime.now(UTC) - issued_at > STALE_WINDOWS * window
        return Forecast(
            filename=stored.name,
            version=stored.version,
            window_seconds=stored.window_seconds,
            issued_at=issued_at,
            stale=status == "stale" or (status == "historic" and late),
            status=status,
            warming_up=self._warming_up(stored, issued_at, int(rates.notna().sum())),
            learning=self._learning(stored.name),
            points=points,
            served=self._served(stored, points, rates),
        )

    def _served(self, stored: SeriesRecord, points: Sequence[ForecastPoint], rates: pd.Series) -> list[ServedPoint]:
        """By horizon the one of these forecasts, or the baseline, that is served."""
        tables = issued_tables(self._store, stored, pd.DatetimeIndex(rates.index), self.horizons)
        served = []
        for horizon in sorted({point.horizon for point in points}):
            means = {key: table["mean"] for key, table in tables.get(horizon, {}).items()}
            selection = choose(rates, horizon, means)
            by_model = {point.model: point for point in points if point.horizon == horizon}
            values = _selected(selection, by_model, rates, stored.window_seconds)
            if values:
                reason = selection_reason(selection)
                served.append(ServedPoint.model_validate({**values, "reason": reason, "errors": selection.errors}))
        return served

    def _warming_up(self, stored: SeriesRecord, issued_at: datetime, newest: int) -> bool:
        """Whether too few of the windows that models are weighed by are known, of which `newest` lie nearest."""
        if newest >= MIN_WINDOWS:
            return False
        start = issued_at - MAX_AGE * timedelta(seconds=stored.window_seconds)
        return len(read_rates(self._store, stored.key, start, issued_at)) < MIN_WINDOWS


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
