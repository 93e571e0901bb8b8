"""What an import may take, and what its answer says of the series of its name."""

import pytest

from backend.config import Settings
from backend.errors import UnusableFileError
from backend.uploads.importing import refuse_too_many_windows

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
