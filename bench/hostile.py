"""Hostile bodies of lines: how long /api/health takes beside each and while the windows close that they reach, and on
an idle server at the same time."""

import gzip
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

from backend.tests.server import Server, running_server

MIB = 1024**2
MOST = 16 * MIB  # of lines, that one write may hold
PAUSE_SECONDS = 0.005
WINDOW_SECONDS = 5
PROBED_SECONDS = 2.5 * WINDOW_SECONDS  # after the answer: two closes


def main() -> None:
    """Print the table."""
    columns = ("body", "size", "answer", "after", "worst health, ms", "p99", "of an idle server", "p99")
    table = Table(*columns, title="Hostile lines, one run on this machine")
    with (
        TemporaryDirectory() as one,
        TemporaryDirectory() as other,
        running_server(Path(one), SCALEOPS_WINDOW_SECONDS=str(WINDOW_SECONDS)) as server,
        running_server(Path(other)) as idle,
    ):
        for title, body in bodies().items():
            begun = time.perf_counter()
            with Prober(server) as prober, Prober(idle) as beside:
                answer = server.client.post("/api/v2/write", content=body, headers=encoding(body))
                taken = time.perf_counter() - begun
                time.sleep(PROBED_SECONDS)
            size = f"{len(body) / MIB:.1f} MiB"
            waits = [f"{1000 * wait:.0f}" for each in (prober, beside) for wait in (each.worst, each.p99)]
            table.add_row(title, size, str(answer.status_code), f"{taken:.1f} s", *waits)
    Console().print(table)


def bodies() -> dict[str, bytes]:
    """What the parser, the reader of samples, the store or the collector of garbage may find hard."""
    tags = b"".join(b",t%d=v" % number for number in range(100_000))
    many_tags = b"m" + b"".join(b",t%d=v" % number for number in range(250)) + b" requests=1\n"
    many_fields = b"m " + b",".join(b"f%d=1" % number for number in range(6_000)) + b"\n"
    names = b"".join(b"s%d requests=1\n" % number for number in range(MOST // 20))
    sources = b"".join(b"m,h=%d requests=1\n" % number for number in range(MOST // 22))
    return {
        "one line of 100,000 tags": b"m" + tags + b" requests=1",
        "250 tags a line": repeated(many_tags),
        "6,000 fields a line": repeated(many_fields),
        "an endless string": repeated(b'm text="' + b"x" * MIB)[: MOST - 1].replace(b"\n", b"x"),
        "escapes": repeated(b"\\ \\,\\=" * 10_000 + b"\n"),
        "no spaces": b"m" * MOST,
        "bytes that are not UTF-8": repeated(b"\xff" * 60_000 + b"\n"),
        "newlines": b"\n" * MOST,
        "the shortest samples": repeated(b"a rps=1\n"),
        "the shortest bad lines": repeated(b"x\n"),
        "ever new series": names,
        "ever new sources": sources,
        "samples of 1,000 sources": samples(1_000),
        "samples of 100,000 sources": samples(100_000),
        "newlines, gzip": gzip.compress(b"\n" * MOST),
    }


def samples(sources: int) -> bytes:
    """Of one series, each sample with a time of its own in the last two seconds."""
    begin = time.time_ns() - 2 * 10**9
    lines = (b"m,h=%d requests=1 %d\n" % (number % sources, begin + number * 4_000) for number in range(MOST // 41))
    return b"".join(lines)


def repeated(line: bytes) -> bytes:
    return line * (MOST // len(line))


def encoding(body: bytes) -> dict[str, str]:
    return {"Content-Encoding": "gzip"} if body.startswith(b"\x1f\x8b") else {}


class Prober:
    """Asks for /api/health all the time; knows how long the answers took, in seconds."""

    def __init__(self, server: Server) -> None:
        self.waits = [0.0]
        self._url = server.url
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._probe)

    def __enter__(self) -> "Prober":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def worst(self) -> float:
        return max(self.waits)

    @property
    def p99(self) -> float:
        return float(np.quantile(self.waits, 0.99))

    def _probe(self) -> None:
        with httpx.Client(base_url=self._url, timeout=120) as client:
            while not self._done.wait(PAUSE_SECONDS):
                begun = time.perf_counter()
                client.get("/api/health").raise_for_status()
                self.waits.append(time.perf_counter() - begun)


if __name__ == "__main__":
    main()
