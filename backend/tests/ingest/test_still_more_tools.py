"""Kinds of files of which one was read wrong, asked about without need, or refused without the way out."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from backend.errors import AmbiguousFileError, ProblemError
from backend.tests.ingest.files import read, rps, write, write_parquet
from backend.tests.ingest.test_more_tools import TIMES, halves, table
from backend.tests.ingest.test_tools import COUNTS, MINUTES, RATES, REQUESTS, START, at, clf, lines


def frame(labels: Any, values: list[float], name: str = "Value") -> dict[str, Any]:
    """A frame of Grafana's answers."""
    fields = [{"name": "Time", "type": "time"}, {"name": name, "type": "number", "labels": labels}]
    return {"schema": {"fields": fields}, "data": {"values": [[s * 1000 for s in TIMES], values]}}


def answer(**queries: list[dict[str, Any]]) -> str:
    return json.dumps({"results": {name: {"status": 200, "frames": frames} for name, frames in queries.items()}})


def days(seconds: int) -> str:
    return f"{seconds / 86_400 + 25_569:.8f}"


SERIES: dict[str, str] = {
    "frames of Grafana, one a host": answer(A=halves(lambda host, counts: frame({"host": host}, counts))),
    "frames of Grafana, one a metric": answer(
        A=[frame({"__name__": "http_rps"}, RATES), frame({"__name__": "cpu_usage"}, [0.5] * 40)]
    ),
    "Google's chart": json.dumps(
        {
            "cols": [{"label": "time", "type": "datetime"}, {"label": "requests", "type": "number"}],
            "rows": [{"c": [{"v": at(s)}, {"v": n}]} for s, n in MINUTES],
        }
    ),
    "BigQuery's answer, whose seconds end without their zeros": json.dumps(
        {
            "schema": {"fields": [{"name": "minute", "type": "TIMESTAMP"}, {"name": "requests"}]},
            "rows": [{"f": [{"v": f"{s / 1e9}E9"}, {"v": str(n)}]} for s, n in MINUTES],
        }
    ),
    "arrays below an array of names": json.dumps([["time", "requests"], *([at(s), n] for s, n in MINUTES)]),
    "pandas, split": json.dumps(
        {"columns": ["requests"], "index": [s * 1000 for s in TIMES], "data": [[n] for n in COUNTS]}
    ),
    "a column a route": table("time,GET /a,POST /b", "{t},{half},{rest}"),
    "a cache, of which hits and misses are all": table("time,cache_hits,cache_misses", "{t},{half},{rest}"),
    "a forecast beside": table("ds,y,yhat,trend", "{t},{r:.9f},1.5,1.5"),
    "the least, the mean and the most of a rate": table("time,rps_min,rps_mean,rps_max", "{t},0.5,{r:.9f},9.5"),
    "the mean and the most of a rate": table("time,Average RPS,Max RPS", "{t},{r:.9f},9.5"),
    "a title above names that are underlined": table("name: http\ntime requests\n---- --------", "{t} {n}"),
    "a spreadsheet's days with a decimal comma": "Datum;Anfragen\n"
    + "\n".join(f"{days(s)};{n}".replace(".", ",") for s, n in MINUTES),
}

LOGS: dict[str, str] = {
    "labels and values": lines(lambda s: f"time:{clf(s)[1:-1]}\thost:10.0.0.1\treq:GET / HTTP/1.1\tstatus:200"),
    "Gin": lines(lambda s: f'[GIN] {at(s, "%Y/%m/%d - %H:%M:%S")} | 200 | 1.2ms | 10.0.0.1 | GET "/a"'),
    "Traefik, which numbers its requests": "\n".join(
        json.dumps({"RequestCount": 1000 + place, "DownstreamStatus": 200, "StartUTC": at(s)})
        for place, s in enumerate(REQUESTS)
    ),
}

ASKED: dict[str, tuple[str, list[dict[str, str]]]] = {
    "two queries of Grafana": (
        answer(A=[frame({"job": "x"}, RATES)], B=[frame({"job": "x"}, [r / 2 for r in RATES])]),
        [{"value_column": "A"}, {"value_column": "B"}, {"value_column": "A + B"}],
    ),
    "how often something was measured": (
        table("clock,num,value_min,value_avg,value_max", "{s},60,1.5,{r:.6f},9.5"),
        [{"value_column": "num"}, {"value_column": "value_avg"}],
    ),
}

