"""A real server in a process of its own, for tests."""

import multiprocessing
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing import forkserver
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import httpx
import psutil

# What a server runs: a function, in a process forked from one that has imported the product, or a new interpreter.
Command = Callable[[], None] | Sequence[str]

# Such a process of each test worker: a start costs 0.5 s of a core instead of 2.7, and the tests start some hundred.
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["backend.main", "backend.listening", "backend.cli.serve", "backend.uploads.job"])


def scaleops(*words: str) -> None:
    """A command line."""
    from backend.cli import app

    app(list(words))


def serve() -> None:
    scaleops("serve")


SERVE_ANEW = [sys.executable, "-c", "from backend.cli import app; app(['serve'])"]


@dataclass
class Server:
    """A running server: its address, its process, the folder that holds its data and its temporary files."""

    port: int
    folder: Path
    process: psutil.Process
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
def running_server(folder: Path, command: Command = serve, **settings: str) -> Iterator[Server]:
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
    log.touch()
    begin = log.stat().st_size
    process = started(command, environment, log)
    try:
        port = announced_port(process, log, begin)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            yield Server(port, folder, process, client)
    finally:
        end(process)


def started(command: Command, environment: dict[str, str], log: Path) -> psutil.Process:
    """The process that runs the command in that environment; what it says goes to the log."""
    if callable(command):
        forkserver.ensure_running()  # so that the process inherits a folder for its sockets whose path is short enough
        forked = FORKED.Process(target=_run, args=(command, environment, log))
        forked.start()
        return psutil.Process(forked.pid)
    with log.open("ab") as target:
        return psutil.Popen(command, env=environment, stdout=target, stderr=target)


def _run(command: Callable[[], None], environment: dict[str, str], log: Path) -> None:
    """The command, in a forked process."""
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab") as target:
        for stream in (1, 2):
            os.dup2(target.fileno(), stream)
    with patch("multiprocessing.util.spawnv_passfds", _forked):
        forkserver.ensure_running()  # the server finds the process that its imports are forked from
    command()


def _forked(_: object, arguments: Sequence[str], passed: Sequence[int]) -> int:
    """In place of an interpreter that imports the product anew: a process that has, at the same point."""
    if identifier := os.fork():
        return identifier
    try:
        for below, above in pairwise([2, *sorted(passed), os.sysconf("SC_OPEN_MAX")]):
            os.closerange(below + 1, above)
        exec(arguments[-1])  # what follows -c
    finally:
        os._exit(0)


def announced_port(process: psutil.Process, log: Path, begin: int) -> int:
    """The port that a server listens on, from what it wrote after `begin`; it says so once it answers there."""
    for _ in range(2400):
        ended = not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
        written = log.read_bytes()[begin:].decode()
        if announced := re.search(r"ScaleOps on http://(?:127\.0\.0\.1|0\.0\.0\.0):(\d+) ", written):
            return int(announced[1])
        assert not ended, f"the server ended: {written}"
        time.sleep(0.05)
    raise AssertionError(f"the server did not listen within two minutes: {written}")


def end(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.terminate()
        try:
            process.wait(timeout=15)
        except psutil.TimeoutExpired:
            for child in process.children(recursive=True):
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
