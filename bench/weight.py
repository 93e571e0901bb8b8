"""What a series-day weighs on disk: python -m bench.weight

A day of minutes: 1,440 points, and from the end of each both models' forecasts at every horizon. A file is written at
once; of feeds every window is written with the same window of all others, so that their rows lie in another order.
InfluxDB's is weighed once its cache is written to files and those are compacted, which here it does after a second.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from rich.console import Console
from rich.table import Table

from backend.measurements import FORECASTS, MEASUREMENTS, POINTS, points_table
from backend.stores import TIME, SeriesInfo, SeriesKey, Store, Tables
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.stores.sqlite import SqliteStore
from backend.tests.influxd import ORG, Influxd, running_influxd
from bench.stored import VERSION, WINDOW_SECONDS, issued, windows

SERIES, DAYS = 10, 7
FED_DAYS = 2
COLD = (
    "--storage-cache-snapshot-write-cold-duration=1s",
    "--storage-compact-full-write-cold-duration=1s",
)
SETTLED_SECONDS = 20.0
Write = Callable[[Store], None]


def main() -> None:
    """Print the table."""
    table = Table("store", "written", "points", "forecasts", "together", title="A series-day of minutes, MB on disk")
    with TemporaryDirectory() as name, running_influxd(Path(name) / "influxd", *COLD) as influxd:
        sqlite, influxdb = partial(weigh_sqlite, Path(name)), partial(weigh_influxdb, influxd)
        row(table, "SQLite", "files", sqlite, write_whole, DAYS)
        row(table, "SQLite", "feeds", sqlite, write_by_window, FED_DAYS)
        row(table, "InfluxDB", "files", influxdb, write_whole, DAYS)
    Console().print(table)


def row(
    table: Table,
    store: str,
    written: str,
    weigh: Callable[[Write], int],
    write: Callable[[Sequence[Tables], Store], None],
    days: int,
) -> None:
    keys = [SeriesKey(f"series {number}", VERSION) for number in range(SERIES)]
    frame = windows(days * 1_440)
    points = [{POINTS: points_table(key, frame)} for key in keys]
    forecasts = [{FORECASTS: issued(key, frame)} for key in keys]
    both = [one | other for one, other in zip(points, forecasts, strict=True)]
    light, heavy = (weigh(partial(write, series)) / SERIES / days / 1e6 for series in (points, both))
    table.add_row(store, written, f"{light:.3f}", f"{heavy - light:.3f}", f"{heavy:.3f}")


def write_whole(series: Sequence[Tables], store: Store) -> None:
    for tables in series:
        store.write(tables, infos(tables))


def write_by_window(series: Sequence[Tables], store: Store) -> None:
    """Window by window, with the forecasts from its end."""
    together = {measurement: pd.concat([tables[measurement] for tables in series]) for measurement in series[0]}
    ahead = pd.Timedelta(WINDOW_SECONDS, "s")
    windows_of = {
        measurement: dict(list(table.groupby(table[TIME] - (ahead if measurement is FORECASTS else pd.Timedelta(0)))))
        for measurement, table in together.items()
    }
    for window in windows_of[POINTS]:
        tables = {measurement: parts[window] for measurement, parts in windows_of.items()}
        store.write(tables, infos(tables))


def infos(tables: Tables) -> list[SeriesInfo]:
    names = tables[POINTS]["filename"].unique()
    return [SeriesInfo(SeriesKey(str(name), VERSION), WINDOW_SECONDS, "feed") for name in names]


def weigh_sqlite(folder: Path, write: Write) -> int:
    path = folder / "weighed.sqlite"
    store = SqliteStore(path, MEASUREMENTS)
    write(store)
    store.close()
    weight = path.stat().st_size
    path.unlink()
    return weight


def weigh_influxdb(influxd: Influxd, write: Write) -> int:
    engine, bucket = influxd.folder / "engine", f"bucket {time.time_ns()}"
    before = disk_usage(engine)
    token = influxd.make_bucket(bucket)
    store = InfluxStore(InfluxClient(influxd.url, ORG, bucket, token), MEASUREMENTS)
    write(store)
    store.close()
    weights = [0]
    while weights[-1] != disk_usage(engine):  # until it has not changed for so long
        weights.append(disk_usage(engine))
        time.sleep(SETTLED_SECONDS)
    return weights[-1] - before


def disk_usage(folder: Path) -> int:
    """Bytes that the folder's files take; some are reserved and empty."""
    return sum(512 * file.stat().st_blocks for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    main()
