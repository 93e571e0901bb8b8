"""`scaleops plan` and `scaleops manifest`, as a user calls them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from backend.capacity.policy import Policy
from backend.cli import app
from backend.measurements import MEASUREMENTS
from backend.stores.sqlite import SqliteStore
from backend.tests.capacity.served import REPLICAS, serve
from backend.tests.feeding import Home

pytestmark = pytest.mark.usefixtures("own_store")

runner = CliRunner()
TRAFFIC = "time,rps\n" + "".join(f"2026-01-05 {m // 60:02}:{m % 60:02},{1000 + m % 7}\n" for m in range(120))


@pytest.fixture
def traffic(tmp_path: Path) -> str:
    path = tmp_path / "shop.csv"
    path.write_text(TRAFFIC)
    return str(path)


@pytest.fixture
def stored(tmp_path: Path) -> None:
    """The series web, with a policy and a decision."""
    serve(Home(tmp_path, {}, lambda: SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)))


def plan(*arguments: str) -> Any:
    result = runner.invoke(app, ["plan", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_file_is_planned_for_and_not_stored(traffic: str, own_store: Path) -> None:
    answer = plan(traffic, "--rps-per-replica", "100", "--lead", "180", "--current-replicas", "11")
    assert answer["replicas"] == -(-answer["demand"] // 100)
    assert answer["policy"]["lead_seconds"] == 180
    assert answer["hpa"]["current_replicas"] == 11
    assert answer["results"][0]["name"] in ("forecast", "observed")
    assert not own_store.exists()
    table = runner.invoke(app, ["plan", traffic, "--rps-per-replica", "100"]).output
    assert answer["sentence"].split(" of the forecast")[0] in table
    assert "max_replicas" in table


def test_a_log_of_requests_offers_its_own_burst_factor_until_the_plan_has_one(tmp_path: Path) -> None:
    seconds = 1_700_000_000 + np.arange(4 * 3_600)
    times = np.repeat(seconds, np.where(seconds % 60 == 7, 10, 1))
    log = tmp_path / "requests.csv"
    log.write_text("time\n" + "\n".join(map(str, times)))
    asked = ["plan", str(log), "--rps-per-replica", "1"]
    assert "--burst-factor 8.7" in runner.invoke(app, asked).output
    assert "--burst-factor" not in runner.invoke(app, [*asked, "--burst-factor", "2"]).output


def test_lead_samples_of_a_file_are_said_with_their_number(traffic: str, tmp_path: Path) -> None:
    (tmp_path / "lead.csv").write_text("seconds\n" + "\n".join(str(seconds) for seconds in range(100, 120)))
    answer = plan(traffic, "--rps-per-replica", "100", "--lead-samples", str(tmp_path / "lead.csv"))
    assert answer["lead"] == {"seconds": 117, "samples": 20, "margin": 2}
    assert "The lead of 117 s is the P90 of 20 times measured; the slowest took 2 s more." in answer["sentence"]


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbf30\r\n45\r\n", b"\xef\xbb\xbflead\n30\n45", b'"30"\n\n"45"\n', b"30\r45\r"]
)
def test_lead_samples_are_read_as_a_spreadsheet_writes_them(traffic: str, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lead.csv").write_bytes(content)
    answer = plan(traffic, "--rps-per-replica", "100", "--lead-samples", str(tmp_path / "lead.csv"))
    assert answer["lead"] == {"seconds": 45, "samples": 2, "margin": 0}


@pytest.mark.parametrize("command", [["plan"], ["simulate", "--policies", "hpa"], ["manifest", "hpa"]])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "lead.csv has no lead times"),
        (b"seconds\n", "lead.csv has no lead times"),
        (b"30\nfast\n", "lead.csv, line 2, is no lead time: 'fast'"),
        (b"seconds\n30\n30,5\n", "lead.csv, line 3, is no lead time: '30,5'"),
        (b"3O\n45\n", "lead.csv, line 1, is no lead time: '3O'"),
        (b"-1\n", "lead.csv, line 1, is no lead time: '-1'"),
        ("30\n45\n".encode("utf-16"), "lead.csv, line 1, is no lead time"),
        (b"30\n" * 400_000, "lead.csv has more than 1 MB"),
    ],
)
def test_lead_samples_that_are_no_times_are_refused_with_their_line(
    traffic: str, tmp_path: Path, command: list[str], content: bytes, said: str
) -> None:
    (tmp_path / "lead.csv").write_bytes(content)
    asked = [command[0], traffic, *command[1:], "--rps-per-replica", "100"]
    result = runner.invoke(app, [*asked, "--lead-samples", str(tmp_path / "lead.csv")])
    assert result.exit_code == 1
    assert f"Unusable file: {tmp_path}/{said}" in result.stderr
    assert "Give a time in seconds a line, from 0 to 1,000,000,000, such as 42.5" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "sizing rate needs rps_per_replica"),
        (["--rps-per-replica", "100", "--lead", "86400"], "Shorten lead_seconds or cadence_seconds"),
        (["--rps-per-replica", "many"], "rps_per_replica: Input should be a valid number"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_its_fix(traffic: str, options: list[str], words: str) -> None:
    result = runner.invoke(app, ["plan", traffic, *options])
    assert result.exit_code == 1
    assert words in result.output


@pytest.mark.usefixtures("stored")
def test_a_series_is_planned_for_by_its_policy_with_what_is_changed_of_it() -> None:
    assert plan("web")["policy"]["mode"] == "serve"
    assert plan("web", "--rps-per-replica", "50")["replicas"] == 2 * plan("web")["replicas"]


@pytest.mark.usefixtures("stored")
def test_a_logged_decision_that_comes_out_otherwise_is_listed() -> None:
    """The one that is stored was invented."""
    report = plan("web", "--again")
    assert (report["logged"], report["made again"], report["the same"]) == (1, 1, 0)
    assert {row["field"] for row in report["results"]} >= {"demand", "forecast"}


def test_what_is_neither_a_file_nor_a_series_is_said() -> None:
    result = runner.invoke(app, ["plan", "nothing"])
    assert result.exit_code == 1
    assert 'No file and no stored series is named "nothing"' in result.output


def test_there_is_an_option_for_every_name_of_a_policy() -> None:
    shown = runner.invoke(app, ["plan", "--help"], env={"COLUMNS": "200"}).output
    assert all(f"--{name.replace('_', '-')}" in shown for name in Policy.model_fields)


@pytest.mark.usefixtures("stored")
def test_a_manifest_is_printed_with_the_values_of_the_series() -> None:
    result = runner.invoke(
        app, ["manifest", "web", "scaled-object", "--url", "https://ops.example", "--deployment", "shop"]
    )
    (scaled,) = yaml.safe_load_all(result.stdout)
    assert scaled["spec"]["scaleTargetRef"] == {"name": "shop"}
    assert scaled["spec"]["triggers"][0]["metadata"]["url"] == "https://ops.example/api/keda/web"
    assert scaled["spec"]["fallback"]["replicas"] == REPLICAS - 2  # 1,000 req/s at 100 each
    said = runner.invoke(app, ["manifest", "web", "hpa", "--current-replicas", str(REPLICAS - 1)]).stdout
    assert f"An HPA will keep {REPLICAS - 1}" in said


@pytest.mark.usefixtures("stored")
def test_a_kind_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    result = runner.invoke(app, ["manifest", "web", "helm"], env={"COLUMNS": "300"})
    assert result.exit_code == 2
    assert "grafana-dashboard" in result.output
