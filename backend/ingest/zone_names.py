"""Zones that stand beside the times: in a column of their own, or in the name of the column of times."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from backend.ingest.cells import filled, is_text, put_together, texts
from backend.ingest.names import words
from backend.ingest.time_forms import NAMED_ZONE, ZONE_HOURS, offset_seconds

_ZONE = rf"{NAMED_ZONE}|(?:UTC|GMT)?[+-]\d{{1,2}}(?::?\d{{2}})?|{'|'.join(ZONE_HOURS)}"
_OF_NAME = re.compile(rf"[\s(\[](?P<zone>{_ZONE})[)\]]?\s*$")
_COLUMN_WORDS = frozenset("zone tz timezone offset".split())


def zone_of_name(name: str) -> str | None:
    """The zone that a column's name ends in, as `parse_zone` takes it: `Time (Europe/Berlin)`, `Date CET`."""
    found = _OF_NAME.search(name)
    if found is None:
        return None
    seconds = offset_seconds(found["zone"])
    if seconds is None or found["zone"] == "UTC":
        return found["zone"]
    return f"{'-' if seconds < 0 else '+'}{abs(seconds) // 3600:02}:{abs(seconds) % 3600 // 60:02}"


def zone_column(samples: Mapping[str, pa.Array[Any]]) -> str | None:
    """The column that says of each row in which zone its time is."""
    return next(
        (name for name, cells in samples.items() if _COLUMN_WORDS & set(words(name)) and holds_zones(cells)), None
    )


def holds_zones(array: pa.Array[Any]) -> bool:
    cells = [cell.strip() for cell in texts(array) if cell.strip()] if is_text(array.type) else []
    return bool(cells) and all(re.fullmatch(_ZONE, cell) for cell in set(cells))


def zone_text(column: pa.Array[Any]) -> Any:
    """What the zone adds to the text of the time."""
    return put_together([" ", pc.utf8_trim_whitespace(filled(column))])
