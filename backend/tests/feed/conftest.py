import pytest

from backend.models.predictor import RPSEstimator
from backend.stores.sqlite import SqliteStore
from backend.tests.feed.collected import Feed


@pytest.fixture
def feed(sqlite_store: SqliteStore, estimator: RPSEstimator) -> Feed:
    begun = Feed(sqlite_store, estimator)
    begun.at(0)
    return begun
