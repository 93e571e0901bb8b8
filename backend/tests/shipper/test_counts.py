"""Which second has how many requests, and which are to be sent."""

import pytest

from backend.shipper.counts import KEPT_SECONDS, Counts
from backend.tests.shipper.test_tail import line

NOW = 1_700_000_000


@pytest.fixture
def counts() -> Counts:
    """Started at NOW, with ten seconds of the past."""
    return Counts(NOW - 10, NOW)


def add(counts: Counts, now: float, *seconds: float) -> None:
    counts.add("".join(line(second) for second in seconds).encode(), now)


def test_requests_are_counted_by_the_second_and_sent_when_it_is_over(counts: Counts) -> None:
    add(counts, NOW + 0.5, NOW, NOW)
    counts.read_until(NOW + 0.5)
    assert counts.unsent() == {}
    counts.read_until(NOW + 1)
    assert counts.unsent() == {NOW: 2}
    assert counts.unsent(whole=False) == {NOW: 2}


def test_a_quiet_second_is_zero_while_the_log_is_read(counts: Counts) -> None:
    for tenth in range(41):
        counts.read_until(NOW + tenth / 10)
    assert counts.unsent() == dict.fromkeys(range(NOW, NOW + 4), 0)


def test_a_quiet_second_of_the_past_is_not_known(counts: Counts) -> None:
    add(counts, NOW, NOW - 8, NOW - 4)
    counts.read_until(NOW + 1)
    assert counts.unsent() == {NOW - 8: 1, NOW - 4: 1, NOW: 0}


def test_quiet_seconds_in_which_nobody_read_are_not_known(counts: Counts) -> None:
    counts.read_until(NOW + 1)
    add(counts, NOW + 3600, NOW + 1800)
    counts.read_until(NOW + 3600)
    counts.read_until(NOW + 3601)
    assert counts.unsent() == {NOW: 0, NOW + 1800: 1, NOW + 3600: 0}


def test_a_late_line_corrects_its_second(counts: Counts) -> None:
    add(counts, NOW, NOW)
    counts.read_until(NOW + 2)
    counts.sent(counts.unsent())
    assert counts.unsent() == {}
    add(counts, NOW + 5, NOW, NOW + 1)
    assert counts.unsent() == {NOW: 2, NOW + 1: 1}


def test_a_second_that_grew_while_it_was_sent_is_sent_again(counts: Counts) -> None:
    add(counts, NOW, NOW)
    counts.read_until(NOW + 1)
    on_the_way = counts.unsent()
    add(counts, NOW + 1, NOW)
    counts.sent(on_the_way)
    assert counts.unsent() == {NOW: 2}


def test_the_newest_seconds_are_sent_first(counts: Counts) -> None:
    add(counts, NOW, *range(NOW - 10, NOW))
    assert list(counts.unsent(2)) == [NOW - 1, NOW - 2]


def test_what_is_not_counted_is_said_once(counts: Counts) -> None:
    counts.add(b"garbage\n", NOW)
    add(counts, NOW, NOW - 11, NOW + 100, NOW + 100)
    bad, old, ahead = counts.take_warnings()
    assert bad.startswith("1 lines not counted: they have no access-log time")
    assert '"garbage"' in bad
    assert old.startswith("1 lines not counted: they are older")
    assert ahead.startswith("2 lines not counted: their time is more than 60 s ahead")
    assert counts.take_warnings() == []
    assert counts.unsent(whole=False) == {}


def test_what_could_not_be_sent_within_a_day_is_lost_and_said(counts: Counts) -> None:
    add(counts, NOW, NOW - 5)
    counts.read_until(NOW + KEPT_SECONDS)
    assert counts.unsent() == {}
    (lost,) = counts.take_warnings()
    assert lost.startswith("1 seconds")
