"""How new each feed's samples are, and for how long that is remembered."""

import pytest

from backend.feed import collector
from backend.feed.rates import NANOSECONDS
from backend.feed.tracker import SERIES_WORTH, FeedTracker
from backend.tests.feed.collected import START, WINDOW, Feed

DAY = 86_400 // WINDOW


def test_names_that_fell_silent_a_day_ago_are_forgotten(feed: Feed) -> None:
    feed.send(-1, 0, name="once")
    feed.live(0, 1)
    assert feed.tracker.newest("once") is not None
    feed.tracker.close(START + DAY + 1)
    assert feed.tracker.newest("once") is None


def test_a_sample_that_is_dated_ahead_keeps_a_feed_alive_no_longer_than_one_of_now() -> None:
    now = [START * WINDOW * NANOSECONDS]
    tracker = FeedTracker(WINDOW, clock=lambda: now[0])
    tracker.note_newest("skewed", now[0] + DAY * WINDOW * NANOSECONDS // 2)
    assert tracker.status("skewed", now[0]) == "live"
    now[0] += 4 * WINDOW * NANOSECONDS
    assert tracker.status("skewed", now[0]) == "stale"


def test_late_windows_are_taken_a_few_series_at_a_time_those_that_waited_longest_first() -> None:
    feeds = FeedTracker(WINDOW)
    feeds.put_back({name: set(range(10)) for name in ("first", "second", "third")})
    assert list(feeds.take_late(2 * (SERIES_WORTH + 10))) == ["first", "second"]
    feeds.put_back({"first": {3}})
    assert list(feeds.take_late(1)) == ["third"], "one at least"
    assert feeds.take_late(1) == {"first": {3}}
    assert feeds.take_late(1) == {}


def test_a_close_does_not_wait_for_all_series_that_were_sent_late(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "MOST_LATE", 1)
    feed.live(0, 30)
    for name in ("late", "later"):
        feed.send(0, 20, name=name)
    feed.send(30, 31)
    feed.at(30.5)
    assert (len(feed.points("late")), len(feed.points("later"))) == (20, 0)
    feed.at(31)
    assert (len(feed.points()), len(feed.points("later"))) == (31, 20)
