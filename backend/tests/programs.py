"""Real programs that feed the product, in processes of their own, set up by the stanzas of docs/feeds.md."""

import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pandas as pd
import psutil

from backend.config import ROOT
from backend.measurements import MEASUREMENTS, SAMPLES
from backend.stores.sqlite import SqliteStore
from backend.tests.feeding import until
from backend.tests.scripts import find_program
from backend.tests.server import Command, Server, end, reserved_port, started

SCALEOPS = [sys.executable, "-c", "from backend.cli import main; main()"]


def stanzas(language: str) -> list[str]:
    """The code blocks of docs/feeds.md in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "docs" / "feeds.md").read_text(), re.DOTALL | re.MULTILINE)


def adapted(text: str, **replacements: str) -> str:
    """A stanza with other addresses, paths and lengths of time; each must be in it."""
    for old, new in replacements.items():
        assert old in text, f"docs/feeds.md has no {old} any more"
        text = text.replace(old, new)
    return text


def stored_samples(server: Server, name: str) -> pd.DataFrame:
    """What a server on SQLite has received for a series in the last hour."""
    store = SqliteStore(server.folder / "store.sqlite", MEASUREMENTS)
    found = store.read(SAMPLES, {"filename": name}, datetime.now(UTC) - timedelta(hours=1))
    store.close()
    return found


@contextmanager
def running(command: Command, log: Path, **environment: str) -> Iterator[psutil.Process]:
    """A program, until the end of the block; what it says goes to `log`."""
    log.touch()
    process = started(command, os.environ | environment, log)
    try:
        yield process
    finally:
        end(process)


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


@dataclass
class Nginx:
    """An nginx that logs as Debian's does, with the status page of docs/feeds.md."""

    folder: Path
    process: psutil.Process
    url: str
    status_url: str

    @property
    def log(self) -> Path:
        return self.folder / "access.log"


NGINX = """
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 200; }}
    }}
    {status}
}}
"""


@contextmanager
def running_nginx(folder: Path) -> Iterator[Nginx]:
    (stanza,) = stanzas("nginx")
    config = folder / "nginx.conf"
    command = [find_program("ensure-program", "nginx"), "-e", f"{folder}/error.log", "-c", str(config)]
    with reserved_port() as port, reserved_port() as status_port:
        status = adapted(stanza, **{"127.0.0.1:8081": f"127.0.0.1:{status_port}"})
        config.write_text(NGINX.format(folder=folder, port=port, status=status))
        with running(command, folder / "nginx.out") as process:
            nginx = Nginx(folder, process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{status_port}/nginx_status")
            until(lambda: answers(nginx.status_url))
            yield nginx


class Visitors:
    """Ask nginx for its page about 40 times a second; `count` is how many answers came."""

    def __init__(self, url: str) -> None:
        self.count = 0
        self._url = url
        self._done = threading.Event()
        self._asking = threading.Lock()
        self._thread = threading.Thread(target=self._visit)

    def __enter__(self) -> "Visitors":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def pause(self) -> None:
        self._asking.acquire()

    def go_on(self) -> None:
        self._asking.release()

    def _visit(self) -> None:
        with httpx.Client(base_url=self._url) as client:
            while not self._done.wait(0.025):
                with self._asking:
                    assert client.get("/").status_code == 200
                    self.count += 1


@dataclass
class Exporter:
    """What Prometheus scrapes: two counters that grow ever faster, so that no two windows have the same rate."""

    port: int
    began: float = field(default_factory=time.time)

    def page(self) -> str:
        seconds = time.time() - self.began
        count = 30 * seconds + seconds**2
        lines = [
            f'http_requests_total{{code="{code}"}} {share * count}' for code, share in (("200", 0.9), ("404", 0.1))
        ]
        return "# TYPE http_requests_total counter\n" + "\n".join(lines) + "\n"


@contextmanager
def running_exporter() -> Iterator[Exporter]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(exporter.page().encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        exporter = Exporter(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))  # which is how long an end takes
        thread.start()
        yield exporter
        server.shutdown()
        thread.join()


@contextmanager
def running_prometheus(folder: Path, exporter: Exporter, port: int) -> Iterator[str]:
    """One with the stanza of docs/feeds.md, which scrapes the exporter, five times a second."""
    (stanza,) = stanzas("yaml")
    replacements = {"127.0.0.1:9100": f"127.0.0.1:{exporter.port}", "15s": "200ms"}
    with prometheus_of(folder, adapted(stanza, **replacements), port) as url:
        yield url


@contextmanager
def prometheus_of(folder: Path, config: str, port: int) -> Iterator[str]:
    """Its address, once it has scraped; its data is kept in the folder."""
    path = folder / "prometheus.yml"
    path.write_text(config)
    command = [
        find_program("ensure-program", "prometheus"),
        f"--config.file={path}",
        f"--storage.tsdb.path={folder}/prometheus",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    url = f"http://127.0.0.1:{port}"
    with running(command, folder / "prometheus.log"):
        until(lambda: answers(f"{url}/-/ready"))
        until(lambda: httpx.get(f"{url}/api/v1/query", params={"query": "up > 0"}).json()["data"]["result"])
        yield url


def promtool() -> str:
    """Path of the tool that comes with Prometheus."""
    return str(Path(find_program("ensure-program", "prometheus")).with_name("promtool"))


@contextmanager
def running_telegraf(folder: Path, product_url: str, token: str, nginx: Nginx) -> Iterator[None]:
    """A Telegraf with every stanza of docs/feeds.md."""
    config = folder / "telegraf.conf"
    replacements = {
        "http://127.0.0.1:8000": product_url,
        "the value of SCALEOPS_WRITE_TOKEN, or any text where none is set": token,
        "http://127.0.0.1:8081/nginx_status": nginx.status_url,
        "/var/log/nginx/access.log": str(nginx.log),
    }
    config.write_text(adapted("\n".join(stanzas("toml")), **replacements))
    command = [find_program("ensure-telegraf"), "--config", str(config)]
    with running(command, folder / "telegraf.log", HOME=str(folder)):
        yield
