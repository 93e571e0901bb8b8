"""What every store must do. tests/stores/test_contract.py runs the same suite over each of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pandas as pd

# One row a window. predicted_*: the horizon-1 forecast made just before the window; p10 and p90: model1's band
# around it; anomaly: 1.0 or 0.0. All floats; NaN = unknown, never stored.
POINT_FIELDS = ("actual_rps", "predicted_rps_model1", "predicted_rps_model2", "p10", "p90", "anomaly")
FORECAST_FIELDS = ("mean", "p10", "p50", "p90", "p95")
# One row a measurement of a feed, as it came: the series it belongs to, who measured (a host), what it is (a count of
# requests, a rate, a cumulative counter), when (UTC, to the nanosecond) and how much.
SAMPLE_COLUMNS = ("filename", "source", "kind", "time", "value")


@dataclass(frozen=True)
class SeriesKey:
    """What a point belongs to: the series' name and the version of the model that predicted it."""

    filename: str
    version: str


@dataclass(frozen=True)
class StoredSeries:
    """A series as the store knows it. `first` and `last` are window starts, UTC; `written_at` is wall-clock."""

    filename: str
    version: str
    window_seconds: int
    points: int
    first: datetime
    last: datetime
    written_at: datetime

    @property
    def key(self) -> SeriesKey:
        return SeriesKey(self.filename, self.version)


class Store(Protocol):
    """Keeps series. Every method is synchronous and thread-safe; a store that is down raises StoreUnavailableError.

    A point is (filename, version, time): writing it again replaces it. Times are window starts in UTC with
    whole seconds; ranges are half-open, `start <= time < stop`. A sample is (filename, source, time), likewise.
    """

    def write_points(self, key: SeriesKey, window_seconds: int, points: pd.DataFrame) -> int:
        """Write rows with a known actual_rps, all or none, and return how many the store confirmed.

        `points`: UTC DatetimeIndex, POINT_FIELDS columns. Raises ConflictError where the series is stored
        with another window length.
        """

    def write_forecasts(self, key: SeriesKey, forecasts: pd.DataFrame) -> int:
        """Write forecasts: columns model, horizon_seconds, timestamp (target window), issued_at, FORECAST_FIELDS."""

    def write_windows(self, version: str, window_seconds: int, windows: pd.DataFrame) -> set[str]:
        """Write the newest windows of many series at once: columns filename, timestamp, POINT_FIELDS, actual_rps known.

        Returns the names of the series left out, which are stored with another window length.
        """

    def write_issued(self, version: str, forecasts: pd.DataFrame) -> int:
        """Write forecasts of many series at once: as write_forecasts, with a column filename."""

    def read_points(
        self, key: SeriesKey, start: datetime | None, stop: datetime | None, every: int | None = None
    ) -> pd.DataFrame:
        """Read points in time order, POINT_FIELDS columns; `every` (seconds): averaged by the store into buckets
        on the UTC grid (anomaly: the largest), buckets without points absent."""

    def read_forecasts(self, key: SeriesKey, start: datetime | None, stop: datetime | None) -> pd.DataFrame:
        """Read forecasts whose target window lies in the range, ordered by model, horizon, target."""

    def read_rates(self, version: str, start: datetime, stop: datetime, filename: str | None = None) -> pd.DataFrame:
        """Read what came, of one series or of all of a version: columns filename, timestamp, actual_rps, unordered."""

    def list_series(self) -> list[StoredSeries]:
        """List what is stored, the one written last first."""

    def delete_series(self, filename: str) -> int:
        """Delete a series, every version, with its forecasts and samples; return the number of points deleted."""

    def write_samples(self, samples: pd.DataFrame) -> int:
        """Write a feed's samples, SAMPLE_COLUMNS, all or none; of two with the same identity the later row stays."""

    def read_samples(self, start: datetime, stop: datetime | None, filename: str | None = None) -> pd.DataFrame:
        """Read samples, of one series or of all, SAMPLE_COLUMNS in order of time."""

    def delete_samples(self, before: datetime) -> None:
        """Delete the samples of every series that are older."""

    def check(self) -> None:
        """Raise StoreUnavailableError with the reason where the store cannot be read and written."""

    def close(self) -> None:
        """Release connections."""
