"""docs/reliability.md names a test for each of its cases, and each of them exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "backend" / "tests"
ROWS = re.findall(r"^\| (\d+) \|(.*)\|$", (ROOT / "docs" / "reliability.md").read_text(), re.MULTILINE)


def test_the_table_has_forty_cases() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, 41))


@pytest.mark.parametrize(("number", "row"), ROWS, ids=[number for number, _ in ROWS])
def test_what_a_case_names_exists(number: str, row: str) -> None:
    named = re.findall(r"`([\w/-]*)(?:::(\w+))?`", row)
    assert named, f"case {number} names nothing that covers it"
    file = ""
    for path, function in named:
        file = path or file
        place = ROOT / file if file.startswith("scripts/") else TESTS / f"{file}.py"
        assert place.exists(), f"case {number}: {place.relative_to(ROOT)}"
        if function:
            assert f"def {function}(" in place.read_text(), f"case {number}: {file}::{function}"
