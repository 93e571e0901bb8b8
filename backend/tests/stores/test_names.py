"""Names of series."""

import pytest

from backend.errors import ConflictError
from backend.stores import SeriesKey, Store
from backend.stores.names import free_name, refuse_one_too_many, series_name
from backend.tests.stores.samples import points, write_points


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


def test_a_name_that_is_taken_by_another_origin_gets_a_number(store: Store) -> None:
    write_points(store, SeriesKey("replay of a.csv", "lgbm_v1"), points(3))
    assert free_name(store, "replay of a.csv", "replay") == "replay of a.csv (2)"
    assert free_name(store, "replay of a.csv", "upload") == "replay of a.csv"
    assert free_name(store, "replay of b.csv", "replay") == "replay of b.csv"


def test_one_series_too_many_is_refused_and_one_that_is_stored_is_not(store: Store) -> None:
    for name in ("a.csv", "b.csv"):
        write_points(store, SeriesKey(name, "lgbm_v1"), points(3))
    refuse_one_too_many(store, "a.csv", 2)
    with pytest.raises(ConflictError, match="SCALEOPS_MAX_SERIES"):
        refuse_one_too_many(store, "c.csv", 2)
