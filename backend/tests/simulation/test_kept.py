"""Simulations are kept with their series, in every store alike."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from backend.measurements import POINTS, points_table
from backend.models.predictor import RPSEstimator
from backend.simulation.kept import KEPT, KeptSimulations, StoredSimulation, bucketed, new_record
from backend.simulation.results import paths_of, result_of
from backend.simulation.schemas import SimulationRequest, SimulationState
from backend.stores import SeriesInfo, SeriesKey, Store
from backend.tests.simulation.series import days, simulated

KEY = SeriesKey('shop "ä".csv', "lgbm_v1")


def write_series(store: Store, *, replace: bool = False) -> None:
    frame = days(0.1).to_frame("actual_rps").reindex(columns=list(POINTS.field_names))
    store.write({POINTS: points_table(KEY, frame)}, [SeriesInfo(KEY, 60, "upload")], replace=replace)


@pytest.fixture
def kept(store: Store) -> KeptSimulations:
    write_series(store)
    return KeptSimulations(store)


def record(number: int = 0, state: SimulationState = "waiting") -> StoredSimulation:
    request = SimulationRequest.model_validate({"filename": KEY.name, "from": "2026-01-05T00:00:00Z", "times": 1.5})
    one = new_record(f"number {number}", KEY, request)
    return one.model_copy(update={"state": state, "started_at": one.started_at + timedelta(seconds=number)})


def ids(kept: KeptSimulations) -> list[str]:
    return [one.id for one in kept.records(KEY.tags)]


def test_a_result_comes_back_as_it_was_by_its_id(kept: KeptSimulations, estimator: RPSEstimator) -> None:
    result = result_of(simulated(estimator, days(4)))
    one = record()
    kept.put(one)
    assert kept.find(one.id) == one
    assert kept.result(one) is None
    done = one.model_copy(update={"state": "done", "sentence": result.sentence})
    kept.put(done, result)
    assert kept.find(one.id) == done
    assert kept.result(done) == result
    assert kept.find("another") is None


def test_paths_come_back_by_policy_and_span(kept: KeptSimulations, estimator: RPSEstimator) -> None:
    simulation = simulated(estimator, days(2), policies="hpa,model")
    paths = paths_of(simulation)
    kept.put(record())
    kept.put_paths(record(), paths)
    found = kept.path(record(), "hpa", None, None)
    assert found.index.equals(paths.index)
    np.testing.assert_allclose(found["replicas"], paths["hpa_replicas"], rtol=1e-6)
    np.testing.assert_allclose(found["short"], paths["hpa_short"], rtol=1e-6)
    part = kept.path(record(), "model", paths.index[10].to_pydatetime(), paths.index[20].to_pydatetime())
    assert part.index.tolist() == paths.index[10:20].tolist()


def test_the_oldest_go_with_their_paths_and_all_go_with_the_series(
    kept: KeptSimulations, store: Store, estimator: RPSEstimator
) -> None:
    paths = paths_of(simulated(estimator, days(0.2), policies="hpa"))
    for number in range(KEPT + 2):
        kept.put(record(number, "done"))
        kept.put_paths(record(number), paths)
    kept.forget_older(KEY)
    assert ids(kept) == [record(number).id for number in range(KEPT + 1, 1, -1)]
    assert kept.path(record(1), "hpa", None, None).empty
    assert len(kept.path(record(2), "hpa", None, None)) == len(paths)
    write_series(store, replace=True)
    assert kept.records(KEY.tags) == []
    kept.put(record())
    store.delete_series(KEY.name)
    assert kept.find(record().id) is None


def test_a_result_stays_however_many_are_cancelled_after_it_and_one_that_runs_too(kept: KeptSimulations) -> None:
    kept.put(record(0, "done"))
    kept.put(record(1, "waiting"))
    for number in range(2, KEPT + 4):
        kept.put(record(number, "cancelled"))
    kept.forget_older(KEY, running={record(1).id})
    assert ids(kept) == [record(number).id for number in (*range(KEPT + 3, 3, -1), 1, 0)]


def test_a_chart_has_few_buckets_that_hide_no_peak_and_no_shortage() -> None:
    index = pd.date_range("2026-01-05", periods=10_000, freq="60s", tz="UTC", unit="s")
    generator = np.random.default_rng(1)
    path = pd.DataFrame(
        {name: generator.random(len(index)) for name in ("rate", "needed", "replicas", "short")}, index=index
    )
    path.loc[index[:30], ["rate", "needed", "short"]] = np.nan
    every, windows = bucketed(path, 60)
    assert (every, len(windows)) == (14 * 60, 715)
    assert windows[0].rate is None
    assert windows[0].requests_short is None
    assert max(each.rate or 0 for each in windows) == path["rate"].max()
    assert sum(each.requests_short or 0 for each in windows) == pytest.approx(path["short"].sum())
    assert bucketed(path.iloc[:0], 60)[1] == []
