"""The model file that is shipped, and what it forecasts."""

import json
from pathlib import Path

SHIPPED = Path(__file__).parents[1] / "models" / "lgbm_v1.pkl"
HORIZONS: tuple[int, ...] = tuple(json.loads(SHIPPED.with_suffix(".json").read_text())["horizons"])
