"""A policy on the command line: an option for every name that it has."""

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from backend.capacity.policy import Policy
from backend.cli.options import field_option, parameter, with_options

SHORT = {"lead_seconds": ("--lead",)}
PANEL = "Policy"
LEAD_SAMPLES = typer.Option(
    exists=True,
    dir_okay=False,
    readable=True,
    rich_help_panel=PANEL,
    help="File of measured lead times in seconds, one a line; their P90 replaces --lead.",
)


def _option(name: str) -> inspect.Parameter:
    if name == "lead_samples":
        return parameter(name, Annotated[Path | None, LEAD_SAMPLES])
    return field_option(name, Policy.model_fields[name], PANEL, *SHORT.get(name, ()))


def _changes(given: dict[str, Any]) -> dict[str, str]:
    """Those that were given, as text."""
    return {
        name: value.read_text() if isinstance(value, Path) else value
        for name, value in given.items()
        if value is not None
    }


# The command is handed `changes`: text by name, checked as a whole where a policy is made of it.
with_policy_options = with_options("changes", [_option(name) for name in Policy.model_fields], _changes)
