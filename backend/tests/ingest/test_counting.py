"""Counting a raw log: exact, whatever the order and the batches; gaps and edges as the design says."""

from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import UnusableFileError
from backend.ingest import ReadLimits, Traffic, windows
from backend.ingest.rejects import RejectCounter
from backend.ingest.windows import RawCounter, raw_series
from backend.tests.ingest.files import (
    START,
    WRITERS,
    as_csv,
    as_parquet,
    busy_log,
    dropped,
    iso,
    read,
    rps,
    write,
)

WITHIN = ReadLimits(within_windows=True)
logs = st.lists(st.integers(START, START + 40 * 60), min_size=30, max_size=300)


def count(seconds: list[int], batch: int = 1_000, window: int = 60) -> pd.Series:
    """The counter alone, without a file: rps of every window that is kept."""
    counter = RawCounter(window, 1, 5_000_000)
    for at in range(0, len(seconds), batch):
        counter.add(np.array(seconds[at : at + batch], np.int64))
    return raw_series(counter, (), 900, RejectCounter())[0]["actual_rps"]


def covered(seconds: list[int]) -> list[int]:
    """The log with a request at both ends, so that its edge windows count."""
    return [START, *seconds, START + 41 * 60 - 1]


@given(logs, st.randoms(use_true_random=False))
def test_order_does_not_matter(seconds: list[int], random: Random) -> None:
    shuffled = covered(seconds)
    random.shuffle(shuffled)
    pd.testing.assert_series_equal(count(shuffled), count(sorted(shuffled)))


@given(logs, st.integers(1, 50))
def test_batch_size_does_not_matter(seconds: list[int], batch: int) -> None:
    pd.testing.assert_series_equal(count(covered(seconds), batch), count(covered(seconds)))


@pytest.mark.long
@settings(max_examples=20)
@given(st.lists(st.floats(0, 20_000), min_size=1, max_size=30), st.sampled_from([1, 60]))
def test_a_batch_over_many_windows_counts_as_its_requests_one_by_one(places: list[float], window: int) -> None:
    log = [START, START + 3_600, START + 7_199, *(START + int(place * window) for place in places)]
    with patch.object(windows, "_DENSE", 10_000):  # a million take most of a minute, and show nothing more here
        pd.testing.assert_series_equal(count(log, window=window), count(log, batch=1, window=window))


@given(logs)
def test_no_request_is_lost_or_doubled(seconds: list[int]) -> None:
    assert np.rint(count(covered(seconds)).sum() * 60) == len(seconds) + 2


@given(logs, st.sampled_from([1, 7, 60, 300]))
def test_pandas_counts_the_same(seconds: list[int], window: int) -> None:
    ours = count(covered(seconds), window=window)
    index = pd.to_datetime(pd.Series(covered(seconds)), unit="s", utc=True)
    oracle = index.dt.floor(f"{window}s").value_counts() / window
    known = ours[ours > 0]
    pd.testing.assert_series_equal(
        known, oracle.sort_index().reindex(known.index), check_names=False, check_freq=False, check_dtype=False
    )


@settings(max_examples=15)
@given(st.lists(st.integers(START, START + 600), min_size=5, max_size=60), st.sampled_from(sorted(WRITERS)))
def test_every_reader_counts_as_the_counter(seconds: list[int], name: str) -> None:
    log = [START, *seconds, START + 659]
    with TemporaryDirectory() as folder:
        traffic = read(WRITERS[name](Path(folder) / "file", log))
    pd.testing.assert_series_equal(traffic.frame["actual_rps"], count(log), check_freq=False)


@pytest.mark.parametrize("batch_rows", [1, 7, 1_000])
def test_parquet_batches_do_not_matter(tmp_path: Path, batch_rows: int) -> None:
    path = as_parquet(tmp_path / "file", busy_log())
    assert rps(read(path, replace(ReadLimits(), batch_rows=batch_rows))) == rps(read(path))


def test_text_by_force_is_read_over_the_ends_of_blocks(tmp_path: Path) -> None:
    """Blocks are as long as a line may be."""
    forced = "".join(f'="{iso(second)}",="/a"\n' for second in busy_log())
    path = write(tmp_path / "file", f"timestamp,path\n{forced}")
    short = replace(ReadLimits(), max_line_bytes=53)
    assert rps(read(path, short)) == rps(read(as_csv(tmp_path / "plain", busy_log())))


@pytest.mark.parametrize("name", ["csv", "json_lines", "json_array", "common_log"])
def test_text_blocks_do_not_matter(tmp_path: Path, name: str) -> None:
    """A block is as long as a line may be, so short lines allowed means small blocks."""
    path = WRITERS[name](tmp_path / "file", busy_log(minutes=20))
    small = replace(ReadLimits(), max_line_bytes=300, batch_rows=3)
    assert rps(read(path, small)) == rps(read(path))


def test_identical_rows_are_real_requests(tmp_path: Path) -> None:
    traffic = read(as_csv(tmp_path / "file", [*busy_log(minutes=2), *[START + 30] * 10]))
    assert [value * 60 for value in traffic.frame["actual_rps"]] == pytest.approx([14, 4])


