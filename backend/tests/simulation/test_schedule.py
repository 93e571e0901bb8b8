"""Cron lines with replicas."""

from datetime import UTC, datetime

import pytest

from backend.errors import InvalidRequestError
from backend.simulation.schedule import entries_of, scheduled
from backend.simulation.settings import settings_of

MONDAY = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
HOUR, DAY = 3600, 86_400


def hours(lines: list[str], days: int = 1, timezone: str = "UTC") -> list[tuple[float, int]]:
    """Hours from Monday on, and replicas."""
    times, replicas = scheduled(entries_of(lines), MONDAY, MONDAY + days * DAY, timezone)
    return [((time - MONDAY) / HOUR, count) for time, count in zip(times.tolist(), replicas.tolist(), strict=True)]


def test_an_entry_holds_until_the_next_and_at_the_beginning_the_one_before_it() -> None:
    assert hours(["0 8 * * * = 10", "30 18 * * * = 3"]) == [(0, 3), (8, 10), (18.5, 3)]


def test_weekdays_and_steps_are_as_in_cron() -> None:
    assert hours(["0 9 * * 6,7 = 2", "0 9 * * 1-5 = 5"], days=7)[-2:] == [(5 * 24 + 9, 2), (6 * 24 + 9, 2)]
    assert [hour for hour, _ in hours(["0 */6 * * * = 4"])] == [0, 6, 12, 18]


def test_the_hours_are_those_of_the_time_zone() -> None:
    assert hours(["0 8 * * * = 10", "0 20 * * * = 2"], timezone="Europe/Berlin") == [(0, 2), (7, 10), (19, 2)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 8 * * = 10", "is no line of a schedule"),
        ("0 25 * * * = 10", "'25' is no hour from 0 to 23"),
        ("0 8 * * mon = 10", "'mon' is no weekday"),
        ("0 8 * * * = 0", "at least 1 replica"),
    ],
)
def test_a_line_that_is_none_is_refused_with_what_would_be_one(line: str, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words.replace("*", r"\*")):
        settings_of({"schedule": line})
