import pytest

from backend.models.predictor import RPSEstimator
from backend.tests.shipped import SHIPPED


@pytest.fixture(scope="session")
def estimator() -> RPSEstimator:
    return RPSEstimator.load(SHIPPED)
