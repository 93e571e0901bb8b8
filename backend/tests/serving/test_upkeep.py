"""What is done for stored series beside everything else. Over every store."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from backend.config import Settings
from backend.measurements import FORECASTS, POINT_FIELDS, POINTS, SCORES, points_table, read_points
from backend.models.predictor import RPSEstimator
from backend.serving.upkeep import Upkeep
from backend.stores import TIME, SeriesInfo, SeriesKey, Store
from backend.tests.stores.samples import forecasts_of

KEY = SeriesKey("web", "lgbm_v1")
START = datetime(1995, 7, 1, tzinfo=UTC)
HOUR = 3600


def fed(store: Store, days: int) -> pd.DataFrame:
    """A series of hours whose forecasts one hour ahead are 10 too high, and the points."""
    index = pd.date_range(START, periods=24 * days, freq="1h", unit="s")
    actual = 100 + 30 * np.sin(np.arange(len(index)))
    points = pd.DataFrame({"actual_rps": actual}, index=index).reindex(columns=list(POINT_FIELDS))
    issued = pd.DataFrame({"mean_3600": actual + 10, "p10_3600": actual - 5, "p90_3600": actual + 20})
    rows = issued.assign(**{TIME: index}, **KEY.tags, model="lgbm_plus")
    store.write({POINTS: points_table(KEY, points), FORECASTS: rows}, [SeriesInfo(KEY, HOUR, "feed")])
    return points


def upkeep(store: Store, estimator: RPSEstimator, keep_forecasts: int = 30, keep_points: int = 0) -> Upkeep:
    settings = Settings(keep_forecasts_days=keep_forecasts, keep_points_days=keep_points)
    return Upkeep(store, estimator, settings, rest=lambda: None)


def first_day(store: Store) -> datetime:
    return pd.Timestamp(read_points(store, KEY, None, None).index[0]).to_pydatetime()


def test_every_day_that_nothing_can_correct_any_more_is_scored(store: Store, estimator: RPSEstimator) -> None:
    points = fed(store, 5)
    upkeep(store, estimator).step()
    scores = store.read(SCORES, KEY.tags)
    assert scores[TIME].tolist() == [pd.Timestamp(START + timedelta(days=day)) for day in range(3)]
    assert set(zip(scores["model"], scores["horizon"], strict=True)) == {("lgbm_plus", "3600")}
    assert scores["n"].tolist() == [24.0] * 3
    assert scores[["mae", "rmse", "bias"]].to_numpy() == pytest.approx(10, rel=1e-5)
    assert scores["coverage"].tolist() == [1.0] * 3
    assert scores["wape"].iloc[0] == pytest.approx(240 / points["actual_rps"].iloc[:24].sum(), rel=1e-5)


def test_a_day_is_scored_once(store: Store, estimator: RPSEstimator) -> None:
    fed(store, 5)
    upkeep(store, estimator).step()
    store.delete(SCORES, KEY.tags, datetime(2000, 1, 1, tzinfo=UTC))
    upkeep(store, estimator).step()
    assert store.read(SCORES, KEY.tags).empty


def test_forecasts_older_than_the_setting_go_and_their_scores_and_points_stay(
    store: Store, estimator: RPSEstimator
) -> None:
    fed(store, 10)
    upkeep(store, estimator, keep_forecasts=4).step()
    assert forecasts_of(store, KEY)["issued_at"].min() == pd.Timestamp(START + timedelta(days=5))
    assert len(store.read(SCORES, KEY.tags)) == 8
    assert first_day(store) == START


def test_forecasts_are_never_deleted_before_they_are_scored(store: Store, estimator: RPSEstimator) -> None:
    fed(store, 4)
    upkeep(store, estimator, keep_forecasts=1).step()
    assert forecasts_of(store, KEY)["issued_at"].min() == pd.Timestamp(START + timedelta(days=2))


def test_points_older_than_the_setting_go_and_the_record_knows(store: Store, estimator: RPSEstimator) -> None:
    fed(store, 10)
    upkeep(store, estimator, keep_points=3).step()
    assert first_day(store) == START + timedelta(days=6)
    record = store.find(KEY.name)
    assert record is not None
    assert (record.first, record.points) == (START + timedelta(days=6), 4 * 24)


def test_by_default_points_are_kept_for_ever(store: Store, estimator: RPSEstimator) -> None:
    fed(store, 40)
    upkeep(store, estimator, keep_forecasts=Settings().keep_forecasts_days).step()
    assert first_day(store) == START
    assert forecasts_of(store, KEY)["issued_at"].min() == pd.Timestamp(START + timedelta(days=9))


def test_a_file_of_an_earlier_release_gets_the_forecasts_of_its_last_days(
    store: Store, estimator: RPSEstimator
) -> None:
    index = pd.date_range(START, periods=900, freq="60s", unit="s")
    points = pd.DataFrame({"actual_rps": 50 + 10 * np.sin(np.arange(900) / 30)}, index=index)
    info = SeriesInfo(KEY, 60, "upload", {"unforecast": True})
    store.write({POINTS: points_table(KEY, points.reindex(columns=list(POINT_FIELDS)))}, [info])
    upkeep(store, estimator).step()
    issued = forecasts_of(store, KEY)
    expected = estimator.rolling_forecasts(points, 15)["lgbm"]["mean"].iloc[-100:]
    stored = issued[(issued["model"] == "lgbm") & (issued["horizon_seconds"] == 900)].set_index("timestamp")["mean"]
    np.testing.assert_allclose(stored.loc[expected.index], expected, rtol=1e-6)
    record = store.find(KEY.name)
    assert record is not None
    assert "unforecast" not in record.attributes
