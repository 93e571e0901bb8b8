"""From samples to the rate of a window, and to nothing where they do not tell it."""

import gc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.feed import rates
from backend.feed.rates import NANOSECONDS, Samples, samples_of
from backend.stores import TIME

START, STOP = 600 * NANOSECONDS, 660 * NANOSECONDS


def source(kind: str, seconds: list[float], values: list[float] | float = 1.0) -> pd.DataFrame:
    times = pd.to_datetime([round(second * NANOSECONDS) for second in seconds], utc=True)
    return pd.DataFrame({TIME: times, "kind": kind, "value": np.broadcast_to(values, len(times)).astype(float)})


def samples(sources: list[pd.DataFrame]) -> Samples:
    sources = sources or [source("count", [])]
    named = [each.assign(source=f"host={number}", filename="shop") for number, each in enumerate(sources)]
    return samples_of(pd.concat(named).sort_values(TIME, kind="stable"))


def window_rate(sources: list[pd.DataFrame], start: int, stop: int) -> float | None:
    return rates.window_rates(samples(sources), start, stop).get("shop")


def growing_rate(sources: list[pd.DataFrame], start: int, stop: int) -> tuple[float, float] | None:
    return rates.growing_rates(samples(sources), start, stop).get("shop")


def every(step: float, first: float, stop: float) -> list[float]:
    return np.arange(first, stop, step).tolist()


@pytest.mark.parametrize("step", [1, 10, 30, 60])
@pytest.mark.parametrize("offset", [0, 0.4])
def test_counts_are_summed_over_the_window(step: int, offset: float) -> None:
    seconds = every(step, 300 + offset * step, 720)
    assert window_rate([source("count", seconds, 2.0 * step)], START, STOP) == pytest.approx(2.0)


def test_the_rate_of_a_counter_is_its_increase() -> None:
    seconds = every(10, 303, 720)
    assert window_rate([source("counter", seconds, [3.0 * s for s in seconds])], START, STOP) == pytest.approx(3.0)


def test_a_counter_read_at_the_window_s_end_is_about_that_window() -> None:
    seconds = [540.0, 600.0, 660.0]
    assert window_rate([source("counter", seconds, [0.0, 60.0, 300.0])], START, STOP) == pytest.approx(4.0)


def test_rates_are_averaged() -> None:
    assert window_rate([source("rate", [601, 659], [1.0, 3.0])], START, STOP) == 2.0


def test_a_counter_that_was_reset_goes_on_from_zero() -> None:
    seconds = every(10, 540, 661)
    values = [1000.0 + 5 * s if s < 630 else 5 * (s - 630) for s in seconds]
    # the requests between the last standing and the restart are not known to anyone
    assert window_rate([source("counter", seconds, values)], START, STOP) == pytest.approx(5.0, abs=50 / 60 + 1e-9)
    assert window_rate([source("counter", seconds, values)], START, STOP) >= 0  # type: ignore[operator]


def test_the_first_sample_of_a_counter_gives_no_rate() -> None:
    assert window_rate([source("counter", [630], 1e6)], START, STOP) is None


@pytest.mark.parametrize(("first", "known"), [(625, True), (645, False)])
def test_a_counter_needs_half_the_window(first: int, known: bool) -> None:
    seconds = every(5, first, 661)
    rate = window_rate([source("counter", seconds, [2.0 * s for s in seconds])], START, STOP)
    assert rate == (pytest.approx(2.0) if known else None)


def test_hosts_add_up() -> None:
    one = source("count", every(1, 500, 700))
    two = source("counter", every(10, 500, 700), [4.0 * s for s in every(10, 500, 700)])
    three = source("rate", [610], 0.5)
    assert window_rate([one, two, three], START, STOP) == pytest.approx(5.5)


def test_no_samples_are_unknown_and_not_zero() -> None:
    assert window_rate([], START, STOP) is None
    assert window_rate([source("count", every(1, 300, 590))], START, STOP) is None


def test_zeros_that_were_measured_are_zero() -> None:
    assert window_rate([source("count", every(1, 500, 700), 0.0)], START, STOP) == 0.0
    assert window_rate([source("counter", every(10, 500, 700), 7.0)], START, STOP) == 0.0


@pytest.mark.parametrize(
    "seconds",
    [
        every(1, 620, 700),
        every(1, 500, 640),
        every(1, 500, 620) + every(1, 640, 700),
        every(1, 500, 580) + every(1, 610, 700),
    ],
    ids=["begins", "ends", "has a hole", "comes back"],
)
def test_a_window_that_counts_do_not_cover_is_unknown(seconds: list[float]) -> None:
    assert window_rate([source("count", seconds)], START, STOP) is None


