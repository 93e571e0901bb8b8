"""Rows that have a time and no value: the windows stay as long as the rows say, and theirs are unknown."""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from backend.ingest import Traffic
from backend.tests.ingest.files import START, read, rps, write

ROWS = 600
NO_VALUE = ("", "NaN", "inf", "-1")


def table(tmp_path: Path, header: str, rows: Sequence[tuple[Any, ...]], **options: Any) -> Traffic:
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    return read(write(tmp_path / "file.csv", "\n".join(lines)), **options)


def blanked(values: Sequence[Any], share: float, cells: Sequence[str] = ("",), seed: int = 7) -> list[Any]:
    """The values without about that share of them, but for the first and the last."""
    random = Random(seed)
    inside = [random.choice(cells) if random.random() < share else value for value in values[1:-1]]
    return [values[0], *inside, values[-1]]


def times(count: int = ROWS, step: int = 60) -> list[int]:
    return [START + step * row for row in range(count)]


def known(traffic: Traffic) -> set[float | None]:
    return set(rps(traffic)) - {None}


def present(cells: Sequence[Any]) -> list[bool]:
    return [cell not in NO_VALUE for cell in cells]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize(("header", "value"), [("timestamp,requests", 600), ("timestamp,rps", 10)])
@pytest.mark.parametrize("cells", [("",), ("", "NaN", "inf")])
def test_rows_without_a_value_make_no_longer_windows_and_are_unknown(
    tmp_path: Path, share: float, header: str, value: int, cells: tuple[str, ...]
) -> None:
    column = blanked([value] * ROWS, share, cells)
    traffic = table(tmp_path, header, list(zip(times(), column, strict=True)))
    assert traffic.window_seconds == 60
    assert rps(traffic) == [10 if has else None for has in present(column)]


def test_every_second_value_is_unknown_where_every_second_row_has_none(tmp_path: Path) -> None:
    traffic = table(tmp_path, "timestamp,requests", [(at, 600 if at % 120 else "") for at in times()])
    assert traffic.window_seconds == 60
    assert (known(traffic), rps(traffic)[1]) == ({10}, None)


def test_no_row_is_absent_where_each_minute_has_one(tmp_path: Path) -> None:
    column = blanked([Random(1).randint(1, 5) * 60] * ROWS, 0.78, ("", "NaN", "inf", "-1"))
    traffic = table(tmp_path, "timestamp,requests", list(zip(times(), column, strict=True)))
    assert not any("Absent" in sentence for sentence in traffic.assumptions)
    assert [rate is not None for rate in rps(traffic)] == present(column)


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_days_without_a_value_stand_at_their_own_date(tmp_path: Path, zone: str | None) -> None:
    days = [f"{day:%Y-%m-%d}" for day in pd.date_range("2024-01-01", periods=90)]
    column = blanked([864_000] * 90, 0.6)
    traffic = table(tmp_path, "date,requests", list(zip(days, column, strict=True)), timezone=zone)
    assert traffic.frame.index[0] == pd.Timestamp("2024-01-01", tz="UTC")
    assert rps(traffic) == [10 if has else None for has in present(column)]


def test_of_finer_rows_the_window_is_the_mean_of_those_that_have_a_value(tmp_path: Path) -> None:
    column = blanked([150] * ROWS, 0.6)
    traffic = table(tmp_path, "timestamp,requests", list(zip(times(step=15), column, strict=True)))
    assert (traffic.window_seconds, known(traffic)) == (60, {10})


def test_a_row_without_a_value_is_no_zero_where_absent_rows_are(tmp_path: Path) -> None:
    rows = [(at, "NaN" if at % 7 == 0 else 60) for at in times() if at % 11]
    traffic = table(tmp_path, "timestamp,requests", [(at, 1 if value == 60 else value) for at, value in rows])
    expected = {at: None if value == "NaN" else round(1 / 60, 9) for at, value in rows}
    assert rps(traffic) == [expected.get(at, 0) for at in times()][-len(traffic.frame) :]


