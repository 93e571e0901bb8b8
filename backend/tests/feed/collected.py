"""A collector over a store, by a clock of the tests' own."""

import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from backend.arrays import Floats
from backend.feed.collector import Collector
from backend.feed.intake import Intake
from backend.feed.samples import Row, SampleReader
from backend.feed.tracker import FeedTracker
from backend.measurements import POINT_FIELDS, read_points
from backend.models.predictor import RPSEstimator
from backend.stores import SeriesKey, Store
from backend.tests.stores.samples import forecasts_of, write_points

LATE = 5
WINDOW = 60
KEY = SeriesKey("web", "lgbm_v1")
START = int(time.time()) // WINDOW - 600  # the first window of the tests: samples a day old are not taken


class Feed:
    """A backend over a store, and a sender that counts every ten seconds. `hold`: seconds not sent."""

    def __init__(self, store: Store, estimator: RPSEstimator, checkpoint_path: Path | None = None) -> None:
        self.store = store
        self.tracker = FeedTracker(WINDOW)
        self.collector = Collector(store, self.tracker, estimator, LATE, checkpoint_path)
        self.intake = Intake(store, self.tracker, SampleReader({}), 200)

    def send(self, first: float, stop: float, name: str = "web", value: float | None = None) -> list[Row]:
        """Counts of ten seconds, from window `first` up to window `stop`; parts of windows are allowed."""
        seconds = np.arange(round((START + first) * WINDOW), round((START + stop) * WINDOW), 10)
        rows = [(name, "host=a", "count", int(s) * 10**9, value or 50.0 + int(s) // 10 % 7) for s in seconds]
        self.intake.write_rows(rows)
        return rows

    def at(self, window: float) -> None:
        """The clock stands so many windows after the start, plus the late seconds."""
        self.collector.step((START + window) * WINDOW + LATE)

    def live(self, first: int, stop: int) -> None:
        """Every window comes and is closed in time."""
        for window in range(first, stop):
            self.send(window, window + 1)
            self.at(window + 1)

    def points(self, name: str = "web") -> pd.DataFrame:
        return read_points(self.store, SeriesKey(name, KEY.version), None, None)

    def forecasts(self) -> pd.DataFrame:
        return forecasts_of(self.store, KEY)


def write_rates(store: Store, name: str, rates: pd.Series, window_seconds: int = WINDOW) -> None:
    points = rates.to_frame("actual_rps").reindex(columns=list(POINT_FIELDS))
    write_points(store, SeriesKey(name, KEY.version), points, window_seconds)


def write_past(store: Store, name: str, rates: Floats) -> None:
    """The windows before START."""
    index = pd.date_range(moment(-len(rates)), periods=len(rates), freq=f"{WINDOW}s", unit="s")
    write_rates(store, name, pd.Series(rates, index))


def moment(window: int) -> datetime:
    return datetime.fromtimestamp((START + window) * WINDOW, UTC)


def numbers(index: pd.Index) -> list[int]:
    return [int(stamp.timestamp()) // WINDOW - START for stamp in pd.DatetimeIndex(index)]
