"""Names of series: what they may be, and how many there may be."""

from backend.errors import ConflictError, InvalidRequestError
from backend.stores.contract import SeriesKey, Store

NAME_LENGTH = 100
REPLAY_PREFIX = "replay of "


def series_name(filename: str) -> str:
    """The series' name for a file: its last path part, printable characters only, at most 100 of them."""
    return clean_name(filename.replace("\\", "/").rsplit("/", maxsplit=1)[-1])


def clean_name(text: str) -> str:
    """A name for a series: printable characters only, at most 100 of them, not one that belongs to replays."""
    name = "".join(character for character in text if character.isprintable()).strip()[:NAME_LENGTH].strip()
    if name.startswith(REPLAY_PREFIX):
        raise InvalidRequestError(
            f'Names that start with "{REPLAY_PREFIX}" are reserved for replays. Rename it and send it again.'
        )
    return name if name.strip(".") else "unnamed"


def refuse_one_too_many(store: Store, key: SeriesKey, max_series: int) -> None:
    names = {series.filename for series in store.list_series()}
    if key.filename not in names and len(names) >= max_series:
        raise ConflictError(
            f"{len(names)} series are stored, the maximum (SCALEOPS_MAX_SERIES). Delete one first.",
            limit=max_series,
        )
