"""What policies cost and missed, worked out a second way, and what must hold on any traffic."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.capacity.policy import Policy
from backend.capacity.what_if import decisions_at
from backend.errors import CancelledError, InvalidRequestError
from backend.measurements import MEASUREMENTS, POINTS, points_table
from backend.models.predictor import RPSEstimator
from backend.serving.issued import rolling_table
from backend.serving.past import served_past
from backend.simulation.outcome import SUMS
from backend.simulation.policies import POLICIES
from backend.simulation.results import result_of
from backend.simulation.settings import settings_of
from backend.simulation.simulator import simulate
from backend.simulation.traffic import traffic_of
from backend.stores import SeriesInfo, SeriesKey
from backend.stores.sqlite import SqliteStore
from backend.tests.simulation.series import days, rates, simulated

few = settings(max_examples=15, deadline=None)
spiky = st.lists(st.integers(0, 3_000), min_size=120, max_size=240)


def outcome(simulation: Any, key: str) -> Any:
    return next(each for each in simulation.outcomes if each.policy == key)


def test_a_fixed_fleet_costs_and_misses_what_can_be_worked_out_by_hand(estimator: RPSEstimator) -> None:
    """Two hours: 90 minutes at 2 rps, then 30 at 5, with 3 replicas of 1 rps."""
    traffic = rates([120] * 90 + [300] * 30)
    simulation = simulated(
        estimator,
        traffic,
        start="2026-01-05T01:00:00Z",
        policies="fixed",
        fixed_replicas=3,
        policy={"price_per_replica_hour": 2},
    )
    one = outcome(simulation, "fixed")
    assert (one.replica_hours, one.cost, one.minutes_short) == (3, 6, 30)
    assert one.requests_short == pytest.approx(30 * 60 * 2)
    assert one.requests_in_short_minutes == pytest.approx(30 * 60 * 5)
    assert one.requests_short_share == pytest.approx(30 * 60 * 2 / (30 * 60 * 7))
    assert one.idle_replica_hours == pytest.approx(0.5)
    assert one.missing_replica_hours == pytest.approx(1)
    assert (one.theta_u, one.theta_o) == (pytest.approx(100 * 0.5 * 2 / 5), pytest.approx(100 * 0.5 * 1 / 2))
    assert (one.time_u, one.time_o, one.scale_events) == (50, 50, 0)
    assert one.oracle_replica_hours == pytest.approx(0.5 * 2 + 0.5 * 3)  # two of five replicas may go for that shortage
    (worst,) = one.worst
    assert (worst.start.isoformat(), worst.needed, worst.replicas) == ("2026-01-05T01:30:00+00:00", 5, 3)


def test_an_hpa_is_late_by_scrape_sync_and_lead(estimator: RPSEstimator) -> None:
    """Traffic doubles from 2 to 4 rps at 01:30 with targets of 1 rps: seen at 01:31:15, served 120 s later."""
    traffic = rates([120] * 90 + [240] * 30)
    simulation = simulated(estimator, traffic, start="2026-01-05T01:00:00Z", policies="hpa", hpa_target=1)
    one = outcome(simulation, "hpa")
    assert one.minutes_short == pytest.approx((75 + 120) / 60)
    assert one.requests_short == pytest.approx((75 + 120) * 2)
    assert one.scale_events == 1
    assert one.replica_hours == pytest.approx((60 * 2 + 28.75 * 2) / 60)


def test_a_plan_by_the_last_value_is_late_by_its_window_and_its_lead(estimator: RPSEstimator) -> None:
    traffic = rates([120] * 90 + [240] * 30)
    simulation = simulated(
        estimator, traffic, start="2026-01-05T01:00:00Z", policies="last_value", policy={"lead_seconds": 90}
    )
    assert outcome(simulation, "last_value").minutes_short == pytest.approx((60 + 90) / 60)


@pytest.mark.long
@few
@given(spiky)
def test_who_knows_the_demand_is_never_short_and_nobody_is_cheaper_than_that(
    estimator: RPSEstimator, counts: list[int]
) -> None:
    simulation = simulated(estimator, rates(counts), policy={"max_replicas": 1_000})
    oracle = outcome(simulation, "oracle")
    assert (oracle.minutes_short, oracle.idle_replica_hours, oracle.time_u, oracle.time_o) == (0, 0, 0, 0)
    for one in simulation.outcomes:
        assert one.replica_hours >= one.oracle_replica_hours - 1e-6
        assert one.oracle_replica_hours <= oracle.replica_hours + 1e-9
        assert one.minutes_short > 0 or one.replica_hours >= oracle.replica_hours - 1e-6


@few
@given(spiky, st.integers(1, 30))
def test_more_replicas_are_never_more_shortage_and_the_peak_s_are_never_short(
    estimator: RPSEstimator, counts: list[int], fleet: int
) -> None:
    traffic = rates(counts)
    peak = max(1, int(np.ceil(traffic.max() - 1e-9)))
    short = [
        outcome(simulated(estimator, traffic, policies="fixed", fixed_replicas=size), "fixed").requests_short
        for size in (fleet, fleet + 1, peak)
    ]
    assert short[0] >= short[1]
    assert short[2] == 0


@few
@given(spiky, st.integers(2, 6), st.integers(0, 400))
def test_every_measure_is_what_a_count_second_by_second_gives(
    estimator: RPSEstimator, counts: list[int], lead: int, drain: int
) -> None:
    """Another way altogether: one number a second, from the replicas that an HPA asked for."""
    policy = {"lead_seconds": 10 * lead, "max_replicas": 1_000}
    simulation = simulated(estimator, rates(counts), policies="hpa", policy=policy, drain_seconds=drain)
    replay = simulation.replay
    row = next(each for each in POLICIES if each.key == "hpa")
    asked = row.asked(replay)
    start, stop = (int(moment.timestamp()) for moment in (replay.traffic.start, replay.traffic.stop))
    seconds = np.arange(start, stop, dtype=np.float64)
    wanted = asked.at(np.arange(int(asked.times[0]) - 10 * lead, stop, dtype=np.float64))
    offset = start - int(asked.times[0])
    serving = np.array([wanted[offset + k : offset + k + 10 * lead + 1].min() for k in range(stop - start)])
    rate = np.repeat(replay.traffic.evaluated.to_numpy(), 60)
    needed = np.maximum(np.ceil(np.round(rate, 9)), 1)
    one = outcome(simulation, "hpa")
    assert len(seconds) == len(rate)
    assert one.requests_short == pytest.approx(np.maximum(rate - serving, 0).sum(), abs=1e-6)
    assert one.minutes_short == pytest.approx((rate > serving).sum() / 60)
    assert one.missing_replica_hours == pytest.approx(np.maximum(needed - serving, 0).sum() / 3600)
    assert one.theta_o == pytest.approx(100 * (np.maximum(serving - needed, 0) / needed).mean())
    assert one.time_u == pytest.approx(100 * (needed > serving).mean())


@pytest.mark.long
def test_the_same_seed_gives_the_same_bytes_and_another_draws_other_leads(estimator: RPSEstimator) -> None:
    traffic = days(5)
    policy = {"lead_samples": [60, 120, 240]}
    one, same, other = (
        result_of(simulated(estimator, traffic, policy=policy, seed=seed)).model_dump_json() for seed in (1, 1, 2)
    )
    assert one == same != other


def test_what_comes_later_changes_nothing_before(estimator: RPSEstimator) -> None:
    """Traffic from noon on is another; what every policy but the oracle did before is the same, to the last digit."""
    traffic = days(3)
    noon = pd.Timestamp("2026-01-07T12:00:00Z")
    changed = traffic.where(traffic.index < noon, traffic * 3 + 5)
    found = [
        simulated(estimator, each, start="2026-01-07T00:00:00Z", policy={"max_replicas": 1_000})
        for each in (traffic, changed)
    ]
    assert set(found[0].measured) == set(found[1].measured) == {row.key for row in POLICIES} - {"fixed", "week_ago"}
    until = 12 * 60
    for key in found[0].measured:
        before, after = (each.measured[key] for each in found)
        assert before.replicas[:until].tolist() == after.replicas[:until].tolist(), key
        assert before.short[:until].tolist() == after.short[:until].tolist(), key
    assert found[0].measured["model"].replicas[until:].tolist() != found[1].measured["model"].replicas[until:].tolist()


def test_our_policy_decides_as_the_what_if_of_the_stored_series_does(estimator: RPSEstimator, tmp_path: Any) -> None:
    """The store has what an import stores: points, and the forecasts that would have been issued."""
    traffic = days(3.5)
    key = SeriesKey("web", estimator.version)
    frame = traffic.to_frame("actual_rps")
    points = frame.reindex(columns=list(POINTS.field_names))
    issued = {horizon: estimator.forecasts_at(frame, horizon) for horizon in estimator.horizons}
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    forecasts = next(each for each in MEASUREMENTS if each.name == "forecasts")
    tables = {POINTS: points_table(key, points), forecasts: rolling_table(key, issued, 60)}
    store.write(tables, [SeriesInfo(key, 60, "upload")])
    policy = Policy(rps_per_replica=1.0, lead_seconds=200, up_pods=3, stabilization_seconds=600)
    asked = settings_of({"policies": "model"})
    simulation = simulate(traffic_of(traffic, 60, None, None, asked), policy, asked, estimator)
    begin, stop = simulation.replay.begin.to_pydatetime(), simulation.replay.traffic.stop.to_pydatetime()
    record = store.find("web")
    assert record is not None
    stored = list(decisions_at(policy, served_past(store, record, estimator.horizons, begin, stop)))
    replay = simulation.replay
    assert list(decisions_at(replay.policy, replay.past)) == stored
    assert replay.planned_at(policy.level).replicas.tolist() == [decision.replicas for decision in stored]
    assert len(stored) > 3_000


def test_unknown_windows_are_neither_counted_nor_scored_and_said(estimator: RPSEstimator) -> None:
    traffic = days(3)
    gone = traffic.copy()
    gone.iloc[-300:-100] = np.nan
    whole, holed = (
        simulated(estimator, each, start="2026-01-07T00:00:00Z", policies="fixed", fixed_replicas=20)
        for each in (traffic, gone)
    )
    result = result_of(holed)
    assert (result.windows, result.unknown_windows) == (1240, 200)
    assert "200 windows are unknown" in " ".join(result.notes)
    hours = [outcome(each, "fixed").replica_hours for each in (whole, holed)]
    assert hours[0] - hours[1] == pytest.approx(20 * 200 / 60)
    seconds = SUMS.index("seconds")
    assert holed.measured["fixed"].sums[:, seconds].sum() == 1240 * 60


def test_a_maximum_that_holds_policies_back_is_said(estimator: RPSEstimator) -> None:
    notes = result_of(simulated(estimator, days(1), policies="hpa", policy={"max_replicas": 8})).notes
    assert any("more than max_replicas (8) were needed" in note for note in notes)


def test_intervals_are_of_days_drawn_anew_and_absent_where_there_are_too_few(estimator: RPSEstimator) -> None:
    asked: dict[str, Any] = {"policies": "hpa", "policy": {"rps_per_replica": 0.05}}
    assert outcome(simulated(estimator, days(2), **asked), "hpa").intervals == {}
    one = outcome(simulated(estimator, days(8, level=60), **asked), "hpa")
    low, high = one.intervals["minutes_short"]
    assert low < one.minutes_short < high
    assert one.intervals["replica_hours"][0] < one.replica_hours < one.intervals["replica_hours"][1]


def test_a_speed_up_is_against_the_hpa(estimator: RPSEstimator) -> None:
    simulation = simulated(estimator, days(4, level=60), policies="hpa,hpa_90", policy={"rps_per_replica": 0.05})
    hpa, ample = (outcome(simulation, key) for key in ("hpa", "hpa_90"))
    assert hpa.speed_up == pytest.approx(1)
    ratios = [getattr(hpa, name) / getattr(ample, name) for name in ("theta_u", "theta_o", "time_u", "time_o")]
    assert ample.speed_up == pytest.approx(np.prod(ratios) ** 0.25)


def test_what_cannot_be_replayed_is_left_out_with_its_reason(estimator: RPSEstimator) -> None:
    traffic = days(2)
    simulation = simulated(
        estimator, traffic, start="2026-01-05T00:00:00Z", policies="fixed,fixed_peak,week_ago,scheduled,hpa"
    )
    assert {key: reason.split(",")[0] for key, reason in simulation.left_out.items()} == {
        "fixed": "fixed_replicas says how many",
        "fixed_peak": "nothing is known before the span",
        "week_ago": "no window is known a week before",
        "scheduled": "no whole day is known before the span",
    }
    assert [each.policy for each in simulation.outcomes] == ["hpa"]


def test_a_policy_that_there_is_not_is_refused_with_those_that_there_are(estimator: RPSEstimator) -> None:
    with pytest.raises(InvalidRequestError, match="No policy is 'magic'; policies are fixed_peak, fixed, hpa"):
        simulated(estimator, days(1), policies="magic")


def test_a_lead_beyond_the_last_horizon_is_refused(estimator: RPSEstimator) -> None:
    with pytest.raises(InvalidRequestError, match="Shorten lead_seconds"):
        simulated(estimator, days(1), policy={"lead_seconds": 90_000})


@pytest.mark.parametrize(
    "sizing", [{"sizing": "queue", "service_seconds": 0.5, "workers": 2}, {"sizing": "curve", "measured": "1:1,4:3.5"}]
)
def test_a_fleet_sized_otherwise_is_measured_by_what_it_serves(estimator: RPSEstimator, sizing: dict[str, Any]) -> None:
    simulation = simulated(estimator, days(1), policy=sizing | {"rps_per_replica": None, "max_replicas": 1_000})
    assert outcome(simulation, "oracle").requests_short == pytest.approx(0, abs=1)
    assert outcome(simulation, "model").replica_hours > outcome(simulation, "oracle").replica_hours


def test_the_span_is_the_last_seven_days_or_what_follows_a_warm_up(estimator: RPSEstimator) -> None:
    long, short = (simulated(estimator, days(count), policies="hpa") for count in (9, 1))
    assert long.replay.traffic.stop - long.replay.traffic.start == pd.Timedelta(days=7)
    assert short.replay.traffic.stop - short.replay.traffic.start == pd.Timedelta(hours=12)
    assert "Nobody said from when" in result_of(long).notes[0]


def test_what_if_the_traffic_had_been_otherwise(estimator: RPSEstimator) -> None:
    traffic = days(3)
    asked: dict[str, Any] = {"start": "2026-01-07T00:00:00Z", "policies": "oracle"}
    plain = simulated(estimator, traffic, **asked).replay.traffic.evaluated
    half = simulated(estimator, traffic, times=1.5, **asked).replay.traffic.evaluated
    spiked = simulated(estimator, traffic, spike="2026-01-07T12:00,3,30", **asked).replay.traffic.evaluated
    pasted = simulated(estimator, traffic, paste="2026-01-05,2026-01-07", **asked).replay.traffic.evaluated
    assert half.tolist() == (plain * 1.5).tolist()
    assert spiked.iloc[720:750].tolist() == (plain.iloc[720:750] * 3).tolist()
    assert spiked.drop(spiked.index[720:750]).equals(plain.drop(plain.index[720:750]))
    assert pasted.tolist() == traffic.iloc[:1440].tolist()
    refused: list[tuple[dict[str, Any], str]] = [
        ({"spike": "2026-01-09T12:00,3,30"}, "is not in the span"),
        ({"paste": "2025-01-05,2026-01-07"}, "is not known whole"),
    ]
    for changed, words in refused:
        with pytest.raises(InvalidRequestError, match=words):
            simulated(estimator, traffic, **asked, **changed)


def test_its_progress_is_told_step_by_step_from_the_first_forecasts_on(estimator: RPSEstimator) -> None:
    told: list[float] = []
    simulated(estimator, days(2), progress=told.append)
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert 0 < max(np.diff(told)) < 0.15
    assert min(np.diff(told)) > 0


def test_it_can_be_ended_while_it_forecasts(estimator: RPSEstimator) -> None:
    def end(share: float) -> None:
        if share > 0:
            raise CancelledError(f"at {share:.2f}")

    with pytest.raises(CancelledError, match=r"at 0\.1"):
        simulated(estimator, days(2), progress=end)
