"""What is done for stored series beside everything else, a little at a time: days scored, old rows deleted."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import structlog

from backend.config import Settings
from backend.errors import ProblemError
from backend.measurements import FORECASTS, MEASUREMENTS, SCORES, on_grid, read_rates
from backend.models.evaluate import errors_of
from backend.models.intervals import INTERVAL
from backend.models.predictor import RPSEstimator
from backend.serving.issued import first_kept_row, issued_for, rolling_table
from backend.stores import TIME, Measurement, SeriesRecord, Store

log = structlog.get_logger()

PAUSE_SECONDS = 600.0
REST_SECONDS = 0.05  # between two pieces of work: those who wait for the processor or the store come first
DAY = timedelta(days=1)
CORRECTED = DAY  # that late samples may still correct a window
# Attributes of a series.
SCORED_UNTIL = "scored_until"  # the day up to which its forecasts are scored
UNFORECAST = "unforecast"  # a file that an earlier version stored, with no past forecasts or fewer quantiles


class Upkeep:
    """Scores every day of forecasts, and deletes what is older than the settings keep.

    Ages count back from a series' newest window, not from today, so a log of 1995 keeps its own last days. Forecasts
    are deleted only once their day is scored: those scores stay, so accuracy over months does. `rest`: called between
    two pieces of work.
    """

    def __init__(
        self,
        store: Store,
        estimator: RPSEstimator,
        settings: Settings,
        rest: Callable[[], None] = lambda: time.sleep(REST_SECONDS),
    ) -> None:
        self._store = store
        self._estimator = estimator
        self._kept = {each: getattr(settings, each.kept_days) * DAY for each in MEASUREMENTS if each.kept_days}
        self._rest = rest

    async def run(self) -> None:
        """Look after all series now and then, until cancelled. What fails is done the next time."""
        while True:
            try:
                await asyncio.to_thread(self.step)
            except ProblemError as problem:
                log.warning("upkeep_waits_for_store", detail=problem.detail)
            except Exception:
                log.exception("upkeep_failed")
            await asyncio.sleep(PAUSE_SECONDS)

    def step(self) -> None:
        """Do all that is due."""
        for record in self._store.list_series():
            if record.incomplete or record.origin == "replay":
                continue
            if record.attributes.get(UNFORECAST):
                self._forecast_past(record)
            scored = self._score_days(record)
            for measurement, kept in self._kept.items():
                if kept:
                    before = record.last - kept
                    self._delete(record, measurement, min(before, scored) if measurement == FORECASTS else before)
            if record.origin == "feed":
                self._store.recount(record.key)
            self._rest()

    def _forecast_past(self, record: SeriesRecord) -> None:
        """Keep the rolling forecasts of a file, as an import does now."""
        if record.version != self._estimator.version:
            return
        estimator = self._estimator
        rates = on_grid(read_rates(self._store, record.key, None, None), record.window_seconds)
        first = first_kept_row(len(rates), len(rates), record.window_seconds)
        frame = rates.to_frame()
        forecasts = {horizon: estimator.forecasts_at(frame, horizon, first) for horizon in estimator.horizons}
        self._store.write({FORECASTS: rolling_table(record.key, forecasts, record.window_seconds)})
        self._store.set_attributes(record.key, {UNFORECAST: None})

    def _score_days(self, record: SeriesRecord) -> datetime:
        """Score the days that nothing can correct any more; the day up to which all are scored."""
        day = _day_of(record.attributes.get(SCORED_UNTIL)) or _midnight(record.first)
        begun = day
        while day + DAY + CORRECTED <= record.last:
            rows = list(self._scores(record, day))
            if rows:
                self._store.write({SCORES: pd.DataFrame(rows).assign(**record.key.tags)})
                self._rest()
            day += DAY
        if day > begun:
            self._store.set_attributes(record.key, {SCORED_UNTIL: day.date().isoformat()})
        return day

    def _scores(self, record: SeriesRecord, day: datetime) -> Iterator[dict[str, object]]:
        """A row a model and horizon of the forecasts issued for the day's windows."""
        rates = read_rates(self._store, record.key, day, day + DAY)
        if rates.empty:
            return
        index, actual = pd.DatetimeIndex(rates.index), rates.to_numpy()
        window = record.window_seconds
        tables = issued_for(self._store, record.key, index, window, None, ("mean", *INTERVAL))
        for horizon, models in tables.items():
            for model, table in models.items():
                mean, low, high = (table[name].to_numpy() for name in ("mean", *INTERVAL))
                scored = np.isfinite(mean)
                if scored.any():
                    errors = errors_of(actual[scored], mean[scored], None)
                    inside = (low[scored] <= actual[scored]) & (actual[scored] <= high[scored])
                    yield {
                        "model": model,
                        "horizon": str(horizon * window),
                        TIME: pd.Timestamp(day),
                        "n": float(errors["origins"]),
                        "mae": errors["mae"],
                        "rmse": errors["rmse"],
                        "wape": errors["wape"],
                        "bias": errors["bias"],
                        "coverage": float(inside.mean()),
                    }

    def _delete(self, record: SeriesRecord, measurement: Measurement, before: datetime) -> None:
        """Delete older rows, once a day: every deletion costs an InfluxDB a search of its files."""
        day, attribute = _midnight(before), f"{measurement.name}_from"  # the day before which they were deleted
        done = _day_of(record.attributes.get(attribute)) or _midnight(record.first)
        if day > done:
            self._store.delete(measurement, record.key.tags, day)
            self._store.set_attributes(record.key, {attribute: day.date().isoformat()})
            self._rest()


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _day_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
