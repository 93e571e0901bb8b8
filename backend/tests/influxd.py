"""A real InfluxDB server in a process of its own, for tests."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from backend.tests.scripts import find_program
from backend.tests.server import reserved_port

ORG = "scaleops"
ADMIN_TOKEN = "admin-token-of-the-tests"


@dataclass
class Influxd:
    """A server over a folder. It can be stopped, killed and started again at the same port."""

    folder: Path
    port: int
    options: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None
    client: httpx.Client = field(default_factory=httpx.Client)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [
            find_program("ensure-influxd"),
            f"--bolt-path={self.folder}/influxd.bolt",
            f"--sqlite-path={self.folder}/influxd.sqlite",
            f"--engine-path={self.folder}/engine",
            f"--http-bind-address=127.0.0.1:{self.port}",
            "--reporting-disabled",
            "--log-level=error",
            *self.options,
        ]
        with (self.folder / "influxd.log").open("ab") as log:
            environment = os.environ | {"HOME": str(self.folder), "GOGC": "400"}  # a tenth less CPU than by default
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        for _ in range(2400):
            assert self.process.poll() is None, (self.folder / "influxd.log").read_text()
            try:
                if self.client.get(f"{self.url}/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError("influxd was not ready within two minutes")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)
            self.process = None

    def set_up(self) -> None:
        """Make the first user and the organization."""
        first = {"username": "tests", "password": "only-for-tests", "org": ORG, "bucket": "first", "token": ADMIN_TOKEN}
        self.client.post(f"{self.url}/api/v2/setup", json=first).raise_for_status()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """A call of the API as its administrator."""
        headers = {"Authorization": f"Token {ADMIN_TOKEN}"}
        answer = self.client.request(method, f"{self.url}/api/v2/{path}", headers=headers, **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def make_bucket(self, name: str, retention_seconds: int = 0) -> str:
        """Return a token that may read and write the new bucket, and nothing else."""
        (org,) = self.call("GET", "orgs", params={"org": ORG})["orgs"]
        rules = [{"type": "expire", "everySeconds": retention_seconds}]
        made = self.call("POST", "buckets", json={"name": name, "orgID": org["id"], "retentionRules": rules})
        resource = {"type": "buckets", "id": made["id"], "orgID": org["id"]}
        permissions = [{"action": action, "resource": resource} for action in ("read", "write")]
        return str(self.call("POST", "authorizations", json={"orgID": org["id"], "permissions": permissions})["token"])

    def limit_retention(self, bucket: str, seconds: int) -> None:
        (found,) = self.call("GET", "buckets", params={"name": bucket})["buckets"]
        rules = [{"type": "expire", "everySeconds": seconds}]
        self.call("PATCH", f"buckets/{found['id']}", json={"retentionRules": rules})

    def settings(self, bucket: str, token: str) -> dict[str, str]:
        """The environment of a backend that uses the bucket."""
        return {
            "SCALEOPS_STORE": "influxdb",
            "INFLUXDB_URL": self.url,
            "INFLUXDB_ORG": ORG,
            "INFLUXDB_BUCKET": bucket,
            "INFLUXDB_TOKEN": token,
        }


@contextmanager
def running_influxd(folder: Path, *options: str) -> Iterator[Influxd]:
    """A server with its first user and the organization, until the end of the block."""
    folder.mkdir(exist_ok=True)
    with reserved_port() as port:
        server = Influxd(folder, port, options)
        server.start()
        try:
            server.set_up()
            yield server
        finally:
            server.stop()
            server.client.close()
