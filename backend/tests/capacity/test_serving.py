"""What a machine is told: a number only where it is meant, else the reason and since when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.capacity.decisions import Standing
from backend.capacity.lead import lead_of, samples_of
from backend.capacity.log import LoggedDecision
from backend.capacity.metrics import is_served
from backend.capacity.policies import PolicyVersion
from backend.capacity.policy import Policy
from backend.capacity.serving import served
from backend.errors import NoDecisionError
from backend.models.shrinkage import MIN_WINDOWS
from backend.schemas import SeriesStatus

NOW = datetime(2026, 1, 5, 8, 0, 30, tzinfo=UTC)
AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = Policy(rps_per_replica=100, mode="serve")
VERSION = PolicyVersion(3, AT - 90 * MINUTE, POLICY)
DECISION = LoggedDecision(AT, 12, 11, 12, 1140.0, 1140.0, 0.9, 1000.0, "forecast", 3)
STANDING = Standing(VERSION, DECISION, MINUTE, 1_000, AT)


def refusal(standing: Standing, status: SeriesStatus = "live", now: datetime = NOW) -> dict[str, Any]:
    with pytest.raises(NoDecisionError) as none:
        served("shop", standing, status, now)
    assert "shop" in none.value.detail
    return none.value.extra


def in_mode(mode: str) -> PolicyVersion:
    return replace(VERSION, policy=POLICY.model_copy(update={"mode": mode}))


@pytest.mark.parametrize(
    ("standing", "status", "reason", "since"),
    [
        (replace(STANDING, version=None), "live", "no_policy", None),
        (replace(STANDING, version=replace(VERSION, policy=None)), "live", "no_policy", None),
        (replace(STANDING, version=in_mode("observe")), "live", "mode", VERSION.since),
        (replace(STANDING, version=in_mode("advise")), "live", "mode", VERSION.since),
        (STANDING, "historic", "not_live", AT),
        (STANDING, "stale", "stale", AT),
        (replace(STANDING, points=MIN_WINDOWS - 1), "live", "warming_up", None),
        (replace(STANDING, decision=None), "live", "no_decision", VERSION.since),
        (replace(STANDING, decision=replace(DECISION, at=AT - 3 * MINUTE)), "live", "stale", AT - 3 * MINUTE),
        (replace(STANDING, known_until=AT - 6 * MINUTE), "live", "unknown", AT - 6 * MINUTE),
    ],
)
def test_what_is_not_served_says_why_and_since_when(
    standing: Standing, status: SeriesStatus, reason: str, since: datetime | None
) -> None:
    said = refusal(standing, status)
    assert said["reason"] == reason
    assert said.get("since") == (since and since.isoformat())


@given(st.integers(0, 20), st.integers(0, 20))
def test_forecasts_alone_are_served_for_as_many_windows_as_the_policy_allows_and_marked(
    unknown: int, allowed: int
) -> None:
    policy = POLICY.model_copy(update={"serve_forecast_windows": allowed})
    version = replace(VERSION, policy=policy)
    standing = replace(STANDING, version=version, known_until=AT - unknown * MINUTE)
    assert is_served(version, DECISION, standing.known_until, MINUTE, NOW) == (unknown <= allowed), "in /metrics"
    if unknown > allowed:
        assert refusal(standing)["reason"] == "unknown"
    else:
        assert served("shop", standing, "live", NOW).unknown_windows == unknown


@given(st.integers(1, 3_600), st.integers(0, 12_000))
def test_a_decision_is_served_for_three_windows_or_three_cadences_and_no_longer(cadence: int, age: int) -> None:
    version = replace(VERSION, policy=POLICY.model_copy(update={"cadence_seconds": cadence}))
    standing, now = replace(STANDING, version=version), AT + timedelta(seconds=age)
    if age <= 3 * max(60, cadence):
        assert served("shop", standing, "live", now).decision == DECISION
    else:
        assert refusal(standing, now=now)["reason"] == "stale"


@given(st.lists(st.floats(0, 10_000), min_size=1))
def test_a_lead_of_samples_covers_nine_of_ten_and_says_by_how_much_the_slowest_was_later(samples: list[float]) -> None:
    lead = lead_of(samples)
    assert sum(sample <= lead.seconds for sample in samples) >= 0.9 * len(samples)
    assert lead.seconds in samples
    assert lead.seconds + lead.margin == pytest.approx(max(samples))
    assert f"the P90 of {len(samples)} time" in lead.sentence


@pytest.mark.parametrize("text", ["95,100.5,80", "seconds\n95\n100.5\n80\n", "95\r\n100.5\r\n80", "lead;95;100.5;80"])
def test_samples_are_read_from_a_query_or_a_column(text: str) -> None:
    assert samples_of(text) == ["95", "100.5", "80"]
    assert Policy.model_validate({"rps_per_replica": 1, "lead_samples": text}).lead.samples == 3
