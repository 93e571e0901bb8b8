"""Samples that come a little late, by a clock of the test's own: their windows are known, and right."""

import time
from pathlib import Path

import numpy as np
import pytest

from backend.feed.collector import Collector
from backend.feed.intake import Intake
from backend.feed.samples import SampleReader
from backend.feed.tracker import FeedTracker
from backend.measurements import MEASUREMENTS, read_points
from backend.models.predictor import RPSEstimator
from backend.stores import SeriesKey
from backend.stores.sqlite import SqliteStore
from backend.tests.feeding import seconds

pytestmark = pytest.mark.long

WINDOW, WINDOWS = 5, 30
GAP = 0.2  # seconds between two samples
STEP = 0.5  # seconds between two looks at the clock


@pytest.mark.parametrize("stamped", ["by the sender", "on arrival"])
@pytest.mark.parametrize("share", [1.0, 0.1], ids=lambda share: f"{share:.0%} late")
def test_nearly_every_window_is_known_and_none_is_wrong(
    tmp_path: Path, estimator: RPSEstimator, share: float, stamped: str
) -> None:
    generator = np.random.default_rng(1)
    begin = (int(time.time()) // WINDOW - 2 * WINDOWS) * WINDOW
    due = begin + GAP * np.arange(WINDOWS * WINDOW / GAP)
    late = generator.random(len(due)) < share
    arrivals = due + late * generator.uniform(0, 3 * GAP, len(due))
    stamps = np.round(1e9 * (due if stamped == "by the sender" else arrivals)).astype(np.int64)
    counts = generator.poisson(5, len(due)).astype(float)

    store = SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS)
    tracker = FeedTracker(WINDOW)
    collector = Collector(store, tracker, estimator, late_seconds=STEP)
    intake = Intake(store, tracker, SampleReader({}), max_series=1)
    collector.step(begin)
    for now in np.arange(begin, begin + (WINDOWS + 1) * WINDOW, STEP):
        arrived = (arrivals > now - STEP) & (arrivals <= now)
        intake.write_rows(
            [
                ("web", "", "count", int(moment), count)
                for moment, count in zip(stamps[arrived], counts[arrived], strict=True)
            ]
        )
        collector.step(float(now))
    points = read_points(store, SeriesKey("web", estimator.version), None, None)["actual_rps"].dropna()
    store.close()

    whole = range(1, WINDOWS - 1)
    windows = (stamps // 10**9 - begin) // WINDOW
    sent = {window: counts[windows == window].sum() / WINDOW for window in whole}
    known = {(second - begin) // WINDOW: rate for second, rate in zip(seconds(points.index), points, strict=True)}
    assert {window: known[window] for window in whole if window in known} == {w: sent[w] for w in whole if w in known}
    assert len(set(whole) - set(known)) <= 0.01 * len(whole)
