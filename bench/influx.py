"""The InfluxDB store: points a second beside the client's own ways to write, and what the page asks of it.

    python -m bench.influx

Runs on an influxd of its own (scripts/ensure-influxd) that shares the machine with it. Writers take turns, ROUNDS
times, each into new series; the medians are shown. The clients of the live ticks are counted by a proxy.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from influxdb_client import InfluxDBClient, Point, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from rich.console import Console
from rich.table import Table
from websockets.sync.client import ClientConnection, connect

from backend.measurements import MEASUREMENTS, POINT_FIELDS, POINTS, points_table
from backend.stores import SeriesInfo, SeriesKey, Store
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.tests.influxd import ORG, Influxd, running_influxd
from backend.tests.proxy import proxy_to
from backend.tests.server import running_server
from backend.tests.traffic import series_csv
from bench.stored import windows

WINDOWS = 82_000
SINGLE_POINTS = 1_000
ROUNDS = 5
HISTORY_CALLS = 200
SOCKETS, TICKS = 100, 20
BUCKET = "bench"


def main() -> None:
    """Print both tables."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with influxd_over(folder) as (server, token):
            console = Console()
            console.print(writing(server, token))
            console.print(serving(server, token, folder))


@contextmanager
def influxd_over(folder: Path) -> Iterator[tuple[Influxd, str]]:
    with running_influxd(folder / "influxd") as server:
        yield server, server.make_bucket(BUCKET)


def writing(server: Influxd, token: str) -> Table:
    """Points a second: one point is a window with all its fields."""
    frame = windows(WINDOWS)
    store = InfluxStore(InfluxClient(server.url, ORG, BUCKET, token), MEASUREMENTS)
    ways: dict[str, tuple[int, Callable[[str], object]]] = {
        "this store": (WINDOWS, lambda name: store_write(store, name, frame)),
        "client, default write_api(), DataFrame": (WINDOWS, lambda name: default_write(server, token, name, frame)),
        "client, a Point a call": (
            SINGLE_POINTS,
            lambda name: point_writes(server, token, name, frame.head(SINGLE_POINTS)),
        ),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(ROUNDS):
        for way, (_, write) in ways.items():
            seconds[way].append(timed(partial(write, f"{way} {number}")))
    medians = {way: statistics.median(taken) for way, taken in seconds.items()}
    ours = WINDOWS / medians["this store"]
    table = Table("writing", "points", "median s", "points/s", "this store is", title=f"InfluxDB, {ROUNDS} rounds")
    for way, (points, _) in ways.items():
        rate = points / medians[way]
        table.add_row(way, f"{points:,}", f"{medians[way]:.2f}", f"{rate:,.0f}", f"{ours / rate:.1f} x")
    store.close()
    return table


def store_write(store: Store, name: str, frame: pd.DataFrame) -> None:
    key = SeriesKey(name, "lgbm_v1")
    store.write({POINTS: points_table(key, frame)}, [SeriesInfo(key, 60, "upload")])


def default_write(server: Influxd, token: str, name: str, frame: pd.DataFrame) -> None:
    """As the client's documentation begins: batching in the background, closed to be sure that all is sent."""
    with InfluxDBClient(server.url, token=token, org=ORG) as client, client.write_api() as write_api:
        write_api.write(
            BUCKET,
            record=frame.assign(filename=name, version="lgbm_v1"),
            data_frame_measurement_name="inference_metrics",
            data_frame_tag_columns=["filename", "version"],
            write_precision=WritePrecision.S,
        )


def point_writes(server: Influxd, token: str, name: str, frame: pd.DataFrame) -> None:
    with InfluxDBClient(server.url, token=token, org=ORG) as client:
        write_api = client.write_api(write_options=SYNCHRONOUS)
        for row in frame.itertuples():
            point = Point("inference_metrics").tag("filename", name).tag("version", "lgbm_v1")
            for field in POINT_FIELDS:
                point = point.field(field, getattr(row, field))
            write_api.write(BUCKET, record=point.time(row.Index, WritePrecision.S))


def serving(server: Influxd, token: str, folder: Path) -> Table:
    """The product over the store, with a long series in it."""
    table = Table("serving", "value", "note", title="The product over InfluxDB")
    with proxy_to(server.url) as proxy:
        settings = server.settings(BUCKET, token) | {"INFLUXDB_URL": proxy.url}
        with running_server(folder, **server.settings(BUCKET, token)) as direct:
            content = series_csv(WINDOWS)
            upload = timed(lambda: direct.upload("long.csv", content))
            table.add_row("upload to answer", f"{upload:.2f} s", f"{WINDOWS:,} windows, both models")
            calls = [
                timed(lambda: direct.get("/api/history", range="24h", filename="long.csv"))
                for _ in range(HISTORY_CALLS)
            ]
            p50, p95 = (float(np.quantile(calls, share)) * 1000 for share in (0.5, 0.95))
            table.add_row("GET /api/history?range=24h", f"p50 {p50:.1f} ms, p95 {p95:.1f} ms", f"{HISTORY_CALLS} calls")
        with running_server(folder, **settings) as counted, ExitStack() as sockets:
            opened = [
                sockets.enter_context(watcher(f"{counted.websocket_url}?filename=long.csv")) for _ in range(SOCKETS)
            ]
            for socket in opened:
                socket.recv()  # each has its snapshot now; only ticks ask from here on
            before = len(proxy.requests)
            for _ in range(TICKS):
                opened[0].recv()  # a tick without news brings one status
            asked = len(proxy.requests) - before
            table.add_row("queries a live tick", f"{asked / TICKS:.2f}", f"{SOCKETS} sockets, {TICKS} ticks of 1 s")
    return table


def watcher(url: str) -> ClientConnection:
    """A client that need not be read: it goes on taking messages and asks for no answers."""
    return connect(url, ping_interval=None, close_timeout=0, max_queue=None)


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
