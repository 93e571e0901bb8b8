"""Traffic for simulations, and what is made of it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from backend.capacity.policy import Policy
from backend.models.predictor import RPSEstimator
from backend.simulation.settings import settings_of
from backend.simulation.simulator import Simulation, simulate
from backend.simulation.traffic import traffic_of
from backend.tests.traffic import minute_counts

START = "2026-01-05T00:00:00Z"


def rates(counts: Any, start: str = START, window: int = 60) -> pd.Series:
    """Requests per second of counts a window, on the grid."""
    index = pd.date_range(start, periods=len(counts), freq=f"{window}s", unit="s")
    return pd.Series(np.asarray(counts, np.float64) / window, index=index)


def days(count: float, level: float = 600.0, seed: int = 3) -> pd.Series:
    return rates(minute_counts(round(count * 1440), seed, level))


def within_windows(steps: pd.Series) -> pd.DataFrame:
    """Of rates every 15 s, beginning with a minute, a row a minute."""
    columns = [f"requests_{15 * place}" for place in range(4)]
    return pd.DataFrame(15 * steps.to_numpy().reshape(-1, 4), pd.DatetimeIndex(steps.index)[::4], columns)


def simulated(
    estimator: RPSEstimator,
    traffic: pd.Series,
    *,
    policy: dict[str, Any] | None = None,
    start: str | None = None,
    stop: str | None = None,
    window: int = 60,
    steps: pd.DataFrame | None = None,
    progress: Callable[[float], None] = lambda _: None,
    **settings: Any,
) -> Simulation:
    asked = settings_of(settings)
    begin, end = (pd.Timestamp(moment).to_pydatetime() if moment else None for moment in (start, stop))
    span = traffic_of(traffic, window, begin, end, asked, steps)
    return simulate(span, Policy.model_validate({"rps_per_replica": 1.0} | (policy or {})), asked, estimator, progress)
