"""How a table of text is laid out: what stands around it, what separates its cells, and where its rows begin."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from backend.ingest.timestamps import looks_like_time

Kind = Literal["time", "number", "text", "empty"]
# plain: one sign separates cells and quotes follow it at once, as a fast parser wants it.
Shape = Literal["plain", "padded", "drawn", "spaced"]

DELIMITERS = ",;\t|"
LOOKED_AT = 200  # lines that the choice is made from
_BORDER = re.compile(r"[\s|+\-=:\u2500-\u257f]*[-=+\u2500-\u257f][\s|+\-=:\u2500-\u257f]*")
_SEPARATOR_LINE = re.compile(r"\s*sep=(.)\s*", re.I)
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?$")
_NUMBER = re.compile(r"\s*[+-]?(?:\d[\d.,' \u2019\u00a0\u202f]*|\.\d+)(?:[eE][+-]?\d+)?\s*%?\s*")


@dataclass(frozen=True)
class Layout:
    """`first_row`: the number of lines before the first row; `names` None: the table has no header."""

    shape: Shape
    delimiter: str
    names: list[str] | None
    width: int
    first_row: int


def kind_of(cell: str) -> Kind:
    content = cell.strip()
    if not content:
        return "empty"
    if not content.isdigit() and looks_like_time(cell):
        return "time"
    return "number" if _NUMBER.fullmatch(cell) else "text"


def cells_of(line: str, shape: Shape, delimiter: str) -> list[str]:
    """The cells of one line."""
    if shape == "spaced":
        return [cell.removesuffix(":") or cell for cell in line.split()]  # rrdtool: `1709600000: 1.5e+01`
    if shape == "drawn":
        inner = line.strip().replace("\u2502", "|").removeprefix("|").removesuffix("|")
        return [cell.strip() for cell in inner.split("|")]
    return next(csv.reader([line], delimiter=delimiter, skipinitialspace=shape == "padded"), [])


def is_border(line: str) -> bool:
    """Whether a line only draws: `+-----+`, `---+---`, `|---|---|`."""
    return _BORDER.fullmatch(line) is not None


def find_layout(lines: Sequence[str]) -> Layout:
    """The layout of a table whose first lines these are."""
    start, delimiter = _around(lines)
    body = lines[start:]
    shape, delimiter = _shape(body, delimiter)
    rows = [(start + end, cells) for end, cells in rows_of(body, shape, delimiter)]
    if not rows:
        return Layout(shape, delimiter, None, 1, start)
    width = _width([cells for _, cells in rows[:LOOKED_AT]])
    fitting = [(end, cells) for end, cells in rows if len(cells) == width]
    while len(fitting) > 1 and width > 1 and not any(cell.strip() for cell in fitting[0][1][1:]):
        fitting.pop(0)  # a title
    end, cells = fitting[0]
    if ruled := _names_above_border(fitting, lines):
        return Layout(shape, delimiter, column_names(ruled[1]), width, ruled[0])
    if names := _names_in_two_rows(fitting):
        return Layout(shape, delimiter, column_names(names), width, fitting[1][0])
    if _is_header(cells, [[kind_of(cell) for cell in cells] for _, cells in fitting[1:51]]):
        return Layout(shape, delimiter, column_names(cells), width, end)
    if names := _names_one_short(rows, width):
        return Layout(shape, delimiter, column_names(names), width, end - 1)
    before = _names_in_comment(lines[start - 1], shape, delimiter, width) if start else None
    if before is None and shape == "spaced" and lines[end - 1].startswith(" ") and kind_of(cells[0]) == "number":
        before = ["count", *[""] * (width - 1)]  # as `uniq -c` writes, with its counts aligned to the right
    return Layout(shape, delimiter, column_names(before) if before else None, width, end - 1)


def rows_of(lines: Sequence[str], shape: Shape, delimiter: str) -> list[tuple[int, list[str]]]:
    """The rows with cells, each with the number of the line behind it: quoted cells may go over several lines."""
    if shape in {"drawn", "spaced"}:
        return [
            (place, cells_of(line, shape, delimiter))
            for place, line in enumerate(lines, 1)
            if line.strip() and not (shape == "drawn" and is_border(line))
        ]
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, skipinitialspace=shape == "padded")
    try:
        return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error:
        return []


def column_names(cells: Iterable[str]) -> list[str]:
    """Unique names; `column 1`, … where a cell is empty."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(cells, 1):
        base = cell.strip() or f"column {number}"
        name, copy = base, 2
        while name in taken:
            name, copy = f"{base} ({copy})", copy + 1
        taken.add(name)
        names.append(name)
    return names


def _around(lines: Sequence[str]) -> tuple[int, str | None]:
    """How many lines before the table only say something about it, and the delimiter that one of them names."""
    delimiter, start = None, 0
    for line in lines:
        if found := _SEPARATOR_LINE.fullmatch(line):
            delimiter = found[1]
        elif line.strip() and not line.startswith("#"):
            break
        start += 1
    return start, delimiter


def _names_above_border(rows: Sequence[tuple[int, list[str]]], lines: Sequence[str]) -> tuple[int, list[str]] | None:
    """The names that a line of dashes underlines, and the number of that line: what stands above them is a title."""
    for (_, names), (end, _) in pairwise(rows[:4]):
        if is_border(lines[end - 1]) and all(kind_of(cell) == "text" for cell in names):
            return end, names
    return None


