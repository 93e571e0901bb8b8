"""What an import may take, and what its answer says of the series of its name."""

import numpy as np
import pytest

from backend.config import Settings
from backend.errors import UnusableFileError
from backend.ingest.windows import to_frame
from backend.models.frames import series_of
from backend.models.trailing_stats import Grid
from backend.uploads.importing import AFTER_SPAN, known_spans, refuse_too_many_windows

DEFAULT_MB = Settings.model_fields["reader_memory_mb"].default


def test_as_many_windows_as_the_settings_say_fit_the_memory_that_they_allow() -> None:
    refuse_too_many_windows(1_800_000, DEFAULT_MB)


def test_more_windows_than_the_memory_allows_are_refused_with_the_memory_that_they_need() -> None:
    with pytest.raises(UnusableFileError, match=r"SCALEOPS_READER_MEMORY_MB") as refused:
        refuse_too_many_windows(4_000_000, DEFAULT_MB)
    needed = refused.value.extra["needed_mb"]
    assert f"{needed:,} or more" in refused.value.detail
    refuse_too_many_windows(4_000_000, needed)


def test_a_process_without_a_limit_takes_any_number_of_windows() -> None:
    refuse_too_many_windows(100_000_000, None)


def test_a_single_window_after_a_long_gap_is_of_the_files_own_length() -> None:
    history = 100
    rates = np.ones(history + AFTER_SPAN + 3)
    rates[1:-1] = np.nan
    frame = to_frame(5_000_000, rates, 300)
    *_, last = known_spans(frame, history)
    assert len(last) == 1
    assert series_of(last)[1] == Grid.of_seconds(300, 5_000_000 + len(rates) - 1)
