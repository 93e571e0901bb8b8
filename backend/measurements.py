"""What is measured: one row a measurement. Stores keep them by this table alone; influxdb/README.md describes it."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar

import numpy as np
import pandas as pd

from backend.arrays import Ints
from backend.models.catalog import MODELS
from backend.models.intervals import INTERVAL, LEVEL_NAMES
from backend.stores.contract import SERIES_TAGS, TIME, Field, Measurement, SeriesKey, Store

# One row a window. The models' columns: the forecast made just before the window; p10 and p90: the preferred model's
# interval around it. anomaly_score: 0 to 1; of anomalies by which of their kinds (a number in
# backend/models/anomalies.py) and against which rate: anomaly_kind, anomaly_expected. A window without a known
# actual_rps is not stored.
POINTS = Measurement(
    "inference_metrics",
    ("filename", "version"),
    (
        Field("actual_rps"),
        *(Field(model.column) for model in MODELS),
        *(Field(edge) for edge in INTERVAL),
        Field("anomaly_score", aggregate="max"),
        Field("anomaly_kind"),
        Field("anomaly_expected"),
    ),
    required="actual_rps",
    counted=True,
    kept_days="keep_points_days",
)
# One row a model and origin, its time the end of the newest window that the forecasts were made from. Fields: for every
# horizon in seconds mean_900, p10_900, … (backend/serving/issued.py).
QUANTITIES = ("mean", *LEVEL_NAMES)
FORECASTS = Measurement(
    "forecasts", ("filename", "version", "model"), groups=QUANTITIES, kept_days="keep_forecasts_days"
)
# One row a block of 15 windows, its time the block's start. Fields: by kind of anomaly the largest surprise in it
# (backend/models/tail.py), from which the scores of the next week are read.
SURPRISES = Measurement("surprises", ("filename", "version"), kept_days="keep_points_days")
# One row a window of a raw log that has requests. Fields: how many in every 15 s of it, named by the second of the
# window with which they begin: requests_0, requests_15, … They are another number than its own where it was stored
# otherwise since then.
STEPS = Measurement("steps", ("filename", "version"), kept_days="keep_points_days")
# One row a measurement of a feed, as it came: the series it belongs to, who measured (a host), what it is (a count of
# requests, a rate, a cumulative counter), when (to the nanosecond) and how much.
SAMPLES = Measurement(
    "samples",
    ("filename", "source"),
    (Field("kind", "text", choices=("count", "rate", "counter")), Field("value")),
    precision="ns",
    required="value",
    kept=timedelta(hours=24),
)
# One row a day, model and horizon (seconds): errors of the forecasts issued for the day's windows, kept longer than the
# forecasts. mae, rmse, bias: requests per second; wape, coverage (of p10 to p90): shares.
SCORES = Measurement(
    "scores",
    ("filename", "version", "model", "horizon"),
    tuple(Field(name) for name in ("n", "mae", "rmse", "wape", "bias", "coverage")),
    required="n",
)
# One row a change of a series' policy, its time when it began to hold: the policy as JSON, empty where none held.
POLICIES = Measurement("policies", ("filename",), (Field("policy", "text"),), required="policy")
# One row a decision, its time the origin of its forecast (backend/capacity/planner.py). policy: number of the policy
# that held, the first one 1.
DECISIONS = Measurement(
    "decisions",
    ("filename", "version"),
    (
        *(Field(name) for name in ("replicas", "wanted", "demand", "forecast", "level", "observed", "policy")),
        Field("binding", "text"),
    ),
    required="replicas",
    kept_days="keep_points_days",
)
# One row an import, its time when the file was sent: what the file was and what became of it, and how it was read, both
# as JSON (backend/uploads/imports.py).
IMPORTS = Measurement("imports", ("import_id",), (Field("record", "text"), Field("result", "text")), required="record")
# One row a simulation, its time when it was asked for: how it stands, and its result, both as JSON
# (backend/simulation/kept.py).
SIMULATIONS = Measurement(
    "simulations",
    ("filename", "version", "simulation_id"),
    (Field("record", "text"), Field("result", "text")),
    required="record",
)
# One row a simulation and window: rate, needed, and by policy the replicas that served and the requests beyond them:
# hpa_replicas, hpa_short, …
SIMULATION_PATHS = Measurement("simulation_paths", ("filename", "version", "simulation_id"))
MEASUREMENTS = (
    *(POINTS, FORECASTS, SURPRISES, STEPS, SAMPLES, SCORES, POLICIES, DECISIONS, IMPORTS),
    *(SIMULATIONS, SIMULATION_PATHS),
)

POINT_FIELDS = POINTS.field_names
SCORE_FIELDS = ("anomaly_score", "anomaly_kind", "anomaly_expected")
STALE_WINDOWS = 3  # without a sample, or due forecasts: a feed is silent, a forecast old
SAMPLE_COLUMNS = ("filename", "source", "kind", TIME, "value")
Rows = TypeVar("Rows", pd.DataFrame, pd.Series)


def window_start(number: int, window_seconds: int) -> datetime:
    """The time of a window, by its number since 1970."""
    return datetime.fromtimestamp(number * window_seconds, UTC)


def window_numbers(times: pd.Series | pd.Index, window_seconds: int) -> Ints:
    """The numbers since 1970 of the windows that begin at these times."""
    return np.asarray(pd.DatetimeIndex(times).as_unit("s").asi8 // window_seconds)


def read_points(
    store: Store, key: SeriesKey, start: datetime | None, stop: datetime | None, every: int | None = None
) -> pd.DataFrame:
    """Points of a series in order of time: DatetimeIndex, POINT_FIELDS columns."""
    return store.read(POINTS, key.tags, start, stop, every=every).set_index(TIME)


def read_rates(store: Store, key: SeriesKey, start: datetime | None, stop: datetime | None) -> pd.Series:
    """The actual rates of a series in order of time, without the other fields, which take three times as long."""
    return store.read(POINTS, key.tags, start, stop, fields=["actual_rps"]).set_index(TIME)["actual_rps"]


def on_grid(frame: Rows, seconds: int) -> Rows:
    """Give the windows or buckets between first and last that are absent a row of their own, all unknown."""
    if frame.empty:
        return frame
    return frame.reindex(pd.date_range(frame.index[0], frame.index[-1], freq=f"{seconds}s", unit="s"))


def read_steps(store: Store, key: SeriesKey, rates: pd.Series, window_seconds: int) -> pd.DataFrame | None:
    """What came within the windows of `rates` (ingest/windows.steps_within), where that is stored and is what these
    rates were made of; None where it is of no window."""
    stored = store.read(STEPS, key.tags, rates.index[0], rates.index[-1] + timedelta(seconds=window_seconds))
    if stored.empty:
        return None
    fields = sorted(set(stored.columns) - {TIME, *SERIES_TAGS}, key=lambda name: int(name.split("_")[1]))
    steps = stored.set_index(TIME)[fields]
    same = (steps.sum(axis=1) - rates.reindex(steps.index) * window_seconds).abs() < 0.5
    return steps[same] if same.any() else None


def points_table(key: SeriesKey, points: pd.DataFrame) -> pd.DataFrame:
    """Points of one series, indexed by window, as the store takes them; unknown windows left out."""
    return series_table(key, points[points["actual_rps"].notna()])


def series_table(key: SeriesKey, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of one series, indexed by window, as the store takes them."""
    return rows.rename_axis(TIME).reset_index().assign(**key.tags)