def silence(windows: int) -> list[int]:
    """Two busy minutes, so many without a request, two busy minutes."""
    return [*busy_log(minutes=2), *busy_log(minutes=2, start=START + (2 + windows) * 60)]


def test_sixty_quiet_windows_are_zero(tmp_path: Path) -> None:
    assert rps(read(as_csv(tmp_path / "file", silence(60))))[2:62] == [0] * 60


def test_sixty_one_quiet_windows_are_an_outage(tmp_path: Path) -> None:
    assert rps(read(as_csv(tmp_path / "file", silence(61))))[2:63] == [None] * 61


def edges(tmp_path: Path, first: int, last: int) -> Traffic:
    """A log of five minutes that begins and ends so many seconds into its first and last window."""
    inner = busy_log(minutes=3, start=START + 60)
    return read(as_csv(tmp_path / "file", [START + first, *inner, START + 240 + last]))


def test_edge_windows_covered_to_95_percent_count(tmp_path: Path) -> None:
    assert len(edges(tmp_path, 3, 56).frame) == 5


def test_a_first_window_covered_in_part_is_left_out(tmp_path: Path) -> None:
    traffic = edges(tmp_path, 4, 59)
    assert (len(traffic.frame), traffic.frame.index[0].timestamp()) == (4, START + 60)


def test_a_last_window_covered_in_part_is_left_out(tmp_path: Path) -> None:
    traffic = edges(tmp_path, 0, 55)
    assert (len(traffic.frame), traffic.frame.index[-1].timestamp()) == (4, START + 180)


def test_what_the_edges_left_out_is_said(tmp_path: Path) -> None:
    traffic = edges(tmp_path, 30, 30)
    assert dropped(traffic) == {
        "in the first window, which the log covers only in part": 1,
        "in the last window, which the log covers only in part": 1,
    }
    assert any("2023-11-14 22:14:00 UTC" in sentence for sentence in traffic.assumptions)


def test_a_few_rows_far_from_all_others_are_left_out_and_named(tmp_path: Path) -> None:
    traffic = read(as_parquet(tmp_path / "file", [631_152_000, *busy_log(), 4_102_358_400]))
    assert (rps(traffic), dropped(traffic)) == ([0.066666667] * 5, {"far from all other rows in time": 2})
    assert any("1990-01-01" in sentence and "2099-12-31" in sentence for sentence in traffic.assumptions)


def test_two_busy_spans_too_far_apart_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableFileError, match=r"1990-01-01.*2023-11-14.*window_seconds"):
        read(as_parquet(tmp_path / "file", [*busy_log(start=631_152_000), *busy_log()]))


def test_a_larger_window_lets_a_long_span_in(tmp_path: Path) -> None:
    limits = replace(ReadLimits(), max_windows=100)
    path = as_parquet(tmp_path / "file", busy_log(minutes=200))
    with pytest.raises(UnusableFileError, match="200 windows"):
        read(path, limits)
    assert len(read(path, limits, window_seconds=120).frame) <= 101


@pytest.mark.long
@given(logs, st.integers(1, 1_000), st.sampled_from((30, 60, 300)))
def test_the_steps_within_a_window_are_its_requests_at_their_seconds(
    seconds: list[int], batch: int, window: int
) -> None:
    with TemporaryDirectory() as folder:
        seconds = covered([*seconds, *range(START, START + 40 * 60, 15)])
        path = as_csv(Path(folder) / "log.csv", seconds)
        traffic = read(path, ReadLimits(batch_rows=batch, within_windows=True), kind="raw", window_seconds=window)
    assert traffic.steps is not None
    busy = traffic.frame["actual_rps"][traffic.frame["actual_rps"] > 0]
    assert traffic.steps.index.equals(busy.index)
    for start, row in traffic.steps.iterrows():
        begin = int(pd.Timestamp(str(start)).timestamp())
        own = [each - begin for each in seconds if begin <= each < begin + window]
        assert row.tolist() == np.bincount(own, minlength=window).reshape(-1, 15).sum(axis=1).tolist()


def test_times_by_the_minute_say_nothing_of_what_came_within_it(tmp_path: Path) -> None:
    minutes = [START + 60 * (number // 9) for number in range(90)]
    assert read(as_csv(tmp_path / "log.csv", minutes), WITHIN, kind="raw").steps is None


def test_a_series_has_no_steps_nor_have_windows_that_are_no_whole_ones(tmp_path: Path) -> None:
    log = as_csv(tmp_path / "log.csv", busy_log())
    assert all(read(log, WITHIN, kind="raw", window_seconds=window).steps is None for window in (10, 15, 50))
    assert read(log, WITHIN, kind="raw", window_seconds=60).steps is not None
    series = tmp_path / "series.csv"
    series.write_text("time,requests\n" + "".join(f"{START + 60 * minute},9\n" for minute in range(9)))
    assert read(series, WITHIN).steps is None
