"""Which column is what: recognised by name and content, said, and overridden by the options."""

from pathlib import Path
from typing import Any

import pytest

from backend.errors import InvalidRequestError, ProblemError
from backend.ingest import Traffic
from backend.tests.ingest.files import START, busy_log, iso, read, write, write_parquet

LOG = busy_log(minutes=3)


def table(tmp_path: Path, header: str, rows: list[str], **options: Any) -> Traffic:
    return read(write(tmp_path / "file", "\n".join([header, *rows])), **options)


@pytest.mark.parametrize(
    "name",
    ["timestamp", "Time", "ts", "@timestamp", "DateTime", "event_time", "ds", "created_at", "Request Time (UTC)"],
)
def test_the_time_column_is_found_by_name(tmp_path: Path, name: str) -> None:
    traffic = table(tmp_path, f"id,{name}", [f"{n},{iso(second)}" for n, second in enumerate(LOG)])
    assert traffic.timestamp_column == name


def test_a_time_column_of_unknown_name_is_found_by_content(tmp_path: Path) -> None:
    traffic = table(tmp_path, "id,moment,path", [f"{n},{iso(second)},/x" for n, second in enumerate(LOG)])
    assert traffic.timestamp_column == "moment"


def test_a_duration_called_time_is_not_the_time(tmp_path: Path) -> None:
    traffic = table(tmp_path, "request_time,at", [f"0.0{n},{iso(second)}" for n, second in enumerate(LOG)])
    assert traffic.timestamp_column == "at"


@pytest.mark.parametrize("name", ["requests", "count", "hits", "Total Requests"])
def test_counts_are_found_by_name(tmp_path: Path, name: str) -> None:
    traffic = table(tmp_path, f"ts,{name}", [f"{START + 60 * n},{n}" for n in range(4)])
    assert (traffic.kind, traffic.value_column, traffic.value_unit) == ("series", name, "count")


@pytest.mark.parametrize("name", ["rps", "actual_rps", "rate", "qps"])
def test_rates_are_found_by_name(tmp_path: Path, name: str) -> None:
    traffic = table(tmp_path, f"ts,{name}", [f"{START + 60 * n},{n}" for n in range(4)])
    assert (traffic.kind, traffic.value_column, traffic.value_unit) == ("series", name, "rate")


def test_a_log_with_numbers_is_still_a_log(tmp_path: Path) -> None:
    columns = {"timestamp": LOG, "host": ["h"] * 12, "status": [200] * 12, "bytes": list(range(12))}
    assert read(write_parquet(tmp_path / "file", columns)).kind == "raw"


def test_evenly_spaced_times_with_one_number_are_a_series(tmp_path: Path) -> None:
    traffic = table(tmp_path, "ts,web-1", [f"{START + 60 * n},{n}.5" for n in range(4)])
    assert (traffic.kind, traffic.value_column, traffic.value_unit) == ("series", "web-1", "rate")


def test_every_guess_names_the_option_that_overrides_it(tmp_path: Path) -> None:
    traffic = table(tmp_path, "ts,requests", [f"{START + 60 * n},{n}" for n in range(4)])
    said = " ".join(traffic.assumptions)
    for option in ("timestamp_column", "time_unit", "kind", "value_column", "value_unit"):
        assert option in said


def test_nothing_is_assumed_where_everything_is_given(tmp_path: Path) -> None:
    given = {"timestamp_column": "ts", "time_unit": "s", "kind": "series", "value_column": "n", "value_unit": "count"}
    assert table(tmp_path, "ts,n", [f"{START + 60 * n},{n}" for n in range(4)], **given).assumptions == []


def test_options_choose_the_columns(tmp_path: Path) -> None:
    rows = [f"{iso(START + 60 * n)},{iso(START + 86_400 + 60 * n)},{n},{60 * n}" for n in range(4)]
    traffic = table(tmp_path, "time,end,count,other", rows, timestamp_column="end", value_column="other")
    assert traffic.frame.index[0].timestamp() == START + 86_400
    assert traffic.value_column == "other"


def test_kind_raw_counts_rows_whatever_the_columns(tmp_path: Path) -> None:
    traffic = table(tmp_path, "ts,requests", [f"{second},5" for second in LOG], kind="raw")
    assert (traffic.kind, traffic.value_column) == ("raw", None)


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    rows = [f"{START + 60 * n},{n},x" for n in range(4)]
    assert table(tmp_path, "ts,requests,requests", rows).value_column == "requests"


@pytest.mark.parametrize("option", ["timestamp_column", "value_column"])
def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path, option: str) -> None:
    with pytest.raises(InvalidRequestError, match='Its columns are "ts", "requests"'):
        table(tmp_path, "ts,requests", [f"{START + 60 * n},{n}" for n in range(4)], **{option: "nope"})


@pytest.mark.parametrize("seconds", [0, -60, 10**9])
def test_impossible_windows_are_refused(tmp_path: Path, seconds: int) -> None:
    with pytest.raises(InvalidRequestError, match="window_seconds"):
        table(tmp_path, "ts", [str(second) for second in LOG], window_seconds=seconds)


@pytest.mark.parametrize("cells", [[[1]] * 3, [True] * 3], ids=["list", "bool"])
def test_columns_that_cannot_be_times_are_named(tmp_path: Path, cells: list[Any]) -> None:
    with pytest.raises(ProblemError, match=r'"timestamp" is of type') as problem:
        read(write_parquet(tmp_path / "file", {"timestamp": cells}))
    assert problem.value.extra["column"] == "timestamp"
