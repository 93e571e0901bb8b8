"""Points and forecasts for the store tests."""

import numpy as np
import pandas as pd

from backend.stores import FORECAST_FIELDS, POINT_FIELDS


def points(count: int, step: int = 60, start: str = "2026-01-01T00:00:00Z") -> pd.DataFrame:
    """`count` windows of distinct values with long fractions, the same at every call."""
    values = np.random.default_rng(7).gamma(2.0, 50.0, size=(count, len(POINT_FIELDS)))
    index = pd.date_range(start, periods=count, freq=f"{step}s", unit="s")
    frame = pd.DataFrame(values, columns=list(POINT_FIELDS), index=index)
    return frame.assign(anomaly=0.0)


def forecasts(issued_at: str) -> pd.DataFrame:
    """One forecast of both models at horizons of 1, 5 and 15 windows of a minute."""
    issued = pd.Timestamp(issued_at).as_unit("s")
    rows = [(model, 60 * horizon) for model in ("lgbm", "lgbm_plus") for horizon in (1, 5, 15)]
    table = pd.DataFrame(rows, columns=["model", "horizon_seconds"])
    table["timestamp"] = pd.DatetimeIndex([issued + pd.Timedelta(seconds - 60, "s") for _, seconds in rows]).as_unit(
        "s"
    )
    for offset, name in enumerate(FORECAST_FIELDS):
        table[name] = np.arange(len(table)) * 1.1 + offset / 3
    return table.assign(issued_at=issued)
