"""A log of requests tells how far its busiest seconds are above the mean of their windows."""

from pathlib import Path

import numpy as np
import pytest

from backend.ingest import ReadLimits
from backend.ingest.bursts import EACH, FEWEST, BurstCounter
from backend.tests.ingest.files import MINUTE, START, WRITERS, busy_log, read

WINDOWS = 2 * EACH * FEWEST
COUNTED = ReadLimits(within_windows=True)


def log_with_peaks(peak: int, steady: int = 3, windows: int = WINDOWS, window: int = MINUTE) -> list[int]:
    """`steady` requests every second, and in one of each window `peak`."""
    seconds = np.arange(START // window * window, START // window * window + windows * window)
    return np.repeat(seconds, np.where(seconds % window == window // 6, peak, steady)).tolist()


def factor(seconds: list[int], window: int = MINUTE, batch: int = 1_000_000) -> float | None:
    counter = BurstCounter(window, 1)
    for at in range(0, len(seconds), batch):
        counter.add(np.array(seconds[at : at + batch]))
    return counter.factor()


@pytest.mark.parametrize("window", [10, 60, 300])
def test_the_factor_is_the_peak_second_over_the_mean_of_its_window(window: int) -> None:
    mean = (30 + 3 * (window - 1)) / window
    assert factor(log_with_peaks(30, window=window), window) == pytest.approx(30 / mean)


def test_even_traffic_has_no_bursts() -> None:
    assert factor(log_with_peaks(3)) == 1


def test_batches_and_order_do_not_matter() -> None:
    seconds = log_with_peaks(30)
    shuffled = np.random.default_rng(0).permutation(seconds).tolist()
    assert factor(shuffled, batch=997) == factor(seconds)


def test_one_burst_in_many_windows_is_no_factor() -> None:
    seconds = log_with_peaks(3)
    once = [START // (MINUTE * EACH) * MINUTE * EACH + MINUTE * EACH + 10] * 5_000
    assert factor(sorted(seconds + once)) == 1


@pytest.mark.parametrize(
    "seconds",
    [log_with_peaks(30, windows=EACH * (FEWEST - 2)), busy_log(WINDOWS), log_with_peaks(200, steady=0)],
    ids=["too few windows", "less than a request a second", "times by the minute"],
)
def test_a_log_that_cannot_tell_has_none(seconds: list[int]) -> None:
    assert factor(seconds) is None


@pytest.mark.parametrize("kind", ["csv", "common_log"])
def test_a_file_of_requests_tells_its_factor_where_it_is_asked_for(kind: str, tmp_path: Path) -> None:
    path = WRITERS[kind](tmp_path / kind, log_with_peaks(10, steady=1))
    assert read(path, COUNTED).burst_factor == pytest.approx(10 / ((10 + 59) / 60))
    assert read(path).burst_factor is None
