"""`scaleops simulate`, as a user calls it."""

import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from backend.capacity.policy import Policy
from backend.cli import app
from backend.simulation.settings import SimulationSettings
from backend.tests.programs import SCALEOPS
from backend.tests.traffic import series_csv

pytestmark = pytest.mark.usefixtures("own_store")

runner = CliRunner()


@pytest.fixture
def traffic(tmp_path: Path) -> str:
    path = tmp_path / "shop.csv"
    path.write_bytes(series_csv(5_000))
    return str(path)


def simulate(*arguments: str) -> str:
    result = runner.invoke(app, ["simulate", *arguments], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_answer_begins_with_a_sentence_and_nothing_is_stored(traffic: str, own_store: Path) -> None:
    said = simulate(traffic, "--rps-per-replica", "0.2", "--lead", "120", "--policies", "hpa,model,model_p90")
    assert said.startswith("With p90 and 2 minutes of lead you would have been short ")
    assert "windows: 3560" in said
    assert "by the newsvendor rule p90" in said
    assert "model_p90" in said
    assert not own_store.exists()


def test_the_json_has_the_shape_that_scripts_count_on(traffic: str) -> None:
    span = ["--from", "1995-07-03", "--to", "1995-07-04T00:00:00Z"]
    price = ["--price-per-replica-hour", "0.5"]
    report: dict[str, Any] = json.loads(
        simulate(
            traffic, "--rps-per-replica", "0.2", "--lead", "90", *span, *price, "--policies", "hpa,oracle", "--json"
        )
    )
    assert (report["file"], report["from"], report["to"]) == (
        "shop.csv",
        "1995-07-03T00:00:00Z",
        "1995-07-04T00:00:00Z",
    )
    assert report["policy"]["lead_seconds"] == 90
    hpa, oracle = report["policies"]
    names = (
        "policy replica_hours idle_replica_hours minutes_short requests_short requests_in_short_minutes scale_events"
    )
    assert hpa.keys() >= {*names.split(), "theta_u", "theta_o", "time_u", "time_o", "speed_up", "cost"}
    assert hpa["cost"] == pytest.approx(hpa["replica_hours"] / 2)
    assert oracle["minutes_short"] == 0


def test_page_and_table_are_written_as_files(traffic: str, tmp_path: Path) -> None:
    page, table = tmp_path / "report.html", tmp_path / "out.csv"
    said = simulate(
        traffic, "--rps-per-replica", "0.2", "--policies", "hpa,model", "--html", str(page), "--csv", str(table)
    )
    assert said.splitlines()[0] in page.read_text()
    assert [row["policy"] for row in csv.DictReader(table.read_text().splitlines())] == ["hpa", "model"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "sizing rate needs rps_per_replica"),
        (["--rps-per-replica", "1", "--policies", "magic"], "No policy is 'magic'"),
        (["--rps-per-replica", "1", "--hpa-target", "high"], "hpa_target: Input should be a valid number"),
        (["--rps-per-replica", "1", "--spike", "noon,3,30"], "spike: Input should be a valid datetime"),
        (["--rps-per-replica", "1", "--from", "2026-01-01"], "within what the series has, 1995-07-01 00:00"),
        (
            ["--rps-per-replica", "1", "--spike", "2026-01-05"],
            "spike: it has 3 parts with commas between them, such as",
        ),
        (["--rps-per-replica", "1", "--paste", "2026-01-05,"], "paste: it has 2 parts with commas between them"),
    ],
)
def test_what_cannot_be_is_refused_with_its_fix(traffic: str, options: list[str], words: str) -> None:
    result = runner.invoke(app, ["simulate", traffic, *options], env={"COLUMNS": "400"})
    assert result.exit_code == 1
    assert words in result.output


def test_a_file_that_cannot_be_written_is_said_after_the_answer(traffic: str, tmp_path: Path) -> None:
    page = tmp_path / "absent" / "report.html"
    asked = ["simulate", traffic, "--rps-per-replica", "0.2", "--policies", "hpa", "--html", str(page)]
    result = runner.invoke(app, asked, env={"COLUMNS": "400"})
    assert result.exit_code == 1
    assert result.stdout.startswith("Of these policies HPA")
    assert f"Not written: {page}: No such file or directory." in result.output


@pytest.mark.parametrize(
    "outputs",
    [
        ["--html", "shop.csv"],
        ["--csv", "./shop.csv"],
        ["--html", "link.csv"],
        ["--html", "lead.csv"],
        ["--html", "new", "--csv", "./new"],
    ],
)
def test_an_output_that_is_an_input_or_another_output_is_refused(
    traffic: str, tmp_path: Path, outputs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lead.csv").write_text("30\n")
    (tmp_path / "link.csv").symlink_to(traffic)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    asked = ["simulate", traffic, "--rps-per-replica", "0.2", "--policies", "hpa", "--lead-samples", "lead.csv"]
    result = runner.invoke(app, [*asked, *outputs], env={"COLUMNS": "400"})
    assert result.exit_code == 2
    assert "would be overwritten. Name another file." in result.output
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_output_that_is_the_file_behind_standard_input_is_refused(traffic: str) -> None:
    before = Path(traffic).read_bytes()
    asked = [*SCALEOPS, "simulate", "-", "--rps-per-replica", "0.2", "--policies", "hpa", "--csv", traffic]
    with Path(traffic).open() as stdin:
        assert subprocess.run(asked, stdin=stdin, capture_output=True, check=False).returncode == 2
    assert Path(traffic).read_bytes() == before


def test_there_is_an_option_for_every_name_of_a_policy_and_of_the_settings() -> None:
    shown = runner.invoke(app, ["simulate", "--help"], env={"COLUMNS": "200"}).output
    names = [*Policy.model_fields, *SimulationSettings.model_fields]
    assert all(f"--{name.replace('_', '-')}" in shown for name in names)


def test_of_a_log_the_requests_within_a_window_are_counted(tmp_path: Path) -> None:
    """A minute in two has its 60 requests in five seconds: 4 a second in a step of 15 s, 1 a second in the minute."""
    minutes = pd.date_range("1995-07-01", periods=240, freq="min", tz="UTC")
    times = [minute + pd.Timedelta(second % 5, "s") for minute in minutes[::2] for second in range(60)]
    times += [minute + pd.Timedelta(second, "s") for minute in minutes[1::2] for second in range(60)]
    path = tmp_path / "access.log"
    path.write_text("".join(f'h - - [{time:%d/%b/%Y:%H:%M:%S +0000}] "GET / HTTP/1.0" 200 1\n' for time in times))
    asked = ["--rps-per-replica", "1", "--policies", "fixed", "--fixed-replicas", "2", "--json"]
    report = json.loads(simulate(str(path), *asked))
    assert any("requests in every 15 s, of which 4 are a window" in note for note in report["notes"])
    (fixed,) = report["policies"]
    assert fixed["minutes_short"] == pytest.approx(0.25 * 60, abs=0.5)
    coarse = json.loads(simulate(str(path), *asked, "--window-seconds", "10"))
    assert any("Within a window traffic is taken as even" in note for note in coarse["notes"])
