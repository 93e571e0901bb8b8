"""Policies replayed on a stored series: asked for, followed, cancelled, kept with it."""

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from backend.cli import app
from backend.simulation.policies import POLICIES
from backend.tests.server import Server
from backend.tests.traffic import raw_parquet, series_csv

pytestmark = pytest.mark.long

POLICY = {"rps_per_replica": 0.2}


def started(server: Server, **asked: Any) -> Any:
    answer = server.client.post("/api/simulations", json={"filename": "shop.csv", "policy": POLICY} | asked)
    assert answer.status_code == 202, answer.text
    return answer.json()


def ended(server: Server, simulation_id: str) -> Any:
    while (answer := server.get(f"/api/simulations/{simulation_id}"))["state"] in ("waiting", "simulating"):
        assert answer["result"] is None
        assert 0 <= answer["share"] <= 1
        time.sleep(0.05)
    return answer


def test_a_simulation_is_followed_to_its_result_and_kept_with_the_series(server: Server) -> None:
    server.upload("shop.csv", series_csv(5_000))
    asked = started(server, policies=["hpa", "model", "oracle"], **{"from": "1995-07-02T00:00:00Z"})
    assert (asked["state"], asked["filename"]) == ("waiting", "shop.csv")
    answer = ended(server, asked["id"])
    result = answer["result"]
    assert (answer["state"], answer["problem"], answer["sentence"]) == ("done", None, result["sentence"])
    assert (result["from"], result["to"]) == ("1995-07-02T00:00:00Z", "1995-07-04T11:20:00Z")
    assert [each["policy"] for each in result["policies"]] == ["hpa", "model", "oracle"]
    assert result["policy"]["rps_per_replica"] == 0.2
    assert [each["id"] for each in server.get("/api/simulations", filename="shop.csv")] == [asked["id"]]
    server.client.delete("/api/series/shop.csv")
    assert server.client.get(f"/api/simulations/{asked['id']}").status_code == 404


def test_its_paths_have_the_replicas_and_the_shortages_that_its_figures_sum_up(server: Server) -> None:
    server.upload("shop.csv", series_csv(5_000))
    simulation = ended(server, started(server, policies=["hpa"], id="paths")["id"])
    (hpa,) = simulation["result"]["policies"]
    path = server.get("/api/simulations/paths/paths/hpa")
    assert len(path["windows"]) <= 720
    assert path["bucket_seconds"] % 60 == 0
    assert sum(each["requests_short"] for each in path["windows"]) == pytest.approx(hpa["requests_short"], rel=1e-4)
    assert path["worst"] == hpa["worst"]
    near = {"from": hpa["worst"][0]["start"], "to": hpa["worst"][0]["end"]} if hpa["worst"] else {}
    closer = server.get("/api/simulations/paths/paths/hpa", **near)
    assert closer["bucket_seconds"] <= path["bucket_seconds"]
    missing = server.client.get("/api/simulations/paths/paths/model")
    assert (missing.status_code, "it has hpa" in missing.json()["detail"]) == (404, True)


def test_it_is_a_file_of_html_or_csv_too(server: Server) -> None:
    server.upload("shop.csv", series_csv(3_000))
    simulation = ended(server, started(server, policies=["hpa", "model"])["id"])
    address = f"/api/simulations/{simulation['id']}/report"
    page = server.client.get(address)
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-disposition"] == "attachment"
    assert simulation["sentence"] in page.text
    rows = list(csv.DictReader(io.StringIO(server.client.get(address, params={"format": "csv"}).text)))
    assert [row["policy"] for row in rows] == ["hpa", "model"]


def test_the_policy_of_the_series_holds_where_nothing_else_is_asked(server: Server) -> None:
    server.upload("shop.csv", series_csv(3_000))
    server.client.put("/api/policies/shop.csv", json={"rps_per_replica": 0.5, "lead_seconds": 300})
    result = ended(server, started(server, policies=["model"], policy={"headroom": 1.5})["id"])["result"]
    held = {name: result["policy"][name] for name in ("rps_per_replica", "lead_seconds", "headroom")}
    assert held == {"rps_per_replica": 0.5, "lead_seconds": 300, "headroom": 1.5}


