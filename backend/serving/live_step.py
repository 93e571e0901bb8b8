"""The live step of all series of one window length: a window in; anomaly scores, forecasts and selection out."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import numpy as np
import pandas as pd
import structlog

from backend.arrays import Floats
from backend.measurements import FORECASTS, POINT_FIELDS, POINTS, SURPRISES, window_numbers, window_start
from backend.models.anomalies import judging_horizons
from backend.models.catalog import PREFERRED
from backend.models.ensemble import Forecasts
from backend.models.frames import usable_rates
from backend.models.intervals import INTERVAL
from backend.models.live import CORRECTED, LiveForecaster
from backend.models.predictor import RPSEstimator
from backend.models.selection import LOOKBACK
from backend.serving.freed_memory import return_freed_memory
from backend.serving.issued import field, issued_for, issued_table
from backend.serving.judging import judge_windows
from backend.serving.points import one_ahead
from backend.serving.selection_log import SelectionLog
from backend.serving.stream import SeriesStream
from backend.serving.watch import JUDGED_BY
from backend.stores import TIME, SeriesKey, Store, Tables

log = structlog.get_logger()

FRESH_WINDOWS = 15  # the newest, which a start may know from samples before they are written
INTERIM_WINDOWS = 300  # that a series is forecast from until its past is learned
PREPARED_TOGETHER = 4  # series whose past is learned by one call of prepare: two seconds
KEPT_SILENT = 240  # windows after its newest known one that a series which is not forecast is kept at hand
Rates = Mapping[str, Mapping[int, float]]  # by series and window
Predicted = dict[str, dict[str, float]]  # by series the columns of a point


class LiveStep:
    """Windows are numbered from 1970. What is known of a series is what was loaded and put. Not thread-safe."""

    def __init__(self, store: Store, estimator: RPSEstimator, window_seconds: int) -> None:
        self._store = store
        self._version = estimator.version
        self._manifest = repr(estimator.manifest)
        self._horizons = estimator.horizons
        self._seconds = window_seconds
        self._forecaster = estimator.live(window_seconds)
        self._interim = self._new_interim()  # of series whose past is yet to be learned
        self._series: dict[str, SeriesStream] = {}
        self._selection = SelectionLog(estimator.horizons)
        self._predicted: dict[
            int, Predicted
        ] = {}  # by window, of the newest: a late sample of each series reads no forecasts

    def __getstate__(self) -> dict[str, object]:
        """All but the forecasts from newest windows, which the next start begins anew."""
        return self.__dict__ | {"_interim": self._new_interim()}

    def _new_interim(self) -> LiveForecaster:
        return LiveForecaster(self._forecaster.models, self._horizons, self._seconds * 10**9)

    def __contains__(self, filename: str) -> bool:
        return filename in self._series

    @property
    def filenames(self) -> list[str]:
        return list(self._series)

    @property
    def last(self) -> int | None:
        """The window that all series have come to the end of."""
        return self._forecaster.last

    def reaches(self, window: int) -> bool:
        """Whether what is known is of use at the end of a window: time went neither back nor too far on."""
        return self._forecaster.reaches(window)

    @property
    def identity(self) -> tuple[object, ...]:
        """What a checkpoint is of, beside the code."""
        return self._version, self._manifest, self._horizons, self._seconds

    @property
    def outside(self) -> dict[str, object]:
        """What a checkpoint names and does not hold."""
        return {"store": self._store, "models": self._forecaster.models}

    def ready(self, filename: str) -> bool:
        """Whether its next forecasts take no time to begin with."""
        return filename in self._interim or (filename in self._series and self._series[filename].learned)

    def learning(self, filename: str) -> bool:
        """Whether it is forecast from its newest windows alone, as its past is yet to be learned. May be asked by any
        thread."""
        return filename in self._interim

    def load(self, filename: str, until: int) -> bool:
        """Have a series at hand, as it is stored of the windows before number `until`; whether anything is."""
        key = SeriesKey(filename, self._version)
        stream = self._series[filename] = SeriesStream(key, self._seconds, self._forecaster)
        known = stream.load(self._store, until)
        if filename in self._interim and not self._same_newest(filename):
            self._interim.forget(filename)
        if known:
            begin, windows = window_start(until - LOOKBACK, self._seconds), self._selection.windows
            newest = pd.date_range(begin, periods=windows, freq=f"{self._seconds}s", unit="s")
            issued = issued_for(self._store, key, newest, self._seconds, self._horizons)
            self._selection.load(filename, issued, until - LOOKBACK)
        return known

    def forget(self, filename: str) -> None:
        """It was deleted, or somebody else wrote to it."""
        stream = self._series.pop(filename, None)
        if stream is not None:
            self._forecaster.forget(filename)
        self._interim.forget(filename)
        self._selection.forget(filename)
        for predicted in self._predicted.values():
            predicted.pop(filename, None)

    def rates(self, filename: str, first: int, stop: int) -> Floats:
        """The rates of windows from `first` up to `stop`, NaN where unknown."""
        return self._series[filename].rates(first, stop)

    def judged(self, rates: Rates) -> Tables:
        """Windows of series at hand beside what was forecast for each just before it, with their scores, as the store
        takes them. The rates become known by `put`."""
        streams = {self._series[name]: known for name, known in rates.items()}
        judged = judge_windows(self._store, self._seconds, streams)
        predicted = {stream: self._predicted_of(stream.key, known) for stream, known in streams.items()}
        rows = [
            {**stream.key.tags, TIME: window * self._seconds, "actual_rps": rate}
            | predicted[stream].get(window, {})
            | judged.scores[stream.key.name, window]
            for stream, known in streams.items()
            for window, rate in known.items()
        ]
        points = pd.DataFrame(rows, columns=["filename", "version", TIME, *POINT_FIELDS])
        times = pd.DatetimeIndex(pd.to_datetime(points[TIME], unit="s", utc=True)).as_unit("s")
        return {POINTS: points.assign(**{TIME: times}), SURPRISES: judged.surprises}

    def put(self, filename: str, rates: Mapping[int, float]) -> None:
        """The rates of windows, new or corrected."""
        for window, rate in rates.items():
            self._series[filename].put(self._store, window, rate)
            if filename in self._interim and not self._interim_put(filename, window, rate):
                self._interim.forget(filename)

    def _interim_put(self, filename: str, window: int, rate: float) -> bool:
        assert self._interim.last is not None
        if window <= self._interim.last - INTERIM_WINDOWS:
            return True
        return self._interim.put(filename, window, rate)

    def _same_newest(self, filename: str) -> bool:
        """Whether its newest windows are still what it was taken up with: another backend may have corrected or deleted
        some before it was loaded."""
        assert self._interim.last is not None
        first, stop = self._interim.last + 1 - INTERIM_WINDOWS, self._interim.last + 1 - FRESH_WINDOWS
        stored, ours = self.rates(filename, first, stop), self._interim.rates(filename, first, stop)
        stored = usable_rates(stored)
        known = np.flatnonzero(np.isfinite(stored))
        if np.isfinite(ours[: known[0] if len(known) else None]).any():
            return False
        return np.array_equal(ours[known], stored[known])

    def end_interim(self) -> None:
        """Forget what was taken up: it is not known what has come since."""
        self._interim = self._new_interim()

    def take_up(self, rates: Rates, windows: range) -> None:
        """Forecast series from the newest windows alone, which these are, until their past is learned."""
        if not rates:
            return
        self._interim.advance(windows[-1])
        pasts = {name: np.array([known.get(each, np.nan) for each in windows]) for name, known in rates.items()}
        self._interim.learn({name: (windows[0], past) for name, past in pasts.items()})
        return_freed_memory()
        log.info("forecast_from_newest_windows", series=len(rates), windows=len(windows))

    def prepare(self, window: int) -> None:
        """Let the forecaster know the past of some series that it does not know. What a correction changed is computed
        anew."""
        for forecaster in (self._forecaster, self._interim):
            forecaster.advance(window)
            forecaster.renew()
        new = (name for name, stream in self._series.items() if not stream.learned)
        known = (name for name in new if self._learn(name, window))
        list(islice(known, PREPARED_TOGETHER))

    def _learn(self, filename: str, window: int) -> bool:
        """Let the forecaster know its past; whether anything is known up to this window."""
        known = self._series[filename].learn(window)
        if known:
            self._interim.forget(filename)
        return known

    def issue(self, filenames: Sequence[str], window: int) -> set[str]:
        """Forecast series from the end of a window and store it; of which there is a forecast.

        What judges windows and selects models follows what the store has, so it is told of nothing that could not be
        written.
        """
        made = self._forecasts(filenames, window)
        tables = [self._table(names, forecasts, window) for names, forecasts in made]
        issued = {name for table in tables for name in table["filename"]}
        if issued:
            self._store.write({FORECASTS: pd.concat(tables)})
        self._predicted = {each: self._predicted.get(each, {}) for each in range(window + 2 - CORRECTED, window + 2)}
        for table, (names, forecasts) in zip(tables, made, strict=True):
            self._selection.issued(window, names, forecasts.mean)
            self._watch(window, table)
            self._predicted[window + 1].update(one_ahead(table, self._seconds))
        return issued

    def _forecasts(self, filenames: Sequence[str], window: int) -> list[tuple[list[str], Forecasts]]:
        """Of those that are forecast from their newest windows, and of those whose past is learned."""
        interim = [name for name in filenames if name in self._interim]
        learned = [name for name in filenames if name not in self._interim and self._learn(name, window)]
        by_forecaster = ((self._interim, interim), (self._forecaster, learned))
        return [(names, forecaster.forecasts(names)) for forecaster, names in by_forecaster if names]

    def _table(self, filenames: Sequence[str], forecasts: Forecasts, window: int) -> pd.DataFrame:
        keys = [SeriesKey(name, self._version) for name in filenames]
        return issued_table(keys, forecasts, self._horizons, self._seconds, window)

    def advance(self, window: int, wanted: Sequence[str]) -> None:
        """All series have come to the end of a window. Those that are not wanted and have long been silent are
        forgotten, and all where too many windows were missed."""
        missed = not self._forecaster.reaches(window)
        for name in self._series.keys() - (set() if missed else set(wanted)):
            if missed or self._series[name].newest < window - KEPT_SILENT:
                self.forget(name)
        if missed:
            self.end_interim()
        for silent in self._interim.names - self._series.keys() - set(wanted):
            self._interim.forget(silent)
        self._forecaster.advance(window)
        self._interim.advance(window)

    def note_served(self, filenames: Sequence[str], window: int) -> None:
        """Log a change of the forecast that is served once a window is closed."""
        rates = [self.rates(name, window + 1 - LOOKBACK, window + 1) for name in filenames]
        self._selection.note(filenames, np.stack(rates, axis=-1) if rates else np.empty((LOOKBACK, 0)), window)

    def _watch(self, window: int, issued: pd.DataFrame) -> None:
        """Let what judges windows know the forecasts, which are as the store keeps them: a restart changes no score."""
        horizons = judging_horizons(self._horizons)
        fields = [field(quantity, horizon * self._seconds) for horizon in horizons for quantity in JUDGED_BY]
        preferred = issued[issued["model"] == PREFERRED.key]
        forecasts = preferred[fields].to_numpy().reshape(len(preferred), len(horizons), len(JUDGED_BY))
        for filename, own in zip(preferred["filename"], forecasts, strict=True):
            if filename in self._series:  # else they are read with it
                self._series[filename].watch.issued(window, own)

    def _predicted_of(self, key: SeriesKey, windows: Iterable[int]) -> dict[int, dict[str, float]]:
        """By window the columns of its point that were forecast just before it."""
        windows = list(windows)
        if all(key.name in self._predicted.get(window, {}) for window in windows):
            return {window: self._predicted[window][key.name] for window in windows}
        fields = [field(quantity, self._seconds) for quantity in ("mean", *INTERVAL)]
        start, stop = (window_start(each, self._seconds) for each in (min(windows), max(windows) + 1))
        table = self._store.read(FORECASTS, key.tags, start, stop, fields=fields)
        table[TIME] = window_numbers(table[TIME], self._seconds)
        return one_ahead(table, self._seconds, TIME)
