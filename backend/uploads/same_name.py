"""What a file is to the series that has its name: the same file, the same file read in another way, or another one.

A series keeps in its record which files it was read from, by the SHA-256 of their bytes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from backend.errors import ConflictError, SameNameError
from backend.ingest import ReadOptions, Traffic
from backend.ingest.preview import duration, first_windows, preview
from backend.measurements import read_rates
from backend.stores import SeriesKey, SeriesRecord, Store
from backend.stores.names import NAME_LENGTH

SameName = Literal["continue", "replace", "separate"]
# The attribute: by SHA-256 of each file its fields, its import, which windows it has, and whether some of them were
# replaced since.
FILES = "files"
MOST_FILES = 100  # that are remembered of a series; parts of one, a day each, are seldom more
SAME_SHARE = 1e-6  # by which the rate of a window may differ and still be the same


@dataclass(frozen=True)
class Place:
    """Where a file is stored. `replace`: in place of all that the series has. `notes`: what was assumed."""

    name: str
    replace: bool = False
    notes: tuple[str, ...] = ()


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def given_fields(options: ReadOptions) -> dict[str, str]:
    """The fields that a file was sent with."""
    return {name: str(value) for name, value in asdict(options).items() if value is not None}


def stored_import(record: SeriesRecord | None, version: str, digest: str, fields: Mapping[str, str]) -> str | None:
    """The id of the import by which a series has these bytes, read with these fields; None where it has not."""
    if record is None or record.incomplete or record.version != version or not record.points or not record.of_files:
        return None  # a feed may have written over the file's windows
    file = record.attributes.get(FILES, {}).get(digest)
    whole = file and file["fields"] == dict(fields) and not file.get("replaced")
    return file.get("import") if whole else None


def place_of(
    store: Store,
    name: str,
    digest: str,
    traffic: Traffic,
    asked: SameName | None,
    history_windows: int,
) -> Place:
    """Where a file of that name goes. `asked`: what the user said it is to a series that has the name.

    Nothing that is stored is changed without being asked: raises SameNameError, with the choices, where another file
    would change windows of the series, has other windows, or lies further from it than a forecast looks back.
    """
    if asked == "separate":
        name = _free_name(store, name, digest)
    record = store.find(name)
    if record is None:
        return Place(name)
    if asked == "replace" and not record.of_files:
        raise ConflictError(f"The series {name!r} is fed, so a file does not replace it. Send it under another name.")
    if asked == "replace" or _is_only_file(record, digest):
        return Place(name, replace=True)
    if asked == "continue" or not record.points:
        return Place(name)
    seconds = traffic.window_seconds
    if seconds == record.window_seconds:
        away = _windows_between(record, traffic)
        if away <= history_windows and not len(_changed(store, record, traffic)):
            note = f"It continues the stored series {name!r}. same_name says otherwise: replace or separate."
            return Place(name, notes=(note,) if digest not in record.attributes.get(FILES, {}) else ())
    raise _question(store, record, traffic)


def import_attributes(
    known: Mapping[str, Any], digest: str, fields: Mapping[str, str], import_id: str, frame: pd.DataFrame
) -> dict[str, Any]:
    """What the record is to remember of a file, beside the files that it knows."""
    if len(known) >= MOST_FILES and digest not in known:
        return {FILES: known}
    first, last = (frame.index[place].timestamp() for place in (0, -1))
    return {FILES: {**known, digest: {"fields": dict(fields), "import": import_id, "first": first, "last": last}}}


def files_after(store: Store, record: SeriesRecord, key: SeriesKey, traffic: Traffic) -> dict[str, Any]:
    """The files that a series knows once another one, which is still to be stored, has replaced windows of theirs.
    `key`: what it is stored by; of another model's windows the series has none any more."""
    changed = _changed(store, record, traffic).as_unit("s").asi8
    files = dict(record.attributes.get(FILES, {}))
    for digest, file in files.items():
        if record.key != key or np.any((changed >= file["first"]) & (changed <= file["last"])):
            files[digest] = {**file, "replaced": True}
    return files


def _is_only_file(record: SeriesRecord, digest: str) -> bool:
    """Whether the series has nothing but these bytes, read in some way."""
    files = record.attributes.get(FILES, {})
    if set(files) != {digest} or not record.of_files:
        return False
    file = files[digest]
    grown = record.last.timestamp() > file["last"] or record.first.timestamp() < file["first"]
    return bool(record.incomplete) or not grown


def _free_name(store: Store, name: str, digest: str) -> str:
    """The name with the first number under which nothing is stored, or this file alone."""
    numbered = (f"{name[: NAME_LENGTH - 6]} ({number})" for number in count(2))
    return next(each for each in numbered if (record := store.find(each)) is None or _is_only_file(record, digest))


def _windows_between(record: SeriesRecord, traffic: Traffic) -> float:
    """How many windows lie between the series and the file; less than 0: they overlap."""
    first, last = traffic.frame.index[0], traffic.frame.index[-1]
    seconds = max((first - record.last).total_seconds(), (record.first - last).total_seconds())
    return float(seconds / traffic.window_seconds - 1)


def _overlap(store: Store, record: SeriesRecord, traffic: Traffic) -> pd.DataFrame:
    """The windows that both know: `stored` and `read`."""
    frame = traffic.frame
    end = frame.index[-1] + pd.Timedelta(traffic.window_seconds, "s")
    stored = read_rates(store, record.key, frame.index[0].to_pydatetime(), end.to_pydatetime())
    both = pd.DataFrame({"stored": stored, "read": frame["actual_rps"].reindex(stored.index)})
    return both.dropna()


def _changed(store: Store, record: SeriesRecord, traffic: Traffic) -> pd.DatetimeIndex:
    """The stored windows of which the file says something else."""
    both = _overlap(store, record, traffic)
    return pd.DatetimeIndex(both.index[~np.isclose(both["stored"], both["read"], rtol=SAME_SHARE, atol=0)])


def _question(store: Store, record: SeriesRecord, traffic: Traffic) -> SameNameError:
    name = record.name
    span = f"{_span(traffic.frame.index[0], traffic.frame.index[-1])}, a window per {duration(traffic.window_seconds)}"
    stored = f"{_span(record.first, record.last)}, a window per {duration(record.window_seconds)}"
    says = {
        "replace": f"It replaces the series {name!r}: what is stored of it goes.",
        "separate": "It is another series, which is stored beside it under the name with a number.",
    }
    if not record.of_files:
        del says["replace"]
    if traffic.window_seconds == record.window_seconds:
        both = _overlap(store, record, traffic)
        overlap = "they do not overlap"
        if len(both):
            overlap = f"they share {len(both):,} windows, {_span(both.index[0], both.index[-1])}, whose rates differ"
        taken = ", and its rates replace those of the windows that both have" if len(both) else ""
        says = {"continue": f"It continues the series {name!r}: its windows are added{taken}."} | says
    else:
        overlap = "so the one cannot continue the other"
    return SameNameError(
        f"Another file is stored as {name!r} ({stored}); this one has {span}; {overlap}.",
        [
            {
                "fields": {"same_name": answer},
                "says": sentence,
                "window_seconds": traffic.window_seconds,
                "windows": first_windows(traffic),
                "preview": preview(traffic),
            }
            for answer, sentence in says.items()
        ],
    )


def _span(first: Any, last: Any) -> str:
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
