"""More files as tools of the field write them, and names that say something else than they seem to."""

import json
from pathlib import Path
from typing import Any

import pytest

from backend.errors import AmbiguousFileError, ProblemError, UnusableFileError
from backend.tests.ingest.files import read, rps, write
from backend.tests.ingest.test_tools import COUNTS, MINUTES, RATES, REQUESTS, START, at, clf, lines

COUNTER = [1_000 + sum(COUNTS[:minute]) for minute in range(len(COUNTS) + 1)]
RESTARTED = {part: [c - COUNTER[part - 1] if m >= part else c for m, c in enumerate(COUNTER)] for part in (20, 30)}


def table(head: str, row: str, minutes: list[tuple[int, int]] = MINUTES) -> str:
    """Rows of a table; of each minute `t` is its time, `n` its count, `half` and `rest` are parts of that."""
    cells = (
        row.format(t=at(s), s=s, n=n, half=n // 2, rest=n - n // 2, r=n / 60, m=(s - START) // 60) for s, n in minutes
    )
    return "\n".join([head, *cells]) + "\n"


def buckets(of: Any = lambda n: n) -> list[dict[str, Any]]:
    return [{"key_as_string": at(s), "key": s * 1000, "doc_count": of(n)} for s, n in MINUTES]


def matrix(*series: tuple[dict[str, str], list[float]]) -> str:
    result = [
        {"metric": name, "values": [[START + 60 * m, str(v)] for m, v in enumerate(all_)]} for name, all_ in series
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


def halves(of: Any) -> list[Any]:
    """What `of` makes of each half of the traffic."""
    return [of("a", [n // 2 for n in COUNTS]), of("b", [n - n // 2 for n in COUNTS])]


TIMES = [s for s, _ in MINUTES]
SERIES: dict[str, str] = {
    "counters side by side, which restart at different times": table(
        "time,web_requests_total,api_requests_total", "", []
    )
    + "".join(
        f"{at(START + 60 * m)},{a / 2},{b / 2}\n" for m, (a, b) in enumerate(zip(*RESTARTED.values(), strict=True))
    ),
    "Prometheus, a counter": matrix(({"__name__": "http_requests_total"}, list(map(float, COUNTER)))),
    "Prometheus, a counter beside one of something else": matrix(
        ({"__name__": "http_requests_total"}, list(map(float, COUNTER))),
        ({"__name__": "process_cpu_seconds_total"}, [c / 7 for c in COUNTER]),
    ),
    "VictoriaMetrics, CSV": table("web:requests:rate1m,1,2", "web:requests:rate1m,{r:.9f},{s}").split("\n", 1)[1],
    "Datadog's API, two hosts": json.dumps(
        {
            "series": halves(
                lambda host, counts: {
                    "metric": "trace.http.request.hits",
                    "scope": f"host:{host}",
                    "length": 40,
                    "start": START * 1000,
                    "pointlist": [[s * 1000.0, float(n)] for s, n in zip(TIMES, counts, strict=True)],
                }
            ),
            "to_date": (START + 2400) * 1000,
        }
    ),
    "Datadog's API, times once and values of each series": json.dumps(
        {
            "attributes": {
                "series": halves(lambda host, _: {"group_tags": [f"host:{host}"]}),
                "times": [s * 1000 for s in TIMES],
                "values": halves(lambda _, counts: counts),
            }
        }
    ),
    "New Relic's facets": json.dumps(
        {
            "facets": halves(
                lambda name, counts: {
                    "name": name,
                    "timeSeries": [
                        {"beginTimeSeconds": s, "endTimeSeconds": s + 60, "results": [{"count": n}]}
                        for s, n in zip(TIMES, counts, strict=True)
                    ],
                    "total": {"results": [{"count": 9}], "beginTimeSeconds": START},
                }
            ),
            "metadata": {"beginTime": at(START)},
        }
    ),
    "Dynatrace": json.dumps(
        {
            "totalCount": 1,
            "result": [
                {
                    "metricId": "builtin:service.requestCount.total",
                    "data": halves(
                        lambda host, counts: {
                            "dimensions": [host],
                            "dimensionMap": {"entity": host},
                            "timestamps": [s * 1000 for s in TIMES],
                            "values": counts,
                        }
                    ),
                }
            ],
        }
    ),
    "AppDynamics, calls per minute": json.dumps(
        [
            {
                "metricName": "Application Summary|Calls per Minute",
                "metricValues": [
                    {"startTimeInMillis": s * 1000, "min": n - 3, "max": n + 3, "count": 2, "sum": 2 * n, "value": n}
                    for s, n in MINUTES
                ],
            }
        ]
    ),
    "Fastly, requests beside hits and misses": json.dumps(
        {
            "data": [
                {"start_time": s, "requests": n, "hits": n - 9, "miss": 9, "status_2xx": n - 1, "status_5xx": 1}
                for s, n in MINUTES
            ]
        }
    ),
    "Google's monitoring": json.dumps(
        {
            "timeSeries": halves(
                lambda code, counts: {
                    "metric": {"labels": {"response_code_class": code}, "type": "run.googleapis.com/request_count"},
                    "points": [
                        {"interval": {"startTime": at(s), "endTime": at(s + 60)}, "value": {"int64Value": str(n)}}
                        for s, n in zip(TIMES, counts, strict=True)
                    ],
                }
            ),
            "unit": "1",
        }
    ),
    "Elasticsearch, buckets by name": json.dumps(
        {"took": 5, "aggregations": {"m": {"buckets": {one["key_as_string"]: one for one in buckets()}}}}
    ),
    "Elasticsearch, buckets in those of hosts": json.dumps(
        {
            "aggregations": {
                "hosts": {
                    "buckets": [
                        {"key": "a", "doc_count": 1500, "m": {"buckets": buckets(lambda n: n // 2)}},
                        {"key": "b", "doc_count": 1500, "m": {"buckets": buckets(lambda n: n - n // 2)}},
                    ]
                }
            }
        }
    ),
    "OpenTSDB": json.dumps(
        halves(
            lambda host, counts: {
                "metric": "http.requests",
                "tags": {"host": host},
                "dps": {str(s): n for s, n in zip(TIMES, counts, strict=True)},
            }
        )
    ),
    "pandas, a column each with the times as keys": json.dumps(
        {"requests": {str(s * 1000): n for s, n in MINUTES}, "errors": {str(s * 1000): 1 for s in TIMES}}
    ),
    "ClickHouse's JSONCompact": json.dumps(
        {
            "meta": [{"name": "t"}, {"name": "count()"}],
            "data": [[at(s, "%Y-%m-%d %H:%M:%S"), str(n)] for s, n in MINUTES],
            "rows": 40,
            "statistics": {"rows_read": 5},
        },
        indent=1,
    ),
    "Splunk by status, with what is left over": table("_time,200,404,NULL,OTHER,_span", "{t},{half},{rest},0,0,60"),
    "sqlcmd": table("minute                  requests\n----------------------- --------", "{t:.10} {t:.19}     {n}")
    .replace("T", " ")
    .replace("2026-03-02 2026-03-02 ", "2026-03-02 "),
    "a subtotal among the rows": table("time,host,requests", "{t},a,{half}\n{t},b,{rest}\n{t},Subtotal,{n}"),
    "a grand total among the rows": table("time,host,requests", "{t},a,{half}\n{t},b,{rest}\n{t},Grand Total,{n}"),
    "requests in five minutes' rate": table("time,requests/5min", "{t},{n}").replace("/5min", "/1min"),
    "a number of no name beside": table("time,requests,current", "{t},{n},{half}"),
    "the day of the week beside": table("time,weekday,hour,requests", "{t},Mon,10,{n}"),
    "names in two rows": table(",Requests,\ntime,GET,POST", "{t},{half},{rest}"),
    "a comma more in the rows": table("time,requests", "{t},{n},"),
    "an interval": table("time,requests", "{t}/{t},{n}"),
    "Go's time": table("time,requests", "{t:.10} {t},{n}").replace(" 2026-03-02T", " ").replace("Z,", " +0000 UTC,"),
}

FORMS: dict[str, str] = {
    "a browser's, with a narrow space": "%-m/%-d/%Y, %-I:%M:%S\u202f%p",
    "Oracle's": "%d-%b-%y %I.%M.%S.000000 %p",
    "DB2's": "%Y-%m-%d-%H.%M.%S.000000",
    "of SAS": "%d%b%Y:%H:%M:%S",
    "of RFC 850": "%A, %d-%b-%y %H:%M:%S GMT",
    "Japanese": "%Y年%-m月%-d日 %H:%M",
    "French": "%d/%m/%Y %Hh%M",
    "Portuguese": "%-d de março de %Y, %H:%M",
    "with the day of the week": "%a %d/%m/%Y %H:%M",
    "Dutch": "%-d mrt %Y %H:%M",
}

NAMED_RATES = ("Requests [1/s]", "Requests [req/s]", "request_rate", "requestRate", "call rate")
NO_TRAFFIC = (
    "active_requests", "requests_in_flight", "pending requests", "queued_requests", "success_rate", "hit rate",
    "availability", "traffic (Mbit/s)", "Inbound [bps]",
)  # fmt: skip
CELLS = ("ms", "%", "MB/s", "Mb/s", "GiB", "s")

REFUSED: dict[str, tuple[str, str]] = {
    "quantiles": (matrix(({"quantile": "0.5"}, RATES), ({"quantile": "0.99"}, RATES)), "no column of traffic"),
    "a latency by its metric's name": (matrix(({"__name__": "http_request_duration_seconds"}, RATES)), "no column of"),
    "two tables": (table("Time,Requests", "{t},{n}") + "\n" + table("Time,CPU", "{t},{r}"), "several tables"),
    "psql, a line a cell": (table("", "-[ RECORD {m} ]\nminute | {t}\ncount | {n}"), "several lines"),
    "a dump of Prometheus": (table("", '{{__name__="http_requests_total"}} {n} {s}000').strip(), "range query"),
    "Graphite's raw format": (f"web.requests,{START},{START + 2400},60|1.0,2.0,None\n", "format=json"),
    "k6's summary": (json.dumps({"metrics": {"http_reqs": {"count": 9, "rate": 3.1}}}), "summary"),
    "line protocol with spaces": (
        table("", 'http,host=web\\ 1 count={n}i,m="a b" {s}000000000').strip(),
        "line protocol",
    ),
}


@pytest.mark.parametrize("name", SERIES)
def test_a_series_of_a_tool_gives_the_requests_of_every_minute(tmp_path: Path, name: str) -> None:
    traffic = read(write(tmp_path / "file", SERIES[name]))
    assert (traffic.kind, traffic.window_seconds) == ("series", 60)
    assert rps(traffic) == pytest.approx(RATES)


@pytest.mark.parametrize("name", FORMS)
def test_times_are_read_in_the_form_of_a_tool(tmp_path: Path, name: str) -> None:
    rows = [f"{at(s + 20 * 86_400, FORMS[name])};{n}" for s, n in MINUTES]
    traffic = read(write(tmp_path / "file", "\n".join(["time;requests", *rows])))
    assert traffic.frame.index[0].timestamp() == START + 20 * 86_400
    assert rps(traffic) == pytest.approx(RATES)


@pytest.mark.parametrize("name", NAMED_RATES)
def test_whole_numbers_under_a_rates_name_are_rates(tmp_path: Path, name: str) -> None:
    assert rps(read(write(tmp_path / "file", table(f"time,{name}", "{t},{n}")))) == COUNTS


def test_a_rate_of_several_minutes_is_divided_by_all_of_them(tmp_path: Path) -> None:
    traffic = read(write(tmp_path / "file", table("time,requests per 5 minutes", "{t},{n}")))
    assert rps(traffic) == pytest.approx([n / 300 for n in COUNTS])


@pytest.mark.parametrize("name", NO_TRAFFIC)
def test_a_column_of_something_else_is_no_traffic(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnusableFileError, match="no column of traffic"):
        read(write(tmp_path / "file", table(f"time,{name}", "{t},{n}")))


@pytest.mark.parametrize("unit", CELLS)
def test_cells_with_a_unit_of_something_else_are_no_traffic(tmp_path: Path, unit: str) -> None:
    with pytest.raises(UnusableFileError, match="no column of traffic"):
        read(write(tmp_path / "file", table("time,web", f"{{t}},{{r:.3f}} {unit}")))


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_without_traffic_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    content, says = REFUSED[name]
    with pytest.raises(ProblemError) as refused:
        read(write(tmp_path / "file", content))
    assert says in refused.value.detail


LOGS: dict[str, str] = {
    "a table of requests with their addresses": "time,path,status,bytes,client\n"
    + lines(lambda s: f"{at(s)},/a,200,512,10.0.0.{s % 99}"),
    "objects on one line": "".join(json.dumps({"timestamp": at(s), "status": 200}) for s in REQUESTS),
    "orders with times inside": json.dumps(
        [{"created": at(s), "history": [{"at": at(s + 60)}, {"at": at(s + 90)}]} for s in REQUESTS]
    ),
    "epochs in brackets": lines(lambda s: f"[{s}123] GET /a 200 12"),
    "containers, of which one is a database": lines(
        lambda s: (
            f'web-1 | ::1 - - {clf(s)} "GET / HTTP/1.1" 200 12'
            + (f"\ndb-1 | {at(s)} UTC [1] LOG: checkpoint" if s % 9 == 0 else "")
        )
    ),
}


@pytest.mark.parametrize("name", LOGS)
def test_a_row_is_a_request_whatever_it_has_inside(tmp_path: Path, name: str) -> None:
    traffic = read(write(tmp_path / "file", LOGS[name]))
    assert traffic.kind == "raw"
    assert rps(traffic)[:39] == pytest.approx(RATES[:39])


def test_day_and_month_in_a_log_are_asked_about_and_half_days_read(tmp_path: Path) -> None:
    path = write(tmp_path / "file", lines(lambda s: f"{at(s + 36_000, '%m/%d/%Y %I:%M:%S %p')} GET /a 200"))
    with pytest.raises(AmbiguousFileError) as asked:
        read(path)
    assert [choice["fields"]["date_order"] for choice in asked.value.extra["choices"]] == ["dmy", "mdy"]
    traffic = read(path, date_order="mdy")
    assert traffic.frame.index[0].timestamp() == START + 36_000
    assert rps(traffic)[:39] == pytest.approx(RATES[:39])
