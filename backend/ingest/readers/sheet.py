"""Workbooks (.xlsx): the one sheet that has rows, as a table of text and numbers."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import datetime
import re
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from backend.errors import UnusableFileError
from backend.ingest.contract import ReadLimits
from backend.ingest.layout import find_layout
from backend.ingest.readers.table import TableReader, column_of

_HEAD_ROWS = 100


def open_sheet(path: Path, limits: ReadLimits) -> TableReader:
    """The table of a workbook; dates become text, as one that is exported as CSV has them."""
    workbook = CalamineWorkbook.from_path(str(path))
    sheets = {name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=True) for name in workbook.sheet_names}
    filled = {name: rows for name, rows in sheets.items() if any(any(cell != "" for cell in row) for row in rows)}
    if len(filled) != 1:
        found = ", ".join(name[:60] for name in list(filled)[:5]) or "none"
        raise UnusableFileError(
            f"The workbook has {len(filled)} sheets with rows ({found}); it must have one. Save the sheet of the "
            "traffic in a file of its own, or as CSV."
        )
    rows = [[_cell(cell) for cell in row] for row in next(iter(filled.values()))]
    head = ["\t".join(_in_line(cell) for cell in row) for row in rows[:_HEAD_ROWS]]
    layout = find_layout(["sep=\t", *head])
    body = rows[layout.first_row - 1 :]
    width = len(rows[0]) if rows else 0
    names = layout.names or [f"column {place + 1}" for place in range(width)]
    return TableReader(
        "xlsx", {name: column_of([row[place] for row in body]) for place, name in enumerate(names)}, limits
    )


def _in_line(cell: Any) -> str:
    """A cell as it stands in a line of text, where line ends, tabs and quotes would divide it."""
    return "" if cell is None else re.sub(r'[\s"]+', " ", str(cell))


def _cell(cell: Any) -> Any:
    if isinstance(cell, datetime.datetime | datetime.date):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime.datetime) else cell.isoformat()
    if isinstance(cell, datetime.time | datetime.timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return None if cell == "" else cell
