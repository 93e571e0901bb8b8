"""What a policy would give, and what it is told that cannot be."""

import json

import pytest

from backend.tests.server import Server

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


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "sizing rate needs rps_per_replica"),
        ({"rps_per_replica": "0"}, "rps_per_replica: Input should be greater than or equal to"),
        ({"rps_per_replica": "1", "headrom": "2"}, "headrom: Extra inputs are not permitted"),
        ({"rps_per_replica": "1", "lead_seconds": "3600"}, "which is 900 s"),
        ({"rps_per_replica": "1", "quantile": "0.999"}, "from 0.1 to 0.99"),
        ({"rps_per_replica": "1", "min_replicas": "5", "max_replicas": "4"}, "min_replicas is above max_replicas"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_its_fix(server: Server, changes: dict[str, str], words: str) -> None:
    server.upload("shop.csv", TRAFFIC)
    answer = server.client.get("/api/recommendation", params=changes)
    assert answer.status_code == 422
    assert words in json.dumps(answer.json())
