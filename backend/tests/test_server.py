"""Starting, stopping and being killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from websockets.sync.client import connect

from backend.config import ROOT
from backend.tests.feeding import until
from backend.tests.server import SERVE_ANEW, Server, running_server
from backend.tests.traffic import series_csv

pytestmark = pytest.mark.long

MODEL = Path(os.environ.get("SCALEOPS_MODEL_PATH", ROOT / "backend" / "models" / "lgbm_v1.pkl"))


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_stopping_ends_the_process_also_with_sockets_open(tmp_path: Path, stop: signal.Signals) -> None:
    with running_server(tmp_path) as server:
        server.upload("traffic.csv", series_csv(300))
        server.client.post("/api/replay", json={"filename": "traffic.csv"})
        with connect(server.websocket_url), connect(server.websocket_url):
            server.process.send_signal(stop)
            server.process.wait(timeout=60)


def test_after_a_stop_everything_stored_is_there_and_no_replay_is(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        server.upload("traffic.csv", series_csv(300))
        server.client.post("/api/replay", json={"filename": "traffic.csv"})
    with running_server(tmp_path) as server:
        assert names(server) == ["traffic.csv"]


def test_after_kill_9_everything_stored_is_there_and_no_replay_is(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        server.upload("traffic.csv", series_csv(300))
        history = server.get("/api/history", range="6h")
        server.client.post("/api/replay", json={"filename": "traffic.csv"})
        server.process.kill()
        server.process.wait()
    with running_server(tmp_path) as server:
        assert names(server) == ["traffic.csv"]
        assert server.get("/api/history", range="6h") == history


def test_what_a_killed_upload_left_behind_is_removed_at_the_next_start_and_nothing_else(tmp_path: Path) -> None:
    with running_server(tmp_path) as server, sending_upload(server) as left:
        server.process.kill()
        server.process.wait()
    assert left.exists()
    with running_server(tmp_path) as server, sending_upload(server) as held, running_server(tmp_path):
        assert held.exists()
        assert not left.exists()


@contextmanager
def sending_upload(server: Server) -> Iterator[Path]:
    """An upload whose body does not come to its end; the folder that it is received into."""
    head = (
        "POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\ntimestamp,requests\n'
    )
    before = set(server.temporary_files())
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head.encode())
        (folder,) = until(lambda: set(server.temporary_files()) - before)
        yield folder


def test_a_killed_server_leaves_no_process_behind(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        children = psutil.Process(server.process.pid).children(recursive=True)
        assert children
        server.process.kill()
        server.process.wait()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []


def test_a_command_may_import_while_the_server_runs(tmp_path: Path) -> None:
    (tmp_path / "traffic.csv").write_bytes(series_csv(300))
    with running_server(tmp_path) as server:
        environment = os.environ | {"SCALEOPS_SQLITE_PATH": str(tmp_path / "store.sqlite")}
        command = [
            sys.executable,
            "-c",
            "from backend.cli import main; main()",
            "import",
            str(tmp_path / "traffic.csv"),
        ]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        assert names(server) == ["traffic.csv"]
        imported = server.get("/api/history", range="6h")
        server.upload("traffic.csv", series_csv(300))
        assert server.get("/api/history", range="6h") == imported


def test_a_damaged_model_stops_the_start_and_names_the_file(tmp_path: Path) -> None:
    for suffix in (".pkl", ".json"):
        shutil.copy(MODEL.with_suffix(suffix), tmp_path / f"lgbm_v1{suffix}")
    damaged = bytearray((tmp_path / "lgbm_v1.pkl").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "lgbm_v1.pkl").write_bytes(damaged)
    message = failed_start(tmp_path, SCALEOPS_MODEL_PATH=str(tmp_path / "lgbm_v1.pkl"))
    assert "lgbm_v1.pkl" in message
    assert "SHA-256" in message


def test_a_missing_model_stops_the_start_and_names_the_file(tmp_path: Path) -> None:
    assert "nowhere.pkl" in failed_start(tmp_path, SCALEOPS_MODEL_PATH=str(tmp_path / "nowhere.pkl"))


def test_a_wrong_setting_stops_the_start_and_names_itself(tmp_path: Path) -> None:
    assert "SCALEOPS_MAX_ROWS" in failed_start(tmp_path, SCALEOPS_MAX_ROWS="many")


@pytest.mark.parametrize("variable", ["SCALEOPS_READ_TOKEN", "SCALEOPS_WRITE_TOKEN"])
def test_a_token_without_the_one_that_may_change_data_stops_the_start(tmp_path: Path, variable: str) -> None:
    assert "set SCALEOPS_API_TOKEN, too" in failed_start(tmp_path, **{variable: "secret"})


def test_listening_beyond_this_machine_without_a_token_stops_the_start_with_the_way_out(tmp_path: Path) -> None:
    message = failed_start(tmp_path, SCALEOPS_HOST="0.0.0.0")
    assert "set SCALEOPS_API_TOKEN" in message
    assert "listen on 127.0.0.1" in message


def test_imports_work_where_temporary_files_have_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long-" * 24)
    folder.mkdir()
    with running_server(tmp_path, SERVE_ANEW, TMPDIR=str(folder)) as server:
        assert server.upload("traffic.csv", series_csv(300)).status_code == 201


def test_ready_tells_which_store_and_model(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        ready = {"status": "ready", "store": "sqlite", "model": "lgbm_v1", "stale_feeds": [], "failing_queries": []}
        assert server.get("/api/ready") == ready


def test_a_port_that_is_taken_stops_the_start_and_names_its_setting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        message = failed_start(tmp_path, SCALEOPS_PORT=str(taken.getsockname()[1]))
    assert "already in use" in message
    assert "SCALEOPS_PORT" in message


def failed_start(folder: Path, **settings: str) -> str:
    """Start a server that must not start; what it printed, in one line."""
    environment = os.environ | {
        "SCALEOPS_PORT": "0",
        "SCALEOPS_SQLITE_PATH": str(folder / "store.sqlite"),
        **settings,
    }
    result = subprocess.run(SERVE_ANEW, env=environment, capture_output=True, text=True, timeout=120)
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    return " ".join(result.stderr.split())


def names(server: Server) -> list[str]:
    return [series["filename"] for series in server.get("/api/series")]
