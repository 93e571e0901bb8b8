"""What would have been said of a file's windows, made in pieces."""

import numpy as np
import pandas as pd
import pytest

from backend.models.anomalies import THRESHOLD, new_memory
from backend.models.predictor import RPSEstimator
from backend.models.tail import BLOCK
from backend.serving import rolling
from backend.serving.rolling import Piece, rolling_pieces

WINDOWS, KEPT_FROM = 3_000, 2_200


def traffic() -> pd.DataFrame:
    """Two days of minutes that begin within a block, with an outage and a gap."""
    random = np.random.default_rng(1)
    rates = 50 + 20 * np.sin(np.arange(WINDOWS) / 1440 * 2 * np.pi) + random.normal(0, 4, WINDOWS)
    rates[2_000:2_010] = 0
    rates[2_500:2_507] = np.nan
    index = pd.date_range("2020-01-01T00:07", periods=WINDOWS, freq="60s", tz="UTC", unit="s")
    return pd.DataFrame({"actual_rps": rates}, index=index)


@pytest.fixture(scope="module")
def whole(estimator: RPSEstimator) -> Piece:
    (piece,) = rolling_pieces(estimator, traffic(), 0, KEPT_FROM, new_memory(), lambda _: None)
    return piece


@pytest.fixture(scope="module")
def pieces(estimator: RPSEstimator) -> list[Piece]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rolling, "PIECE", 50 * BLOCK)
        made = list(rolling_pieces(estimator, traffic(), 0, KEPT_FROM, new_memory(), lambda _: None))
    assert len(made) > 3
    return made


def test_points_and_scores_of_pieces_are_those_of_the_whole(whole: Piece, pieces: list[Piece]) -> None:
    assert (whole.points["anomaly_score"] >= THRESHOLD).any()
    pd.testing.assert_frame_equal(
        pd.concat([piece.points for piece in pieces]), whole.points, check_exact=True, check_freq=False
    )


def test_forecasts_of_pieces_are_those_of_the_whole(estimator: RPSEstimator, whole: Piece, pieces: list[Piece]) -> None:
    for horizon in estimator.horizons:
        for model, expected in whole.forecasts[horizon].items():
            parts = [piece.forecasts[horizon][model] for piece in pieces if piece.forecasts]
            pd.testing.assert_frame_equal(pd.concat(parts), expected, check_exact=True, check_freq=False)
            assert len(expected) == WINDOWS - KEPT_FROM


def test_surprises_of_pieces_are_those_of_the_whole(whole: Piece, pieces: list[Piece]) -> None:
    assert pieces[0].first_block == whole.first_block
    np.testing.assert_array_equal(np.concatenate([piece.maxima for piece in pieces], axis=1), whole.maxima)


def test_the_work_of_all_windows_is_told_of(estimator: RPSEstimator) -> None:
    done: list[float] = []
    list(rolling_pieces(estimator, traffic(), 1_000, KEPT_FROM, new_memory(), done.append))
    assert sum(done) == pytest.approx(WINDOWS - 1_000)
    assert len(done) == len(estimator.horizons)
