"""Times in every form: units, offsets, zones, clock changes, column types; bad ones are dropped by row."""

import decimal
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import InvalidRequestError, UnusableFileError
from backend.ingest import Traffic
from backend.ingest.fixed_width_times import iso_micros
from backend.ingest.timestamps import Zone, iso_parser, parse_zone
from backend.tests.ingest.files import START, busy_log, dropped, iso, log_time, read, rps, write, write_parquet

LOG = busy_log(minutes=3)
WINDOWS = [0.066666667] * 3


def text_log(tmp_path: Path, cells: list[Any], **options: Any) -> Traffic:
    return read(write(tmp_path / "file", "\n".join(["timestamp,path", *(f"{cell},/" for cell in cells)])), **options)


def first_window(traffic: Traffic) -> float:
    return float(traffic.frame.index[0].timestamp())


@pytest.mark.parametrize(("unit", "scale"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_units_of_numbers_are_recognised(tmp_path: Path, unit: str, scale: int, form: str) -> None:
    numbers = [second * scale for second in LOG]
    if form == "csv":
        traffic = text_log(tmp_path, numbers)
    else:
        traffic = read(write_parquet(tmp_path / "file", {"ts": numbers}))
    assert (traffic.time_unit, first_window(traffic), rps(traffic)) == (unit, START, WINDOWS)
    assert any("time_unit" in sentence for sentence in traffic.assumptions)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquet_timestamps_of_every_unit(tmp_path: Path, unit: str) -> None:
    traffic = read(write_parquet(tmp_path / "file", {"ts": pa.array(LOG, pa.timestamp("s")).cast(pa.timestamp(unit))}))
    assert (first_window(traffic), rps(traffic)) == (START, WINDOWS)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([float(second) + 0.25 for second in LOG]),
        pa.array(LOG, pa.uint32()),
        pa.array([decimal.Decimal(second) for second in LOG]),
        pa.array([iso(second) for second in LOG]).dictionary_encode(),
        pa.array([iso(second) for second in LOG], pa.large_string()),
        pa.array([iso(second).encode() for second in LOG], pa.binary()),
        pa.array(LOG, pa.timestamp("s", "UTC")),
        pa.array(LOG, pa.timestamp("s", "America/New_York")),
    ],
    ids=lambda column: str(column.type),
)
def test_parquet_column_types(tmp_path: Path, column: "pa.Array[Any]") -> None:
    traffic = read(write_parquet(tmp_path / "file", {"ts": column}))
    assert (first_window(traffic), rps(traffic)) == (START, WINDOWS)


def test_dates_make_a_daily_series(tmp_path: Path) -> None:
    days = [date(2024, 1, day) for day in range(1, 6)]
    traffic = read(write_parquet(tmp_path / "file", {"day": days, "hits": [86_400] * 5}))
    assert (traffic.window_seconds, rps(traffic)) == (86_400, [1] * 5)


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y-%m-%dT%H:%M:%S.000",
        "%Y-%m-%dT%H:%M:%S.123456789Z",
        "%Y-%m-%d %H:%M:%S+00:00",
        "%Y-%m-%d %H:%M:%S +0000",
        "%Y/%m/%d %H:%M:%S",
        "%d/%b/%Y:%H:%M:%S +0000",
        "[%d/%b/%Y:%H:%M:%S +0000]",
    ],
)
def test_forms_of_text(tmp_path: Path, form: str) -> None:
    traffic = text_log(tmp_path, [f"{datetime.fromtimestamp(second, UTC):{form}}" for second in LOG])
    assert (first_window(traffic), rps(traffic)) == (START, WINDOWS)


def test_offsets_in_the_data_are_used(tmp_path: Path) -> None:
    traffic = text_log(tmp_path, [f"{iso(second)}-04:00" for second in LOG])
    assert first_window(traffic) == START + 4 * 3600


def test_offsets_may_differ_from_row_to_row(tmp_path: Path) -> None:
    cells = [f"{iso(second + hours * 3600)}+0{hours}:00" for hours, second in zip([1, 2, 3, 0] * 3, LOG, strict=True)]
    assert rps(text_log(tmp_path, cells)) == WINDOWS


def test_times_without_an_offset_are_taken_as_utc_and_that_is_said(tmp_path: Path) -> None:
    traffic = text_log(tmp_path, [iso(second) for second in LOG])
    assert first_window(traffic) == START
    assert any("read as UTC (override with timezone)" in sentence for sentence in traffic.assumptions)


@pytest.mark.parametrize(("zone", "hours"), [("America/New_York", 5), ("-05:00", 5), ("UTC", 0), ("+01:30", -1.5)])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_zone_option_places_local_times(tmp_path: Path, zone: str, hours: float, form: str) -> None:
    if form == "csv":
        traffic = text_log(tmp_path, [iso(second) for second in LOG], timezone=zone)
    else:
        path = write_parquet(tmp_path / "file", {"ts": pa.array(LOG, pa.timestamp("ms"))})
        path = write_parquet(path, {"ts": pa.array(LOG, pa.timestamp("s")).cast(pa.timestamp("ms"))})
        traffic = read(path, timezone=zone)
    assert (first_window(traffic), traffic.timezone) == (START + hours * 3600, zone)


