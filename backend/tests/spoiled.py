"""A server whose models say three times what they would say, by the clock of a test: see clocked."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from unittest.mock import patch

from backend.models.ensemble import Forecasts
from backend.models.live import LiveForecaster
from backend.tests import clocked

forecasts = LiveForecaster.forecasts


def spoiled(self: LiveForecaster, names: Sequence[Hashable]) -> Forecasts:
    found = forecasts(self, names)
    return replace(found, mean={key: 3 * mean for key, mean in found.mean.items()})


def serve() -> None:
    with patch.object(LiveForecaster, "forecasts", spoiled):
        clocked.serve()
