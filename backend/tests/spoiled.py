"""A server whose models say three times what they would say, by the clock of a test: see clocked."""

import sys
from typing import Any
from unittest.mock import patch

from backend.cli import app
from backend.models.live import LiveForecaster
from backend.models.rolling import Floats
from backend.models.trailing_stats import Grid
from backend.tests import clocked

SERVE = [sys.executable, "-m", "backend.tests.spoiled", "serve"]
forecast = LiveForecaster.rows


def spoiled(self: LiveForecaster, values: Floats, grid: Grid) -> list[dict[str, Any]]:
    return [row | {"mean": 3 * row["mean"]} for row in forecast(self, values, grid)]


if __name__ == "__main__":
    with patch.object(LiveForecaster, "rows", spoiled):
        clocked.serve(app)
