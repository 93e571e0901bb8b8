"""What was served in the past is what a forecast of then said."""

import numpy as np
import pandas as pd
import pytest

from backend.models import catalog
from backend.models.intervals import LEVEL_NAMES
from backend.models.selection import baseline_forecast
from backend.serving.past import ahead_of, served_from

WINDOW = pd.Timedelta("60s")
HORIZON = 5


@pytest.mark.parametrize("ends", [(10.0, 100.0), (100.0, 10.0)])
def test_a_baseline_had_the_quantiles_that_it_would_have_live(ends: tuple[float, float]) -> None:
    """On a slope all of its errors lie on one side, so p10 or p99 is the forecast itself."""
    index = pd.date_range("2026-03-01", periods=800, freq=WINDOW, tz="UTC", unit="s")
    rates = pd.Series(np.linspace(*ends, 800), index)
    ahead = ahead_of(rates, 60, [HORIZON])
    wrong = pd.DataFrame(1_000.0, ahead, ["mean", *LEVEL_NAMES])
    issued = {HORIZON: dict.fromkeys(catalog.model_keys(), wrong)}
    past = served_from(rates, 60, [HORIZON], issued, index[-1].to_pydatetime())
    live = baseline_forecast(rates, HORIZON, "last_value", WINDOW)
    np.testing.assert_allclose(past.means[-1], live.mean)
    np.testing.assert_allclose(past.quantiles[-1, :, 0], live.quantiles)
    assert live.mean in live.quantiles
