"""Rows inside JSON: objects, pairs, names and values apart, arrays side by side; values of inner objects by path.

What stands around a list of rows holds for all of them: names and labels, and sums and times of the whole, which are
no row's. So it is kept apart from what the rows say themselves until both are known (`table_of`).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from backend.ingest.layout import column_names, kind_of
from backend.ingest.names import METRIC_WORDS, QUANTILE_WORDS, meaning, words
from backend.ingest.timestamps import looks_like_time

FLAT_DEPTH = 5
DEPTH = 12  # in which rows are looked for
MOST_OPENED = 20  # objects of a list that are columns
CHECKED = 100  # rows that tell whether all have times of their own
_EPOCH_DIGITS = {10, 13, 16, 19}  # of s, ms, us and ns since 1970
# What lists the names of a table's columns.
_NAMES = ("columns", "cols", "fields", "names", "header", "headers", "schema", "meta", "labels")

Row = dict[str, Any]


class Found(NamedTuple):
    """A row, and the values that stand around it."""

    around: Row
    own: Row


def flat(item: dict[str, Any] | str, depth: int = FLAT_DEPTH) -> dict[str, Any] | str:
    """An object whose inner objects' values stand beside its own, by path: {"data": {"time": 1}} → data.time."""
    if isinstance(item, str) or not depth or not any(isinstance(value, dict) for value in item.values()):
        return item
    row: dict[str, Any] = {}
    for key, value in item.items():
        inner = flat(value, depth - 1) if isinstance(value, dict) and value else None
        row |= {f"{key}.{name}": cell for name, cell in inner.items()} if isinstance(inner, dict) else {key: value}
    return row


def table_of(rows: Sequence[Found]) -> dict[str, list[Any]]:
    """The rows as columns. Of what stands around them that is kept which tells rows apart or says what they are: a
    number that is the same for all, a sum of several rows, a time beside rows with times of their own is no row's."""
    names = {name: None for row in rows for name in row.own}
    timed = _are_timed(rows)
    outer = {name: [row.around.get(name) for row in rows] for name in {n: None for row in rows for n in row.around}}
    kept = {
        name if name not in names else f"outer {name}": cells
        for name, cells in outer.items()
        if not (timed and has_time({name: cells[0]})) and _tells(name, cells)
    }
    return kept | {name: [row.own.get(name) for row in rows] for name in names}


def _tells(name: str, cells: Sequence[Any]) -> bool:
    if len({str(cell) for cell in cells}) == 1:
        return isinstance(cells[0], str) and not _is_number(cells[0]) and bool(METRIC_WORDS & set(words(name)))
    if not all(cell is None or _is_number(cell) for cell in cells):
        return True
    return meaning(name).role in {"label", "none", "empty"} or bool(QUANTILE_WORDS & set(words(name)))


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) or (isinstance(cell, str) and cell.replace(".", "", 1).isdigit())


def rows_in(node: Any, around: Row, depth: int = DEPTH) -> list[Found]:
    """The rows in a part of a document, each with the values that stand around it."""
    if depth == 0:
        return []
    if isinstance(node, list):
        return _rows_of_list(node, around, depth)
    if not isinstance(node, dict):
        return []
    if by_time := _times_as_keys(node):
        return [Found(around, row) for row in by_time]
    plain = {name: child for name, child in node.items() if not (isinstance(child, dict) and _times_as_keys(child))}
    scalars = {name: value for name, value in _flat(plain).items() if not isinstance(value, list)}
    outside = _beside(around, scalars | _field_labels(node))
    shapes = (_parallel(node), _grid(node), _columns_by_time(node), _named_table(node))
    rows = [Found(outside, row) for row in next((rows for rows in shapes if rows), [])]
    rows = rows or _inside(node, outside, depth - 1)
    if not _are_timed(rows):
        opened = _opened(node)
        lists = any(isinstance(value, list) for value in _flat(opened).values())
        if has_time(node) or (depth < DEPTH and opened != node and not lists):
            return [Found(around, _flat(opened))]
    return rows or ([Found({}, scalars)] if scalars and not around else [])


def _inside(node: Mapping[str, Any], around: Row, depth: int) -> list[Found]:
    """The rows of the part that has most of them, and of all parts that are named lists of pairs like it."""
    children = {name: child for name, child in node.items() if isinstance(child, list | dict)}
    found = {
        name: rows_in(child, {key: value for key, value in around.items() if not key.startswith(f"{name}.")}, depth)
        for name, child in children.items()
    }
    most = max(found.values(), key=len, default=[])
    alike = {name: rows for name, rows in found.items() if rows and set(rows[0].own) == set(most[0].own)}
    if len(alike) < 2 or len(most[0].own) != 2:
        return most
    if set(most[0].own) == {"column 1", "column 2"}:
        return [Found({**around, "series": name}, row.own) for name, rows in alike.items() for row in rows]
    if not all(map(_are_timed, alike.values())):
        return most
    return [
        Found({**row.around, "series": name}, _named(row.own, name)) for name, rows in alike.items() for row in rows
    ]


