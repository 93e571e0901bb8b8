"""What people are shown of a reading: one sentence, its first windows, and a small chart of all of it."""

from typing import Any

import numpy as np
import pandas as pd

from backend.figures import figure
from backend.ingest.contract import Traffic

FIRST_WINDOWS = 60
CHART_POINTS = 300
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_SAYS = {"count": "counts", "rate": "rates per second", "total": "a counter's standings"}


def says(traffic: Traffic) -> str:
    """A reading in one sentence."""
    rates = traffic.frame["actual_rps"]
    unit = _SAYS[traffic.value_unit] if traffic.value_unit else "one request a row"
    kind = "Log" if traffic.kind == "raw" else "Series"
    rows = f"{traffic.rows_read:,}" if not traffic.partial else f"the first {traffic.rows_read:,}"
    return (
        f"{kind}: requests per {duration(traffic.window_seconds)}, {unit}, {traffic.timezone}; {rows} rows; "
        f"{figure(rates.mean())} req/s on average, {figure(rates.max())} at most."
    )


def duration(seconds: int) -> str:
    """A window's length for people: `minute`, `5 minutes`, `90 seconds`."""
    length, name = next((length, name) for length, name in _UNITS if seconds % length == 0)
    return name if seconds == length else f"{seconds // length} {name}s"


def first_windows(traffic: Traffic) -> list[dict[str, Any]]:
    """As JSON values."""
    return _points(traffic.frame["actual_rps"].iloc[:FIRST_WINDOWS])


def preview(traffic: Traffic) -> list[dict[str, Any]]:
    """The whole span in at most CHART_POINTS points, means of equally many windows; unknown where all of them are."""
    rates = traffic.frame["actual_rps"]
    each = -(-len(rates) // CHART_POINTS)
    if each == 1:
        return _points(rates)
    whole = np.full(-(-len(rates) // each) * each, np.nan)
    whole[: len(rates)] = rates.to_numpy()
    known = ~np.isnan(whole).reshape(-1, each)
    sums, counts = np.where(known, whole.reshape(-1, each), 0.0).sum(axis=1), known.sum(axis=1)
    means = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    return _points(pd.Series(means, index=rates.index[::each]))


def _points(rates: pd.Series) -> list[dict[str, Any]]:
    return [
        {"timestamp": at.isoformat(), "rps": None if rate != rate else round(rate, 6)}
        for at, rate in zip(rates.index, rates.tolist(), strict=True)
    ]