def _names_in_two_rows(rows: Sequence[tuple[int, list[str]]]) -> list[str] | None:
    """Names below those of groups of columns, of which each stands over the first one only."""
    if len(rows) < 3:
        return None
    groups, names, below = ([cell.strip() for cell in cells] for _, cells in rows[:3])
    if all(groups) or not all(names) or any(kind_of(cell) in {"time", "number"} for cell in [*groups, *names]):
        return None
    if not any(groups) or not any(kind_of(cell) == "number" for cell in below):
        return None
    named: list[str] = []
    before = ""
    for group, name in zip(groups, names, strict=True):
        before = group or before
        named.append(f"{before} {name}".strip())
    return named


def _names_one_short(rows: Sequence[tuple[int, list[str]]], width: int) -> list[str] | None:
    """Names above rows with a cell more: an empty one at the end, a number of the row in front, or a time that a space
    inside divides."""
    head = next((cells for _, cells in rows[:2] if len(cells) == width - 1), [])
    body = [cells for _, cells in rows[:LOOKED_AT] if len(cells) == width]
    if not head or any(kind_of(cell) != "text" for cell in head):
        return None
    if not any(cells[-1].strip() for cells in body):
        return [*head, ""]
    clock = next((place for place, cell in enumerate(body[0]) if place and _CLOCK.match(cell)), None)
    if clock is not None:
        return [*head[:clock], f"{head[clock - 1]} (clock)", *head[clock:]]
    return ["", *head] if [cells[0] for cells in body] == [str(place) for place in range(1, len(body) + 1)] else None


def _names_in_comment(line: str, shape: Shape, delimiter: str, width: int) -> list[str] | None:
    """The names in the comment right above the rows: `# time requests`."""
    cells = cells_of(line.lstrip("# \t"), shape, delimiter) if line.startswith("#") else []
    return cells if len(cells) == width and all(kind_of(cell) == "text" for cell in cells) else None


def _shape(lines: Sequence[str], delimiter: str | None) -> tuple[Shape, str]:
    body = [line for line in lines[:LOOKED_AT] if line.strip()]
    if delimiter is not None:
        return _padding(body, delimiter), delimiter
    if sum(map(is_border, body)) and any("|" in line or "\u2502" in line for line in body):
        return "drawn", "|"
    best = max(((_score(body, one), -place, one) for place, one in enumerate(DELIMITERS)), key=lambda each: each[:2])
    if best[0][0]:
        return _padding(body, best[2]), best[2]
    spaced = [cells_of(line, "spaced", " ") for line in body]
    width = _width(spaced)
    rows = [cells for cells in spaced if len(cells) == width]
    understood = [
        all(kind_of(cell) in {"time", "number"} or _CLOCK.fullmatch(cell) for cell in cells) for cells in rows
    ]
    whole = sum(kind_of(line) == "time" for line in body)  # a time with a space in it is one cell
    if width > 1 and whole * 2 < len(body) and sum(understood) * 5 >= len(body) * 4:
        return "spaced", " "
    return "plain", ","


def _padding(lines: Sequence[str], delimiter: str) -> Shape:
    quotes = sum(re.search(rf'{re.escape(delimiter)} +"', line) is not None for line in lines)
    return "padded" if quotes * 2 > len(lines) else "plain"


def _score(lines: Sequence[str], delimiter: str) -> tuple[bool, float, int, int]:
    """How well the delimiter divides: whether most lines have equally many cells, and how many cells are understood."""
    rows = [cells for _, cells in rows_of(lines, "plain", delimiter)]
    width = _width(rows)
    fitting = [cells for cells in rows if len(cells) == width]
    if width < 2 or len(fitting) * 2 < len(rows):
        return False, 0.0, 0, 0
    looked = fitting[1:41] or fitting
    kinds = [kind_of(cell) for cells in looked for cell in cells]
    times = sum(kind == "time" for kind in kinds)
    understood = sum(kind in {"time", "number"} for kind in kinds)
    return True, round(min(times / len(looked), 1), 1), round((2 * understood - len(kinds)) / len(looked)), width


def _width(rows: Sequence[Sequence[str]]) -> int:
    """The commonest number of cells."""
    counts = Counter(len(cells) for cells in rows if cells)
    return counts.most_common(1)[0][0] if counts else 0


def _is_header(cells: Sequence[str], kinds: Sequence[Sequence[Kind]]) -> bool:
    """Whether the first row names what stands below: it is of another kind than the rows in some column."""
    own = [kind_of(cell) for cell in cells]
    if not kinds:
        return all(kind in {"text", "empty"} for kind in own)
    usual = [_commonest(column) for column in zip(*kinds, strict=False)]
    telling = [pair for pair in zip(own, usual, strict=False) if pair[0] != "empty" and pair[1] in {"time", "number"}]
    if telling:
        return any(kind != below for kind, below in telling)
    return all(kind in {"text", "empty"} for kind in own)


def _commonest(kinds: Iterable[Kind]) -> Kind:
    counts = Counter(kind for kind in kinds if kind != "empty")
    return counts.most_common(1)[0][0] if counts else "empty"