def _named(row: Row, name: str) -> Row:
    """A time and a value, of which the value gets the name."""
    return {key if has_time({key: cell}) else name: cell for key, cell in row.items()}


def _are_timed(rows: Sequence[Found]) -> bool:
    return len(rows) > 1 and all(has_time(row.own) for row in rows[:CHECKED])


def _beside(around: Row, own: Row) -> Row:
    """Both; a name that the outer one has as well says so."""
    return {f"outer {name}" if name in own else name: value for name, value in around.items()} | own


def _rows_of_list(items: list[Any], around: Row, depth: int) -> list[Found]:
    items = _cells(items)
    if all(isinstance(item, dict) for item in items):
        inside = [rows_in(item, around, depth - 1) or [Found(around, _flat(item))] for item in items]
        rows = [row for found in inside for row in found]
        if len(items) < len(rows) < len(items) ** 2 and all(has_time(item) for item in items[:CHECKED]):
            return [Found(around, _flat(_opened(item))) for item in items]  # rows that have a few times inside
        return rows
    width = len(items[0]) if items and isinstance(items[0], list) else 0
    if width and all(isinstance(item, list) and len(item) == width for item in items):
        if any(isinstance(cell, list | dict) for cell in items[0]):
            return [row for item in items for row in _rows_of_list(item, around, depth - 1)]
        headed = len(items) > 1 and _are_names(items[0]) and not _are_names(items[1])
        names, items = (column_names(items[0]), items[1:]) if headed else (column_names([""] * width), items)
        return [Found(around, dict(zip(names, item, strict=True))) for item in items]
    return []


def _cells(items: list[Any]) -> list[Any]:
    """Rows whose cells are objects with a `v`, as the cells of such rows: {"c": [{"v": 1}, {"v": 2}]}."""
    if not all(isinstance(item, dict) and len(item) == 1 for item in items):
        return items
    rows = [next(iter(item.values())) for item in items]
    if not all(
        isinstance(row, list) and row and all(isinstance(one, dict) and "v" in one for one in row) for row in rows
    ):
        return items
    return [[one["v"] for one in row] for row in rows]


def _are_names(cells: list[Any]) -> bool:
    return all(isinstance(cell, str) and kind_of(cell) == "text" for cell in cells)


def has_rows_inside(document: Mapping[str, Any]) -> bool:
    """Whether lists in a document have rows with times of their own: then its own time is when it was asked for."""
    return bool(_times_as_keys(document)) or any(
        _are_timed(rows_in(child, {})) for child in document.values() if isinstance(child, list | dict)
    )


def _opened(item: Mapping[str, Any]) -> Row:
    """An object whose lists of one object are that object, as are those of objects with one value each:
    {"results": [{"count": 5}]}, {"metricValues": [{"value": "5"}, {"value": "7"}]}."""
    row: Row = {}
    for name, value in item.items():
        objects = value if isinstance(value, list) and value and all(isinstance(one, dict) for one in value) else []
        if len(objects) == 1:
            row[name] = objects[0]
        elif objects and len(objects) <= MOST_OPENED and all(list(one) == ["value"] for one in objects):
            row |= {f"{name} {place}": one["value"] for place, one in enumerate(objects, 1)}
        else:
            row[name] = value
    return row


def values_of(item: Mapping[str, Any]) -> list[Any]:
    """The values of an object and of its inner objects."""
    return list(_flat(item).values())


def has_time(item: Mapping[str, Any]) -> bool:
    """Whether an object is a row: one of its values, or of its inner objects' values, is a time."""
    return any(
        (isinstance(value, str) and looks_like_time(value) and not value.isdigit())
        or (isinstance(value, int | float) and not isinstance(value, bool) and 1e9 <= value < 4e9 and _is_time(name))
        or (isinstance(value, int | float) and 1e12 <= value < 4e12 and value == int(value))
        for name, value in _flat(item).items()
    )


def _is_time(name: str) -> bool:
    lower = name.lower()
    return any(word in lower for word in ("time", "date", "ts", "epoch", "at", "key", "column ")) or lower in {"t", "x"}


