"""Count what is dropped, and keep the first examples to show."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from backend.ingest.contract import DroppedRows

SHOWN = 5
QUOTED_CHARACTERS = 60


class RejectCounter:
    """Dropped rows by reason, with the first row numbers and, for errors, what stood there."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, list[tuple[int, str | None]]] = {}

    def add(self, reason: str, row: int | None = None, text: str | None = None, count: int = 1) -> None:
        self._counts[reason] = self._counts.get(reason, 0) + count
        first = self._first.setdefault(reason, [])
        if row is not None and len(first) < SHOWN:
            first.append((row, text))

    def add_mask(
        self,
        reason: str,
        mask: npt.NDArray[np.bool_],
        row_of: Callable[[int], int],
        text_of: Callable[[int], str | None],
    ) -> None:
        """Add every row where `mask` is true; only the first few are looked up."""
        count = int(np.count_nonzero(mask))
        if count == 0:
            return
        self.add(reason, count=count)
        first = self._first[reason]
        if len(first) < SHOWN:
            first += [(row_of(index), text_of(index)) for index in np.flatnonzero(mask)[: SHOWN - len(first)].tolist()]

    def total(self) -> int:
        return sum(self._counts.values())

    def count(self, reason: str) -> int:
        return self._counts.get(reason, 0)

    def dropped(self) -> list[DroppedRows]:
        return [
            DroppedRows(reason, count, sorted(row for row, _ in self._first[reason]))
            for reason, count in self._counts.items()
        ]

    def quote(self) -> str:
        """The first bad rows as a phrase: `row 1: "abc" (not a time), …`."""
        examples = sorted(
            (row, text, reason)
            for reason, first in self._first.items()
            for row, text in ((row, text or "") for row, text in first)
        )
        return ", ".join(f"row {row}: {quoted(text)} ({reason})" for row, text, reason in examples[:SHOWN])

    def first_rows(self) -> list[int]:
        return sorted(row for first in self._first.values() for row, _ in first)[:SHOWN]


def quoted(text: str) -> str:
    """Text from a file, safe to put into a sentence: printable, short, in quotes."""
    printable = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    cut = printable if len(printable) <= QUOTED_CHARACTERS else printable[: QUOTED_CHARACTERS - 1] + "…"
    return f'"{cut}"'


def listed(names: list[str], shown: int = 10) -> str:
    """Column names from a file as a short phrase."""
    phrase = ", ".join(quoted(name) for name in names[:shown])
    return phrase if len(names) <= shown else f"{phrase} and {len(names) - shown:,} more"