REFUSED: dict[str, tuple[str, str]] = {
    "mostly negative numbers": (table("time,value", "{t},-{r}"), "is negative in 40 of 40 rows"),
    "a dump of SQL": (table("", "INSERT INTO traffic VALUES ('{t}',{n});").strip(), "dump of SQL"),
    "lines that say how many": (table("", "time={t} level=info msg=stats requests={n}").strip(), "Save it as CSV"),
    "cells that say how many": (table("time,message", "{t},processed {n} requests"), "says in words"),
    "numbers with a sign of doubt": (table("time,requests", "{t},~{n}"), "says in words"),
    "YAML": (table("", "- time: {t}\n  requests: {n}").strip(), "Save it as CSV"),
    "vmstat": ("procs ---------memory---------- ---swap--\n r  b   swpd   free\n 1  0   0   9\n", "of a machine"),
    "sar": ("Linux 6.1.0 (web) \t03/02/2026 \t_x86_64_\t(2 CPU)\n\n10:00:01 IFACE rxpck/s\n", "of a machine"),
    "JMeter's XML": ('<?xml version="1.0"?>\n<testResults version="1.2">\n', "output_format=csv"),
    "RRDtool's XML": ("<xport><meta></meta></xport>", "rrdtool fetch"),
    "RRDtool's JSON": (json.dumps({"about": "RRDtool graph", "data": [[n] for n in COUNTS]}), "rrdtool fetch"),
}


@pytest.mark.parametrize("name", SERIES)
def test_a_series_of_a_tool_gives_the_requests_of_every_minute(tmp_path: Path, name: str) -> None:
    traffic = read(write(tmp_path / "file", SERIES[name]))
    assert (traffic.kind, traffic.window_seconds) == ("series", 60)
    assert rps(traffic) == pytest.approx(RATES)


@pytest.mark.parametrize("name", LOGS)
def test_a_log_of_a_server_gives_the_requests_of_every_minute(tmp_path: Path, name: str) -> None:
    traffic = read(write(tmp_path / "file", LOGS[name]))
    assert traffic.kind == "raw"
    assert rps(traffic)[:39] == pytest.approx(RATES[:39])


@pytest.mark.parametrize("name", ASKED)
def test_two_likely_readings_are_asked_about(tmp_path: Path, name: str) -> None:
    content, fields = ASKED[name]
    path = write(tmp_path / "file", content)
    with pytest.raises(AmbiguousFileError) as asked:
        read(path)
    assert [choice["fields"] for choice in asked.value.extra["choices"]] == fields
    traffic = read(path, value_column=fields[0]["value_column"], value_unit="rate")
    assert rps(traffic) == pytest.approx(RATES if fields[0]["value_column"] == "A" else [60] * 40)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_of_traffic_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    content, says = REFUSED[name]
    with pytest.raises(ProblemError) as refused:
        read(write(tmp_path / "file", content))
    assert says in refused.value.detail


def test_columns_inside_a_column_of_parquet_are_columns(tmp_path: Path) -> None:
    stats = [{"requests": n, "latency": {"p50": 1.5}} for n in COUNTS]
    traffic = read(write_parquet(tmp_path / "file", {"time": [at(s) for s in TIMES], "stats": stats}))
    assert traffic.value_column == "stats.requests"
    assert rps(traffic) == pytest.approx(RATES)


def test_hours_from_1_to_24_end_then(tmp_path: Path) -> None:
    rows = [f"2026-01-{1 + hour // 24:02},{hour % 24 + 1},{3600 * (1 + hour % 5)}" for hour in range(72)]
    traffic = read(write(tmp_path / "file", "\n".join(["Date,Hour Ending,Requests", *rows])))
    assert traffic.frame.index[0].isoformat() == "2026-01-01T00:00:00+00:00"
    assert rps(traffic) == [1 + hour % 5 for hour in range(72)]


def test_rows_that_become_finer_twice_count_for_their_own_step(tmp_path: Path) -> None:
    steps = [(3600, 24), (300, 24), (60, 60)]
    times = [START]
    for step, count in steps:
        times += [times[-1] + step * (place + 1) for place in range(count)]
    sizes = [b - a for a, b in pairwise(times)]
    rows = [f"{at(s)},{2 * size}" for s, size in zip(times, sizes, strict=False)]
    traffic = read(write(tmp_path / "file", "\n".join(["timestamp,Sum", *rows])))
    assert (traffic.window_seconds, rps(traffic)) == (3600, [2] * 27)
