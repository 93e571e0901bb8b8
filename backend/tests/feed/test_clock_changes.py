"""A feed that falls silent, and a clock that is set."""

import pytest

from backend.tests.feed.collected import START, WINDOW, Feed, moment, numbers

pytestmark = pytest.mark.long


def test_a_silent_feed_is_stale_and_no_longer_forecast(feed: Feed) -> None:
    feed.live(0, 5)
    for window in range(6, 12):
        feed.at(window)
    assert numbers(feed.points().index) == list(range(5))
    assert feed.forecasts()["issued_at"].max() == moment(7)
    at = [int((START + window) * WINDOW * 10**9) for window in (7.5, 8.5, 24 * 60 + 10)]
    assert [feed.tracker.status("web", now) for now in at] == ["live", "stale", None]


def test_the_clock_may_jump_an_hour_and_back(feed: Feed) -> None:
    feed.live(0, 5)
    feed.live(65, 70)
    feed.live(6, 10)
    assert numbers(feed.points().index) == [*range(5), *range(6, 10), *range(65, 70)]
    assert moment(10) in set(feed.forecasts()["issued_at"])


def test_a_clock_set_back_does_not_keep_a_silent_feed_alive(feed: Feed) -> None:
    feed.live(60, 65)
    feed.at(5)
    at = [int((START + window) * WINDOW * 10**9) for window in (5.5, 7.5, 8.5)]
    assert [feed.tracker.status("web", now) for now in at] == ["live", "live", "stale"]


def test_a_clock_set_forward_makes_a_feed_stale_until_it_speaks_again(feed: Feed) -> None:
    feed.live(0, 5)
    feed.at(65)
    now = int((START + 65.2) * WINDOW * 10**9)
    assert feed.tracker.status("web", now) == "stale"
    assert feed.forecasts()["issued_at"].max() == moment(5)
    feed.send(65, 65.2)
    assert feed.tracker.status("web", now) == "live"
