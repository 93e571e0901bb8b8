"""A policy on the command line: an option for every name that it has."""

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from backend.capacity.policy import Policy
from backend.cli.options import with_options

SHORT = {"lead_seconds": "--lead"}
PANEL = "Policy"
LEAD_SAMPLES = typer.Option(
    exists=True,
    dir_okay=False,
    readable=True,
    rich_help_panel=PANEL,
    help="File of measured lead times in seconds, one a line; their P90 replaces --lead.",
)


def _parameter(name: str) -> inspect.Parameter:
    field = Policy.model_fields[name]
    if name == "lead_samples":
        annotation: Any = Annotated[Path | None, LEAD_SAMPLES]
    else:
        names = [f"--{name.replace('_', '-')}", *([SHORT[name]] if name in SHORT else [])]
        shown = "" if field.default is None or field.default == () else str(field.default).lower()
        option = typer.Option(*names, help=field.description, show_default=shown or False, rich_help_panel=PANEL)
        annotation = Annotated[str | None, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _changes(given: dict[str, Any]) -> dict[str, str]:
    """Those that were given, as text."""
    return {
        name: value.read_text() if isinstance(value, Path) else value
        for name, value in given.items()
        if value is not None
    }


# The command is handed `changes`: text by name, checked as a whole where a policy is made of it.
with_policy_options = with_options("changes", [_parameter(name) for name in Policy.model_fields], _changes)
