"""Reading 10 million requests, beside pandas doing the same: seconds and peak memory.

    python -m bench.reading [--rows 10_000_000] [--pandas-log-rows 1_000_000]

Every measurement runs in a fresh process, three times, with the file in the page cache; the fastest run is shown.
Seconds exclude imports; the peak is the process's largest resident size, imports included (their share is shown).
pandas reads the access log of its own, smaller number of rows, because ten million take it minutes and gigabytes:
its row says how many, and the ratio compares rows a second.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

WINDOW = 60
RUNS = 3
START = 804_571_200  # 1995-07-01
DAY_ROWS = 1_000_000
FORMATS = ("parquet", "csv", "csv of 5 columns", "access log")


@dataclass(frozen=True)
class Measured:
    rows: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    imports_mb: float


def request_times(rows: int) -> npt.NDArray[np.int64]:
    """A Poisson-like day with a daily wave, repeated; written a little out of order, as logs are."""
    random = np.random.default_rng(7)
    minutes = np.arange(1_440)
    wave = 1 + 0.6 * np.sin(minutes / 1_440 * 2 * np.pi - 2)
    day_rows = min(rows, DAY_ROWS)
    day = np.sort(random.choice(1_440, day_rows, p=wave / wave.sum()) * 60 + random.integers(0, 60, day_rows))
    days = -(-rows // day_rows)
    times = (START + np.arange(days)[:, None] * 86_400 + day[None, :]).ravel()[:rows]
    late = random.random(rows) < 0.02
    return times + late * random.integers(-2, 3, rows)


def make(folder: Path, rows: int, log_rows: int) -> None:
    """The files of every format; `small log` has the first `log_rows` rows of the access log."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    times = request_times(rows)
    seconds = pa.array(times, pa.timestamp("s"))
    pyarrow.parquet.write_table(pa.table({"timestamp": seconds.cast(pa.timestamp("ms"))}), folder / "parquet")
    text = pa.table({"timestamp": seconds.cast(pa.string())})
    with (folder / "csv").open("wb") as file:
        file.write(b"timestamp\n")
        pyarrow.csv.write_csv(text, file, pyarrow.csv.WriteOptions(include_header=False, quoting_style="none"))
    _write_wide_csv(folder / "csv of 5 columns", times)
    _write_log(folder / "access log", times)
    _write_log(folder / "small log", times[:log_rows])


def _write_wide_csv(path: Path, times: npt.NDArray[np.int64]) -> None:
    """As an application logs requests: milliseconds and Z, and columns that do not matter here."""
    import pyarrow as pa
    import pyarrow.compute
    import pyarrow.csv

    random = np.random.default_rng(8)
    hosts = [f"host{number:03}.example.net" for number in range(97)]
    paths = [f"/shuttle/missions/sts-{number}/mission.html" for number in range(97)]

    def picked(texts: list[str], count: int) -> Any:
        return pa.array(texts).take(pa.array(random.integers(0, len(texts), count), pa.int64()))

    with path.open("wb") as file:
        file.write(b"timestamp,host,path,status,bytes\n")
        for begin in range(0, len(times), 500_000):
            seconds = times[begin : begin + 500_000]
            count = len(seconds)
            millis: Any = pa.array(seconds * 1_000 + random.integers(0, 1_000, count), pa.timestamp("ms", "UTC"))
            columns: dict[str, Any] = {
                "timestamp": pyarrow.compute.strftime(millis, "%Y-%m-%dT%H:%M:%SZ"),
                "host": picked(hosts, count),
                "path": picked(paths, count),
                "status": np.full(count, 200),
                "bytes": random.integers(0, 100_000, count),
            }
            options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
            pyarrow.csv.write_csv(pa.table(columns), file, options)


def _write_log(path: Path, times: npt.NDArray[np.int64]) -> None:
    paths = [f"/shuttle/missions/sts-{number}/mission-sts-{number}.html" for number in range(50, 82)]
    heads = [f"host{number:03}.example.net - - [" for number in range(97)]
    tails = [f' +0000] "GET {name} HTTP/1.0" 200 {len(name) * 97} "-" "Mozilla/4.0"\n' for name in paths]
    known: dict[int, str] = {}
    with path.open("w") as file:
        for begin in range(0, len(times), 100_000):
            lines = []
            for place, second in enumerate(times[begin : begin + 100_000].tolist()):
                stamp = known.get(second)
                if stamp is None:
                    stamp = known[second] = time.strftime("%d/%b/%Y:%H:%M:%S", time.gmtime(second))
                lines.append(heads[place % 97] + stamp + tails[place % 32])
            file.write("".join(lines))


