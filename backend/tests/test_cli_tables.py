"""Tables of commands keep every digit, wherever they are written."""

import os
import pty
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.cli import app
from backend.cli.output import print_results
from backend.tests.programs import SCALEOPS

runner = CliRunner()
TIME = "2026-01-01T10:00:00+00:00"
WIDE = {"results": [{"timestamp": TIME} | {f"p{level}": 1.234e-12 for level in range(20)}]}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Traffic whose rates have many digits."""
    path = tmp_path / "small.csv"
    rows = [f"2026-01-01 {m // 60:02}:{m % 60:02},{(5 + m % 7) / 1e11:.13f}" for m in range(600)]
    path.write_text("time,rps\n" + "\n".join(rows))
    return path


@pytest.mark.parametrize("command", ["forecast", "backtest"])
@pytest.mark.parametrize("columns", ["40", "80"])
def test_a_table_in_a_pipe_is_not_cut(small: Path, command: str, columns: str) -> None:
    result = runner.invoke(app, [command, str(small), "--kind", "series"], env={"COLUMNS": columns})
    assert result.exit_code == 0, result.output
    assert "0.0000000000" in result.stdout
    assert "…" not in result.stdout
    lines = [line for line in result.stdout.splitlines() if "lgbm" in line]
    assert all(len(line.split()) == len(lines[0].split()) for line in lines)


def test_a_table_has_a_line_a_row_and_no_more_columns_than_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    print_results(WIDE, as_json=False)
    said = capsys.readouterr().out
    (row,) = [line for line in said.splitlines() if TIME in line]
    assert row.split() == [TIME, *["0.000000000001234"] * 20]
    assert len(row) < 500


def test_at_a_terminal_long_cells_are_folded_and_not_cut(small: Path) -> None:
    ours, theirs = pty.openpty()
    asked = [*SCALEOPS, "forecast", str(small), "--kind", "series"]
    process = subprocess.Popen(asked, stdout=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 65_536):
            said += piece
    except OSError:  # the terminal has no other end any more
        pass
    os.close(ours)
    assert process.wait() == 0
    assert "p90" in said.decode()
    assert "…" not in said.decode()
