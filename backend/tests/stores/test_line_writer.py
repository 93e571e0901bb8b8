"""Names and numbers as text that InfluxDB reads back unchanged."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.stores.line_writer import original_name, series_lines, stored_name

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(NAMES)
def test_any_name_comes_back_from_how_it_is_stored(name: str) -> None:
    assert original_name(stored_name(name)) == name


@given(NAMES)
def test_a_line_has_one_line_end_and_no_backslash_that_swallows_what_follows(name: str) -> None:
    (line,) = series_lines("m", {"filename": name}, {"v": pd.Series([1.5])}, np.array([60]))
    assert line.endswith(" v=1.5 60")
    assert not line.removesuffix(" v=1.5 60").endswith("\\")
    assert not any(character < " " for character in line)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_every_digit(value: float) -> None:
    (line,) = series_lines("m", {"a": "b"}, {"v": pd.Series([value])}, np.array([0]))
    assert float(line.split()[1].removeprefix("v=")) == value


def test_tags_are_sorted_and_unknown_fields_left_out() -> None:
    fields = {"one": pd.Series([1.0, 2.0]), "two": pd.Series([np.nan, 4.0])}
    lines = series_lines("m", {"z": pd.Series(["p", "q r"]), "a": "x"}, fields, np.array([-60, 0]))
    assert lines == ["m,a=x,z=p one=1 -60", "m,a=x,z=q\\ r one=2,two=4 0"]


def test_an_empty_name_cannot_be_stored() -> None:
    with pytest.raises(ValueError, match="empty"):
        stored_name("")
