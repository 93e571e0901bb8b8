"""A policy on the command line: an option for every name that it has."""

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from backend.capacity.policy import LONGEST, Policy
from backend.cli.options import field_option, parameter, with_options
from backend.cli.output import problems_end_the_command
from backend.errors import UnusableFileError

SHORT = {"lead_seconds": ("--lead",)}
PANEL = "Policy"
MOST_BYTES = 1024**2  # of a file of lead times
ALLOWED = f"Give a time in seconds a line, from 0 to {LONGEST:,.0f}, such as 42.5; a name may stand in the first."
LEAD_SAMPLES = typer.Option(
    exists=True,
    dir_okay=False,
    readable=True,
    rich_help_panel=PANEL,
    help="File of measured lead times in seconds, one a line, below a name or none; their P90 replaces --lead.",
)


def _option(name: str) -> inspect.Parameter:
    if name == "lead_samples":
        return parameter(name, Annotated[Path | None, LEAD_SAMPLES])
    return field_option(name, Policy.model_fields[name], PANEL, *SHORT.get(name, ()))


def _changes(given: dict[str, Any]) -> dict[str, str]:
    """Those that were given, as text."""
    with problems_end_the_command():
        return {
            name: _times(value) if isinstance(value, Path) else value
            for name, value in given.items()
            if value is not None
        }


def _times(path: Path) -> str:
    """The times of a file, with commas between them. Raises UnusableFileError with the line that is none."""
    times = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        cell = line.strip().strip('"')
        if _is_time(cell):
            times.append(cell)
        elif cell and not (number == 1 and cell[0].isalpha()):
            raise UnusableFileError(f"{path}, line {number}, is no lead time: {line[:40]!r}. {ALLOWED}", row=number)
    if not times:
        raise UnusableFileError(f"{path} has no lead times. {ALLOWED}")
    return ",".join(times)


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UnusableFileError(f"{path} has more than {MOST_BYTES // 1024**2} MB. {ALLOWED}")
    return content.decode("utf-8-sig", errors="replace")


def _is_time(cell: str) -> bool:
    try:
        return 0 <= float(cell) <= LONGEST
    except ValueError:
        return False


# The command is handed `changes`: text by name, checked as a whole where a policy is made of it.
with_policy_options = with_options("changes", [_option(name) for name in Policy.model_fields], _changes)
