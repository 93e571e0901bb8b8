"""Files that cannot be used: each is refused with its reason, and nothing else ever comes out."""

import gzip
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.errors import ProblemError
from backend.ingest import ReadLimits, ReadOptions, read_traffic
from backend.tests.ingest.files import START, WRITERS, as_csv, as_parquet, busy_log, iso, read, write, write_gzip

LOG = busy_log(minutes=3)
CSV = "timestamp\n" + "".join(f"{iso(second)}\n" for second in LOG)
SMALL = replace(ReadLimits(), max_line_bytes=1_000, max_unpacked_bytes=20_000, max_rows=1_000, max_columns=50)

BAD: dict[str, tuple[bytes | str, int, str]] = {
    "empty": (b"", 422, "The file is empty"),
    "white space": ("\n \n\t\n", 422, "The file is empty"),
    "csv with only a header": ("timestamp,requests\n", 422, "has a header but no rows"),
    "html": ("<!DOCTYPE html><html></html>", 415, "looks like an HTML page"),
    "html in small letters": ("\n <html><body>login</body></html>", 415, "looks like an HTML page"),
    "xml": ("<?xml version='1.0'?><a/>", 415, "looks like XML"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), 415, "looks like a PNG image"),
    "zip cut off": (b"PK\x03\x04" + bytes(100), 422, "zip file is damaged"),
    "pdf": (b"%PDF-1.7\n", 415, "looks like a PDF document"),
    "tar": (bytes(257) + b"ustar" + bytes(250), 415, "looks like a tar archive"),
    "controls": (bytes(range(1, 32)) * 20, 415, "looks like binary data"),
    "utf-16 without its mark": ("timestamp\n2023".encode("utf-16-le"), 422, "UTF-16"),
    "nul bytes": ("timestamp\n2023-01-01\n\0\0\n", 422, "Line 3 has a NUL byte"),
    "parquet cut off": (b"PAR1" + bytes(40), 422, "damaged"),
    "parquet magic only": (b"PAR1", 422, "damaged"),
    "no time column": ("id,name\n1,a\n2,b\n", 422, 'No column holds times. The columns are "id", "name"'),
    "times inside other text": (
        "made,count\n" + "".join(f"x2026-01-01T00:{m:02}:00Z,117\n" for m in range(60)),
        422,
        '"made" has them inside other text, such as "x2026-01-01T00:00:00Z"',
    ),
    "prose": ("Dear all,\nplease find attached\n", 422, "No column holds times"),
    "no time that can be read": ("timestamp\nfoo\nbar\n", 422, 'row 1: "foo" (not a time), row 2: "bar"'),
    "years 1700": ("timestamp\n1700-01-01\n1700-01-02\n", 422, "time outside 1990 to 2099"),
    "years 2300": ("timestamp\n2300-01-01\n2300-01-02\n", 422, "time outside 1990 to 2099"),
    "empty times": ('timestamp,a\n"",1\n"",2\n', 422, "no time"),
    "one row": ("timestamp\n2023-01-01T00:00:00\n", 422, "All times are equal"),
    "one row of a series": ("timestamp,requests\n2023-01-01,5\n", 422, "1 usable time;"),
    "one window": ("timestamp\n2023-01-01T00:00:00\n2023-01-01T00:00:59\n", 422, "covers 1 whole window of 60 s"),
    "equal times": ("timestamp\n" + "2023-01-01T00:00:00\n" * 5, 422, "All times are equal"),
    "equal times of a series": ("timestamp,rps\n" + "2023-01-01,1\n" * 5, 422, "1 usable time;"),
    "only bad values": ("timestamp,requests\n2023-01-01,NaN\n2023-01-02,-1\n", 422, 'row 2: "-1" (value is negative)'),
    "only infinite values": ("timestamp,requests\n2023-01-01,inf\n2023-01-02,inf\n", 422, "value is infinite"),
    "only empty values": ("timestamp,requests\n2023-01-01,\n2023-01-02,\n", 422, "no value"),
    "too many columns": (",".join(f"c{n}" for n in range(51)) + "\n", 422, "51 columns; at most 50"),
    "a long first line": ("x" * 2_000, 422, "Line 1 is longer than 1,000 bytes"),
    "a long line": (CSV + "x" * 2_000 + "\n", 422, "Line 14 is longer than 1,000 bytes"),
    "a quote never closed": ('timestamp\n"' + "2023-01-01T00:00:00\n" * 200, 422, "unclosed quote"),
    "too many rows": ("timestamp\n" + "2023-01-01\n" * 1_001, 413, "more than 1,000 rows"),
    "json of one object": (json.dumps({"data": [1, 2]}), 422, "no readable JSON object"),
    "json over several lines": (json.dumps({"data": [1]}, indent=1), 422, "no readable JSON object"),
    "json array of numbers": ("[1700000000, 1700000001]", 422, "no readable JSON object"),
    "json array of one pair": ("[[1700000000, 1]]", 422, "All times are equal"),
    "json array cut off": ('[{"ts": 1700000000}, {"ts": 17', 422, "truncated or damaged"),
    "json array without end": ('[{"ts": 1700000000}', 422, "truncated or damaged"),
    "empty json array": ("[]", 422, "no readable JSON object"),
    "deep json array": ("[" * 900, 422, "JSON"),
    "deep json line": ('{"a":' * 150 + "1" + "}" * 150, 422, "No column holds times"),
    "json with too many keys": (json.dumps({f"k{n}": 1 for n in range(51)}), 422, "more than 50 different keys"),
    "json too many rows": ('{"ts": 1700000000}\n' * 1_001, 413, "more than 1,000 rows"),
    "log with too many lines": ("h - - [14/Nov/2023:22:14:00 +0000] x\n" * 1_001, 413, "more than 1,000 rows"),
    "gzip of nothing": (gzip.compress(b""), 422, "The file is empty"),
    "gzip cut off": (gzip.compress(CSV.encode())[:-30], 422, "truncated"),
    "gzip with garbage": (gzip.compress(CSV.encode()) + b"garbage", 422, "gzip file is damaged"),
    "gzip damaged": (b"\x1f\x8b\x08\x00" + b"\xff" * 50, 422, "gzip file is damaged"),
    "gzip bomb": (gzip.compress(b"timestamp\n" * 3_000), 413, "more than 20,000 bytes"),
    "gzip in gzip": (gzip.compress(gzip.compress(CSV.encode())), 415, "gzip twice"),
    "png in gzip": (gzip.compress(b"\x89PNG\r\n\x1a\n" + bytes(100)), 415, "looks like a PNG image"),
}


