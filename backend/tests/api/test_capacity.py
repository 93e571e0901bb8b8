"""What a policy would give, and what it is told that cannot be."""

import json

import pytest

from backend.tests.server import Server
from backend.tests.shipped import HORIZONS

TRAFFIC = b"time,rps\n" + b"".join(b"2026-01-05 08:%02d,%d\n" % (m, 1000 + m) for m in range(60))


def test_what_if_is_answered_and_not_kept(server: Server) -> None:
    server.upload("shop.csv", TRAFFIC)
    answer = server.get("/api/recommendation", rps_per_replica=100, lead_seconds=180, current_replicas=10)
    assert answer["replicas"] == -(-answer["demand"] // 100)
    assert answer["binding"] == "forecast"
    assert answer["policy"]["lead_seconds"] == 180
    assert "p90 of the forecast reaches" in answer["sentence"]
    assert "from 180 to 240 s ahead" in answer["sentence"]
    assert server.get("/api/policies/shop.csv")["policy"] is None
    cheap = server.get("/api/recommendation", rps_per_replica=100, shortage_cost=1)
    assert cheap["level"] == 0.5
    assert cheap["demand"] <= answer["demand"]


def test_an_empty_name_in_the_query_is_its_default(server: Server) -> None:
    server.upload("shop.csv", TRAFFIC)
    server.client.put("/api/policies/shop.csv", json={"rps_per_replica": 100, "quantile": 0.5, "headroom": 2})
    answer = server.get("/api/recommendation", quantile="", headroom="")
    assert (answer["level"], answer["policy"]["quantile"], answer["policy"]["headroom"]) == (0.9, None, 1)


IMPOSSIBLE: list[tuple[dict[str, str], str]] = [
    ({}, "sizing rate needs rps_per_replica"),
    ({"rps_per_replica": "0"}, "rps_per_replica: Input should be greater than or equal to"),
    ({"rps_per_replica": "1", "lead_seconds": "86400"}, f"which is {60 * HORIZONS[-1]} s"),
    ({"rps_per_replica": "1", "quantile": "0.999"}, "from 0.1 to 0.99"),
    ({"rps_per_replica": "1", "min_replicas": "5", "max_replicas": "4"}, "min_replicas is above max_replicas"),
    ({"rps_per_replica": "1", "lead_seconds": "1e15"}, "lead_seconds: Input should be less than or equal to"),
    ({"rps_per_replica": "1", "stabilization_seconds": "1e12"}, "stabilization_seconds: Input should be less"),
    ({"rps_per_replica": "1", "min_replicas": "9" * 400}, "min_replicas"),
    ({"rps_per_replica": "1", "up_percent": "1e308"}, "up_percent: Input should be less"),
    ({"sizing": "queue", "rps_per_replica": "5"}, "sizing queue needs service_seconds"),
    ({"rps_per_replica": "1", "shortage_cost": "100"}, "the quantile 0.990099; forecasts have those from 0.1 to 0.99"),
]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        *IMPOSSIBLE,
        ({"rps_per_replica": "1", "headrom": "2"}, "No such parameter: headrom"),
        ({"rps_per_replica": "1", "current_replicas": "9" * 400}, "current_replicas"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_its_fix(server: Server, changes: dict[str, str], words: str) -> None:
    server.upload("shop.csv", TRAFFIC)
    answer = server.client.get("/api/recommendation", params=changes)
    assert answer.status_code == 422
    assert words in json.dumps(answer.json())


@pytest.mark.parametrize(("policy", "words"), IMPOSSIBLE)
def test_a_policy_that_cannot_be_is_not_stored(server: Server, policy: dict[str, str], words: str) -> None:
    server.upload("shop.csv", TRAFFIC)
    answer = server.client.put("/api/policies/shop.csv", json=policy)
    assert answer.status_code == 422
    assert words in json.dumps(answer.json())
    assert server.get("/api/policies/shop.csv")["history"] == []


def test_what_a_policy_would_have_decided_is_computed_from_the_files_own_past(server: Server) -> None:
    server.upload("shop.csv", TRAFFIC)
    ample = server.get("/api/decisions/what-if", rps_per_replica=100, range="1h", every=True)
    assert [row["policy"] for row in ample["decisions"]] == [0] * len(ample["decisions"])
    assert all(row["capacity"] == 100 * row["replicas"] for row in ample["decisions"])
    assert ample["windows"] > 50
    tight = server.get("/api/decisions/what-if", rps_per_replica=100, max_replicas=1, range="1h")
    assert [row["replicas"] for row in tight["decisions"]] == [1]
    assert tight["short_windows"] == tight["windows"] > ample["short_windows"]


def test_the_windows_ahead_show_what_runs_what_is_planned_and_when_it_is_too_little(server: Server) -> None:
    server.upload("shop.csv", TRAFFIC)
    answer = server.get("/api/recommendation", rps_per_replica=100, current_replicas=1)
    assert answer["running"] == {"since": answer["at"], "replicas": 1, "capacity": 100}
    assert answer["crossed_at"] == answer["ahead"][0]["timestamp"] == answer["at"]
    assert [window["replicas"] for window in answer["ahead"][:3]] == [1, 1, answer["replicas"]]
    assert len(answer["ahead"]) == HORIZONS[-1]
    ample = server.get("/api/recommendation", rps_per_replica=100, current_replicas=50)
    assert ample["crossed_at"] is None
