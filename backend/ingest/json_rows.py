"""Rows inside JSON: objects, pairs, names and values apart, arrays side by side; values of inner objects by path."""

from collections.abc import Mapping
from typing import Any

from backend.ingest.layout import column_names
from backend.ingest.timestamps import looks_like_time

FLAT_DEPTH = 5
DEPTH = 12  # in which rows are looked for
_NAMES = ("columns", "fields", "names", "header", "headers", "schema")  # what lists the names of a table's columns

Row = dict[str, Any]


def flat(item: dict[str, Any] | str, depth: int = FLAT_DEPTH) -> dict[str, Any] | str:
    """An object whose inner objects' values stand beside its own, by path: {"data": {"time": 1}} → data.time."""
    if isinstance(item, str) or not depth or not any(isinstance(value, dict) for value in item.values()):
        return item
    row: dict[str, Any] = {}
    for key, value in item.items():
        inner = flat(value, depth - 1) if isinstance(value, dict) and value else None
        row |= {f"{key}.{name}": cell for name, cell in inner.items()} if isinstance(inner, dict) else {key: value}
    return row


def rows_in(node: Any, around: Row, depth: int = DEPTH) -> list[Row]:
    """The rows in a part of a document, each with the values that stand around it."""
    if depth == 0:
        return []
    if isinstance(node, list):
        return _rows_of_list(node, around, depth)
    if not isinstance(node, dict):
        return []
    timed_inside = has_time(node) and depth == DEPTH and has_rows_inside(node)
    if has_time(node) and not timed_inside:
        return [around | _flat(_opened(node))]
    own = around | {name: value for name, value in _flat(node).items() if not isinstance(value, list)}
    if timed_inside:
        own = {name: value for name, value in own.items() if not has_time({name: value})}
    if side_by_side := _parallel(node):
        return [own | row for row in side_by_side]
    if by_time := _times_as_keys(node):
        return [around | row for row in by_time]
    if named := _named_table(node):
        return [own | row for row in named]
    found = [rows_in(child, own, depth - 1) for child in node.values() if isinstance(child, list | dict)]
    rows = max(found, key=len, default=[])
    return rows or ([own] if own and not around else [])


def _rows_of_list(items: list[Any], around: Row, depth: int) -> list[Row]:
    if all(isinstance(item, dict) for item in items):
        return [row for item in items for row in rows_in(item, around, depth - 1) or [around | _flat(item)]]
    width = len(items[0]) if items and isinstance(items[0], list) else 0
    if width and all(isinstance(item, list) and len(item) == width for item in items):
        names = column_names([""] * width)
        if any(isinstance(cell, list | dict) for cell in items[0]):
            return [row for item in items for row in _rows_of_list(item, around, depth - 1)]
        return [around | dict(zip(names, item, strict=True)) for item in items]
    return []


def has_rows_inside(document: Mapping[str, Any]) -> bool:
    """Whether lists in a document have rows with times of their own: then its own time is when it was asked for."""
    lists = [rows_in(child, {}, DEPTH - 1) for child in document.values() if isinstance(child, list | dict)]
    return any(len(rows) > 1 and all(map(has_time, rows)) for rows in lists)


def _opened(item: Mapping[str, Any]) -> Row:
    """An object whose lists of one object are that object: {"results": [{"count": 5}]}."""
    alone = {name: value[0] for name, value in item.items() if isinstance(value, list) and len(value) == 1}
    return {**item, **{name: value for name, value in alone.items() if isinstance(value, dict)}}


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


def _times_as_keys(node: Mapping[str, Any]) -> list[Row]:
    """{"2024-03-05T00:00:00Z": 5, …}."""
    if len(node) < 2 or not all(looks_like_time(name) or (name.isdigit() and len(name) >= 10) for name in node):
        return []
    return [
        {"time": name} | (_flat(value) if isinstance(value, dict) else {"value": value}) for name, value in node.items()
    ]


def _named_table(node: Mapping[str, Any]) -> list[Row]:
    """Names and values apart: {"columns": ["time", "rps"], "values": [[10, 1.5], …]}, by row or by column."""
    names = next((found for key in _NAMES if key in node and (found := _name_list(node[key]))), None)
    places = [
        *node.values(),
        *(value for child in node.values() if isinstance(child, dict) for value in child.values()),
    ]
    tables = [value for value in places if isinstance(value, list) and value and isinstance(value[0], list)]
    if names is None or not tables:
        return []
    table = tables[0]
    if len(table) == len(names) and len(table[0]) != len(names):
        table = [list(cells) for cells in zip(*table, strict=False)]
    return [dict(zip(names, cells, strict=False)) for cells in table]


def _name_list(node: Any) -> list[str] | None:
    if isinstance(node, dict):
        return next((found for key in _NAMES if key in node and (found := _name_list(node[key]))), None)
    if not isinstance(node, list) or not node:
        return None
    names = [item.get("name") or item.get("text") if isinstance(item, dict) else item for item in node]
    return column_names([str(name) for name in names]) if all(isinstance(name, str) for name in names) else None


def _scalars(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and not any(isinstance(cell, list | dict) for cell in value[:100])


def _flat(item: Mapping[str, Any]) -> Row:
    row = flat(dict(item))
    return row if isinstance(row, dict) else {}