@pytest.mark.parametrize(("content", "status", "phrase"), BAD.values(), ids=BAD)
def test_refused_with_its_reason_in_a_sentence(tmp_path: Path, content: bytes | str, status: int, phrase: str) -> None:
    with pytest.raises(ProblemError) as problem:
        read(write(tmp_path / "upload", content), SMALL)
    detail = problem.value.detail
    assert (problem.value.status, phrase in detail) == (status, True), detail
    assert detail[0].isupper()
    assert detail.endswith((".", ").", '".'))
    assert detail.isprintable()


def test_what_was_dropped_is_said_when_too_little_is_left(tmp_path: Path) -> None:
    content = "timestamp\n2023-01-01T00:00:00\nfoo\nbar\n"
    with pytest.raises(ProblemError, match=r"All times are equal.*Dropped of 3 rows: 2 not a time"):
        read(write(tmp_path / "upload", content))


def test_the_name_helps_to_word_the_refusal(tmp_path: Path) -> None:
    path = write(tmp_path / "upload", b"%PDF-1.7" + bytes(100))
    with pytest.raises(ProblemError, match=r"although its name ends in \.csv"):
        read_traffic(path, "traffic.csv", ReadOptions(), ReadLimits())


def test_parquet_with_too_many_rows_is_refused_by_its_footer(tmp_path: Path) -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()), pa.array([START]))
    path = tmp_path / "bomb"
    pq.write_table(pa.table({"ts": column.cast(pa.int64())}), path)
    with pytest.raises(ProblemError, match="has 1,000,000 rows; at most 1,000 are allowed") as problem:
        read(path, SMALL)
    assert (problem.value.status, path.stat().st_size < 20_000) == (413, True)


def test_parquet_with_too_many_columns_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({f"c{n}": [1] for n in range(51)}), tmp_path / "wide")
    with pytest.raises(ProblemError, match="51 columns; at most 50"):
        read(tmp_path / "wide", SMALL)


def test_parquet_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="has no rows"):
        read(as_parquet(tmp_path / "empty", []))


def test_encrypted_parquet_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "secret", b"PARE" + bytes(100) + b"PARE")
    with pytest.raises(ProblemError):
        read(path)


@pytest.mark.parametrize("size", [5, 50, 200, 500])
def test_truncated_parquet_is_refused(tmp_path: Path, size: int) -> None:
    whole = as_parquet(tmp_path / "whole", LOG).read_bytes()
    with pytest.raises(ProblemError) as problem:
        read(write(tmp_path / "cut", whole[:size]))
    assert problem.value.status == 422


def damaged(content: bytes, damage: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(damage.randint(1, 8)):
        changed[damage.randrange(4, len(changed))] = damage.randrange(256)
    return bytes(changed)


@pytest.mark.long
@pytest.mark.parametrize("name", WRITERS)
def test_damaged_files_are_read_or_refused(tmp_path: Path, name: str) -> None:
    """Whatever the bytes: a series, or a problem with a reason."""
    content = WRITERS[name](tmp_path / "whole", busy_log(minutes=20)).read_bytes()
    damage = random.Random(1)
    for _ in range(100):
        outcome(write(tmp_path / "damaged", damaged(content, damage)))


def outcome(path: Path) -> int:
    try:
        return len(read(path, SMALL).frame)
    except ProblemError as problem:
        return problem.status


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    outcome(write(tmp_path / "bytes", content))
    outcome(write_gzip(tmp_path / "packed", content))


@pytest.mark.long
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(["2023-01-01", "2023-01-02", "1", '"', "\r", "x", "", "NaN"])), min_size=1))
def test_any_table_is_read_or_refused(tmp_path: Path, rows: list[list[str]]) -> None:
    outcome(write(tmp_path / "table", "\n".join(["timestamp,requests", *(",".join(row) for row in rows)])))


