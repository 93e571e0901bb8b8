"""Lines of access logs as servers really write them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from backend.tests.ingest.files import START, as_common_log, busy_log, dropped, log_time, read, rps, write

LOG = busy_log(minutes=3)
GOOD = [f'h - - [{log_time(second)}] "GET / HTTP/1.0" 200 5' for second in LOG]


def log(tmp_path: Path, lines: Sequence[str | bytes]) -> Path:
    encoded = [line.encode() if isinstance(line, str) else line for line in lines]
    return write(tmp_path / "access.log", b"\n".join(encoded))


@pytest.mark.parametrize(
    "line",
    [
        'h [bob] x [{}] "GET / HTTP/1.0" 200 -',
        '::1 - - [{}] "GET /[14/Nov/2023 HTTP/1.0" 200 5 "-" "-"',
        'example.com:80 1.2.3.4 - - [{}] "\\x16\\x03\\x01" 400 0',
        'h - - [{}] "GET /\\"quoted\\" HTTP/1.0" 200 5',
        "h - - [{}]",
    ],
)
def test_unusual_lines_are_counted(tmp_path: Path, line: str) -> None:
    traffic = read(log(tmp_path, [*GOOD[:6], line.format(log_time(LOG[6])), *GOOD[7:]]))
    assert (traffic.rows_read, traffic.rows_dropped, rps(traffic)) == (12, [], [0.066666667] * 3)


def test_latin_1_is_no_problem_outside_the_time(tmp_path: Path) -> None:
    odd = f'h - - [{log_time(LOG[6])}] "GET /caf\xe9 HTTP/1.0" 200 5'.encode("latin-1")
    assert read(log(tmp_path, [*GOOD[:6], odd, *GOOD[7:]])).rows_dropped == []


def test_months_do_not_depend_on_case_or_locale(tmp_path: Path) -> None:
    assert read(log(tmp_path, [line.replace("Nov", "NOV") for line in GOOD])).rows_read == 12


@pytest.mark.parametrize(
    "stamp",
    [
        "32/Nov/2023:22:14:00 +0000",
        "14/Foo/2023:22:14:00 +0000",
        "14/Nov/2023:24:14:00 +0000",
        "14/Nov/2023:22:60:00 +0000",
        "14/Nov/2023:22:14:0x +0000",
        "14/Nov/2023:22:14:00",
        "14/Nov/2023:22:14:00 +9900",
        "14/Nov/2023 22:14:00 +0000",
    ],
)
def test_impossible_times_are_dropped_with_their_line(tmp_path: Path, stamp: str) -> None:
    traffic = read(log(tmp_path, [*GOOD[:6], f'h - - [{stamp}] "GET /" 200 5', *GOOD[6:]]))
    assert [(entry.count, entry.first_rows) for entry in traffic.rows_dropped] == [(1, [7])]
    assert rps(traffic) == [0.066666667] * 3


def test_lines_without_a_time_are_dropped_and_blank_ones_ignored(tmp_path: Path) -> None:
    traffic = read(log(tmp_path, ["# comment", *GOOD[:3], "", "garbage [", *GOOD[3:], ""]))
    assert [entry.first_rows for entry in traffic.rows_dropped] == [[1, 6]]
    assert traffic.rows_read == 14


def test_a_year_out_of_range_is_dropped(tmp_path: Path) -> None:
    traffic = read(log(tmp_path, [*GOOD, GOOD[0].replace("2023", "1970")]))
    assert dropped(traffic) == {"time outside 1990 to 2099": 1}


def test_offsets_are_applied_line_by_line(tmp_path: Path) -> None:
    moved = [
        f'h - - [{log_time(second - 4 * 3600).replace("+0000", "-0400")}] "GET /" 200 5' if n % 2 else GOOD[n]
        for n, second in enumerate(LOG)
    ]
    traffic = read(log(tmp_path, moved))
    assert (traffic.frame.index[0].timestamp(), rps(traffic)) == (START, [0.066666667] * 3)


def test_the_last_line_needs_no_line_end(tmp_path: Path) -> None:
    path = as_common_log(tmp_path / "a", LOG)
    cut = write(tmp_path / "b", path.read_bytes().rstrip(b"\n"))
    assert rps(read(cut)) == rps(read(path))


def test_carriage_returns_are_no_part_of_a_line(tmp_path: Path) -> None:
    assert rps(read(write(tmp_path / "a", "\r\n".join([*GOOD, ""])))) == [0.066666667] * 3
