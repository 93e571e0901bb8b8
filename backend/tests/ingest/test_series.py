"""A series: steps, coverage, rows of one time, rows off the grid."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.ingest import Traffic
from backend.ingest.contract import ValueUnit
from backend.ingest.rejects import RejectCounter
from backend.ingest.series import SeriesRows, one_row_a_time, series_frame
from backend.tests.ingest.files import START, dropped, read, rps, write


def series(
    tmp_path: Path, rows: Sequence[tuple[Any, ...]], header: str = "timestamp,requests", **options: Any
) -> Traffic:
    lines = [header, *(",".join(str(cell) for cell in row) for row in rows)]
    return read(write(tmp_path / "file", "\n".join(lines)), **options)


def minutes(*counts: Any) -> Sequence[tuple[Any, ...]]:
    return [(START + 60 * minute, count) for minute, count in enumerate(counts) if count is not None]


def said(traffic: Traffic, phrase: str) -> bool:
    return any(phrase in sentence for sentence in traffic.assumptions)


def test_counts_are_divided_by_the_seconds_of_the_window(tmp_path: Path) -> None:
    assert rps(series(tmp_path, minutes(60, 0, 30))) == [1, 0, 0.5]


def test_rates_stay_as_they_are(tmp_path: Path) -> None:
    assert rps(series(tmp_path, minutes(60, 0.25, 30), header="timestamp,rps")) == [60, 0.25, 30]


def test_requests_per_minute_are_divided_by_sixty(tmp_path: Path) -> None:
    assert rps(series(tmp_path, minutes(60, 30), header="timestamp,rpm")) == [1, 0.5]


def test_value_unit_overrides_the_name(tmp_path: Path) -> None:
    assert rps(series(tmp_path, minutes(60, 30), value_unit="rate")) == [60, 30]


def test_absent_rows_are_unknown_however_few(tmp_path: Path) -> None:
    assert rps(series(tmp_path, minutes(60, None, 60, 60, 60))) == [1, None, 1, 1, 1]


def test_an_empty_value_is_unknown_and_counted(tmp_path: Path) -> None:
    traffic = series(tmp_path, minutes(60, "", 60, 60, 60))
    assert (rps(traffic), dropped(traffic)) == ([1, None, 1, 1, 1], {"no value, so the window is unknown": 1})


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("NaN", "value is not a number"),
        ("inf", "value is infinite"),
        ("-5", "value is negative"),
        ("many", "value is not a number"),
    ],
)
def test_bad_values_are_dropped_with_their_row(tmp_path: Path, cell: str, reason: str) -> None:
    traffic = series(tmp_path, minutes(60, 60, cell, 60, 60))
    assert [(entry.reason, entry.count, entry.first_rows) for entry in traffic.rows_dropped] == [(reason, 1, [3])]
    assert rps(traffic) == [1, 1, None, 1, 1]


def test_finer_counts_are_summed_into_the_window(tmp_path: Path) -> None:
    rows = [(START + 10 * step, 10 * (1 + step // 6)) for step in range(18)]
    traffic = series(tmp_path, rows)
    assert (rps(traffic), traffic.window_seconds) == ([1, 2, 3], 60)


def test_finer_rates_are_averaged(tmp_path: Path) -> None:
    rows = [(START + 30 * step, step) for step in range(6)]
    assert rps(series(tmp_path, rows, header="timestamp,rps")) == [0.5, 2.5, 4.5]


def test_a_window_half_covered_is_the_average_of_what_is_there(tmp_path: Path) -> None:
    rows = [(START + 10 * step, 10) for step in range(18) if step not in {7, 8, 9}]
    assert rps(series(tmp_path, rows)) == [1, 1, 1]


def test_a_window_covered_less_than_half_is_unknown_and_said(tmp_path: Path) -> None:
    rows = [(START + 10 * step, 10) for step in range(18) if step not in {6, 7, 8, 9}]
    traffic = series(tmp_path, rows)
    assert rps(traffic) == [1, None, 1]
    assert said(traffic, "less than half")


def test_a_coarser_series_sets_the_window(tmp_path: Path) -> None:
    traffic = series(tmp_path, [(START + 300 * step, 300) for step in range(5)])
    assert (rps(traffic), traffic.window_seconds) == ([1] * 5, 300)
    assert said(traffic, "windows are 300 s instead of 60 s")


def test_a_coarser_window_may_be_asked_for(tmp_path: Path) -> None:
    traffic = series(tmp_path, [(1_700_000_100 + 60 * step, 60 * step) for step in range(10)], window_seconds=300)
    assert (rps(traffic), traffic.window_seconds) == ([2, 7], 300)


def test_times_off_the_grid_go_to_their_window(tmp_path: Path) -> None:
    traffic = series(tmp_path, [(START + 7 + 60 * step, 60) for step in range(4)])
    assert (rps(traffic), traffic.frame.index[0].timestamp()) == ([1] * 4, START)
    assert said(traffic, "7 s after a start")


def test_jitter_around_the_grid_fills_every_window_once(tmp_path: Path) -> None:
    jitter = [0.2, -0.4, 0.1, -0.2, 0, 0.3]
    traffic = series(tmp_path, [(START + 60 * step + late, 60) for step, late in enumerate(jitter)])
    assert rps(traffic) == [1] * 6


def test_order_does_not_matter(tmp_path: Path) -> None:
    assert rps(series(tmp_path, minutes(60, 120, 180)[::-1])) == [1, 2, 3]


def test_a_row_written_twice_counts_once(tmp_path: Path) -> None:
    traffic = series(tmp_path, [*minutes(60, 120, 180), *minutes(60, 120, 180)])
    assert (rps(traffic), dropped(traffic)) == ([1, 2, 3], {"duplicate row": 3})


def test_of_two_values_for_one_time_the_later_row_counts(tmp_path: Path) -> None:
    traffic = series(tmp_path, [*minutes(60, 120, 180), (START, 600)])
    assert rps(traffic) == [10, 2, 3]
    assert dropped(traffic) == {"superseded: a later row has the same time": 1}


def test_rows_of_several_routes_are_added_up(tmp_path: Path) -> None:
    rows = [(START + 60 * minute, route, 30) for minute in range(3) for route in ("/a", "/b")]
    traffic = series(tmp_path, rows, header="timestamp,route,requests")
    assert rps(traffic) == [1, 1, 1]
    assert said(traffic, "summed")


@given(st.lists(st.integers(0, 1_000), min_size=2, max_size=50), st.sampled_from([60, 120, 300]))
def test_no_request_of_whole_windows_is_lost(counts: list[int], window: int) -> None:
    start = 1_700_000_400 // window * window
    per_window = window // 20
    values = np.repeat(np.array(counts, float), per_window)
    ticks = start + 20 * np.arange(len(values), dtype=np.int64)
    frame, taken, _ = series_frame(SeriesRows(ticks, values), 1, window, "count", None, 1_000_000, RejectCounter())
    assert frame["actual_rps"].sum() * taken == pytest.approx(values.sum())


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), min_size=1, max_size=60))
def test_the_last_row_of_a_time_wins_as_in_a_dict(rows: list[tuple[int, int]]) -> None:
    times, values = np.array(sorted(rows, key=lambda row: row[0]), np.int64).T
    left = one_row_a_time(SeriesRows(times, values.astype(float)), "last", RejectCounter(), [])
    assert dict(zip(left.ticks.tolist(), left.values.tolist(), strict=True)) == dict(rows)


def counts(last: int, unit: ValueUnit = "count") -> tuple[pd.DataFrame, list[str]]:
    """600 minutes of 300, and a last one."""
    rows = SeriesRows(np.arange(601, dtype=np.int64) * 60, np.array([300.0] * 600 + [float(last)]))
    frame, _, notes = series_frame(rows, 1, 60, unit, None, 1_000_000, RejectCounter())
    return frame, notes


def test_a_last_count_that_looks_cut_is_left_out_and_said() -> None:
    frame, notes = counts(last=11)
    assert len(frame) == 600
    assert "The last window (1970-01-01 10:00:00 UTC) was left out" in " ".join(notes)


def test_a_last_count_that_is_only_low_is_kept_and_so_is_a_rate() -> None:
    assert len(counts(last=160)[0]) == 601
    assert len(counts(last=11, unit="rate")[0]) == 601
