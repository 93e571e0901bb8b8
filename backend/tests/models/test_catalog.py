"""A third model is one row of the catalog: every forecast, score and selection then has it, and the others stay."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from backend.models import catalog
from backend.models.baselines import baselines
from backend.models.catalog import Baseline, Model
from backend.models.evaluate import backtest, score_predictions
from backend.models.frames import series_of
from backend.models.predictor import RPSEstimator
from backend.models.selection import choose
from backend.tests.models.series import traffic, unknown
from backend.tests.toy_model import TOY

FRAME = unknown(traffic(2_400), 1_700, 1_790)


@pytest.fixture
def toy() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "MODELS", (*catalog.MODELS, TOY))
        yield TOY.key


def expected(frame: pd.DataFrame, horizon: int) -> pd.Series:
    """By target, at windows whose origin and the one before it are known."""
    rates = frame["actual_rps"]
    return ((rates + rates.shift(1)) / 2).shift(horizon)


@pytest.mark.usefixtures("toy")
def test_predictions_have_its_column(estimator: RPSEstimator) -> None:
    points = estimator.predict(FRAME)
    assert list(points.columns) == [
        "predicted_rps_model1",
        "predicted_rps_model2",
        "predicted_rps_toy",
        "p10",
        "p90",
    ]
    wanted = expected(FRAME, 1).dropna()
    np.testing.assert_allclose(points.loc[wanted.index, "predicted_rps_toy"], wanted, rtol=1e-12)


@pytest.mark.parametrize("horizon", [1, 15])
def test_rolling_forecasts_have_it_with_intervals_of_its_own_errors(
    estimator: RPSEstimator, toy: str, horizon: int
) -> None:
    tables = estimator.rolling_forecasts(FRAME, horizon)
    assert list(tables) == ["lgbm_plus", "lgbm", toy]
    wanted = expected(FRAME, horizon).dropna()
    np.testing.assert_allclose(tables[toy].loc[wanted.index, "mean"], wanted, rtol=1e-12)
    actual = FRAME["actual_rps"].iloc[600:]
    inside = (actual >= tables[toy]["p10"][actual.index]) & (actual <= tables[toy]["p90"][actual.index])
    assert 0.72 < inside[actual.notna()].mean() < 0.88


def test_the_others_forecast_as_without_it(estimator: RPSEstimator) -> None:
    predicted, table = estimator.predict(FRAME), estimator.forecast(FRAME).table
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "MODELS", (*catalog.MODELS, TOY))
        beside = estimator.predict(FRAME), estimator.forecast(FRAME).table
    pd.testing.assert_frame_equal(beside[0][predicted.columns], predicted, check_exact=True)
    others = beside[1][beside[1]["model"] != TOY.key].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, table, check_exact=True)


@pytest.mark.long
def test_live_steps_and_forecasts_from_the_whole_frame_have_it_and_are_the_same(
    estimator: RPSEstimator, toy: str
) -> None:
    values, grid = series_of(FRAME)
    live = estimator.live(60)
    live.learn({"web": (grid.first, values[:1_690])})
    rolled = {horizon: estimator.rolling_forecasts(FRAME, horizon)[toy] for horizon in estimator.horizons}
    for rows in range(1_691, 1_830):  # into the outage, and out of it
        live.put("web", grid.first + rows - 1, values[rows - 1])
        live.advance(grid.first + rows - 1)
        forecasts = live.forecasts(["web"])
        assert list(forecasts.mean) == ["lgbm_plus", "lgbm", toy]
        for place, horizon in enumerate(estimator.horizons):
            wanted = list(rolled[horizon].iloc[rows - 1 + horizon])
            assert [forecasts.mean[toy][place, 0], *forecasts.quantiles[toy][:, place, 0]] == wanted
        if rows % 40 == 0:
            table = estimator.forecast(FRAME.iloc[:rows]).table
            assert [mean[0] for means in zip(*forecasts.mean.values(), strict=True) for mean in means] == list(
                table["mean"]
            )


def test_backtests_and_uploads_score_it(estimator: RPSEstimator, toy: str) -> None:
    results = {(result["model"], result["horizon"]): result for result in backtest(estimator, FRAME, FRAME.index[600])}
    error = (expected(FRAME, 1) - FRAME["actual_rps"]).iloc[600:1_700].abs()
    for horizon in estimator.horizons:
        assert results[toy, horizon]["origins"] == results["lgbm_plus", horizon]["origins"]
        assert results[toy, horizon]["p90_coverage"] is not None
    assert results[toy, 1]["mae"] == pytest.approx(error.mean(), rel=0.05)
    scores = score_predictions(FRAME, estimator.predict(FRAME))
    assert list(scores)[:3] == ["lgbm_plus", "lgbm", toy]


def test_selection_may_choose_it(toy: str) -> None:
    rates = FRAME["actual_rps"].iloc[:1_000]
    forecasts = {"lgbm_plus": rates * 1.3, "lgbm": rates * 1.4, toy: rates * 1.01}
    selection = choose(rates, 1, forecasts)
    assert (selection.model, selection.why) == (toy, "least_error")
    assert list(selection.errors) == ["lgbm_plus", "lgbm", toy, "last_value", "ewma"]
    assert catalog.label(toy) == "Mean of two"


def test_keys_labels_and_columns_are_told_apart() -> None:
    rows: list[Model | Baseline] = [*catalog.MODELS, *catalog.BASELINES]
    assert len({row.key for row in rows}) == len({row.label for row in rows}) == len(rows)
    assert len({model.column for model in catalog.MODELS}) == len(catalog.MODELS)


def test_every_baseline_forecasts_every_window_after_the_first() -> None:
    for baseline in catalog.BASELINES:
        forecast = baselines(FRAME["actual_rps"], 1, [baseline.key])[baseline.key]
        assert forecast.iloc[1:].notna().all()