def test_a_counter_without_some_readings_keeps_its_windows_and_its_rate(tmp_path: Path) -> None:
    readings = list(accumulate([600] * ROWS))
    for column in (blanked(readings, 0.6), [reading if reading % 1200 else "" for reading in readings]):
        traffic = table(tmp_path, "timestamp,requests_total", list(zip(times(), column, strict=True)))
        assert (traffic.window_seconds, known(traffic)) == (60, {10})


@pytest.mark.parametrize("has", ["ok", "missing"])
def test_a_label_that_says_that_a_value_is_missing_changes_nothing(tmp_path: Path, has: str) -> None:
    column = blanked([600] * ROWS, 0.6)
    rows = [(at, "ok" if cell else has, cell) for at, cell in zip(times(), column, strict=True)]
    traffic = table(tmp_path, "timestamp,quality,requests", rows)
    assert (traffic.window_seconds, known(traffic)) == (60, {10})


def test_hosts_whose_rows_have_no_value_make_no_longer_windows(tmp_path: Path) -> None:
    columns = {host: blanked([600] * ROWS, 0.6, seed=seed) for seed, host in enumerate("ab")}
    rows = [(at, host, columns[host][row]) for row, at in enumerate(times()) for host in "ab"]
    traffic = table(tmp_path, "timestamp,host,requests", rows)
    assert (traffic.window_seconds, known(traffic)) == (60, {10, 20})


def test_a_column_with_values_at_random_beside_one_that_has_all_is_a_series_with_blanks(tmp_path: Path) -> None:
    column = blanked([600] * ROWS, 0.6)
    rows = [(at, cell, 5.5 + at % 3) for at, cell in zip(times(), column, strict=True)]
    traffic = table(tmp_path, "timestamp,requests,cpu", rows)
    assert rps(traffic) == [10 if has else None for has in present(column)]


# Blanks that are there because another column has its own times


def cpu(at: int) -> float:
    return 5.5 + at % 7


@pytest.mark.parametrize("step", [15, 20, 30])
def test_a_column_beside_a_finer_one_has_its_own_step(tmp_path: Path, step: int) -> None:
    rows = [(at, "" if at % 60 else 600, cpu(at)) for at in times(step=step)]
    assert set(rps(table(tmp_path, "timestamp,requests,cpu", rows))) == {10}


def test_columns_that_take_turns_have_each_their_own_times(tmp_path: Path) -> None:
    late = np.random.default_rng(3).integers(1, 59, ROWS)
    rows = [row for at, by in zip(times(), late, strict=True) for row in ((at, 600, ""), (at + by, "", cpu(at)))]
    assert set(rps(table(tmp_path, "timestamp,requests,cpu", rows))) == {10}


def test_a_finer_column_that_begins_behind_the_first_rows_changes_nothing(tmp_path: Path) -> None:
    rows = [(at, "" if at % 60 else 600, cpu(at)) for at in times(8_000, 30) if at % 60 == 0 or at > START + 90_000]
    assert set(rps(table(tmp_path, "timestamp,requests,cpu", rows))) == {10}


def test_counters_that_take_turns_are_added_up(tmp_path: Path) -> None:
    readings = list(accumulate([600] * ROWS))
    rows = [row for at, now in zip(times(), readings, strict=True) for row in ((at, now, ""), (at + 30, "", now))]
    assert set(rps(table(tmp_path, "timestamp,a_requests_total,b_requests_total", rows))) == {20}


def test_rows_of_another_metric_are_none_of_this_one(tmp_path: Path) -> None:
    rows = [(at, "cpu" if at % 60 else "requests", "" if at % 60 else 600, cpu(at)) for at in times(step=20)]
    assert set(rps(table(tmp_path, "timestamp,metric,requests,cpu", rows))) == {10}


def test_rows_without_a_value_before_the_first_and_behind_the_last_are_no_windows(tmp_path: Path) -> None:
    rows = [(at, 600 if 100 <= row < 300 else "") for row, at in enumerate(times())]
    assert rps(table(tmp_path, "timestamp,requests", rows)) == [10] * 200
