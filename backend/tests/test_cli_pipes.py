"""What comes through a pipe or standard input is read as the file that it came from."""

import json
import os
import shlex
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from backend.cli import app
from backend.measurements import MEASUREMENTS
from backend.stores.sqlite import SqliteStore
from backend.tests.programs import SCALEOPS
from backend.tests.traffic import series_csv
from backend.uploads.imports import Imports

pytestmark = pytest.mark.usefixtures("own_store")

runner = CliRunner()
TRAFFIC = series_csv(300)
RATE = ["--rps-per-replica", "1"]


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    path = tmp_path / "traffic.csv"
    path.write_bytes(TRAFFIC)
    return path


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which files wait while they are read."""
    folder = tmp_path / "spool"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@contextmanager
def sent(content: bytes) -> Iterator[str]:
    """What a shell names <(…)."""
    out, into = os.pipe()

    def write() -> None:
        with os.fdopen(into, "wb") as pipe:
            pipe.write(content)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield f"/dev/fd/{out}"
    finally:
        os.close(out)
        writer.join()


def run(*arguments: str, stdin: bytes = b"") -> dict[str, Any]:
    result = runner.invoke(app, [*arguments, "--json"], input=stdin)
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report


@pytest.mark.parametrize(
    "command",
    [
        ["inspect"],
        ["import", "--dry-run"],
        ["forecast"],
        ["backtest"],
        ["anomalies"],
        ["plan", *RATE],
        ["simulate", *RATE, "--policies", "hpa"],
    ],
)
def test_a_command_reads_standard_input_and_a_pipe_as_a_file(command: list[str], traffic: Path, spool: Path) -> None:
    of_file = run(*command, str(traffic))
    of_stdin = run(*command, "-", stdin=TRAFFIC)
    with sent(TRAFFIC) as pipe:
        of_pipe = run(*command, pipe)
    named = {name for name, value in of_file.items() if value == "traffic.csv"}
    assert {of_stdin.pop(name) for name in named} <= {"stdin"}
    assert {of_pipe.pop(name) for name in named} <= {"pipe"}
    assert of_stdin == of_pipe == {name: value for name, value in of_file.items() if name not in named}
    assert list(spool.iterdir()) == []


@pytest.mark.long
def test_a_model_is_trained_on_a_pipe(tmp_path: Path) -> None:
    out = tmp_path / "m.pkl"
    with sent(series_csv(1500)) as pipe:
        result = runner.invoke(app, ["train", pipe, "--out", str(out), "--horizons", "1", "--no-refit"])
    assert result.exit_code == 0, result.output
    assert json.loads(out.with_suffix(".json").read_text())["training"][0]["name"] == "pipe"


def test_an_import_from_a_pipe_is_recorded_with_its_bytes(tmp_path: Path) -> None:
    with sent(TRAFFIC) as pipe:
        assert run("import", pipe)["points_written"] == 300
    (record,) = Imports(SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)).newest(9)
    assert record.bytes == len(TRAFFIC)


def test_a_named_pipe_keeps_its_name(tmp_path: Path) -> None:
    fifo = tmp_path / "shop.fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=[TRAFFIC])
    writer.start()
    assert run("forecast", str(fifo))["file"] == "shop.fifo"
    writer.join()


@pytest.mark.parametrize("command", ["inspect", "import", "plan"])
@pytest.mark.parametrize("device", ["/dev/full", "/dev/zero"])
def test_a_device_that_never_ends_is_refused(command: str, device: str) -> None:
    result = runner.invoke(app, [command, device, *(RATE if command == "plan" else [])])
    assert result.exit_code == 1
    assert f"{device} is a device. Give a file, a pipe, or - for standard input." in result.stderr.replace("\n", " ")


def test_a_pipe_is_read_up_to_the_limit_of_an_upload(monkeypatch: pytest.MonkeyPatch, spool: Path) -> None:
    monkeypatch.setenv("SCALEOPS_MAX_UPLOAD_MB", "1")
    result = runner.invoke(app, ["inspect", "-"], input=b"\0" * (1024**2 + 1))
    assert result.exit_code == 1
    assert "Standard input has more than 1 MB (SCALEOPS_MAX_UPLOAD_MB)" in result.stderr
    assert list(spool.iterdir()) == []


def test_standard_input_that_is_closed_is_said() -> None:
    command = f"{shlex.join([*SCALEOPS, 'inspect', '-'])} <&-"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("Unusable file: Standard input is closed. Give a file, a pipe")


def test_a_file_of_two_readings_ends_with_3_where_standard_input_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "values.csv"
    file.write_text("time,value\n" + "".join(f"2024-03-05 00:{m:02},{60 + m % 7}\n" for m in range(30)))
    command = f"{shlex.join([*SCALEOPS, 'forecast', str(file)])} <&-"
    assert subprocess.run(command, shell=True, capture_output=True, check=False).returncode == 3


def test_a_socket_that_has_a_name_is_no_file(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        result = runner.invoke(app, ["inspect", str(tmp_path / "socket")])
    assert result.exit_code == 1
    assert "cannot be read: No such device or address. Give a file, a pipe" in result.stderr.replace("\n", " ")


@pytest.mark.parametrize(("name", "said"), [("absent.csv", "No such file or directory"), ("", "is a folder")])
def test_what_cannot_be_read_is_said_before_anything_is_done(tmp_path: Path, name: str, said: str) -> None:
    result = runner.invoke(app, ["inspect", str(tmp_path / name)], env={"COLUMNS": "400"})
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize("command", ["inspect", "import", "forecast", "backtest", "anomalies", "plan", "train"])
def test_the_help_of_a_command_says_that_it_reads_pipes(command: str) -> None:
    shown = runner.invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
    assert "A traffic file or a pipe; - is standard input." in shown