# 2023-11-14 22:14 UTC is 23:14 in Berlin.
@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("timestamp", "%Y-%m-%d %H:%M:%S Europe/Berlin"),
        ("timestamp", "%Y-%m-%dT%H:%M:%S[Europe/Berlin]"),
        ("timestamp", "%d.%m.%Y %H:%M:%S (CET)"),
        ("timestamp,time zone", "%b %d %Y %I:%M:%S %p,Europe/Berlin"),
        ("date,clock,tz", "%d.%m.%Y,%H:%M:%S,+0100"),
        ("timestamp (Europe/Berlin)", "%Y-%m-%d %H:%M:%S"),
        ("timestamp (GMT+1)", "%Y-%m-%d %H:%M:%S"),
        ("Time CET", "%Y-%m-%d %H:%M:%S"),
    ],
)
def test_a_zone_beside_the_times_places_them(tmp_path: Path, header: str, form: str) -> None:
    cells = [f"{datetime.fromtimestamp(second + 3600, UTC):{form}},/" for second in LOG]
    traffic = read(write(tmp_path / "file", "\n".join([f"{header},path", *cells])))
    assert (first_window(traffic), rps(traffic)) == (START, WINDOWS)


@pytest.mark.parametrize("zone", ["CET", "Europe/Berlin"])
def test_a_zone_behind_the_times_of_a_log_places_them(tmp_path: Path, zone: str) -> None:
    lines = [f"{iso(second + 3600)}.123 {zone} [7] LOG:  statement" for second in LOG]
    assert first_window(read(write(tmp_path / "file", "\n".join(lines)))) == START


def test_the_offset_of_a_place_is_that_of_the_moment_and_an_hour_twice_is_dropped(tmp_path: Path) -> None:
    local = datetime(2024, 10, 27)
    cells = [f"{local + timedelta(minutes=30 * row)} Europe/Berlin,{60 + row % 3}" for row in range(12)]
    traffic = read(write(tmp_path / "file", "\n".join(["time,requests", *cells])))
    assert traffic.frame.index[0] == datetime(2024, 10, 26, 22, tzinfo=UTC)
    assert traffic.frame.index[-1] == datetime(2024, 10, 27, 4, 30, tzinfo=UTC)
    assert [dropped.count for dropped in traffic.rows_dropped] == [2]


def test_the_24th_hour_is_the_next_day(tmp_path: Path) -> None:
    rows = ["2024-03-05 22:00,7200", "2024-03-05 23:00,3600", "2024-03-05 24:00,3600"]
    traffic = read(write(tmp_path / "file", "\n".join(["time,requests", *rows])))
    assert (traffic.frame.index[-1], rps(traffic)) == (datetime(2024, 3, 6, tzinfo=UTC), [2, 1, 1])


def test_the_zone_option_does_not_move_absolute_times(tmp_path: Path) -> None:
    traffic = text_log(tmp_path, LOG, timezone="Asia/Tokyo")
    assert first_window(traffic) == START
    assert any("Asia/Tokyo was not used" in sentence for sentence in traffic.assumptions)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", "+99:00", "\0"])
def test_unknown_zones_are_refused(tmp_path: Path, zone: str) -> None:
    with pytest.raises(InvalidRequestError, match="IANA names"):
        text_log(tmp_path, LOG, timezone=zone or " ")


def clock_change(tmp_path: Path, start: str, minutes: int, **options: Any) -> Traffic:
    """A local log of Berlin, a request at the first and last second of every minute."""
    local = datetime.fromisoformat(start)
    steps = [timedelta(minutes=minute, seconds=second) for minute in range(minutes) for second in (0, 59)]
    cells = [(local + step).isoformat() for step in steps]
    return text_log(tmp_path, cells, timezone="Europe/Berlin", **options)


def test_a_local_hour_that_happens_twice_is_unknown(tmp_path: Path) -> None:
    traffic = clock_change(tmp_path, "2024-10-27T01:00:00", 180)
    known = traffic.frame["actual_rps"].notna()
    assert known.to_list() == [True] * 60 + [False] * 120 + [True] * 60
    assert dropped(traffic) == {"local time that occurs twice, when clocks go back": 120}


def test_it_is_unknown_for_large_windows_too(tmp_path: Path) -> None:
    traffic = clock_change(tmp_path, "2024-10-27T01:00:00", 180, window_seconds=1_800)
    assert traffic.frame["actual_rps"].isna().to_list() == [False] * 2 + [True] * 4 + [False] * 2


