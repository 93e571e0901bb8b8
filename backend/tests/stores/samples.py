"""Points, forecasts and other rows for the store tests."""

import numpy as np
import pandas as pd

from backend.measurements import FORECASTS, POINT_FIELDS, POINTS, QUANTITIES, points_table
from backend.serving.issued import field
from backend.stores import TIME, Measurement, Origin, SeriesInfo, SeriesKey, Store
from backend.stores.packing import as_kept

MODELS = ("lgbm", "lgbm_plus")
FORECAST_FIELDS = tuple(field(quantity, 60 * horizon) for horizon in (1, 5, 15) for quantity in QUANTITIES)


def points(count: int, step: int = 60, start: str = "2026-01-01T00:00:00Z") -> pd.DataFrame:
    """`count` windows of distinct values with long fractions, the same at every call."""
    values = np.random.default_rng(7).gamma(2.0, 50.0, size=(count, len(POINT_FIELDS)))
    index = pd.date_range(start, periods=count, freq=f"{step}s", unit="s")
    frame = pd.DataFrame(values, columns=list(POINT_FIELDS), index=index)
    return frame.assign(anomaly_score=0.0, anomaly_kind=np.nan, anomaly_expected=np.nan)


def forecasts(key: SeriesKey, issued_at: str, count: int = 1) -> pd.DataFrame:
    """Forecasts of both models at horizons of 1, 5 and 15 windows of a minute, from `count` origins on."""
    origins = pd.date_range(issued_at, periods=count, freq="60s", unit="s")
    rows = [(origin, model) for origin in origins for model in MODELS]
    values = np.random.default_rng(3).gamma(2.0, 50.0, size=(len(rows), len(FORECAST_FIELDS)))
    table = as_kept(FORECASTS, pd.DataFrame(values, columns=list(FORECAST_FIELDS)))
    times, models = zip(*rows, strict=True)
    return table.assign(**key.tags, model=models, **{TIME: pd.DatetimeIndex(times)})


def info(key: SeriesKey, window_seconds: int = 60, origin: Origin = "upload") -> SeriesInfo:
    return SeriesInfo(key, window_seconds, origin)


def write_points(store: Store, key: SeriesKey, frame: pd.DataFrame, window_seconds: int = 60) -> set[str]:
    return store.write({POINTS: points_table(key, frame)}, [info(key, window_seconds)])


def write_forecasts(store: Store, table: pd.DataFrame) -> None:
    store.write({FORECASTS: table})


def rows_of(measurement: Measurement, key: SeriesKey, count: int = 6) -> pd.DataFrame:
    """Rows of any measurement, of one series, a minute apart; distinct values in every field."""
    times = pd.date_range("2026-01-01T00:00:00Z", periods=count, freq="60s", unit=measurement.precision)
    table = pd.DataFrame({TIME: times})
    for tag in measurement.tags:
        table[tag] = {"filename": key.name, "version": key.version}.get(tag, f"a {tag}")
    names = measurement.field_names or FORECAST_FIELDS
    values = np.random.default_rng(11).gamma(2.0, 50.0, size=(count, len(names))).astype("float32")
    drawn = pd.DataFrame(values.astype("float64"), columns=list(names))
    table = pd.concat([table, drawn if measurement.fields else as_kept(measurement, drawn)], axis=1)
    for each in measurement.fields:
        if each.kind == "text":
            texts = each.choices or ('{"a": "quoted \\\\ text"}', "é, = x")
            table[each.name] = [texts[row % len(texts)] for row in range(count)]
    return table


def forecasts_of(store: Store, key: SeriesKey) -> pd.DataFrame:
    """What is stored of a series' forecasts, a row a model, horizon and target window, as people think of them."""
    rows = []
    for row in store.read(FORECASTS, key.tags).to_dict("records"):
        quantities: dict[int, dict[str, float]] = {}
        for name in (str(name) for name in row if name not in (TIME, "model")):
            quantity, seconds = name.split("_")
            quantities.setdefault(int(seconds), {})[quantity] = row[name]
        for horizon, values in quantities.items():
            target = row[TIME] + pd.Timedelta(horizon - min(quantities), "s")
            about = {"model": row["model"], "horizon_seconds": horizon, "timestamp": target, "issued_at": row[TIME]}
            rows.append(about | values)
    columns = ["model", "horizon_seconds", "timestamp", *QUANTITIES, "issued_at"]
    table = pd.DataFrame(rows, columns=columns).dropna(subset=["mean"])
    return table.sort_values(["model", "horizon_seconds", "timestamp"], ignore_index=True)
