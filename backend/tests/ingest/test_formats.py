"""Every format gives the same windows, and the content decides which format it is."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.tests.ingest.files import START, WRITERS, as_csv, busy_log, iso, read, rps, write, write_gzip

TIMES = busy_log(minutes=3, per_minute=4)
SERIES = [(START + 60 * minute, 60 * (minute + 1)) for minute in range(4)]


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_frame(tmp_path: Path, name: str) -> None:
    traffic = read(WRITERS[name](tmp_path / "file", TIMES))
    expected = pd.DataFrame(
        {"actual_rps": [4 / 60] * 3},
        index=pd.date_range("2023-11-14 22:14", periods=3, freq="min", tz="UTC", name="timestamp", unit="ns"),
    )
    pd.testing.assert_frame_equal(traffic.frame, expected, check_freq=False)
    assert traffic.format == name


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "parquet"])
def test_text_formats_are_read_from_gzip(tmp_path: Path, name: str) -> None:
    plain = WRITERS[name](tmp_path / "plain", TIMES)
    packed = write_gzip(tmp_path / "packed", plain.read_bytes())
    assert rps(read(packed)) == rps(read(plain))


def test_gzip_of_several_members_is_read_whole(tmp_path: Path) -> None:
    content = as_csv(tmp_path / "plain", TIMES).read_bytes()
    packed = write(tmp_path / "packed", gzip.compress(content[:200]) + gzip.compress(content[200:]))
    assert read(packed).rows_read == len(TIMES)


def test_parquet_named_csv_is_read_as_parquet(tmp_path: Path) -> None:
    assert read(WRITERS["parquet"](tmp_path / "log.csv", TIMES)).format == "parquet"


def test_csv_named_parquet_is_read_as_csv(tmp_path: Path) -> None:
    assert read(as_csv(tmp_path / "log.parquet", TIMES)).format == "csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    lines = [f"time{delimiter}requests", *(f"{iso(time)}{delimiter}{count}" for time, count in SERIES)]
    assert rps(read(write(tmp_path / "file", "\n".join(lines)))) == [1, 2, 3, 4]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_byte_order_mark_and_line_ends(tmp_path: Path, line_end: str) -> None:
    lines = ["timestamp,requests", *(f"{iso(time)},{count}" for time, count in SERIES), ""]
    assert rps(read(write(tmp_path / "file", "\ufeff" + line_end.join(lines)))) == [1, 2, 3, 4]


def test_quoted_cells_may_hold_line_ends(tmp_path: Path) -> None:
    lines = ['note,timestamp,"requests"', *(f'"two\nlines, ""{n}""",{iso(t)},"{n}"' for t, n in SERIES)]
    assert rps(read(write(tmp_path / "file", "\n".join(lines)))) == [1, 2, 3, 4]


def test_times_without_a_header(tmp_path: Path) -> None:
    traffic = read(write(tmp_path / "file", "".join(f"{time}\n" for time in TIMES)))
    assert (traffic.kind, rps(traffic)) == ("raw", [0.066666667] * 3)


def test_series_without_a_header(tmp_path: Path) -> None:
    text = "".join(f"{time},{count}\n" for time, count in SERIES)
    traffic = read(write(tmp_path / "file", text), value_unit="count")
    assert (traffic.kind, rps(traffic)) == ("series", [1, 2, 3, 4])


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    lines = ["timestamp,requests", *(f"{iso(time)},{count}\n" for time, count in SERIES)]
    traffic = read(write(tmp_path / "file", "\n".join(lines)))
    assert (traffic.rows_read, traffic.rows_dropped) == (4, [])


def test_blank_lines_may_come_first(tmp_path: Path) -> None:
    lines = ["", " ", "timestamp,requests", "only one cell", *(f"{iso(time)},{count}" for time, count in SERIES)]
    traffic = read(write(tmp_path / "file", "\n".join(lines)))
    assert (rps(traffic), traffic.rows_dropped[0].first_rows) == ([1, 2, 3, 4], [1])


def test_json_keys_may_be_missing_and_in_any_order(tmp_path: Path) -> None:
    lines = [f'{{"extra": {{"deep": [1]}}, "requests": {count}, "ts": {time}}}' for time, count in SERIES]
    lines.insert(2, '{"ts": null}')
    assert rps(read(write(tmp_path / "file", "\n".join(lines)))) == [1, 2, 3, 4]


def test_json_numbers_and_text_may_alternate(tmp_path: Path) -> None:
    lines = [f'{{"ts": {time if n % 2 else chr(34) + str(time) + chr(34)}, "requests": {n}}}' for time, n in SERIES]
    lines[1:1] = [f'{{"ts": "{START + 240}", "requests": 5}}']
    assert read(write(tmp_path / "file", "\n".join(lines))).frame["actual_rps"].sum() == pytest.approx(10 + 5 / 60)


def test_the_grid_has_no_holes(tmp_path: Path) -> None:
    times = [*busy_log(minutes=2), *busy_log(minutes=2, start=START + 7_200)]
    index = read(as_csv(tmp_path / "file", times)).frame.index
    assert np.all(np.diff(index.to_numpy()) == np.timedelta64(60, "s"))
