"""How new each feed's samples are, and for how long that is remembered."""

from backend.feed.rates import NANOSECONDS
from backend.feed.tracker import FeedTracker
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
