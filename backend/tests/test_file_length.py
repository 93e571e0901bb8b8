"""A file is read in one sitting."""

from backend.config import ROOT


def test_no_file_is_longer_than_400_lines() -> None:
    files = sorted((ROOT / "backend").rglob("*.py"))
    assert files
    for file in files:
        assert len(file.read_text().splitlines()) <= 400, file