@pytest.mark.parametrize(
    ("seconds", "known"),
    [
        (every(1, 500, 630) + every(1, 633, 700), True),
        (every(1, 500, 630) + every(1, 635, 700), False),
        (every(1, 500, 658) + every(1, 661, 700), True),
        (every(1, 500, 658), False),
        (every(1, 500, 598) + every(1, 601, 700), True),
    ],
    ids=["late inside", "missing inside", "late at the end", "missing at the end", "late at the beginning"],
)
def test_a_sample_that_comes_a_little_late_still_counts(seconds: list[float], known: bool) -> None:
    inside = sum(600 <= second < 660 for second in seconds)
    assert window_rate([source("count", seconds)], START, STOP) == (inside / 60 if known else None)


def test_a_host_that_comes_up_counts_with_what_it_served() -> None:
    old, new = source("count", every(1, 500, 700)), source("count", every(1, 630, 700), 2.0)
    assert window_rate([old, new], START, STOP) == pytest.approx(2.0)


def test_a_host_that_falls_silent_leaves_the_window_unknown_for_it_may_be_late() -> None:
    assert window_rate([source("count", every(1, 500, 700)), source("count", every(1, 500, 630))], START, STOP) is None


def test_a_host_that_left_before_is_not_missed() -> None:
    assert window_rate([source("count", every(1, 300, 700)), source("count", every(1, 300, 590))], START, STOP) == 1.0


def test_counts_over_longer_than_the_window_say_nothing_of_it() -> None:
    assert window_rate([source("count", every(300, 0, 1300), 300.0)], START, STOP) is None


def test_one_sample_an_event_is_understood() -> None:
    generator = np.random.default_rng(5)
    known = 0
    for _ in range(50):
        seconds = np.sort(generator.uniform(400, 700, 300)).tolist()
        rate = window_rate([source("count", seconds)], START, STOP)
        inside = sum(600 <= second < 660 for second in seconds)
        assert rate is None or rate == pytest.approx(inside / 60)
        known += rate is not None
    assert known >= 48


def test_a_growing_window_says_how_much_it_has_seen() -> None:
    counts = growing_rate([source("count", every(1, 500, 615), 3.0)], START, STOP)
    assert counts is not None
    np.testing.assert_allclose(counts, (3.0, 15.0))
    seconds = every(10, 500, 621)
    standing = growing_rate([source("counter", seconds, [3.0 * s for s in seconds])], START, STOP)
    assert standing is not None
    assert standing[0] == pytest.approx(3.0)
    assert growing_rate([source("count", every(1, 500, 599))], START, STOP) is None


@given(st.lists(st.integers(0, 1000), min_size=20, max_size=80), st.integers(1, 10), st.data())
def test_a_counter_gives_what_was_served_however_it_is_reset(served: list[int], step: int, data: st.DataObject) -> None:
    """Requests served in every step; a restart right after a reading loses nothing."""
    seconds = [START / NANOSECONDS + step * k for k in range(-3, len(served) - 3)]
    resets = data.draw(st.sets(st.integers(1, len(served) - 1), max_size=5))
    standing, values = 0, []
    for place, count in enumerate(served):
        # a restart is seen only where the new standing is lower than the old
        standing = count if place in resets and count < standing else standing + count
        values.append(float(standing))
    stop = START + step * (len(served) - 4) * NANOSECONDS
    expected = sum(served[4:]) / (step * (len(served) - 4))
    assert window_rate([source("counter", seconds, values)], START, stop) == pytest.approx(expected)


@given(st.permutations(range(4)))
def test_the_order_of_hosts_makes_no_difference(order: list[int]) -> None:
    hosts = [source("count", every(1, 500, 700), float(k)) for k in range(4)]
    assert window_rate([hosts[k] for k in order], START, STOP) == pytest.approx(6.0)


def test_series_and_sources_are_told_apart_where_their_samples_alternate() -> None:
    one, two = source("count", every(1, 500, 700)), source("rate", every(2, 500, 700), 7.0)
    table = [
        one.assign(filename="shop", source="a"),
        two.assign(filename="api", source="a"),
        one.assign(filename="shop", source="b", value=2.0),
    ]
    both = samples_of(pd.concat(table).sort_values(TIME, kind="stable"))
    assert rates.window_rates(both, START, STOP) == {"shop": 3.0, "api": 7.0}
    assert rates.growing_rates(both, START, STOP) == {"shop": (3.0, 60.0), "api": (7.0, 60.0)}
    assert both.newest == {"shop": 699 * NANOSECONDS, "api": 698 * NANOSECONDS}


def test_a_hundred_thousand_sources_are_no_work_for_the_collector_of_garbage() -> None:
    table = pd.DataFrame({"filename": "shop", "source": map(str, range(100_000)), "kind": "count", "value": 1.0})
    table[TIME] = pd.Timestamp(START, tz="UTC")
    before = len(gc.get_objects())
    many = samples_of(table)
    assert len(gc.get_objects()) < before + 1_000
    assert many.newest == {"shop": START}
