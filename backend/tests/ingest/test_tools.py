"""Files as tools of the field write them: each gives the requests of every minute, or a question with that answer."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend.errors import AmbiguousFileError, ProblemError
from backend.tests.ingest.files import read, rps, write

START = 1_772_445_600  # 2026-03-02T10:00:00Z
COUNTS = [60 + minute * 7 % 11 for minute in range(40)]
REQUESTS = [START + 60 * minute + one * 60 // n for minute, n in enumerate(COUNTS) for one in range(n)]
RATES = [round(n / 60, 9) for n in COUNTS]


def at(seconds: int, form: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(form)


def clf(seconds: int) -> str:
    return at(seconds, "[%d/%b/%Y:%H:%M:%S +0000]")


def lines(of: Callable[[int], str]) -> str:
    return "\n".join(map(of, REQUESTS))


def rows(of: Callable[[int, int], str]) -> str:
    return "\n".join(of(START + 60 * minute, n) for minute, n in enumerate(COUNTS))


GCP = [
    {
        "httpRequest": {"requestMethod": "GET", "status": 200, "latency": "0.012s"},
        "timestamp": at(s, "%Y-%m-%dT%H:%M:%S.123456Z"),
        "receiveTimestamp": at(s + 9),
        "severity": "INFO",
    }
    for s in REQUESTS
]
MINUTES = [(START + 60 * minute, n) for minute, n in enumerate(COUNTS)]

LOGS: dict[str, str] = {
    "Traefik": lines(lambda s: f'10.0.0.1 - - {clf(s)} "GET / HTTP/1.1" 200 12 "-" "-" 7 "web@docker" "http://a" 2ms'),
    "Google's load balancer": "\n".join(map(json.dumps, GCP)),
    "Google's load balancer, as an array": json.dumps(GCP, indent=2),
    "S3": lines(lambda s: f'79a59 bucket {clf(s)} 192.0.2.3 79a59 REST.GET.OBJECT k "GET /k HTTP/1.1" 200 - 113'),
    "a classic load balancer": lines(
        lambda s: f'{at(s)} my-elb 192.0.2.1:2817 10.0.0.1:80 0.1 0.2 0.1 200 200 0 29 "GET http://x:80/ HTTP/1.1" "-"'
    ),
    "Fastly": lines(
        lambda s: f"<134>{at(s)} cache-fra1 log[1]: 192.0.2.1 {at(s, '%a, %d %b %Y %H:%M:%S GMT')} GET / 200"
    ),
    "an API gateway": lines(lambda s: f'192.0.2.1 - - {clf(s)} "GET /pets HTTP/1.1" 200 1180 c6af9ac6-7b61'),
    "Kong, whose objects have times and numbers of their own": lines(
        lambda s: json.dumps(
            {
                "started_at": s * 1000,
                "latencies": {"request": 5, "kong": 1},
                "request": {"method": "GET", "size": "75"},
                "service": {"created_at": 1_600_000_000},
            }
        )
    ),
    "ab's table for gnuplot": "starttime\tseconds\tctime\tdtime\tttime\twait\n"
    + lines(lambda s: f"{at(s, '%a %b %d %H:%M:%S %Y')}\t{s}\t1\t5\t6\t4"),
    "Loki's lines": lines(lambda s: f'{at(s)} {{app="web"}} 10.0.0.1 "GET / HTTP/1.1" 200'),
    "Loki's answer": json.dumps(
        {
            "status": "success",
            "data": {"result": [{"stream": {}, "values": [[f"{s}000000000", "GET /"] for s in REQUESTS]}]},
        }
    ),
    "Cloudflare's pushed log": lines(
        lambda s: json.dumps({"EdgeStartTimestamp": at(s), "EdgeEndTimestamp": at(s + 1)})
    ),
}

SERIES: dict[str, str] = {
    "Azure Monitor": json.dumps(
        {
            "timespan": f"{at(START)}/{at(START + 2400)}",
            "value": [
                {
                    "name": {"value": "Requests"},
                    "unit": "Count",
                    "timeseries": [
                        {"data": [{"timeStamp": at(s), "total": float(n)} for s, n in MINUTES], "metadatavalues": []}
                    ],
                }
            ],
        }
    ),
    "Logs Insights": "bin(1m),requests\n"
    + "\n".join(f"{at(s, '%Y-%m-%d %H:%M:%S.000')},{n}" for s, n in reversed(MINUTES)),
    "get-metric-data": json.dumps(
        {
            "MetricDataResults": [
                {
                    "Label": "RequestCount",
                    "Timestamps": [at(s, "%Y-%m-%dT%H:%M:%S+00:00") for s, _ in MINUTES],
                    "Values": COUNTS,
                }
            ]
        }
    ),
    "Graphite": json.dumps([{"target": "stats_counts.web.requests", "datapoints": [[n, s] for s, n in MINUTES]}]),
    "New Relic, with the times of its query": json.dumps(
        {
            "metadata": {"beginTime": at(START)},
            "timeSeries": [
                {"beginTimeSeconds": s, "endTimeSeconds": s + 60, "results": [{"count": n}]} for s, n in MINUTES
            ],
        }
    ),
    "Datadog's API, with the times of its query": json.dumps(
        {
            "series": [{"metric": "hits", "interval": 60, "pointlist": [[s * 1000.0, float(n)] for s, n in MINUTES]}],
            "from_date": START * 1000,
            "to_date": (START + 2400) * 1000,
        }
    ),
    "OpenSearch SQL": json.dumps(
        {
            "schema": [{"name": "span(timestamp,1m)"}, {"name": "count()"}],
            "datarows": [[at(s, "%Y-%m-%d %H:%M:%S"), n] for s, n in MINUTES],
            "total": 40,
        }
    ),
    "Cloudflare's GraphQL": json.dumps(
        {
            "data": {
                "viewer": {
                    "zones": [
                        {
                            "httpRequests1mGroups": [
                                {"dimensions": {"datetime": at(s)}, "sum": {"requests": n}} for s, n in MINUTES
                            ]
                        }
                    ]
                }
            }
        }
    ),
    "DuckDB": "┌──────┬──────┐\n│ minute │ hits │\n│ timestamp │ int64 │\n├──────┼──────┤\n"
    + rows(lambda s, n: f"│ {at(s, '%Y-%m-%d %H:%M:%S')} │ {n:4} │")
    + "\n└──────┴──────┘\n",
    "rrdtool fetch": "                     requests\n\n"
    + rows(lambda s, n: f"{s}: {n / 60:.9e}")
    + f"\n{START + 2400}: -nan\n",
}

ASKED: dict[str, str] = {
    "Graphite's CSV": rows(lambda s, n: f"stats.web.requests,{at(s, '%Y-%m-%d %H:%M:%S')},{float(n)}"),
    "BigQuery": rows(lambda s, n: json.dumps({"minute": at(s, "%Y-%m-%d %H:%M:%S UTC"), "f0_": str(n)})),
    "awk, with the date and the time apart": rows(lambda s, n: f"{at(s, '%Y-%m-%d %H:%M')} {n}"),
    "Log Analytics": '"TimeGenerated [UTC]","count_"\n'
    + rows(lambda s, n: f'"{at(s, "%m/%d/%Y, %I:%M:%S.000 %p")}","{n}"'),
}

REFUSED: dict[str, tuple[str, str]] = {
    "promtool": ("{} =>\n" + rows(lambda s, n: f"{n / 60} @[{s}]"), "promtool query range -o json"),
    "rrdtool xport": (json.dumps({"meta": {"start": START, "step": 60}, "data": [[n] for n in COUNTS]}), "times"),
}


@pytest.mark.parametrize("name", [*LOGS, *SERIES])
def test_a_file_of_a_tool_gives_the_requests_of_every_minute(tmp_path: Path, name: str) -> None:
    traffic = read(write(tmp_path / "file", {**LOGS, **SERIES}[name]))
    assert (traffic.kind, traffic.window_seconds) == ("raw" if name in LOGS else "series", 60)
    assert rps(traffic)[: len(RATES)] == pytest.approx(RATES)


@pytest.mark.parametrize("name", ASKED)
def test_one_that_does_not_say_enough_is_asked_about(tmp_path: Path, name: str) -> None:
    with pytest.raises(AmbiguousFileError) as asked:
        read(write(tmp_path / "file", ASKED[name]))
    firsts = [[window["rps"] for window in choice["windows"]] for choice in asked.value.extra["choices"]]
    assert any(first[:40] == pytest.approx(RATES, abs=1e-6) for first in firsts)


@pytest.mark.parametrize("name", REFUSED)
def test_one_that_holds_no_times_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    content, says = REFUSED[name]
    with pytest.raises(ProblemError) as refused:
        read(write(tmp_path / "file", content))
    assert says in refused.value.detail