def test_its_record_has_what_was_asked_and_sent_again_it_gives_the_same(server: Server) -> None:
    server.upload("shop.csv", series_csv(3_000))
    server.client.put("/api/policies/shop.csv", json={"rps_per_replica": 0.5, "lead_seconds": 300})
    settings = {"policies": ["hpa", "model"], "times": 1.5, "from": "1995-07-02T00:00:00Z"}
    first = ended(server, started(server, id="first", policy={"headroom": 1.5}, **settings)["id"])
    server.client.put("/api/policies/shop.csv", json={"rps_per_replica": 2, "burst_factor": 3})
    (listed,) = server.get("/api/simulations", filename="shop.csv")
    asked = listed["request"]
    assert asked == first["request"]
    assert settings.items() <= asked.items()
    assert asked["policy"] == first["result"]["policy"]
    again = ended(server, started(server, **{name: value for name, value in asked.items() if name != "id"})["id"])
    assert again["result"] == first["result"]


def test_one_that_failed_says_what_was_asked_too(server: Server) -> None:
    server.upload("shop.csv", series_csv(600))
    answer = ended(server, started(server, **{"from": "2026-01-01T00:00:00Z"})["id"])
    assert (answer["state"], answer["request"]["from"]) == ("failed", "2026-01-01T00:00:00Z")


def test_one_that_runs_is_cancelled_within_a_moment_and_one_that_waits_too(server: Server) -> None:
    server.upload("shop.csv", series_csv(20_000))
    runs, waits = started(server, id="runs"), started(server, id="waits")
    for each in (waits, runs):
        assert server.client.delete(f"/api/simulations/{each['id']}").status_code == 204
    for each in (waits, runs):
        answer = ended(server, each["id"])
        assert (answer["state"], answer["problem"]) == ("cancelled", "The simulation was cancelled.")
    assert server.client.get("/api/simulations/runs/report").status_code == 409


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"policy": {}}, "sizing rate needs rps_per_replica"),
        ({"policies": ["magic"]}, "No policy is 'magic'"),
        ({"policy": POLICY | {"lead_seconds": 100_000}}, "Shorten lead_seconds"),
        ({"hpa_target": 2}, "less than or equal to 1"),
        ({"schedule": ["at noon"]}, "schedule: 'at noon' is no line of a schedule"),
        ({"schedule_timezone": "Mars"}, "schedule_timezone: 'Mars' is no time zone; Europe/Berlin is one"),
        ({"headroom": 2}, "headroom: There is none of this name; /openapi.json lists those that there are"),
    ],
)
def test_what_cannot_be_is_refused_before_it_begins(server: Server, asked: dict[str, Any], words: str) -> None:
    server.upload("shop.csv", series_csv(600))
    answer = server.client.post("/api/simulations", json={"filename": "shop.csv", "policy": POLICY} | asked)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_what_comes_out_only_in_the_replay_ends_it_with_its_reason(server: Server) -> None:
    server.upload("shop.csv", series_csv(600))
    answer = ended(server, started(server, **{"from": "2026-01-01T00:00:00Z"})["id"])
    assert answer["state"] == "failed"
    assert "within what the series has, 1995-07-01 00:00 to 1995-07-01 10:00 UTC" in answer["problem"]


def test_the_newest_ten_of_a_series_stay(server: Server) -> None:
    server.upload("shop.csv", series_csv(300))
    ids = [ended(server, started(server, policies=["hpa"], id=f"number-{n}")["id"])["id"] for n in range(12)]
    listed = {each["id"] for each in server.get("/api/simulations", filename="shop.csv")}
    assert len(listed) == 10
    assert ids[-1] in listed


def test_of_a_raw_log_the_page_says_what_the_command_says(server: Server, tmp_path: Path) -> None:
    """Its requests within a window are stored with it: what peaks for seconds is short in both alike."""
    log = tmp_path / "requests.parquet"
    log.write_bytes(raw_parquet(900))
    server.upload(log.name, log.read_bytes())
    asked = {"policies": ["hpa", "model", "fixed"], "fixed_replicas": 7}
    stored = ended(server, started(server, filename=log.name, **asked)["id"])["result"]
    options = ["--rps-per-replica", "0.2", "--policies", "hpa,model,fixed", "--fixed-replicas", "7", "--json"]
    told = json.loads(CliRunner().invoke(app, ["simulate", str(log), *options]).stdout)
    assert any("in every 15 s, of which 4 are a window" in note for note in stored["notes"])
    assert told["notes"] == stored["notes"]
    assert told["sentence"] == stored["sentence"]
    assert told["policies"] == stored["policies"]


def test_the_policies_that_can_be_replayed_are_listed(server: Server) -> None:
    assert [each["policy"] for each in server.get("/api/simulations/policies")] == [row.key for row in POLICIES]