def _parallel(node: Mapping[str, Any]) -> list[Row]:
    """Arrays side by side: {"values": [1, 2], "timestamps": [10, 20]}."""
    arrays = {name: value for name, value in node.items() if _scalars(value)}
    length = max((len(value) for value in arrays.values()), default=0)
    columns = {name: value for name, value in arrays.items() if len(value) == length}
    if len(columns) < 2 or length < 2:
        return []
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _grid(node: Mapping[str, Any]) -> list[Row]:
    """Times once, and a list of values for each series: {"times": [10, 20], "values": [[1, 2], [3, 4]]}."""
    times = next((name for name, value in node.items() if _scalars(value) and has_time({name: value[0]})), None)
    length = len(node[times]) if times else 0
    for name, series in node.items():
        if times and isinstance(series, list) and all(_scalars(one) and len(one) == length for one in series):
            return [
                label | {times: time, name: value}
                for label, values in zip(_series_labels(node, len(series)), series, strict=True)
                for time, value in zip(node[times], values, strict=True)
            ]
    return []


def _series_labels(node: Mapping[str, Any], count: int) -> list[Row]:
    """What an equally long list of objects says of each series, else its number."""
    lists = [value for value in node.values() if isinstance(value, list) and len(value) == count]
    objects = next((value for value in lists if all(isinstance(one, dict) for one in value)), None)
    return [{"series": json.dumps(objects[place], sort_keys=True) if objects else str(place)} for place in range(count)]


def _times_as_keys(node: Mapping[str, Any]) -> list[Row]:
    """{"2024-03-05T00:00:00Z": 5, …}."""
    if len(node) < 2 or not all(looks_like_time(name) or (name.isdigit() and len(name) >= 10) for name in node):
        return []
    return [
        {"time": int(name) if name.isdigit() and len(name) in _EPOCH_DIGITS else name}
        | (_flat(value) if isinstance(value, dict) else {"value": value})
        for name, value in node.items()
    ]


def _columns_by_time(node: Mapping[str, Any]) -> list[Row]:
    """{"requests": {"2024-03-05T00:00:00Z": 5, …}, "errors": {…}}."""
    columns = {name: _times_as_keys(child) for name, child in node.items() if isinstance(child, dict)}
    columns = {name: rows for name, rows in columns.items() if rows and all(len(row) == 2 for row in rows)}
    by_time: dict[Any, Row] = {}
    for name, rows in columns.items():
        for row in rows:
            by_time.setdefault(row["time"], {"time": row["time"]})[name] = row.get("value")
    return list(by_time.values())


def _named_table(node: Mapping[str, Any]) -> list[Row]:
    """Names and values apart: {"columns": ["time", "rps"], "values": [[10, 1.5], …]}, by row or by column."""
    names = next((found for key in _NAMES if key in node and (found := _name_list(node[key]))), None)
    places = [
        *node.values(),
        *(value for child in node.values() if isinstance(child, dict) for value in child.values()),
    ]
    lists = [_cells(value) for value in places if isinstance(value, list) and value]
    tables = [value for value in lists if isinstance(value[0], list)]
    if names is None or not tables:
        return []
    table = tables[0]
    if len(table) == len(names) and len(table[0]) != len(names):
        table = [list(cells) for cells in zip(*table, strict=False)]
    index = node.get("index")
    if isinstance(index, list) and len(index) == len(table) and "index" not in names:  # pandas' orient="split"
        names, table = ["index", *names], [[key, *cells] for key, cells in zip(index, table, strict=True)]
    return [dict(zip(names, cells, strict=False)) for cells in table]


def _name_list(node: Any) -> list[str] | None:
    if isinstance(node, dict):
        return next((found for key in _NAMES if key in node and (found := _name_list(node[key]))), None)
    if not isinstance(node, list) or not node:
        return None
    names = [_field_name(item) if isinstance(item, dict) else item for item in node]
    return column_names([str(name) for name in names]) if all(isinstance(name, str) for name in names) else None


def _field_name(field: Row) -> Any:
    return next((field[key] for key in ("name", "text", "label", "id") if field.get(key)), None)


def _field_labels(node: Mapping[str, Any]) -> Row:
    """The labels of the one field that has some, as of a frame of Grafana: they are those of all its rows."""
    fields = _flat(node).get("schema.fields")
    labels = [field["labels"] for field in fields or () if isinstance(field, dict) and field.get("labels")]
    return dict(labels[0]) if len(labels) == 1 and isinstance(labels[0], dict) else {}


def _scalars(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and not any(isinstance(cell, list | dict) for cell in value[:100])


def _flat(item: Mapping[str, Any]) -> Row:
    row = flat(dict(item))
    return row if isinstance(row, dict) else {}
