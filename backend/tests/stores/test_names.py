"""Names of series."""

import pytest

from backend.errors import InvalidRequestError
from backend.stores.names import series_name


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("traffic.csv", "traffic.csv"),
        ("/var/log/access.log", "access.log"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a" * 300, "a" * 100),
        ("line\nbreak\x00.csv", "linebreak.csv"),
        ("", "unnamed"),
        ("...", "unnamed"),
        (" spaces .csv ", "spaces .csv"),
    ],
)
def test_a_series_is_named_by_the_printable_last_part_of_its_path(filename: str, name: str) -> None:
    assert series_name(filename) == name


def test_names_of_replays_are_reserved() -> None:
    with pytest.raises(InvalidRequestError):
        series_name("replay of traffic.csv")
