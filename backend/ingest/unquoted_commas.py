"""Numbers such as 1,234 or 0,5 that nothing quotes in a file whose cells commas separate: cells too many."""

import re
from collections import Counter
from collections.abc import Sequence

from backend.errors import UnusableFileError
from backend.ingest.layout import Layout, kind_of, rows_of
from backend.ingest.rejects import quoted

ENOUGH = 2  # rows with a number that falls into several cells; one may be damaged


def refuse_unquoted_commas(lines: Sequence[str], layout: Layout) -> None:
    """Raise UnusableFileError where rows have cells too many, all of them digits: which belong together is a guess."""
    if layout.shape != "plain" or layout.delimiter != ",":
        return
    rows = rows_of(lines, layout.shape, layout.delimiter)
    names = len(layout.names) if layout.names else _names_above(rows, layout.width)
    fitting = [cells for end, cells in rows if len(cells) == names and end > layout.first_row]
    split = [end for end, cells in rows if len(cells) > names > 1 and fills_up(cells, names, fitting)]
    if len(split) >= ENOUGH:
        raise split_numbers(split[0], lines[split[0] - 1])


def split_numbers(line: int, text: str) -> UnusableFileError:
    return UnusableFileError(
        f"Line {line:,} has more cells than there are names: {quoted(text)}. A number with a comma in it, such as "
        "1,234 or 0,5, looks like this where nothing quotes it. Write the numbers without it, in quotes, or with "
        "another sign between the cells, and upload the file again.",
        row=line,
    )


def _names_above(rows: Sequence[tuple[int, list[str]]], width: int) -> int:
    """How many names stand above rows that have more cells; 0 where none do."""
    first = rows[0][1] if rows else []
    return len(first) if len(first) < width and all(kind_of(cell) == "text" for cell in first) else 0


def fills_up(cells: Sequence[str], names: int, fitting: Sequence[Sequence[str]]) -> bool:
    """Whether the cells are digits from the first to the last column of numbers, and there are more than columns."""
    kinds = [_commonest([kind_of(cell) for cell in column]) for column in zip(*fitting[:50], strict=True)]
    numbers = [place for place, kind in enumerate(kinds) if kind == "number"]
    digits = [re.fullmatch(r"\s*[+-]?\d+(?:\.\d+)?\s*", cell) is not None for cell in cells]
    if not fitting:
        return sum(digits) > len(cells) - names and all(digits[digits.index(True) :])
    if not numbers:
        return False
    return all(digits[numbers[0] : len(cells) - (names - 1 - numbers[-1])])


def _commonest(kinds: Sequence[str]) -> str:
    return Counter(kinds).most_common(1)[0][0]