def test_a_local_time_that_does_not_exist_is_dropped(tmp_path: Path) -> None:
    traffic = clock_change(tmp_path, "2024-03-31T01:00:00", 180)
    assert dropped(traffic) == {"local time that does not exist, when clocks go forward": 120}
    assert len(traffic.frame) == 120


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("yesterday", "not a time"),
        ("2023-13-45T00:00:00", "not a time"),
        ("2023-11-14T25:00:00", "not a time"),
        ("", "no time"),
        ("1700-01-01T00:00:00", "time outside 1990 to 2099"),
        ("2300-01-01T00:00:00", "time outside 1990 to 2099"),
        ("2100-01-01T00:00:00", "time outside 1990 to 2099"),
        ("1989-12-31T23:59:59", "time outside 1990 to 2099"),
    ],
)
def test_bad_times_are_dropped_with_their_row(tmp_path: Path, cell: str, reason: str) -> None:
    cells = [iso(second) for second in LOG]
    cells[4:4] = [cell]
    cells.append(cell)
    traffic = text_log(tmp_path, cells)
    assert [(entry.reason, entry.count, entry.first_rows) for entry in traffic.rows_dropped] == [
        (reason, 2, [5, 14]),
    ]
    assert rps(traffic) == WINDOWS


def test_a_few_numbers_of_another_unit_are_dropped(tmp_path: Path) -> None:
    numbers = busy_log(minutes=30)
    numbers[7:7] = [START * 1000]
    assert dropped(text_log(tmp_path, numbers)) == {"time outside 1990 to 2099": 1}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_mixed_units_are_refused(tmp_path: Path, form: str) -> None:
    numbers = [second * (1000 if place % 3 == 0 else 1) for place, second in enumerate(LOG)]
    path = tmp_path / "file"
    if form == "csv":
        write(path, "\n".join(["ts", *map(str, numbers)]))
    else:
        write_parquet(path, {"ts": numbers})
    with pytest.raises(UnusableFileError, match="mixes units: 4 of 12 rows"):
        read(path)


def test_only_the_first_five_rows_are_named(tmp_path: Path) -> None:
    traffic = text_log(tmp_path, ["x"] * 9 + [iso(second) for second in LOG])
    assert traffic.rows_dropped[0].first_rows == [1, 2, 3, 4, 5]


def test_row_numbers_count_rows_that_are_no_rows(tmp_path: Path) -> None:
    lines = ["timestamp,path", *(f"{iso(second)},/" for second in LOG)]
    lines[3:3] = ["only one cell"]
    lines[6:6] = ["bad,/"]
    traffic = read(write(tmp_path / "file", "\n".join(lines)))
    assert {entry.reason: entry.first_rows for entry in traffic.rows_dropped} == {
        "not 2 columns as in the first line": [3],
        "not a time": [6],
    }
    assert traffic.rows_read == len(LOG) + 2


def test_log_times_in_a_csv_column(tmp_path: Path) -> None:
    traffic = text_log(tmp_path, [log_time(second) for second in LOG])
    assert (traffic.format, traffic.time_unit) == ("csv", "clf")


moments = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31))


forms = st.sampled_from(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.123", "%Y-%m-%dT%H:%M:%S.007"])


@given(st.lists(moments, min_size=1, max_size=30), forms, st.sampled_from(["", "Z", "+05:30", "-04:00"]))
def test_fixed_width_times_are_what_python_reads(times: list[datetime], form: str, offset: str) -> None:
    texts = [f"{time:{form}}{offset}" for time in sorted(times)]
    parsed = iso_parser(Zone("UTC", UTC)).parse(pa.array(texts))
    expected = [datetime.fromisoformat(text) for text in texts]
    in_utc = [time.replace(tzinfo=UTC) if time.tzinfo is None else time for time in expected]
    assert parsed.ticks.tolist() == [round(time.timestamp() * 1_000) * 1_000 for time in in_utc]


@given(
    st.text(alphabet="0123456789-:T Z+.", min_size=19, max_size=19),
    st.integers(0, 18),
    st.characters(exclude_categories=["Cs"]),
)
def test_fixed_width_takes_only_exact_times(noise: str, place: int, character: str) -> None:
    good = "2024-02-29T12:34:56"
    for text in (noise, good[:place] + character + good[place + 1 :]):
        taken = iso_micros(pa.array([text]))
        if taken is not None:
            seconds = taken[0][0] / 1_000_000
            leap = text.endswith(":60")  # the second after :59
            read = datetime.fromisoformat(text[:-2] + "59" if leap else text).replace(tzinfo=UTC)
            assert read.timestamp() == seconds - leap


def test_slices_of_a_column_are_parsed_in_place() -> None:
    texts = pa.array([iso(START + second) for second in range(100)]).slice(40, 10)
    taken = iso_micros(texts)
    assert taken is not None
    assert np.array_equal(taken[0], (START + np.arange(40, 50)) * 1_000_000)


def test_zone_names_and_offsets() -> None:
    assert parse_zone("-04:00").utcoffset(None) == timedelta(hours=-4)
