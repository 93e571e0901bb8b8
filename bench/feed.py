"""Live feeds: from 204 to the page, and lines a second. How long many series take: bench/live_step.py."""

import json
import statistics
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from websockets.sync.client import connect

from backend.tests.server import Server, running_server

POSTS = 40
BATCHES, BATCH_LINES = 20, 1_000  # as Telegraf sends them


def main() -> None:
    """Print the table."""
    table = Table("what", "median", "p95", "note", title="Live feeds, one run on this machine")
    with TemporaryDirectory() as name:
        with running_server(Path(name)) as server:
            row(table, "204 to the page", to_the_page(server), f"{POSTS} writes, one socket")
            taken = [batch(server, number) for number in range(BATCHES)]
            rate = BATCHES * BATCH_LINES / sum(taken)
            row(table, f"{BATCH_LINES:,} lines to 204", taken, f"{rate:,.0f} lines a second from one sender")
    Console().print(table)


def to_the_page(server: Server) -> list[float]:
    """Seconds from the answer to a write to the message that shows it: the growing window's count."""
    shown: dict[int, float] = {}
    stopping = threading.Event()

    def watch() -> None:
        with connect(f"{server.websocket_url}?filename=bench") as socket:
            while not stopping.is_set():
                data = json.loads(socket.recv(timeout=10))["data"]
                growing = data.get("growing") or data.get("status", {}).get("growing")
                if growing:
                    shown.setdefault(round(growing["rps"]), time.perf_counter())

    watcher = threading.Thread(target=watch)
    watcher.start()
    answered = {}
    generator = np.random.default_rng(1)
    for number in range(1, POSTS + 1):
        # a rate of its own source each time: the sum tells which writes are in
        write(server, f"bench,source={number} rate={number}")
        answered[number * (number + 1) // 2] = time.perf_counter()
        time.sleep(1.0 + generator.uniform(0, 0.5))
    stopping.set()
    watcher.join()
    return [shown[total] - at for total, at in answered.items() if total in shown]


def batch(server: Server, number: int) -> float:
    now = time.time_ns()
    lines = [
        f"load,host=h{line % 50},service=s{line % 20} requests=5i {now + number * 10**6 + line}"
        for line in range(BATCH_LINES)
    ]
    started = time.perf_counter()
    write(server, "\n".join(lines))
    return time.perf_counter() - started


def write(server: Server, body: str) -> None:
    answer = server.client.post("/api/v2/write", params={"org": "", "bucket": ""}, content=body)
    assert answer.status_code == 204, answer.text


def row(table: Table, what: str, seconds: list[float], note: str) -> None:
    p95 = pd.Series(seconds).quantile(0.95)
    table.add_row(what, f"{statistics.median(seconds) * 1000:,.0f} ms", f"{p95 * 1000:,.0f} ms", note)


if __name__ == "__main__":
    main()