def ours(path: Path) -> int:
    from backend.ingest import ReadLimits, ReadOptions, read_traffic

    traffic = read_traffic(path, path.name, ReadOptions(), ReadLimits(), WINDOW)
    return traffic.rows_read


def pandas_parquet(path: Path) -> int:
    import pandas as pd

    frame = pd.read_parquet(path, columns=["timestamp"])
    frame.set_index("timestamp").resample(f"{WINDOW}s").size()
    return len(frame)


def pandas_csv(path: Path) -> int:
    import pandas as pd

    frame = pd.read_csv(path, usecols=["timestamp"], parse_dates=["timestamp"])
    frame.set_index("timestamp").resample(f"{WINDOW}s").size()
    return len(frame)


def pandas_log(path: Path) -> int:
    """The quickest of the usual ways: the C parser splits at spaces outside quotes, two columns are kept."""
    import pandas as pd

    parts = pd.read_csv(path, sep=" ", header=None, usecols=[3, 4])
    times = pd.to_datetime(parts[3] + parts[4], format="[%d/%b/%Y:%H:%M:%S%z]", utc=True)
    pd.Series(1, index=times).resample(f"{WINDOW}s").size()
    return len(times)


JOBS: dict[str, Callable[[Path], int]] = {
    "ours": ours,
    "pandas parquet": pandas_parquet,
    "pandas csv": pandas_csv,
    "pandas csv of 5 columns": pandas_csv,
    "pandas access log": pandas_log,
}


def run_job(name: str, path: Path) -> Measured:
    """In the measuring process: import first, then read."""
    import backend.ingest  # noqa: F401  (so that both sides start with the same libraries loaded)

    imports = _peak_mb()
    begin, cpu = time.perf_counter(), time.process_time()
    rows = JOBS[name](path)
    return Measured(rows, time.perf_counter() - begin, time.process_time() - cpu, _peak_mb(), imports)


def _peak_mb() -> float:
    """This process's own peak; ru_maxrss would begin with the parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("no VmHWM in /proc/self/status: this benchmark needs Linux")


def measure(name: str, path: Path) -> Measured:
    """The fastest of RUNS fresh processes."""
    runs = []
    for _ in range(RUNS):
        command = [sys.executable, "-m", "bench.reading", "--job", name, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        runs.append(Measured(**json.loads(done.stdout)))
    return min(runs, key=lambda run: run.seconds)


def show(console: Console, results: dict[str, tuple[Measured, Measured]]) -> None:
    table = Table(title="Reading raw requests into windows of 60 s")
    for heading in (
        "format",
        "reader",
        "rows",
        "seconds",
        "CPU s",
        "M rows/s",
        "peak MB",
        "imports",
        "faster",
        "memory",
    ):
        table.add_column(heading, justify="left" if heading in {"format", "reader"} else "right")
    for name, (own, peer) in results.items():
        faster = (own.rows / own.seconds) / (peer.rows / peer.seconds)
        memory = f"1/{peer.peak_mb / own.peak_mb:.1f}" if own.rows == peer.rows else "other rows"
        table.add_row(name, "scaleops", *_cells(own), f"{faster:.1f} x", memory)
        table.add_row("", "pandas", *_cells(peer), "", "", end_section=True)
    console.print(table)


def _cells(run: Measured) -> list[str]:
    speed = run.rows / run.seconds / 1e6
    return [
        f"{run.rows:,}",
        f"{run.seconds:.2f}",
        f"{run.cpu_seconds:.2f}",
        f"{speed:.2f}",
        f"{run.peak_mb:,.0f}",
        f"{run.imports_mb:,.0f}",
    ]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--pandas-log-rows", type=int, default=1_000_000)
    parser.add_argument("--job", nargs=2, metavar=("NAME", "PATH"), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.job:
        sys.stdout.write(json.dumps(vars(run_job(chosen.job[0], Path(chosen.job[1])))))
        return
    console = Console(width=120)
    with tempfile.TemporaryDirectory(prefix="scaleops-bench-") as name:
        folder = Path(name)
        with console.status(f"making files of {chosen.rows:,} rows"):
            make(folder, chosen.rows, min(chosen.rows, chosen.pandas_log_rows))
        results = {}
        for form in FORMATS:
            with console.status(f"reading {form}"):
                peer = "small log" if form == "access log" else form
                results[form] = measure("ours", folder / form), measure(f"pandas {form}", folder / peer)
        show(console, results)


if __name__ == "__main__":
    main()
