"""Files that hold no traffic, or not in a way that can be read: what each is, and the way out. A new kind is a row."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import filterfalse, islice
from pathlib import Path

from backend.errors import UnsupportedFormatError, UnusableFileError

SUPPORTED_FORMATS = (
    "Parquet, Excel (.xlsx), CSV and other tables of text, JSON, and logs with a time in every line; also packed as "
    ".gz, .zip, .bz2, .xz or .zst"
)
_AS_TABLE = "Save the rows as CSV, one row a window or a request, and upload that."
_AS_PARQUET = "Save the table as Parquet or CSV (pandas: DataFrame.to_parquet) and upload that."

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x05\x06", "an empty zip archive", ""),
    (b"\x89PNG", "a PNG image", ""),
    (b"\xff\xd8\xff", "a JPEG image", ""),
    (b"GIF8", "a GIF image", ""),
    (b"%PDF", "a PDF document", _AS_TABLE),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it first."),
    (b"Rar!", "a RAR archive", "Unpack it first."),
    (b"\x1f\x9d", "packed by compress (.Z)", "Unpack it first."),
    (b"\x04\x22\x4d\x18", "packed by LZ4", "Unpack it first."),
    (b"\xff\x06\x00\x00sNaPpY", "packed by Snappy", "Unpack it first."),
    (b"LZIP", "packed by lzip", "Unpack it first."),
    (b"\x7fELF", "an executable (ELF)", ""),
    (b"SQLite format 3", "an SQLite database", "Save the result of a query as CSV and upload that."),
    (b"ARROW1", "an Arrow (Feather) file", _AS_PARQUET),
    (b"\xff\xff\xff\xff", "an Arrow stream", _AS_PARQUET),
    (b"Obj\x01", "an Avro file", _AS_PARQUET),
    (b"ORC", "an ORC file", _AS_PARQUET),
    (b"\x89HDF", "an HDF5 file", _AS_PARQUET),
    (b"\xd0\xcf\x11\xe0", "a legacy Office document", "Save it as .xlsx or CSV and upload that."),
    (b"\xd4\xc3\xb2\xa1", "a network capture (pcap)", "Upload the access log of the server instead."),
    (b"\x0a\x0d\x0d\x0a", "a network capture (pcapng)", "Upload the access log of the server instead."),
)

# In the order in which they are tried; the last one is everything else.
_MARKUP: tuple[tuple[bytes, str, str], ...] = (
    (
        rb"<testResults\b", "JMeter's results as XML",
        "Have JMeter write CSV (jmeter.save.saveservice.output_format=csv), and upload that.",
    ),
    (rb"<xport>|<rrd>", "XML of RRDtool", "Write the series with rrdtool fetch, and upload that."),
    (rb"(?i)^<(!doctype\s+html|html|head|body|script|div|table|!--)", "an HTML page", ""),
    (rb"", "XML", _AS_TABLE),
)  # fmt: skip


@dataclass(frozen=True)
class NoTraffic:
    """A kind of text that is no traffic: lines of this pattern, in at least this share of the first ones."""

    pattern: str
    share: float  # 0: one line is enough
    says: str


_UPLOAD_LOG = "Upload the access log itself: each of its lines is a request."
_LOAD_TEST = "It has no time of each request. Upload the tool's results request by request, or the server's access log."
_WORD = r"(?:[^\s,=\\]|\\.)+"  # of line protocol, where a backslash keeps what divides
_FIELD = r'(?:"(?:[^"\\]|\\.)*"|[^\s,"]+)'
NO_TRAFFIC: tuple[NoTraffic, ...] = (
    NoTraffic(
        rf"^{_WORD}(?:,{_WORD}={_WORD})* {_WORD}={_FIELD}(?:,{_WORD}={_FIELD})*(?: \d{{10,19}})?$", 0.9,
        "The file is InfluxDB line protocol. Send it to POST /api/v2/write, or export the query as CSV and upload that "
        "(value_column names the field).",
    ),
    NoTraffic(
        r"^# (?:TYPE|HELP) \S+ ", 0.0,
        "The file is a Prometheus (OpenMetrics) text exposition, which holds where counters stood. Upload the answer "
        "of a range query instead, such as sum(rate(http_requests_total[1m])), as JSON or CSV.",
    ),
    NoTraffic(
        r"^\S+ @\[\d{10}(?:\.\d+)?\]$", 0.5,
        "The file is promtool's text. Have it write JSON (promtool query range -o json) and upload that.",
    ),
    NoTraffic(
        r"^\{__name__=", 0.5,
        "The file is a dump of Prometheus' samples (promtool tsdb dump). Upload the answer of a range query instead, "
        "such as sum(rate(http_requests_total[1m])), as JSON or CSV.",
    ),
    NoTraffic(
        r"^[^,|]+,\d{9,10},\d{9,10},\d+\|", 0.5,
        "The file is Graphite's raw format, one line a series. Ask for format=json or format=csv and upload that.",
    ),
    NoTraffic(
        r"^-\[ RECORD \d+ \]|^\*{9,} \d+\. row \*{9,}$", 0.0,
        "The file shows each row of a table over several lines (\\x of psql, \\G of mysql). Switch that off, or write "
        "the result as CSV, and upload that.",
    ),
    NoTraffic(
        r"(?i)^(?:INSERT INTO|CREATE TABLE|COPY \S+ \()", 0.0,
        "The file is a dump of SQL. Write the result of a query as CSV and upload that.",
    ),
    NoTraffic(
        r"^version account-id interface-id |^\d+ \d{12} eni-\S+ ", 0.0,
        "The file is a VPC flow log: it records network flows, not requests. Upload the access log of the load "
        "balancer or the server instead.",
    ),
    NoTraffic(
        r"^Running \S+ test @ |^This is ApacheBench|^Requests/sec:|^Requests per second:|^\s*Transaction rate:"
        r"|^Summary:\s*$|^\s*(?:http_req_duration|iteration_duration)\.*: |^Benchmarking \S+ \(be patient\)"
        r"|^Requests\s+\[total, rate",
        0.0, f"The file is the summary report of a load test. {_LOAD_TEST}",
    ),
    NoTraffic(
        r'^"?\d+"?,,"?(?:visitors|requests|static_requests|not_found|hosts|general)"?,', 0.3,
        f"The file is a report of GoAccess, not a log. {_UPLOAD_LOG}",
    ),
    NoTraffic(
        r'(?s)"general":\s*\{.*"valid_requests":', 0.0, f"The file is a report of GoAccess, not a log. {_UPLOAD_LOG}",
    ),
    NoTraffic(
        r"^AWSTATS DATA FILE ", 0.0, f"The file is a report of AWStats, not a log. {_UPLOAD_LOG}",
    ),
    NoTraffic(
        r'(?s)"metrics":\s*\{.*"http_reqs":|"latencies":\s*\{[^}]*"50th":', 0.0,
        f"The file is the summary report of a load test. {_LOAD_TEST}",
    ),
    NoTraffic(
        r'(?s)"about":\s*"RRDtool',
        0.0, "The file is what rrdtool xport writes as JSON, without times. Write the series with rrdtool fetch, and "
        "upload that.",
    ),
    NoTraffic(
        r"^procs -+memory|^Linux \d\S* \(\S+\)\s+\d",
        0.0, "The file is what vmstat, sar or their like measured of a machine, not requests. Upload the server's "
        "access log.",
    ),
    NoTraffic(
        r'"aggregate":\s*\{.*"counters":', 0.0, f"The file is a report of Artillery, a load test. {_LOAD_TEST}",
    ),
    NoTraffic(
        r"^\[[^\]]*\d\d:\d\d:\d\d[^\]]*\] \[(?:\w+:)?(?:error|warn|notice|crit|alert|emerg|info|debug)\]"
        r"|^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(?:error|warn|notice|crit|alert|emerg)\] ", 0.9,
        "The file is an error log: its lines are errors, not requests. Upload the access log of the server instead.",
    ),
    NoTraffic(
        r"^\S* ?(?:tcp|udp|TCP|UDP)\s+[\d.:]+\s+->\s+[\d.:]+|^Date first seen\s", 0.0,
        "The file lists network flows, not requests. Upload the access log of the load balancer or the server instead.",
    ),
)  # fmt: skip


def refuse_binary(start: bytes, filename: str) -> None:
    """Raise UnsupportedFormatError where the first bytes are those of a format that is not read."""
    for magic, name, way_out in _MAGIC:
        if start.startswith(magic):
            raise unsupported(name, way_out, filename=filename)
    if start[257:262] == b"ustar":
        raise unsupported("a tar archive", "Unpack it first.", filename=filename)


def refuse_text(lines: Sequence[str]) -> None:
    """Raise UnusableFileError where the first lines are of a kind that holds no traffic."""
    present = [line for line in lines if line.strip()]
    for kind in NO_TRAFFIC:
        if _are(present, kind):
            raise UnusableFileError(kind.says)


def _are(lines: Sequence[str], kind: NoTraffic) -> bool:
    """Whether enough lines are of a kind; looked at until too many are not."""
    pattern = re.compile(kind.pattern)
    if kind.share == 0:
        return any(map(pattern.search, lines))
    others = len(lines) - kind.share * len(lines)
    return len(lines) > 0 and sum(1 for _ in islice(filterfalse(pattern.search, lines), int(others) + 1)) <= others


def kind_of_markup(text: bytes) -> tuple[str, str]:
    """What a text that begins with `<` is, and the way out."""
    return next((name, way_out) for pattern, name, way_out in _MARKUP if re.search(pattern, text[:4000]))


def unsupported(looks_like: str, way_out: str = "", *, filename: str) -> UnsupportedFormatError:
    suffix = Path(filename).suffix.lower()
    named = f", although its name ends in {suffix}" if suffix in {".csv", ".json", ".parquet", ".log"} else ""
    more = f" {way_out}" if way_out else ""
    return UnsupportedFormatError(
        f"The content looks like {looks_like}{named}.{more} Supported formats: {SUPPORTED_FORMATS}."
    )
