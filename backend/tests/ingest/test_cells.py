"""Letters behind numbers that have two meanings, and numbers that fall into several cells: never a silent guess."""

from pathlib import Path

import pytest

from backend.errors import AmbiguousFileError, UnusableFileError
from backend.tests.ingest.files import read, rps, write
from backend.tests.ingest.test_tools import COUNTS, MINUTES, at


def file_of(tmp_path: Path, header: str, row: str) -> Path:
    """`n`: the count of each minute, from 60 to 70."""
    rows = (
        row.format(t=at(s), n=n, more=n * 16, low=n / 50, part=f"{n / 8:.1f}".replace(".", ",")) for s, n in MINUTES
    )
    return write(tmp_path / "file", "\n".join([header, *rows]))


@pytest.mark.parametrize("cell", ["{low:.2f} B req/s", "{n}0 Mil req/s"])
def test_letters_before_a_rate_multiply(tmp_path: Path, cell: str) -> None:
    traffic = read(file_of(tmp_path, "time,web", f"{{t}},{cell}"))
    assert traffic.value_unit == "rate"
    assert rps(traffic)[0] == pytest.approx(1.2e9 if "B" in cell else 600e6)


def test_b_is_billions_beside_millions_and_that_is_said(tmp_path: Path) -> None:
    cells = [f"{n / 60:.2f} B" if n > 60 else "990 M" for n in COUNTS]
    rows = [f"{at(s)},{cell}" for (s, _), cell in zip(MINUTES, cells, strict=True)]
    traffic = read(write(tmp_path / "file", "\n".join(["time,web", *rows])), value_unit="rate")
    assert rps(traffic)[:2] == pytest.approx([990e6, 1.12e9])
    assert any("B behind the numbers was read as billions" in sentence for sentence in traffic.assumptions)


def test_b_is_billions_of_requests_under_their_name(tmp_path: Path) -> None:
    traffic = read(file_of(tmp_path, "time,requests", "{t},{low:.2f} B"))
    assert rps(traffic)[0] == pytest.approx(1.2e9 / 60)
    assert any("billions" in sentence for sentence in traffic.assumptions)


@pytest.mark.parametrize("name", ["web", "Network in"])
def test_b_alone_may_be_bytes(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnusableFileError, match=r"bytes, or billions.*name it with value_column"):
        read(file_of(tmp_path, f"time,{name}", "{t},{n} B"))


def test_m_may_be_thousandths_but_not_of_a_count(tmp_path: Path) -> None:
    with pytest.raises(UnusableFileError, match=r"thousandths \(milli\) or millions"):
        read(file_of(tmp_path, "time,web", "{t},{n} mreq/s"))
    assert rps(read(file_of(tmp_path, "time,requests", "{t},{n}m"))) == pytest.approx([n * 1e6 / 60 for n in COUNTS])


def test_millions_that_are_rounded_are_whole_numbers(tmp_path: Path) -> None:
    with pytest.raises(AmbiguousFileError, match="whole numbers"):
        read(file_of(tmp_path, "time,web", "{t},{low:.2f} Mil"))


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("time,requests", "{t},{more:,}"),  # some below a thousand, most of two cells
        ("time,requests", "{t},1,{n}0"),
        ("time,rps", "{t},{part}"),
        ("time,host,requests", "{t},a,{more:,}"),
        ("time,requests,errors", "{t},{more:,},2"),
    ],
)
def test_commas_in_numbers_that_nothing_quotes_are_refused_with_the_way_out(
    tmp_path: Path, header: str, row: str
) -> None:
    with pytest.raises(UnusableFileError, match=r"more cells than there are names.*in quotes"):
        read(file_of(tmp_path, header, row))


def test_a_row_with_a_cell_too_many_costs_only_itself(tmp_path: Path) -> None:
    path = file_of(tmp_path, "time,requests", "{t},{n}")
    traffic = read(write(path, f"{path.read_text()}\n{at(MINUTES[-1][0] + 60)},1,234"))
    assert rps(traffic) == pytest.approx([n / 60 for n in COUNTS])
    assert [entry.count for entry in traffic.rows_dropped] == [1]


def test_points_before_a_letter_that_multiplies_are_no_thousands(tmp_path: Path) -> None:
    rows = [f"{at(s)},{f'{n * 16 / 1000:.3f} K' if n * 16 >= 1000 else n * 16}" for s, n in MINUTES]
    traffic = read(write(tmp_path / "file", "\n".join(["time,requests", *rows])))
    assert rps(traffic) == pytest.approx([n * 16 / 60 for n in COUNTS])


LATE = 1_200  # rows, of which only the last 200 have what the first ones have not
NUMBERS = [400 + row % 97 if row < 1_000 else 1_200 + row % 97 for row in range(LATE)]


def late(tmp_path: Path, header: str, small: str, large: str) -> Path:
    """`n` grows beyond a thousand behind the rows that a reading is planned from."""
    rows = [(at(MINUTES[0][0] + 60 * row), n) for row, n in enumerate(NUMBERS)]
    cells = (
        (large if n > 1000 else small).format(t=t, n=n, half=n // 2, rest=n - n // 2, k=n / 1000, de=f"{n / 1000:.3f}")
        for t, n in rows
    )
    return write(tmp_path / "file", "\n".join([header, *cells]))


@pytest.mark.parametrize(
    ("header", "small", "large"),
    [
        ("time,requests", "{t},{n}", '{t},"{n:,}"'),
        ("time,requests", "{t},{n}", "{t},{k:.3f} K"),
        ("time;requests", "{t};{n}", "{t};{de}"),
        ("time,host,requests", "{t},a,{n}", "{t},a,{half}\n{t},b,{rest}"),
    ],
    ids=["thousands", "a unit", "points", "a second host"],
)
def test_what_only_later_rows_say_is_seen(tmp_path: Path, header: str, small: str, large: str) -> None:
    traffic = read(late(tmp_path, header, small, large))
    assert rps(traffic) == pytest.approx([n / 60 for n in NUMBERS])
    assert traffic.rows_dropped == []


def test_unquoted_commas_far_below_are_refused(tmp_path: Path) -> None:
    path = late(tmp_path, "time,requests", "{t},{n}", "{t},{n}")
    rows = path.read_text().splitlines()
    late_rows = [f"{at(MINUTES[0][0] + 60 * (LATE + row))},1,{234 + row}" for row in range(1_000)]
    with pytest.raises(UnusableFileError, match=r"Line 2,2\d\d has more cells"):
        read(write(path, "\n".join([*rows, *rows[1:1_000], *late_rows])))