def endless_gzip(path: Path, line: bytes, count: int) -> Path:
    packer = zlib.compressobj(wbits=31)
    with path.open("wb") as file:
        file.write(packer.compress(b"timestamp\n"))
        for _ in range(count):
            file.write(packer.compress(line))
        file.write(packer.flush())
    return path


def test_a_line_of_100_mb_is_refused_early(tmp_path: Path) -> None:
    path = endless_gzip(tmp_path / "line", b"x" * 1024**2, 100)
    with pytest.raises(ProblemError, match="Line 2 is longer than 1,048,576 bytes"):
        read(path)


def test_json_too_deep_costs_a_row_and_not_the_process(tmp_path: Path) -> None:
    lines = [json.dumps({"ts": second}) for second in LOG]
    lines[4:4] = ['{"ts": ' + "[" * 200_000 + "]" * 200_000 + "}"]
    traffic = read(write(tmp_path / "deep", "\n".join(lines)))
    assert [(entry.reason, entry.first_rows) for entry in traffic.rows_dropped] == [("JSON nested too deeply", [5])]


@pytest.mark.parametrize("form", ["lines", "array"])
def test_half_characters_in_json_cost_a_row(tmp_path: Path, form: str) -> None:
    items = [json.dumps({"ts": iso(second)}) for second in LOG]
    items[2:2] = ['{"ts": "\\ud800"}']
    text = "\n".join(items) if form == "lines" else f"[{','.join(items)}]"
    assert [entry.first_rows for entry in read(write(tmp_path / "file", text)).rows_dropped] == [[3]]


@pytest.mark.parametrize("name", WRITERS)
def test_as_many_rows_as_are_allowed_are_read(tmp_path: Path, name: str) -> None:
    limits = ReadLimits(max_rows=len(LOG), batch_rows=len(LOG) // 2)
    assert read(WRITERS[name](tmp_path / "file", LOG), limits).rows_read == len(LOG)


def test_lines_that_are_no_json_are_dropped(tmp_path: Path) -> None:
    lines = [json.dumps({"ts": second}) for second in LOG]
    lines[2:2] = ["oops", "[1]", '{"ts": ']
    traffic = read(write(tmp_path / "file", "\n".join(lines)))
    assert [(entry.reason, entry.first_rows) for entry in traffic.rows_dropped] == [("not a JSON object", [3, 4, 5])]


@pytest.mark.parametrize("make", [lambda p: as_csv(p, LOG), lambda p: as_parquet(p, LOG)])
def test_reading_twice_gives_the_same(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path / "file")
    limits = ReadLimits(within_windows=True)
    first, second = read(path, limits), read(path, limits)
    assert first.frame.equals(second.frame)
    assert first.steps is not None
    assert second.steps is not None
    assert first.steps.equals(second.steps)
    assert replace(first, frame=second.frame, steps=second.steps) == second


def test_latin_1_in_other_columns_is_no_problem(tmp_path: Path) -> None:
    lines = "".join(f"caf\xe9,{iso(second)}\n" for second in LOG)
    assert read(write(tmp_path / "file", ("name,timestamp\n" + lines).encode("latin-1"))).rows_dropped == []


def test_a_character_that_two_chunks_share_is_read_whole(tmp_path: Path) -> None:
    """Chunks are as long as a line may be; the narrow no-break space of three bytes groups thousands in France."""
    counts = [1_000 + 7 * minute % 500 for minute in range(500)]
    rows = [f"{iso(START + 60 * minute)};{count:,}".replace(",", "\u202f") for minute, count in enumerate(counts)]
    limits = replace(SMALL, max_unpacked_bytes=1_000_000)
    traffic = read(write(tmp_path / "file", "\n".join(["time;requests", *rows])), limits)
    assert traffic.rows_dropped == []
    assert traffic.frame["actual_rps"].mul(60).round().tolist() == counts


def test_latin_1_in_a_time_costs_its_row(tmp_path: Path) -> None:
    content = (CSV + "2023\xe9\n").encode("latin-1")
    assert [entry.first_rows for entry in read(write(tmp_path / "file", content)).rows_dropped] == [[13]]


def test_a_long_cell_costs_its_row(tmp_path: Path) -> None:
    traffic = read(write(tmp_path / "file", (CSV + "9" * 200_000 + "\n").encode()))
    assert [entry.first_rows for entry in traffic.rows_dropped] == [[13]]
