"""The commands, as a user calls them."""

import json
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from backend.cli import app
from backend.ingest import ReadOptions
from backend.measurements import MEASUREMENTS
from backend.stores.sqlite import SqliteStore
from backend.tests.programs import SCALEOPS
from backend.tests.shipped import HORIZONS
from backend.tests.traffic import series_csv
from backend.uploads.imports import Imports

pytestmark = pytest.mark.usefixtures("own_store")

runner = CliRunner()


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    path = tmp_path / "traffic.csv"
    path.write_bytes(series_csv(3000))
    return path


MORE = ("wape", "bias", "under_forecast", "p10_coverage", "p90_coverage", "coverage", "pinball")


@pytest.mark.parametrize("command", ["import", "forecast", "backtest", "anomalies"])
def test_a_command_that_reads_a_file_has_an_option_for_all_that_an_upload_can_set(command: str) -> None:
    shown = runner.invoke(app, [command, "--help"]).output
    for field in fields(ReadOptions):
        assert f"--{field.name.replace('_', '-')} " in shown


def test_the_options_of_reading_reach_the_reader(tmp_path: Path) -> None:
    times = [f"2026-01-0{day} 0{hour}:00:00" for day in (1, 2) for hour in range(6)]
    path = tmp_path / "traffic.csv"
    path.write_text("when,seen,other\n" + "\n".join(f"{time},{600 * i},x" for i, time in enumerate(times)))
    options = {
        "kind": "series",
        "timestamp-column": "when",
        "time-unit": "iso",
        "timezone": "-04:00",
        "value-column": "seen",
        "value-unit": "rate",
        "window-seconds": "3600",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    report = json.loads(runner.invoke(app, ["import", str(path), *arguments, "--json"]).stdout)
    assert (report["kind"], report["window_seconds"]) == ("series", 3600)
    assert report["first"] == "2026-01-01T04:00:00+00:00"
    assert report["assumptions"] == []


@pytest.fixture
def asked_about(tmp_path: Path) -> Path:
    path = tmp_path / "values.csv"
    path.write_text("time,value\n" + "".join(f"2024-03-05 00:{minute:02},{60 + minute % 7}\n" for minute in range(30)))
    return path


@pytest.mark.parametrize("command", [["import"], ["import", "--dry-run"], ["inspect"], ["forecast"]])
def test_a_file_of_two_readings_ends_a_command_with_3_where_nobody_can_be_asked(
    asked_about: Path, command: list[str]
) -> None:
    result = runner.invoke(app, [*command, str(asked_about)])
    assert result.exit_code == 3
    assert "rate" in result.output


@pytest.mark.parametrize(("names", "code"), [("time,[/b],requests", 0), ("a,[/b],requests", 1)])
def test_brackets_of_a_file_are_printed_as_they_are(tmp_path: Path, names: str, code: int) -> None:
    path = tmp_path / "traffic.csv"
    date = "" if code else "2024-03-05 "
    path.write_text(f"{names}\n" + "".join(f"{date}00:{minute:02},x,{7 * minute % 11}\n" for minute in range(30)))
    result = runner.invoke(app, ["inspect", str(path)])
    assert result.exit_code == code
    assert "[/b]" in result.output


def test_a_dry_run_stores_nothing_and_says_what_is_read(traffic: Path, tmp_path: Path) -> None:
    result = runner.invoke(app, ["import", str(traffic), "--dry-run", "--json"])
    report = json.loads(result.stdout)
    assert (result.exit_code, report["kind"], report["choices"]) == (0, "series", [])
    assert not (tmp_path / "store.sqlite").exists()


def test_import_stores_a_file_and_says_what_was_done(traffic: Path) -> None:
    result = runner.invoke(app, ["import", str(traffic), "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["rows_read"], report["windows"], report["points_written"]) == (3000, 3000, 3000)


def imported(*arguments: str, code: int = 0) -> dict[str, Any]:
    result = runner.invoke(app, ["import", *arguments, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout) if code == 0 else {"said": result.stderr}


def test_a_file_that_is_stored_is_not_read_again_and_both_imports_are_recorded(traffic: Path, tmp_path: Path) -> None:
    first, second = imported(str(traffic)), imported(str(traffic))
    assert (first["already_stored"] is None, second["already_stored"] is None) == (True, False)
    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    assert {(record.id, record.state) for record in Imports(store).newest(9)} == {
        (first["id"], "done"), (second["id"], "done"),
    }  # fmt: skip


@pytest.mark.long
def test_another_file_of_the_same_name_ends_an_import_with_3_and_its_options(traffic: Path) -> None:
    imported(str(traffic))
    traffic.write_bytes(series_csv(3000, seed=4))
    said = imported(str(traffic), code=3)["said"]
    assert "share 3,000 windows" in said
    for answer in ("continue", "replace", "separate"):
        assert f"--same-name {answer}" in said
    assert imported(str(traffic), "--same-name", "separate")["filename"] == "traffic.csv (2)"
    assert imported(str(traffic), "--same-name", "replace", "--window-seconds", "300")["points_written"] == 600


def test_a_wrong_answer_to_what_a_file_is_names_the_allowed_ones(traffic: Path) -> None:
    result = runner.invoke(app, ["import", str(traffic), "--same-name", "other"])
    assert result.exit_code == 2
    assert "continue" in result.output


def test_a_file_that_cannot_be_used_ends_with_its_reason_and_a_code(traffic: Path) -> None:
    traffic.write_bytes(b"timestamp,requests\n")
    result = runner.invoke(app, ["import", str(traffic)])
    assert result.exit_code == 1
    assert "Unusable file" in result.stderr
    assert "Traceback" not in result.output


def test_forecast_prints_both_models_at_every_horizon(traffic: Path) -> None:
    report = json.loads(runner.invoke(app, ["forecast", str(traffic), "--json"]).stdout)
    assert {(row["model"], row["horizon"]) for row in report["results"]} == {
        (model, horizon) for model in ("lgbm_plus", "lgbm") for horizon in HORIZONS
    }
    assert report["warming_up"] is False


def test_anomalies_lists_alarms_with_their_span_and_reason_or_the_score_of_every_window(tmp_path: Path) -> None:
    path = tmp_path / "traffic.csv"
    lines = series_csv(2500).decode().splitlines()
    for row in range(2001, 2011):  # requests of windows 2000 to 2009
        lines[row] = lines[row].split(",")[0] + ",0"
    path.write_text("\n".join(lines))
    report = json.loads(runner.invoke(app, ["anomalies", str(path), "--json"]).stdout)
    (alarm,) = [each for each in report["alarms"] if each["start"] == "1995-07-02T09:20:00+00:00"]
    assert "1995-07-02T09:21:00+00:00" <= alarm["end"] <= "1995-07-02T10:20:00+00:00"
    assert alarm["score"] >= report["threshold"] == 0.5
    assert alarm["reason"].startswith("no traffic, where ")

    report = json.loads(runner.invoke(app, ["anomalies", str(path), "--all", "--json"]).stdout)
    assert set(report) == {"file", "threshold", "windows"}
    assert len(report["windows"]) == 2500
    assert set(report["windows"][0]) == {"timestamp", "actual_rps", "score", "anomaly"}
    assert [each["anomaly"] for each in report["windows"]] == [each["score"] >= 0.5 for each in report["windows"]]
    assert report["windows"][2000]["anomaly"]

    shown = runner.invoke(app, ["anomalies", str(path)]).stdout
    assert "no traffic, where" in shown


def test_backtest_scores_every_model_on_the_same_targets(traffic: Path) -> None:
    result = runner.invoke(app, ["backtest", str(traffic), "--from", "1995-07-02T12:00:00Z", "--json"])
    report = json.loads(result.stdout)
    assert (report["file"], report["window_seconds"]) == ("traffic.csv", 60)
    assert report["from"] == "1995-07-02T12:00:00+00:00"
    assert report["to"] == "1995-07-03T02:00:00+00:00"
    models = {"lgbm_plus", "lgbm", "last_value", "ewma", "ewma_tuned", "mean_15", "seasonal_naive_day"}
    assert {row["model"] for row in report["results"]} == models
    assert {row["origins"] for row in report["results"]} == {840}
    row = next(row for row in report["results"] if row["model"] == "lgbm_plus" and row["horizon"] == 5)
    assert set(row) == {"model", "horizon", "origins", "mae", "rmse", "smape", "mase", *MORE}


def test_backtest_shows_every_figure_in_full(traffic: Path) -> None:
    result = runner.invoke(app, ["backtest", str(traffic)])
    assert "seasonal_naive_day" in result.stdout
    assert "p90_coverage" in result.stdout
    assert "…" not in result.stdout


def test_backtest_says_where_the_model_may_have_seen_the_traffic(traffic: Path, tmp_path: Path) -> None:
    seen = runner.invoke(app, ["backtest", str(traffic), "--json"])
    (trained,) = json.loads(seen.stdout)["seen_in_training"]
    assert "nasa" in trained["name"]  # which covers July 1995, as the file does
    assert f"was trained on {trained['name']}" in seen.stderr
    later = tmp_path / "later.csv"
    later.write_bytes(traffic.read_bytes().replace(b"1995-", b"2025-"))
    unseen = runner.invoke(app, ["backtest", str(later), "--json"])
    assert json.loads(unseen.stdout)["seen_in_training"] == []
    assert "was trained on" not in unseen.stderr


@pytest.mark.long
def test_train_writes_a_model_of_ones_own_that_backtest_uses(
    traffic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "mine.pkl"
    horizons = ["--horizons", "3,2"]
    assert runner.invoke(app, ["train", str(traffic), "--out", str(out), "--no-refit", *horizons]).exit_code == 0
    monkeypatch.setenv("SCALEOPS_MODEL_PATH", str(out))
    start = json.loads(out.with_suffix(".json").read_text())["validation"][0]["from"]
    report = json.loads(runner.invoke(app, ["backtest", str(traffic), "--from", start, "--json"]).stdout)
    assert report["seen_in_training"] == []
    assert {result["horizon"] for result in report["results"]} == {2, 3}


@pytest.mark.parametrize("horizons", ["", "5,", "0", "121", "1 5", "1.5"])
def test_horizons_that_are_none_are_refused_with_an_example(traffic: Path, tmp_path: Path, horizons: str) -> None:
    result = runner.invoke(app, ["train", str(traffic), "--out", str(tmp_path / "m.pkl"), "--horizons", horizons])
    assert result.exit_code == 2
    assert "1,5,15,30,60" in result.output


def test_backtest_refuses_a_time_it_cannot_read(traffic: Path) -> None:
    result = runner.invoke(app, ["backtest", str(traffic), "--from", "yesterday"])
    assert result.exit_code == 2
    assert "ISO 8601" in result.output


@pytest.mark.long
def test_sample_writes_a_file_that_import_reads(tmp_path: Path) -> None:
    assert runner.invoke(app, ["sample", "--out", str(tmp_path)]).exit_code == 0
    result = runner.invoke(app, ["import", str(tmp_path / "synthetic-sample.parquet"), "--json"])
    report = json.loads(result.stdout)
    assert (report["kind"], report["windows"]) == ("raw", 7 * 1440)
    assert report["gaps"] > 60  # its outage


def test_a_wrong_setting_is_named(traffic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEOPS_MAX_ROWS", "many")
    result = runner.invoke(app, ["import", str(traffic)])
    assert result.exit_code == 2
    assert "SCALEOPS_MAX_ROWS" in result.stderr


def test_a_setting_that_is_no_json_ends_a_command_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEOPS_FEEDS", "{bad")
    result = runner.invoke(app, ["doctor"])
    assert result.exit_code == 2
    assert 'field "feeds"' in result.output
    assert "column 2" in result.output


@pytest.mark.parametrize("span", [["--from", "2030-01-01"], ["--from", "2026-01-01", "--to", "2025-01-01"]])
def test_a_backtest_of_no_window_says_which_there_are(traffic: Path, span: list[str]) -> None:
    result = runner.invoke(app, ["backtest", str(traffic), *span])
    assert result.exit_code == 1
    assert "can be scored" in result.output


@pytest.mark.parametrize("words", [["--help"], ["openapi"], ["inspect", "traffic.csv", "--json"]])
def test_a_full_disk_ends_a_command_with_why(traffic: Path, words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([*SCALEOPS, *words], stdout=full, stderr=subprocess.PIPE, text=True, cwd=traffic.parent)
    assert result.returncode == 1
    assert result.stderr == "Not written: No space left on device.\n"
