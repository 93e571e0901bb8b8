"""Files as the tools of the field write them: what each kind must give, whatever its names."""

import bz2
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from backend.errors import ProblemError
from backend.ingest import ReadLimits, ReadOptions, Traffic, read_traffic
from backend.tests.ingest.files import START, busy_log, dropped, iso, log_time, read, rps, write

MINUTES = 30
COUNTS = [600 + 7 * (minute * 11 % 13) for minute in range(MINUTES)]
RATES = [pytest.approx(count / 60) for count in COUNTS]
BEGIN = datetime.fromtimestamp(START, UTC)


def at(minute: int, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    return f"{BEGIN + timedelta(minutes=minute):{form}}"


def table(header: str, row: Callable[[int, int], str]) -> str:
    return "\n".join([header, *(row(minute, count) for minute, count in enumerate(COUNTS))])


TABLES: dict[str, str] = {
    "a name in another case and a word more": table("t,HTTPRequestCount", lambda m, n: f"{at(m)},{n}"),
    "requests beside errors and latency": table("t,p95_ms,errors,requests", lambda m, n: f"{at(m)},{n},3,{n}"),
    "how many rows there were": table("t,row_count", lambda m, n: f"{at(m)},{n}"),
    "a count in short": table("t,path,cnt", lambda m, n: f"{at(m)},/a,{n}"),
    "a column a status class": table("t,2xx,5xx", lambda m, n: f"{at(m)},{n - 5},5"),
    "names that begin alike": table("t,requests_a,requests_b", lambda m, n: f"{at(m)},{n - 5},5"),
    "a column of the sum": table("t,web,api,all", lambda m, n: f"{at(m)},{n - 5},5,{n}"),
    "a row a status": table("t,status,count", lambda m, n: f"{at(m)},200,{n - 5}\n{at(m)},500,5"),
    "a total among the rows": table("t,host,requests", lambda m, n: f"{at(m)},a,5\n{at(m)},b,{n - 5}\n{at(m)},ALL,{n}"),
    "a metric of several": table("t,metric,value", lambda m, n: f"{at(m)},hits,{n}\n{at(m)},latency_ms,{n + 9}"),
    "requests an hour": table("t,requests per hour", lambda m, n: f"{at(m)},{n * 60}"),
    "counts in thousands": table("t,requests (k)", lambda m, n: f"{at(m)},{n / 1000}"),
    "units in the cells": table("t,value", lambda m, n: f"{at(m)},{n / 60:.9f} req/s"),
    "thousands of France": table("t;requests", lambda m, n: f"{at(m)};{n * 1000:,}".replace(",", "\u202f")[:-4]),
    "sep= in front": "sep=;\n" + table("t;requests", lambda m, n: f"{at(m)};{n}"),
    "comments and a report's head": "# a tool, 1.2\n" + table("t,requests", lambda m, n: f"{at(m)},{n}"),
    "a line of units": table("t,requests\n,count", lambda m, n: f"{at(m)},{n}"),
    "a total line": table("t,requests", lambda m, n: f"{at(m)},{n}") + "\nTotal,99999",
    "drawn": table("| t | requests |\n|---|---|", lambda m, n: f"| {at(m)} | {n} |"),
    "spaces before quotes": table('"t", "requests"', lambda m, n: f'"{at(m)}", "{n}"'),
    "text by force": table('t,"=""requests"""', lambda m, n: f'="{at(m)}",="{n}"'),
    "text by force in quotes": table("t,requests", lambda m, n: f'"=""{at(m)}""","=""{n}"""'),
    "commas in text by force": table("t,requests per hour", lambda m, n: f'="{at(m)}",="{n * 60:,}"'),
    "numbered hosts": table("t,host,requests", lambda m, n: f"{at(m)},001,{n // 2}\n{at(m)},002,{n - n // 2}"),
    "uniq -c": table("", lambda m, n: f"    {n} {at(m, '%d/%b/%Y:%H:%M')}").lstrip("\n"),
    "an index in front": table(",t,requests", lambda m, n: f"{m},{at(m)},{n}"),
    "date and time apart": table("date,time,requests", lambda m, n: f"{at(m, '%Y-%m-%d,%H:%M')},{n}"),
    "date, hour and minute apart": table("date,hour,minute,requests", lambda m, n: f"{at(m, '%Y-%m-%d,%-H,%-M')},{n}"),
    "year to second apart": table(
        "year,month,day,hour,minute,second,requests", lambda m, n: f"{at(m, '%Y,%-m,%-d,%-H,%-M,%-S')},{n}"
    ),
    "the mail's times": table("t;requests", lambda m, n: f"{at(m, '%a, %d %b %Y %H:%M:%S GMT')};{n}"),
    "Kibana's times": table("t,requests", lambda m, n: f'"{at(m, "%b %d, %Y @ %H:%M:%S.000")}",{n}'),
    "half days": table("t,requests", lambda m, n: f"{at(m, '%m/%d/%Y %I:%M:%S %p')},{n}"),
    "digits": table("t,requests", lambda m, n: f"{at(m, '%Y%m%d%H%M%S')},{n}"),
    "days of a spreadsheet": table("time,requests", lambda m, n: f"{(START + 60 * m) / 86_400 + 25_569:.6f},{n}"),
    "zone by name": table("t,requests", lambda m, n: f"{at(m + 60)} CET,{n}"),
    "a counter": f"t,http_requests_total\n{at(MINUTES)},{sum(COUNTS)}\n"
    + "\n".join(f"{at(minute)},{sum(COUNTS[:minute])}" for minute in range(MINUTES)),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_for_what_it_is(tmp_path: Path, name: str) -> None:
    content = TABLES[name]
    assert rps(read(write(tmp_path / "file", content))) == RATES


DOCUMENTS: dict[str, object] = {
    "rows deeper": {"next": None, "items": [{"timestamp": at(m), "requests": n} for m, n in enumerate(COUNTS)]},
    "pairs with a label": [
        {"metric": {"instance": host}, "values": [[START + 60 * m, str(n / 120)] for m, n in enumerate(COUNTS)]}
        for host in ("a", "b")
    ],
    "arrays side by side": {"t": [START + 60 * m for m in range(MINUTES)], "requests": COUNTS},
    "names and values apart": {"columns": ["time", "hits"], "values": [[at(m), n] for m, n in enumerate(COUNTS)]},
    "times as keys": {at(m): {"requests": n} for m, n in enumerate(COUNTS)},
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_rows_are_found_inside_json(tmp_path: Path, name: str) -> None:
    assert rps(read(write(tmp_path / "file", json.dumps(DOCUMENTS[name], indent=1)))) == RATES


LOG = busy_log(minutes=3)


def local(second: int, form: str) -> str:
    return f"{datetime.fromtimestamp(second, UTC):{form}}"


LINES: dict[str, Callable[[int], str]] = {
    "a load balancer": lambda s: f'https {iso(s)}.204318Z app/x 203.0.113.5:4 0.1 200 "GET http://x/[1] HTTP/1.1"',
    "HAProxy": lambda s: f"Nov 14 lb1 haproxy[31]: 203.0.113.5:41 [{local(s, '%d/%b/%Y:%H:%M:%S.482')}] http 200",
    "Envoy": lambda s: f'[{iso(s)}.604Z] "POST /api HTTP/2" 201 - 310 18',
    "an old server": lambda s: f'client [{local(s, "%a %b %d %H:%M:%S %Y")}] "GET / HTTP/1.0" 200 12',
    "W3C": lambda s: f"{local(s, '%Y-%m-%d %H:%M:%S')} 192.0.2.1 GET /health - 80 200",
    "Squid": lambda s: f"{s}.123   45 203.0.113.5 TCP_MISS/200 1200 GET http://x/ - DIRECT/1.2.3.4 text/html",
    "another kind of line between": lambda s: (
        f'h - - [{log_time(s)}] "GET / HTTP/1.1" 200 5\n{local(s, "%Y/%m/%d %H:%M:%S")} [error] 31#31: *1 open() failed'
    ),
    "an app's own lines between": lambda s: (
        f'{iso(s)}+00:00 heroku[router]: at=info method=GET path="/" status=200\n{iso(s)}+00:00 app[web.1]: hello'
    ),
    "several lines a request": lambda s: f'{iso(s)}Z Started GET "/" for ::1\n{iso(s)}Z Completed 200 OK in 5ms',
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_with_a_time_is_a_request(tmp_path: Path, name: str) -> None:
    content = "\n".join(LINES[name](second) for second in LOG)
    assert rps(read(write(tmp_path / "file", content))) == [0.066666667] * 3


def test_a_log_without_years_is_of_the_newest_year_that_is_past(tmp_path: Path) -> None:
    lines = [f"Dec 31 23:{minute:02}:{second:02} web shop: GET / 200" for minute in (58, 59) for second in (0, 30, 59)]
    lines += [f"Jan  1 00:00:{second:02} web shop: GET / 200" for second in (0, 30, 59)]
    now = datetime(2025, 6, 1, tzinfo=UTC).timestamp()
    traffic = read_traffic(write(tmp_path / "a", "\n".join(lines)), "a", ReadOptions(), ReadLimits(), now=now)
    assert traffic.frame.index[0].isoformat() == "2024-12-31T23:58:00+00:00"
    assert rps(traffic) == [0.05] * 3


def test_a_zip_of_several_files_is_refused_and_names_them(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "file", "w") as archive:
        archive.writestr("a.csv", "t,requests")
        archive.writestr("b.csv", "t,requests")
    with pytest.raises(ProblemError, match=r"2 files \(a\.csv, b\.csv\)"):
        read(tmp_path / "file")


def packed_zip(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("traffic.csv", content)
    return packed.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "zip": packed_zip,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda content: pa.compress(content, "zstd", asbytes=True),
    "UTF-16": lambda content: content.decode().encode("utf-16"),
}


@pytest.mark.parametrize("name", PACKERS)
def test_one_packed_file_is_read(tmp_path: Path, name: str) -> None:
    content = PACKERS[name](TABLES["a line of units"].encode())
    assert rps(read(write(tmp_path / "file", content))) == RATES


REFUSED: dict[str, tuple[str, str]] = {
    "an error log": ("[Tue Mar 05 00:00:00.1 2024] [core:error] [pid 1] AH00000: x\n" * 9, "error log.*access log"),
    "lines without times": ('INFO: 203.0.113.5 - "GET / HTTP/1.1" 200 OK\n' * 9, "no time"),
    "network flows": ("version account-id interface-id\n2 123456789012 eni-0 1 2", "flow"),
    "a test's summary": ("Running 30s test @ http://x/\n", "report"),
    "only latencies": (table("t,latency_ms", lambda m, n: f"{at(m)},{n}"), "latency_ms.*value_column"),
    "a row a week": (
        "day,hits\n" + "".join(f"2024-01-{day:02},5\n" for day in (1, 8, 15, 22, 29)),
        "a window is a day",
    ),
    "times of day": (table("time,hits", lambda m, n: f"00:{m:02},{n}"), "without a date"),
    "seconds since a start": (table("t,hits", lambda m, n: f"{m * 60},{n}"), "relative"),
    "rounded times": ("timestamp,hits\n" + "1.70960E+12,5\n" * 9, "lost digits"),
    "a day a column": ("page,2024-01-01,2024-01-02,2024-01-03\na,1,2,3\nb,1,2,3", "columns"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_holds_no_traffic_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    content, phrase = REFUSED[name]
    with pytest.raises(ProblemError, match=phrase):
        read(write(tmp_path / "file", content))


def test_rows_of_few_requests_are_0_where_none_is_written(tmp_path: Path) -> None:
    rows = [(minute, 1 + minute % 2) for minute in range(60) if minute % 7 != 3]
    traffic: Traffic = read(write(tmp_path / "a", "t,count\n" + "\n".join(f"{at(m)},{n}" for m, n in rows)))
    assert rps(traffic)[3] == 0


def test_a_number_that_is_always_1_counts_requests(tmp_path: Path) -> None:
    lines = [json.dumps({"ts": second, "count": 1}) for second in LOG]
    traffic = read(write(tmp_path / "a", "\n".join(lines)))
    assert (traffic.kind, rps(traffic), dropped(traffic)) == ("raw", [0.066666667] * 3, {})


def test_whole_days_stand_at_their_own_date(tmp_path: Path) -> None:
    days = "\n".join(f"2024-03-{day:02},86400" for day in range(5, 15))
    traffic = read(write(tmp_path / "a", f"date,hits\n{days}"), timezone="Asia/Kolkata")
    assert traffic.frame.index[0].isoformat() == "2024-03-05T00:00:00+00:00"


DAYS = [round((START + 60 * minute) / 86_400 + 25_569, 6) for minute in range(MINUTES)]  # of a spreadsheet


def workbook(path: Path, rows: Sequence[Sequence[str | float]], sheets: int = 1) -> Path:
    """A workbook of the fewest parts that readers want."""

    def cell(value: str | float) -> str:
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>' if isinstance(value, str) else f"<c><v>{value}</v></c>"

    table = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    numbers = range(1, sheets + 1)
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships {package}><Relationship Id="r0" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}"><sheets>'
        + "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships {package}>"
        + "".join(
            f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
        )
        + "</Relationships>",
    }
    parts |= {
        f"xl/worksheets/sheet{n}.xml": f"<worksheet {main}><sheetData>{table}</sheetData></worksheet>" for n in numbers
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("names", [("time", "requests"), ("time\n(UTC)", "requests\n(all)"), ('"time', "requests")])
def test_a_workbook_of_one_sheet_is_read(tmp_path: Path, names: tuple[str, str]) -> None:
    pytest.importorskip("python_calamine")
    assert rps(read(workbook(tmp_path / "traffic.xlsx", [names, *zip(DAYS, COUNTS, strict=True)]))) == RATES


def test_windows_of_zero_at_the_begin_of_a_sheet_without_names_are_no_title(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    path = workbook(tmp_path / "traffic.xlsx", [(at(minute), 5 * (minute > 2)) for minute in range(MINUTES)])
    assert rps(read(path, value_unit="count"))[:4] == [0, 0, 0, pytest.approx(5 / 60)]


def test_a_workbook_of_several_sheets_is_refused_and_names_them(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    with pytest.raises(ProblemError, match=r"2 sheets with rows \(s1, s2\)"):
        read(workbook(tmp_path / "traffic.xlsx", [("time", "requests"), *zip(DAYS, COUNTS, strict=True)], sheets=2))
