"""A fed series with a policy: what people and machines are told at every close, over both stores."""

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import httpx
import pytest

from backend.tests.feed.test_running_selection import fed_before
from backend.tests.feeding import MINUTE, Feed, Home, until
from backend.tests.server import Server

POLICY: dict[str, Any] = {"rps_per_replica": 5, "mode": "serve", "stabilization_seconds": 0}


def put(server: Server, **fields: Any) -> dict[str, Any]:
    answer = server.client.put("/api/policies/web", json=POLICY | fields)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def keda(server: Server) -> httpx.Response:
    return server.client.get("/api/keda/web")


def refused(server: Server) -> str:
    answer = keda(server)
    assert answer.status_code == 503, answer.text
    return str(answer.json()["reason"])


def served_at(server: Server, moment: int) -> dict[str, Any]:
    """What is served once the decision at `moment` (seconds since 1970) is made."""

    def newest() -> dict[str, Any] | None:
        rows = server.get("/api/decisions", filename="web", every=True)["decisions"]
        return next((row for row in rows if row["at"] == iso(moment)), None)

    until(newest)
    return dict(keda(server).json())


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


def test_what_is_not_served_says_why(home: Home) -> None:
    feed = Feed(home)
    with feed.server() as server:
        feed.sender.targets = [server]
        feed.windows_pass(1)
        until(lambda: refused(server) == "no_policy")  # "store" where that takes too long
        put(server, mode="advise")
        until(lambda: refused(server) == "mode")  # "store" where that takes too long
        put(server)
        until(lambda: refused(server) == "warming_up")  # "store" where that takes too long


def test_page_endpoint_and_log_agree_at_every_decision(home: Home) -> None:
    feed = fed_before(home, badly=range(0))
    with feed.server() as server:
        feed.sender.targets = [server]
        put(server)
        answers = []
        for _ in range(5):
            feed.window_passes()
            served = served_at(server, feed.window)
            recommended = server.get("/api/recommendation", filename="web")
            assert served["replicas"] == recommended["replicas"]
            assert served["value"] == served["replicas"] * POLICY["rps_per_replica"]
            assert served["demand"] == pytest.approx(recommended["demand"])
            answers.append(served["replicas"])
        rows = server.get("/api/decisions", filename="web", every=True)["decisions"]
        assert [row["replicas"] for row in rows[-5:]] == answers
        computed = server.get("/api/decisions/what-if", filename="web", range="live", every=True)
        assert [row["replicas"] for row in computed["decisions"][-5:]] == answers
        assert [row["demand"] for row in computed["decisions"][-5:]] == [row["demand"] for row in rows[-5:]]
        lead_ago = next(row for row in reversed(rows) if row["serving_from"] <= recommended["at"])
        assert recommended["running"]["replicas"] == lead_ago["replicas"]
        text = server.client.get("/api/decisions", params={"filename": "web", "format": "csv"}).text
        changes = server.get("/api/decisions", filename="web")["decisions"]
        assert [int(row["replicas"]) for row in csv.DictReader(StringIO(text))] == [row["replicas"] for row in changes]


def test_a_policy_that_changes_holds_from_the_next_decision_on(home: Home) -> None:
    feed = fed_before(home, badly=range(0))
    with feed.server() as server:
        feed.sender.targets = [server]
        put(server)
        feed.window_passes()
        served_at(server, feed.window)
        feed.clock.set(feed.clock.time() + 1)
        put(server, rps_per_replica=2.5)
        feed.window_passes()
        after = served_at(server, feed.window)
        of_before = server.get("/api/recommendation", filename="web", rps_per_replica=5)["replicas"]
        assert 2 * of_before - 1 <= after["replicas"] <= 2 * of_before  # half the rate each, both rounded up
        assert after["value"] == after["replicas"] * 2.5
        assert [row["policy"] for row in server.get("/api/decisions", every=True)["decisions"]][-2:] == [1, 2]
        history = server.get("/api/policies/web")["history"]
        assert [version["policy"]["rps_per_replica"] for version in history] == [5.0, 2.5]


def test_a_feed_that_is_cut_is_not_served_after_three_windows(home: Home) -> None:
    feed = fed_before(home, badly=range(0))
    with feed.server() as server:
        feed.sender.targets = [server]
        put(server)
        feed.window_passes()
        served_at(server, feed.window)
        known_until = feed.window
        feed.sender.targets = []
        feed.clock.set(max(feed.sender.answered) // 10**9 + 3 * MINUTE + 1)
        answer = keda(server)
        assert answer.status_code == 503
        assert answer.json()["reason"] == "stale"
        assert answer.json()["since"].startswith(iso(known_until).removesuffix("Z"))
        assert answer.headers["content-type"] == "application/problem+json"
