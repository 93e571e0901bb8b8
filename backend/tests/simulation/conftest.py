from pathlib import Path

import pytest

from backend.models.predictor import RPSEstimator

SHIPPED = Path(__file__).parents[2] / "models" / "lgbm_v1.pkl"


@pytest.fixture(scope="session")
def estimator() -> RPSEstimator:
    return RPSEstimator.load(SHIPPED)
