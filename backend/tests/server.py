"""A real server in a process of its own, for tests."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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
    inspected: list[str] = field(default_factory=list)  # the uploads whose files it keeps, and which no list has

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

    def inspect(self, name: str, content: bytes, **options: str) -> Any:
        answer = self.client.post("/api/uploads/inspect", files={"file": (name, content)}, data=options)
        answer.raise_for_status()
        self.inspected.append(answer.json()["id"])
        return answer.json()

    def read(self, upload_id: str, *, store: bool = False, **fields: str) -> httpx.Response:
        """Read a kept file again."""
        return self.client.post(f"/api/uploads/{upload_id}/read", params={"store": store}, json=fields)

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.client.get(path, params=parameters)
        answer.raise_for_status()
        return answer.json()

    def clear(self) -> None:
        self.client.delete("/api/replay")
        for upload_id in [*self.inspected, *(upload["id"] for upload in self.get("/api/uploads"))]:
            self.client.delete(f"/api/uploads/{quote(upload_id, safe='')}")
        self.inspected.clear()
        for series in self.get("/api/series"):
            self.client.delete(f"/api/series/{quote(series['filename'], safe='')}")

    def temporary_files(self) -> list[Path]:
        return list((self.folder / "tmp").glob("scaleops-upload-*"))


@contextmanager
def running_server(folder: Path, command: Sequence[str] = SERVE, **settings: str) -> Iterator[Server]:
    """Start a server over the folder's SQLite file, at a port that the system chooses, and end it afterwards."""
    (folder / "tmp").mkdir(exist_ok=True)
    environment = os.environ | {
        "SCALEOPS_PORT": "0",
        "SCALEOPS_SQLITE_PATH": str(folder / "store.sqlite"),
        "TMPDIR": str(folder / "tmp"),
        "FORCE_COLOR": "",  # the address is read from what it writes
        **settings,
    }
    log = folder / "server.log"
    with log.open("ab") as target:
        begin = target.tell()
        process = subprocess.Popen(command, env=environment, stderr=target)
    try:
        port = announced_port(process, log, begin)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            yield Server(port, folder, process, client)
    finally:
        end(process)


def announced_port(process: subprocess.Popen[bytes], log: Path, begin: int) -> int:
    """The port that a server listens on, from what it wrote after `begin`; it says so once it answers there."""
    for _ in range(2400):
        ended = process.poll() is not None
        written = log.read_bytes()[begin:].decode()
        if announced := re.search(r"ScaleOps on http://(?:127\.0\.0\.1|0\.0\.0\.0):(\d+) ", written):
            return int(announced[1])
        assert not ended, f"the server ended: {written}"
        time.sleep(0.05)
    raise AssertionError(f"the server did not listen within two minutes: {written}")


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


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port for a program that must be told one, where nothing else can take it until the end of the block.

    The reservation is bound and does not listen: the program may listen there, again and again, and the system gives
    the port to nobody else. Elsewhere than on Linux two cannot share a port; there it is let go.
    """
    with socket.socket() as reservation:
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.bind(("127.0.0.1", 0))
        port = int(reservation.getsockname()[1])
        if sys.platform != "linux":
            reservation.close()
        yield port
