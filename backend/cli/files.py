"""Traffic files on the command line: the argument, the options of how a file is read, and the reader."""

import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from stat import S_ISDIR
from typing import Annotated

import typer

from backend.cli.options import with_options
from backend.cli.output import messages
from backend.cli.pipes import ALLOWED, STDIN
from backend.config import Settings
from backend.errors import AmbiguousFileError, QuestionError
from backend.ingest import ReadOptions, Traffic

A_FILE = "A traffic file or a pipe; - is standard input."


def _readable(text: str) -> Path:
    """A path that can be read from. typer's own check takes no -."""
    path = Path(text)
    if path == STDIN:
        return path
    try:
        is_folder = S_ISDIR(path.stat().st_mode)
    except OSError as error:
        raise typer.BadParameter(f"{text!r} cannot be read: {error.strerror}. {ALLOWED}") from None
    if is_folder:
        raise typer.BadParameter(f"{text!r} is a folder. Give a file in it.")
    if not os.access(path, os.R_OK):
        raise typer.BadParameter(f"{text!r} is not readable: its owner and mode must let this user read it.")
    return path


FILE = typer.Argument(parser=_readable, metavar="FILE", help=A_FILE)
File = Annotated[Path, FILE]

# One option for every field of ReadOptions, whose types and defaults they have.
READ_OPTIONS = {
    "kind": typer.Option(help="One row per request (raw) or one row per window (series)."),
    "timestamp_column": typer.Option(help="Column that holds the time."),
    "time_unit": typer.Option(help="Unit of the time column."),
    "timezone": typer.Option(help="Time zone of times without an offset, e.g. Europe/Berlin."),
    "value_column": typer.Option(help="Column that holds the traffic of a window."),
    "value_unit": typer.Option(help="Requests per row (count), per second (rate), or since a start (total)."),
    "window_seconds": typer.Option(min=1, max=86_400, help="Length of a window."),
    "rows": typer.Option(help="What counts of several rows of one time."),
    "date_order": typer.Option(help="Order of day, month and year in dates of numbers."),
}


def _read_parameters() -> list[inspect.Parameter]:
    return [
        field.replace(
            kind=inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[field.annotation, READ_OPTIONS[field.name]]
        )
        for field in inspect.signature(ReadOptions).parameters.values()
    ]


with_read_options = with_options("options", _read_parameters(), lambda given: ReadOptions(**given))


def file_reader(settings: Settings) -> Callable[[Path, str, ReadOptions], Traffic]:
    """Read in this process, within the limits of an upload: a command's user owns the file. At a terminal it is asked
    which reading is right, once a file however often it is read."""
    from backend.uploads import importing

    read_file = importing.file_reader(settings)
    chosen: dict[Path, dict[str, str]] = {}

    def read(path: Path, filename: str, options: ReadOptions) -> Traffic:
        fields = chosen.get(path, {})
        try:
            return read_file(path, filename, replace(options, **fields))  # type: ignore[arg-type]
        except AmbiguousFileError as several:
            if not can_ask():
                raise
            chosen[path] = fields | chosen_fields(several)
            return read(path, filename, options)

    return read


def can_ask() -> bool:
    """Whether somebody sits at a terminal. Standard input may be closed."""
    return sys.stdin is not None and sys.stdin.isatty()


def chosen_fields(several: QuestionError) -> dict[str, str]:
    """Ask at the terminal which reading is right; the options that select it."""
    messages.print(several.extra["question"], highlight=False, markup=False, soft_wrap=True)
    choices = several.extra["choices"]
    for number, choice in enumerate(choices, 1):
        messages.print(f"  {number}  {choice['says']}", highlight=False, markup=False, soft_wrap=True)
    number = typer.prompt("Which", type=int, err=True)
    if not 1 <= number <= len(choices):
        raise typer.BadParameter(f"choose a number from 1 to {len(choices)}")
    fields: dict[str, str] = choices[number - 1]["fields"]
    return fields
