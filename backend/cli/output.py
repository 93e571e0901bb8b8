"""What commands print, and how they end: 0, 1 with a problem, 2 with a wrong setting or option, 3 where a file has
several readings and nobody can be asked."""

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from backend.config import Settings, describe
from backend.errors import ProblemError, QuestionError
from backend.figures import figure

output, messages = Console(), Console(stderr=True)
TABLE_WIDTH = 200
UNCUT_WIDTH = 100_000  # of what no terminal shows: a table takes what it needs of it
SEVERAL_READINGS = 3

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def read_settings() -> Settings:
    """The settings; wrong ones end the command."""
    try:
        return Settings()
    except ValidationError as error:
        reason = describe(error)
    except SettingsError as error:  # one that is to be JSON and is none
        reason = f"{error}: {error.__cause__}"
    messages.print(f"[red]Settings:[/] {escape(reason)}", soft_wrap=True, highlight=False)
    raise typer.Exit(2)


@contextmanager
def problems_end_the_command() -> Iterator[None]:
    """Print a problem as its title and detail instead of a trace."""
    try:
        yield
    except QuestionError as several:
        messages.print(f"[red]{several.title}:[/] {escape(several.detail)}", soft_wrap=True, highlight=False)
        for choice in several.extra["choices"]:
            options = " ".join(
                f"--{name.replace('_', '-')} {shlex.quote(value)}" for name, value in choice["fields"].items()
            )
            messages.print(f"  {options}", soft_wrap=True, highlight=False, markup=False)
        raise typer.Exit(SEVERAL_READINGS) from None
    except ProblemError as problem:
        messages.print(f"[red]{problem.title}:[/] {escape(problem.detail)}", soft_wrap=True, highlight=False)
        raise typer.Exit(1) from None


def write_file(path: Path, text: str) -> None:
    """Write a file that was asked for; where it cannot be, the command ends with why."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        messages.print(f"[red]Not written:[/] {escape(str(path))}: {error.strerror}.", soft_wrap=True, highlight=False)
        raise typer.Exit(1) from None


def print_summary(summary: dict[str, Any], as_json: bool) -> None:
    """Print names and values, a line each, of a list one after the other."""
    if as_json:
        json.dump(summary, sys.stdout, indent=2)
        return
    for name, value in summary.items():
        said = "; ".join(map(str, value)) or "none" if isinstance(value, list) else value
        output.print(f"[bold]{name}[/]: {escape(str(said))}", soft_wrap=True)


def print_results(report: dict[str, Any], as_json: bool) -> None:
    """Print a report whose `results` are rows of one shape; as a table without its other lists."""
    if as_json:
        json.dump(report, sys.stdout, indent=2)
        return
    rows = report["results"]
    print_summary({name: value for name, value in report.items() if not isinstance(value, list)}, as_json=False)
    if not rows:
        return
    table = Table(*(Column(name, overflow="fold") for name in rows[0]), box=box.SIMPLE)  # no digit is lost
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    # Cut to a terminal of 80 columns, three letters of each would be left; so long lines wrap there.
    Console(width=max(output.width, TABLE_WIDTH) if sys.stdout.isatty() else UNCUT_WIDTH).print(table)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return figure(value, 4) if isinstance(value, float) else str(value)
