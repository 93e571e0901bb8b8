"""What is served is the candidate with the least error lately; a spoiled model is noticed, and forgiven."""

import numpy as np
import pandas as pd
import pytest

from backend.models.selection import FEWEST, SPAN, choose, naive_candidate

MINUTE = pd.Timedelta("1min")
WINDOWS = 3 * SPAN


def traffic(windows: int = WINDOWS) -> pd.Series:
    index = pd.date_range("2026-01-01", periods=windows, freq=MINUTE, tz="UTC")
    generator = np.random.default_rng(3)
    return pd.Series(100 + 20 * np.sin(np.arange(windows) / 50) + generator.normal(0, 8, windows), index=index)


def truth(rates: pd.Series) -> pd.Series:
    """The best that can be forecast: the traffic without its noise."""
    return pd.Series(100 + 20 * np.sin(np.arange(len(rates)) / 50), index=rates.index)


def served(rates: pd.Series, plus: pd.Series, other: pd.Series | None = None) -> str:
    models = {"lgbm_plus": plus, "lgbm": plus * 1.3 if other is None else other}
    return choose(rates, {1: models, 5: models}).model


def test_the_model_that_forecasts_best_is_served() -> None:
    rates = traffic()
    assert served(rates, truth(rates)) == "lgbm_plus"
    assert served(rates, truth(rates) * 1.3, truth(rates)) == "lgbm"


def test_a_spoiled_model_is_replaced_within_the_span_and_served_again_when_it_is_whole() -> None:
    rates = traffic(6 * SPAN)
    spoiled = truth(rates)
    spoiled.iloc[2 * SPAN : 3 * SPAN] *= 1.5
    served_at = {end: served(rates.iloc[:end], spoiled.iloc[:end]) for end in range(SPAN, 6 * SPAN, 20)}
    assert {model for end, model in served_at.items() if end <= 2 * SPAN} == {"lgbm_plus"}
    assert served_at[3 * SPAN] in ("ewma", "last_value")
    assert {model for end, model in served_at.items() if end >= 4 * SPAN} == {"lgbm_plus"}


def test_candidates_that_are_about_as_good_do_not_take_turns() -> None:
    rates = traffic()
    generator = np.random.default_rng(1)
    about = [truth(rates) + generator.normal(0, 1.0, len(rates)) for _ in range(2)]
    assert {served(rates.iloc[:end], about[0].iloc[:end], about[1].iloc[:end]) for end in range(50, 720, 10)} == {
        "lgbm_plus"
    }


def test_the_choice_says_why_with_figures() -> None:
    rates = traffic()
    models = {"lgbm_plus": truth(rates) * 1.5, "lgbm": truth(rates) * 1.5}
    choice = choose(rates, {1: models})
    assert choice.errors[choice.model] == min(choice.errors.values())
    assert f"{choice.errors[choice.model]:.1%}" in choice.reason
    assert choice.errors["lgbm"] > 0.4


@pytest.mark.parametrize("known", [0, FEWEST - 1])
def test_with_little_to_go_by_lgbm_plus_is_served(known: int) -> None:
    rates = traffic(100)
    forecast = (truth(rates) * 2).where(np.arange(100) >= 100 - known)
    choice = choose(rates, {1: {"lgbm_plus": forecast, "lgbm": forecast}})
    assert (choice.model, choice.errors) == ("lgbm_plus", {})
    assert choose(rates, {}).model == "lgbm_plus"


def test_a_served_baseline_has_a_band_of_its_own_errors() -> None:
    rates = traffic()
    candidate = naive_candidate(rates, 5, "last_value", MINUTE)
    assert candidate.mean == rates.iloc[-1]
    assert (np.diff(candidate.quantiles) > 0).all()
    error = (rates - rates.shift(5)).iloc[-SPAN:]
    assert candidate.quantiles[0] == pytest.approx(candidate.mean + error.quantile(0.1), abs=1)
