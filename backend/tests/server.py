"""A real server in a process of its own, for tests."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psutil

SERVE = [sys.executable, "-c", "from backend.cli import app; app(['serve'])"]


@dataclass
class Server:
    """A running server: its address, its process, the folder that holds its data and its temporary files."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]
    client: httpx.Client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/live"

    def upload(
        self, name: str, content: bytes, headers: dict[str, str] | None = None, **options: str
    ) -> httpx.Response:
        return self.client.post("/api/upload", files={"file": (name, content)}, data=options, headers=headers)

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.client.get(path, params=parameters)
        answer.raise_for_status()
        return answer.json()

    def clear(self) -> None:
        self.client.delete("/api/replay")
        for series in self.get("/api/series"):
            self.client.delete(f"/api/series/{quote(series['filename'], safe='')}")

    def temporary_files(self) -> list[Path]:
        return list((self.folder / "tmp").glob("scaleops-upload-*"))


@contextmanager
def running_server(folder: Path, command: Sequence[str] = SERVE, **settings: str) -> Iterator[Server]:
    """Start a server over the folder's SQLite file and end it afterwards."""
    port = free_port()
    (folder / "tmp").mkdir(exist_ok=True)
    environment = os.environ | {
        "SCALEOPS_PORT": str(port),
        "SCALEOPS_SQLITE_PATH": str(folder / "store.sqlite"),
        "TMPDIR": str(folder / "tmp"),
        **settings,
    }
    log = folder / "server.log"
    with log.open("ab") as target:
        process = subprocess.Popen(command, env=environment, stderr=target)
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120)
    try:
        wait_until_up(process, client, log)
        yield Server(port, folder, process, client)
    finally:
        client.close()
        end(process)


def wait_until_up(process: subprocess.Popen[bytes], client: httpx.Client, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise AssertionError(f"the server ended: {log.read_text()}")
        try:
            if client.get("/api/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server did not answer within 30 s")


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
