"""Names of series: what they may be, and how many there may be."""

from itertools import count

from backend.errors import ConflictError
from backend.stores.contract import Origin, Store

NAME_LENGTH = 100


def series_name(filename: str) -> str:
    """The series' name for a file: its last path part, printable characters only, at most 100 of them."""
    return clean_name(filename.replace("\\", "/").rsplit("/", maxsplit=1)[-1])


def clean_name(text: str) -> str:
    """A name for a series: printable characters only, at most 100 of them."""
    name = "".join(character for character in text if character.isprintable()).strip()[:NAME_LENGTH].strip()
    return name if name.strip(".") else "unnamed"


def free_name(store: Store, wanted: str, origin: Origin) -> str:
    """The name, or the name with a number, under which nothing of another origin is stored."""
    names = (wanted[:NAME_LENGTH] if number == 1 else f"{wanted[: NAME_LENGTH - 6]} ({number})" for number in count(1))
    return next(name for name in names if (record := store.find(name)) is None or record.origin == origin)


def refuse_one_too_many(store: Store, name: str, max_series: int) -> None:
    if store.find(name) is not None:
        return
    names = {record.name for record in store.list_series()}
    if len(names) >= max_series:
        raise ConflictError(
            f"{len(names)} series are stored, the maximum (SCALEOPS_MAX_SERIES). Delete one first.",
            limit=max_series,
        )
