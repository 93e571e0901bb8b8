"""Numbers in sentences and in manifests have no exponent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.figures import figure, in_full


@pytest.mark.parametrize(
    ("value", "read"),
    [
        *((0.0, "0"), (0.0000123, "0.0000123"), (0.5, "0.5"), (12.34, "12.3"), (99.96, "100"), (2_562.3, "2,562")),
        *((12_345_678.9, "12,345,679"), (-2_562.3, "-2,562"), (1e21, "1,000,000,000,000,000,000,000")),
    ],
)
def test_a_figure_has_three_digits_and_all_before_the_point(value: float, read: str) -> None:
    assert figure(value) == read


def test_fewer_digits_are_as_many_as_asked_for() -> None:
    assert [figure(value, 2) for value in (0.123, 2.34, 99.7, 123.4)] == ["0.12", "2.3", "100", "123"]


@given(st.floats(min_value=1e-9, max_value=1e15))
def test_in_full_is_the_same_number_without_an_exponent(value: float) -> None:
    written = in_full(value)
    assert float(written) == value
    assert "e" not in written.lower()
    assert "." not in written or not written.endswith(("0", "."))
