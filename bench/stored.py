"""Series that benches write straight into a store: what an import or a feed leaves there, at any size."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from backend.measurements import FORECASTS, POINTS, QUANTITIES, points_table
from backend.models import catalog
from backend.models.intervals import INTERVAL
from backend.models.train import HORIZONS
from backend.serving.issued import field
from backend.serving.upkeep import SCORED_UNTIL
from backend.stores import TIME, SeriesInfo, SeriesKey, Store

VERSION = "lgbm_v1"
WINDOW_SECONDS = 60
FORECAST_FIELDS = [field(quantity, WINDOW_SECONDS * horizon) for horizon in HORIZONS for quantity in QUANTITIES]


def windows(count: int, start: str = "1995-07-01") -> pd.DataFrame:
    """Points as a file's import has them, none of them an anomaly: rates in sixtieths, predictions with all their
    digits."""
    random = np.random.default_rng(7)
    index = pd.date_range(start, periods=count, freq=f"{WINDOW_SECONDS}s", unit="s", tz="UTC")
    frame = pd.DataFrame({"actual_rps": random.poisson(60, count) / 60}, index=index)
    for name in (*(model.column for model in catalog.MODELS), *INTERVAL):
        frame[name] = frame["actual_rps"] * random.uniform(0.8, 1.2, count)
    score = random.uniform(0.0, 0.3, count)
    return frame.assign(anomaly_score=score, anomaly_kind=np.nan, anomaly_expected=np.nan)


def issued(key: SeriesKey, points: pd.DataFrame) -> pd.DataFrame:
    """Forecasts of every model at every horizon from the end of each point, as the store takes them."""
    random = np.random.default_rng(8)
    origins = pd.DatetimeIndex(points.index).shift(1, freq=f"{WINDOW_SECONDS}s")
    rates, shape = points["actual_rps"].to_numpy()[:, None], (len(points), len(FORECAST_FIELDS))
    tables = []
    for model in catalog.model_keys():
        values = rates * random.uniform(0.8, 1.2, shape)
        tables.append(pd.DataFrame(values, columns=FORECAST_FIELDS).assign(**{TIME: origins}, model=model))
    return pd.concat(tables, ignore_index=True).sort_values(TIME, kind="stable").assign(**key.tags)


def put_series(
    store: Store, name: str, points: pd.DataFrame, forecast_windows: int, attributes: Mapping[str, Any] | None = None
) -> SeriesKey:
    """Write a series with the forecasts from its newest windows. Its days count as scored, so that no upkeep runs
    beside what is measured."""
    key = SeriesKey(name, VERSION)
    scored = {SCORED_UNTIL: points.index[-1].date().isoformat()}
    info = SeriesInfo(key, WINDOW_SECONDS, "upload", scored | dict(attributes or {}))
    tables = {POINTS: points_table(key, points)}
    if forecast_windows:
        tables[FORECASTS] = issued(key, points.tail(forecast_windows))
    store.write(tables, [info])
    return key
