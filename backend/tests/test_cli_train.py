"""`scaleops train`, as a user calls it: what it refuses, and when."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.cli import app
from backend.tests.traffic import series_csv

runner = CliRunner()


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    path = tmp_path / "shop.csv"
    path.write_bytes(series_csv(300))
    return path


@pytest.mark.parametrize(("out", "said"), [("m.json", "such as"), (".", "Is a directory"), ("shop.csv/m.pkl", "Not a")])
def test_an_out_that_cannot_be_is_refused_before_a_file_is_read(traffic: Path, out: str, said: str) -> None:
    traffic.write_bytes(b"no traffic")
    result = runner.invoke(app, ["train", str(traffic), "--out", str(traffic.parent / out)])
    assert result.exit_code == 1
    assert "Invalid request" in result.stderr
    assert said in result.stderr
    assert [path.name for path in traffic.parent.iterdir()] == ["shop.csv"]


@pytest.mark.parametrize(("rates", "windows"), [([5, 6], 5), ([0] * 300, 1)])
def test_a_file_that_is_too_short_or_has_no_traffic_is_said(traffic: Path, rates: list[int], windows: int) -> None:
    minutes = range(len(rates))
    traffic.write_text("time,rps\n" + "".join(f"2026-01-01 {m // 60:02}:{m % 60:02},{rates[m]}\n" for m in minutes))
    result = runner.invoke(app, ["train", str(traffic), "--out", str(traffic.parent / "m.pkl")])
    assert result.exit_code == 1
    assert f"Unusable file: Forecasts {windows} windows ahead cannot be learned from shop.csv" in result.stderr


@pytest.mark.parametrize(("file", "out"), [("shop.csv", "shop.csv"), ("shop.json", "shop.pkl")])
def test_neither_the_model_nor_its_manifest_replaces_what_it_is_trained_on(traffic: Path, file: str, out: str) -> None:
    given = traffic.rename(traffic.parent / file)
    result = runner.invoke(app, ["train", str(given), "--out", str(given.parent / out)], env={"COLUMNS": "400"})
    assert result.exit_code == 2
    assert f"{file} is read or written by this command already and would be overwritten" in result.output
    assert given.read_bytes() == series_csv(300)
