"""The model file that is shipped, and what it forecasts."""

import json
from functools import cache
from pathlib import Path

from backend.models.predictor import RPSEstimator

SHIPPED = Path(__file__).parents[1] / "models" / "lgbm_v1.pkl"
HORIZONS: tuple[int, ...] = tuple(json.loads(SHIPPED.with_suffix(".json").read_text())["horizons"])


@cache
def shipped_model() -> RPSEstimator:
    return RPSEstimator.load(SHIPPED)
