"""Where two readings are likely, the file is asked about: each choice gives what it says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.errors import AmbiguousFileError, UnusableFileError
from backend.ingest import ReadLimits, inspect_file
from backend.ingest.contract import ReadOptions
from backend.ingest.preview import says
from backend.tests.ingest.files import START, as_parquet, iso, read, rps, write

ROWS = range(30)


def table(header: str, row: Callable[[int], str]) -> str:
    return "\n".join([header, *(row(minute) for minute in ROWS)])


def moment(minute: int) -> str:
    return iso(START + 60 * minute)


ASKED: dict[str, tuple[str, list[dict[str, str]]]] = {
    "whole numbers under a name that says nothing": (
        table("t,value", lambda m: f"{moment(m)},{60 + m % 7}"),
        [{"value_unit": "count"}, {"value_unit": "rate"}],
    ),
    "fractions under a count's name": (
        table("t,requests", lambda m: f"{moment(m)},{60.5 + m % 7}"),
        [{"value_unit": "rate"}, {"value_unit": "count"}],
    ),
    "a number that only rises": (
        table("t,value", lambda m: f"{moment(m)},{1000 + m * m}"),
        [{"value_unit": "total"}, {"value_unit": "count"}, {"value_unit": "rate"}],
    ),
    "columns that share nothing": (
        table("t,web,api", lambda m: f"{moment(m)},{m % 5}.5,{m % 3}.5"),
        [{"value_column": "web"}, {"value_column": "api"}, {"value_column": "web + api"}],
    ),
    "differing rows of one time": (
        table("t,rps", lambda m: f"{moment(m)},{m}.5\n{moment(m)},{m}.7"),
        [{"rows": "sum"}, {"rows": "mean"}],
    ),
    "a day and month that may be swapped": (
        table("t,requests", lambda m: f"05/03/2024 00:{m:02},60"),
        [{"date_order": "dmy"}, {"date_order": "mdy"}],
    ),
    "a log with a number that may be requests": (
        table("t,path,total", lambda m: f"{iso(START + 60 * m + 7 * (m % 5))},/,{m % 4}"),
        [{"kind": "raw"}, {"kind": "series", "value_column": "total", "value_unit": "count"}],
    ),
}


def choices(path: Path, **options: Any) -> list[dict[str, Any]]:
    with pytest.raises(AmbiguousFileError) as asked:
        read(path, **options)
    found: list[dict[str, Any]] = asked.value.extra["choices"]
    return found


@pytest.mark.parametrize("name", ASKED)
def test_each_reading_is_a_choice(tmp_path: Path, name: str) -> None:
    content, fields = ASKED[name]
    assert [choice["fields"] for choice in choices(write(tmp_path / "file", content))] == fields


@pytest.mark.parametrize("name", ASKED)
def test_a_choice_gives_the_windows_that_it_shows(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "file", ASKED[name][0])
    for choice in choices(path):
        given = rps(read(path, **choice["fields"]))[: len(choice["windows"])]
        assert given == [pytest.approx(window["rps"], abs=1e-6) for window in choice["windows"]]


def test_two_questions_are_asked_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "file", table("t,value", lambda m: f"05/03/2024 00:{m:02},{60 + m % 7}"))
    assert [choice["fields"] for choice in choices(path)] == [
        {"date_order": order, "value_unit": unit} for order in ("dmy", "mdy") for unit in ("count", "rate")
    ]


def test_a_date_that_only_one_order_allows_is_no_question(tmp_path: Path) -> None:
    path = write(tmp_path / "file", table("t,requests", lambda m: f"25/03/2024 00:{m:02},60"))
    assert rps(read(path)) == [1] * len(ROWS)


def test_inspecting_says_what_each_column_is(tmp_path: Path) -> None:
    path = write(tmp_path / "file", table("t,host,note,requests", lambda m: f"{moment(m)},a,x,60\n{moment(m)},b,x,9"))
    inspection = inspect_file(path, "file", ReadOptions(), ReadLimits())
    assert [(column.name, column.role) for column in inspection.columns] == [
        ("t", "time"), ("host", "label"), ("note", "ignored"), ("requests", "value"),
    ]  # fmt: skip
    assert inspection.choices == []
    assert says(inspection.traffic).startswith("Series: requests per minute, counts, UTC; 60 rows; ")


def test_inspecting_lists_the_choices(tmp_path: Path) -> None:
    path = write(tmp_path / "file", ASKED["whole numbers under a name that says nothing"][0])
    assert len(inspect_file(path, "file", ReadOptions(), ReadLimits()).choices) == 2


def test_a_table_that_is_refused_shows_the_columns_to_choose_from(tmp_path: Path) -> None:
    path = write(tmp_path / "file", table("made,latency_ms", lambda m: f"around {m},{m}.5"))
    with pytest.raises(UnusableFileError) as refused:
        inspect_file(path, "file", ReadOptions(), ReadLimits())
    made, latency = refused.value.extra["columns"]
    assert (made["name"], made["role"], made["cells"][:2]) == ("made", "ignored", ["around 0", "around 1"])
    assert (latency["name"], latency["cells"][1]) == ("latency_ms", "1.5")


@pytest.mark.parametrize("heads", [(), (100,), (100, 2_000)])
def test_a_head_that_is_less_than_two_windows_is_looked_behind(tmp_path: Path, heads: tuple[int, ...]) -> None:
    """2,360 requests in the first minute, then 29 minutes with one each."""
    times = [START + n // 40 for n in range(2_360)] + [START + 60 * m for m in range(1, 30)]
    path = as_parquet(tmp_path / "file", times)
    limits = ReadLimits(batch_rows=100)
    traffic = inspect_file(path, "file", ReadOptions(), limits, heads=heads).traffic
    assert (traffic.rows_read, traffic.partial) == (2_389, False)


def test_a_head_of_two_windows_is_enough(tmp_path: Path) -> None:
    path = as_parquet(tmp_path / "file", [START + n for n in range(1_000)])
    traffic = inspect_file(path, "file", ReadOptions(), ReadLimits(), heads=(300,)).traffic
    assert (traffic.rows_read, traffic.partial) == (300, True)
