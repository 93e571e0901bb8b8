"""Selected is the candidate with the least error lately; a spoiled model is noticed, and forgiven."""

import numpy as np
import pandas as pd
import pytest

from backend.models.selection import FEWEST, MARGIN, SPAN, baseline_forecast, choose

MINUTE = pd.Timedelta("1min")
WINDOWS = 3 * SPAN


def traffic(windows: int = WINDOWS) -> pd.Series:
    index = pd.date_range("2026-01-01", periods=windows, freq=MINUTE, tz="UTC")
    generator = np.random.default_rng(3)
    return pd.Series(100 + 20 * np.sin(np.arange(windows) / 50) + generator.normal(0, 8, windows), index=index)


def truth(rates: pd.Series) -> pd.Series:
    """The best that can be forecast: the traffic without its noise."""
    return pd.Series(100 + 20 * np.sin(np.arange(len(rates)) / 50), index=rates.index)


def selected(rates: pd.Series, plus: pd.Series, other: pd.Series | None = None, horizon: int = 1) -> str:
    return choose(rates, horizon, {"lgbm_plus": plus, "lgbm": plus * 1.3 if other is None else other}).model


def test_the_model_that_forecasts_best_is_selected() -> None:
    rates = traffic()
    assert selected(rates, truth(rates)) == "lgbm_plus"
    assert selected(rates, truth(rates) * 1.3, truth(rates)) == "lgbm"


def test_a_spoiled_model_is_replaced_within_the_span_and_selected_again_when_it_is_whole() -> None:
    rates = traffic(6 * SPAN)
    spoiled = truth(rates)
    spoiled.iloc[2 * SPAN : 3 * SPAN] *= 1.5
    selected_at = {end: selected(rates.iloc[:end], spoiled.iloc[:end]) for end in range(SPAN, 6 * SPAN, 20)}
    assert {model for end, model in selected_at.items() if end <= 2 * SPAN} == {"lgbm_plus"}
    assert selected_at[3 * SPAN] in ("ewma", "last_value")
    assert {model for end, model in selected_at.items() if end >= 4 * SPAN} == {"lgbm_plus"}


def test_a_horizon_is_held_to_the_baselines_at_that_horizon() -> None:
    rates = pd.Series(100 + 20 * np.sin(np.arange(WINDOWS) / 2), index=traffic().index)  # the last value soon is wrong
    worse = rates * 1.15
    assert selected(rates, worse, horizon=1) == "last_value"
    assert selected(rates, worse, horizon=5) == "lgbm_plus"


def test_candidates_that_are_about_as_good_do_not_take_turns() -> None:
    rates = traffic()
    generator = np.random.default_rng(1)
    about = [truth(rates) + generator.normal(0, 1.0, len(rates)) for _ in range(2)]
    assert {selected(rates.iloc[:end], about[0].iloc[:end], about[1].iloc[:end]) for end in range(50, 720, 10)} == {
        "lgbm_plus"
    }


def test_the_least_error_is_told_from_one_that_is_not_clearly_less() -> None:
    rates = traffic()
    best = choose(rates, 1, {"lgbm_plus": truth(rates) * 1.5, "lgbm": truth(rates) * 1.5})
    assert best.why == "least_error"
    assert best.errors[best.model] == min(best.errors.values())
    assert best.errors["lgbm"] > 0.4
    noisier = truth(rates) + np.random.default_rng(1).normal(0, 2, len(rates))
    kept = choose(rates, 1, {"lgbm_plus": noisier, "lgbm": truth(rates)})
    assert (kept.model, kept.why) == ("lgbm_plus", "kept")
    assert (1 - MARGIN) * kept.errors["lgbm_plus"] < kept.errors["lgbm"] < kept.errors["lgbm_plus"]


@pytest.mark.parametrize("known", [0, FEWEST - 1])
def test_with_few_scored_forecasts_the_preferred_model_is_selected(known: int) -> None:
    rates = traffic(100)
    forecast = (truth(rates) * 2).where(np.arange(100) >= 100 - known)
    selection = choose(rates, 1, {"lgbm_plus": forecast, "lgbm": forecast})
    assert (selection.model, selection.why, selection.errors) == ("lgbm_plus", "too_few", {})
    assert choose(rates, 1, {}) == selection


def test_a_selected_baseline_has_the_quantiles_of_its_own_errors() -> None:
    rates = traffic()
    forecast = baseline_forecast(rates, 5, "last_value", MINUTE)
    assert forecast.mean == rates.iloc[-1]
    assert (np.diff(forecast.quantiles) > 0).all()
    error = (rates - rates.shift(5)).iloc[-SPAN:]
    assert forecast.quantiles[0] == pytest.approx(forecast.mean + error.quantile(0.1), abs=1)
