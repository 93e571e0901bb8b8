"""A window's score: from what came before it, the same in a batch and live, rare where a person would look."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from backend.arrays import Floats
from backend.models import anomalies
from backend.models.anomalies import KEYS, THRESHOLD, Scores, judge, judge_newest, new_memory, reason
from backend.models.surprise import WIDEST, Forecast, reach
from backend.models.tail import BLOCK, KEPT, MEMORY, Memory
from backend.models.trailing_stats import Grid

DAY = 1_440
GRID = Grid.of_seconds(60, 29_000_003)


def traffic(days: float, seed: int = 3, level: float = 20.0, noise: float = 0.1) -> Floats:
    """Requests per second of minutes with a daily course, Poisson noise and more of it."""
    random = np.random.default_rng(seed)
    minute = np.arange(int(days * DAY))
    course = level * (1.0 + 0.6 * np.sin(2 * np.pi * minute / DAY))
    return random.poisson(60 * course * random.gamma(1 / noise**2, noise**2, len(minute))) / 60.0


def forecasts(rates: Floats, noise: float = 0.12) -> dict[int, Forecast]:
    """The median of twelve windows as a forecast, `horizon` windows ahead."""
    median = pd.Series(rates).rolling(12, min_periods=1).median()
    made = {}
    for horizon in anomalies.HORIZONS:
        mean = median.shift(horizon).to_numpy()
        made[horizon] = Forecast(mean, mean * (1 - 1.5 * noise), mean * (1 + 1.5 * noise))
    return made


def scores(rates: Floats, made: Mapping[int, Forecast] | None = None) -> Scores:
    return judge(rates, GRID, made or forecasts(rates), new_memory(), len(rates))[0]


def up_to(row: int, made: Mapping[int, Forecast]) -> dict[int, Forecast]:
    return {horizon: Forecast(*(part[:row] for part in forecast)) for horizon, forecast in made.items()}


def with_gaps(rates: Floats) -> Floats:
    rates = rates.copy()
    rates[2_000:2_007], rates[4_000:4_500] = np.nan, np.nan
    return rates


def live(rates: Floats, made: Mapping[int, Forecast], start: int, memory: Memory, restarts: tuple[int, ...]) -> Scores:
    """The scores of the windows from `start` on, each when it comes, from no more than a live step keeps."""
    rows_seen = []
    for row in range(start, len(rates)):
        if row in restarts:
            memory = reloaded(memory, row)
        rows = (GRID.first + row) % BLOCK + 1
        first = max(0, row + 1 - rows - reach(GRID))
        near = row + 1 - rows - WIDEST + 1
        newest = {
            horizon: Forecast(*(part[np.newaxis, near : row + 1] for part in forecast))
            for horizon, forecast in made.items()
        }
        judged = judge_newest([memory], rates[np.newaxis, first : row + 1], GRID.from_row(first), newest, rows)
        rows_seen.append([column[0, -1] for column in judged])
    return Scores(*np.array(rows_seen).T)


def reloaded(memory: Memory, row: int) -> Memory:
    """What a store gives back of a memory."""
    block = (GRID.first + row) // BLOCK + 1
    again = new_memory()
    again.put(block - KEPT, memory.span(block - KEPT, block))
    return again


@pytest.mark.long
def test_live_steps_give_the_scores_of_a_batch_to_the_last_digit_also_after_a_restart() -> None:
    rates = with_gaps(traffic(9))
    made = forecasts(rates)
    whole = scores(rates, made)
    start = 8 * DAY + DAY // 2
    memory = new_memory()
    judge(rates[:start], GRID, up_to(start, made), memory, start)
    newest = live(rates, made, start, memory, restarts=(start + 20, start + 400))
    for batch, one in zip(whole, newest, strict=True):
        np.testing.assert_array_equal(batch[start:], one)


def test_a_series_judged_in_two_parts_has_the_scores_of_the_whole() -> None:
    rates = traffic(4)
    made = forecasts(rates)
    cut = 3 * DAY + 4  # in the middle of a block
    memory = new_memory()
    judge(rates[:cut], GRID, up_to(cut, made), memory, cut)
    second, _, _ = judge(rates, GRID, made, memory, len(rates) - cut)
    for one, two in zip(scores(rates, made), second, strict=True):
        np.testing.assert_array_equal(one[cut:], two)


def test_the_future_changes_no_score() -> None:
    rates = traffic(5)
    other = rates.copy()
    other[4 * DAY :] *= 7.0
    before, after = scores(rates), scores(other)
    for one, two in zip(before, after, strict=True):
        np.testing.assert_array_equal(one[: 4 * DAY], two[: 4 * DAY])


def test_series_judged_together_have_the_scores_that_each_has_alone() -> None:
    many = [traffic(3, seed, 10.0 * (seed + 1)) for seed in range(3)]
    made = [forecasts(rates) for rates in many]
    rows = (GRID.first + 3 * DAY - 1) % BLOCK + 1
    memories = []
    for rates, own in zip(many, made, strict=True):
        memories.append(new_memory())
        cut = len(rates) - rows
        judge(rates[:cut], GRID, up_to(cut, own), memories[-1], cut)
    stacked = {
        horizon: Forecast(*(np.stack([own[horizon][part] for own in made]) for part in range(3)))
        for horizon in anomalies.HORIZONS
    }
    together = judge_newest(memories, np.stack(many), GRID, stacked, rows)
    for place, (rates, own) in enumerate(zip(many, made, strict=True)):
        for one, all_of_them in zip(scores(rates, own), together, strict=True):
            np.testing.assert_array_equal(one[-rows:], all_of_them[place])


def test_scores_are_from_0_to_1_and_unknown_where_the_rate_is() -> None:
    rates = with_gaps(traffic(5))
    rates[6_000:6_010] = 0.0
    judged = scores(rates).score
    np.testing.assert_array_equal(np.isnan(judged), np.isnan(rates))
    assert np.nanmin(judged) >= 0.0
    assert np.nanmax(judged) == 1.0


@pytest.mark.parametrize("noise", [0.01, 0.1, 0.3])
def test_ordinary_traffic_has_at_most_an_alarm_a_day(noise: float) -> None:
    rates = traffic(10, noise=noise)
    alarms = scores(rates, forecasts(rates, max(noise, 0.03))).score >= THRESHOLD
    begun = alarms & ~np.concatenate([[False], alarms[:-1]])
    assert begun[2 * DAY :].sum() <= 8


INCIDENTS: dict[str, tuple[Callable[[Floats], Floats], str]] = {
    "an outage": (lambda rates: 0.0 * rates, "below"),
    "a spike": (lambda rates: 4.0 * rates, "above"),
    "a doubling": (lambda rates: 2.0 * rates, "above"),
    "a counter that stands still": (lambda rates: np.full(len(rates), rates[0]), "still"),
}


@pytest.mark.parametrize("name", INCIDENTS)
def test_an_incident_is_found_within_four_windows_and_named(name: str) -> None:
    change, kind = INCIDENTS[name]
    rates = traffic(9)
    begin = 8 * DAY + 300
    rates[begin : begin + 30] = change(rates[begin : begin + 30])
    judged = scores(rates)
    found = np.flatnonzero(judged.score[begin : begin + 4] >= THRESHOLD)
    assert len(found)
    assert kind in KEYS[int(judged.kind[begin + found[0]])]


def test_a_slow_drift_that_the_forecast_follows_is_found_by_what_other_days_had() -> None:
    rates = traffic(10)
    begin = 9 * DAY + 100
    rates[begin : begin + 180] *= 1.0 + 0.01 * np.arange(180)
    following = forecasts(rates)[1]
    judged = scores(rates, dict.fromkeys(anomalies.HORIZONS, following))
    assert (judged.score[begin : begin + 180] >= THRESHOLD).any()


def test_the_scores_of_a_known_series_stay_what_they_are() -> None:
    rates = traffic(9)
    begin = 8 * DAY + 300
    rates[begin : begin + 5] = 0.0
    rates[begin + 200 : begin + 203] *= 3
    judged = scores(rates)
    expected = {
        -1: (0.019589, "forecast_below", 30.391667),
        0: (1.0, "forecast_below", 31.620586),
        4: (1.0, "forecast_below", 29.758333),
        5: (0.017803, "forecast_above", 32.916293),
        202: (1.0, "forecast_above", 31.525),
        203: (0.340146, "days_above", 31.293889),
    }
    for after, (score, key, rate) in expected.items():
        row = begin + after
        assert judged.score[row] == pytest.approx(score, abs=1e-6)
        assert KEYS[int(judged.kind[row])] == key
        assert judged.expected[row] == pytest.approx(rate, abs=1e-6)
    assert judged.score[8 * DAY :].mean() == pytest.approx(0.05914187, abs=1e-6)


def test_windows_after_a_spike_are_not_marked_for_it() -> None:
    rates = traffic(9)
    begin = 8 * DAY + 300
    rates[begin : begin + 2] *= 20.0
    alarms = scores(rates).score >= THRESHOLD
    assert alarms[begin]
    assert not alarms[begin + 2 : begin + 120].any()  # nor as the level of an hour ago


def test_the_second_weekend_is_no_anomaly_where_the_first_was_as_quiet() -> None:
    rates = traffic(15)
    for day in (5, 6, 12, 13):
        rates[day * DAY : (day + 1) * DAY] = np.round(rates[day * DAY : (day + 1) * DAY] * 30) / 60
    marked = scores(rates).score >= THRESHOLD
    first, *others = (int(marked[day * DAY : day * DAY + 120].sum()) for day in (5, 12, 14))
    assert first > 20
    assert max(others) == 0


def test_a_job_at_the_same_time_every_night_is_hardly_an_anomaly_after_a_week() -> None:
    rates = traffic(15, level=2.0)
    for day in range(15):
        rates[day * DAY + 120 : day * DAY + 130] *= 3
    marked = scores(rates).score >= THRESHOLD
    nights = [int(marked[day * DAY + 110 : day * DAY + 140].sum()) for day in range(15)]
    assert sum(nights[8:]) < sum(nights[1:8]) / 4


def test_a_spike_is_seen_where_the_longest_forecast_was_not_made() -> None:
    rates = traffic(9)
    spike = 8 * DAY + 300
    rates[spike] *= 6
    made = forecasts(rates)
    horizon = max(made)
    made[horizon] = Forecast(
        *(np.where(np.abs(np.arange(len(rates)) - spike) < 10, np.nan, part) for part in made[horizon])
    )
    assert scores(rates, made).score[spike] > THRESHOLD


def test_a_burst_that_comes_every_hour_is_no_anomaly_after_a_day() -> None:
    rates = traffic(4)
    rates[::60] *= 3.0
    alarms = scores(rates).score >= THRESHOLD
    assert alarms[:300].any()
    assert alarms[2 * DAY :].sum() <= 6  # of 48


def test_a_memory_holds_a_week_and_gives_back_what_was_put_last() -> None:
    memory = Memory(2)
    first = np.arange(2.0 * KEPT).reshape(2, KEPT)
    memory.put(100, first)
    memory.put(100 + KEPT, np.array([[7.0], [8.0]]))
    memory.put(150, np.array([[1.0], [2.0]]))
    span = memory.span(100, 101 + KEPT)
    assert np.isnan(span[:, 0]).all()
    assert span[:, 50].tolist() == [1.0, 2.0]
    assert span[:, -1].tolist() == [7.0, 8.0]
    assert np.isnan(Memory(2).span(0, MEMORY)).all()


@pytest.mark.parametrize(
    ("key", "actual", "expected", "words"),
    [
        ("days_below", 59.0, 100.0, "41 % below the least that this time of day had in the last week"),
        ("forecast_above", 32.0, 10.0, "3.2 times what was forecast or usual by the week before"),
        ("forecast_above", 14.0, 10.0, "40 % above what was forecast or usual by the week before"),
        (
            "minutes_below",
            0.0,
            0.66,
            "no traffic, where 0.66 req/s is what was forecast 5 windows before or usual by the week before",
        ),
        ("forecast_above", 5.0, 0.0, "far above what was forecast or usual by the week before"),
        ("still", 5.0, 5.0, "the same rate window after window"),
    ],
)
def test_the_reason_is_said_in_words(key: str, actual: float, expected: float, words: str) -> None:
    assert reason(KEYS.index(key), actual, expected) == words
