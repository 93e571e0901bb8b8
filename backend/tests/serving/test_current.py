"""What is served at each horizon, from what a store holds."""

from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from structlog.testing import capture_logs

from backend.measurements import FORECASTS, MEASUREMENTS, POINT_FIELDS, read_rates
from backend.models import catalog
from backend.models.features import MAX_AGE
from backend.models.intervals import LEVEL_NAMES
from backend.models.selection import LOOKBACK, choose
from backend.schemas import Forecast
from backend.serving import current
from backend.serving.current import CurrentForecasts
from backend.serving.issued import field, issued_for, issued_tables
from backend.serving.selection_log import SelectionLog
from backend.stores import TIME, SeriesKey, SeriesRecord, Store
from backend.stores.sqlite import SqliteStore
from backend.tests.stores.samples import write_points

KEY = SeriesKey("web", "lgbm_v1")
WINDOW = 60
HORIZONS = (1, 5, 15)
START = pd.Timestamp("2026-01-01T00:00Z")
LENGTH = LOOKBACK + 15


def rate(window: int) -> float:
    return float(100 + 40 * np.sin(window / 4) + window * 37 % 11 - 5)


def moment(window: int) -> pd.Timestamp:
    return START + window * timedelta(seconds=WINDOW)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)


def write(store: Store, factors: dict[tuple[str, int], float], issued_from: int = 0) -> SeriesRecord:
    """A series, and right forecasts of all its windows and those after but for `factors`, by model and horizon.

    `issued_from`: the window at whose end the first were made.
    """
    index = pd.DatetimeIndex([moment(window) for window in range(LENGTH)])
    points = pd.DataFrame({"actual_rps": [rate(window) for window in range(LENGTH)]}, index=index)
    write_points(store, KEY, points.reindex(columns=list(POINT_FIELDS)), WINDOW)
    rows = [
        {
            "model": model,
            TIME: moment(origin),
            **{
                field(quantity, horizon * WINDOW): factors.get((model, horizon), 1.0) * rate(origin + horizon - 1)
                for horizon in HORIZONS
                for quantity in ("mean", *LEVEL_NAMES)
            },
        }
        for model in catalog.model_keys()
        for origin in range(issued_from + 1, LENGTH + 1)
    ]
    store.write({FORECASTS: pd.DataFrame(rows).assign(**KEY.tags)})
    (stored,) = store.list_series()
    return stored


def newest(store: Store, stored: SeriesRecord) -> Forecast:
    forecast = CurrentForecasts(store, HORIZONS).newest(stored, "live")
    assert forecast is not None
    return forecast


def test_each_horizon_has_the_candidate_that_was_best_there(store: Store) -> None:
    stored = write(store, {("lgbm_plus", 5): 1.5, ("lgbm_plus", 15): 3.0, ("lgbm", 15): 3.0})
    served = newest(store, stored).served
    assert [(point.horizon, point.model) for point in served] == [(1, "lgbm_plus"), (5, "lgbm"), (15, "ewma")]
    assert [point.timestamp for point in served] == [moment(LENGTH - 1 + horizon) for horizon in HORIZONS]
    for point in served:
        assert point.errors[point.model] == min(point.errors.values())
        assert list(point.errors) == list(catalog.candidates())
        assert "had the least error" in point.reason
        assert f"{point.errors['lgbm_plus']:.1%}" in point.reason


def test_a_served_model_has_its_own_numbers_and_a_served_baseline_those_of_its_errors(store: Store) -> None:
    stored = write(store, {("lgbm_plus", 15): 3.0, ("lgbm", 15): 3.0})
    forecast = newest(store, stored)
    one, *_, last = forecast.served
    (issued,) = (point for point in forecast.points if (point.model, point.horizon) == ("lgbm_plus", 1))
    assert one.model_dump(exclude={"reason", "errors"}) == issued.model_dump()
    rates = pd.Series([rate(window) for window in range(LENGTH)])
    assert last.mean == pytest.approx(rates.ewm(alpha=0.15, adjust=False).mean().iloc[-1])
    assert 0 <= last.p10 < last.p50 < last.p90 < last.p95


def test_until_enough_forecasts_were_scored_the_preferred_model_is_served(store: Store) -> None:
    stored = write(store, {("lgbm_plus", 1): 3.0}, issued_from=LENGTH - 40)
    for point in newest(store, stored).served:
        assert (point.model, point.errors) == (catalog.PREFERRED.key, {})
        assert point.reason == "Fewer than 60 forecasts at this horizon could be scored so far"


@pytest.mark.parametrize(("newest_windows", "warming_up"), [(3, True), (30, False)])
def test_after_days_of_silence_a_series_warms_up_again(store: Store, newest_windows: int, warming_up: bool) -> None:
    stored = write(store, {})
    silent = LENGTH + MAX_AGE
    index = pd.DatetimeIndex([moment(silent + window) for window in range(newest_windows)])
    points = pd.DataFrame({"actual_rps": 50.0}, index=index)
    write_points(store, KEY, points.reindex(columns=list(POINT_FIELDS)), WINDOW)
    issued = store.read(FORECASTS, KEY.tags, moment(LENGTH).to_pydatetime())
    store.write({FORECASTS: issued.assign(**{TIME: moment(silent + newest_windows)}, **KEY.tags)})
    assert newest(store, stored).warming_up is False
    (stored,) = store.list_series()
    assert newest(store, stored).warming_up is warming_up


def test_the_selection_looks_back_on_as_many_windows_as_a_close_does(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = Mock(side_effect=choose)
    monkeypatch.setattr(current, "choose", chosen)
    newest(store, write(store, {}))
    assert {len(call.args[0]) for call in chosen.call_args_list} == {LOOKBACK}


def test_issued_forecasts_are_tables_by_horizon_and_model_on_the_windows_asked_for(store: Store) -> None:
    stored = write(store, {("lgbm", 5): 2.0})
    rates = read_rates(store, KEY, moment(100).to_pydatetime(), moment(110).to_pydatetime())
    windows = pd.DatetimeIndex(rates.index)
    tables = issued_tables(store, stored, windows, HORIZONS, ("mean", "p90"))
    assert {horizon: list(models) for horizon, models in tables.items()} == {
        horizon: list(catalog.model_keys()) for horizon in HORIZONS
    }
    table = tables[5]["lgbm"]
    assert table.index.equals(windows)
    np.testing.assert_allclose(table["mean"], 2 * rates)
    assert list(table.columns) == ["mean", "p90"]


def test_a_change_is_logged_once_with_its_horizon(store: Store) -> None:
    write(store, {("lgbm_plus", 5): 1.5})
    first = int(START.timestamp()) // WINDOW
    index = pd.DatetimeIndex([moment(window) for window in range(LENGTH)])
    selections = SelectionLog(HORIZONS)
    selections.load("web", issued_for(store, KEY, index, WINDOW, HORIZONS), first)
    with capture_logs() as logs:
        for stop in range(1, LENGTH):
            rates = np.array([rate(window) for window in range(max(0, stop - LOOKBACK), stop)])
            selections.note(["web"], rates[:, np.newaxis], first + stop - 1)
    (change,) = logs
    assert change["event"] == "selection_changed"
    assert (change["filename"], change["horizon"]) == ("web", 5)
    assert (change["before"], change["model"]) == ("lgbm_plus", "lgbm")
    assert "LGBM had the least error over the last 240 windows: LGBM 0.0%" in change["reason"]
