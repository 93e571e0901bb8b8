"""Traffic files on the command line: the argument, the options of how a file is read, and the reader."""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from backend.ingest import ReadOptions

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A traffic file.")]

# One option for every field of ReadOptions, whose types and defaults they have.
READ_OPTIONS = {
    "kind": typer.Option(help="One row per request (raw) or one row per window (series)."),
    "timestamp_column": typer.Option(help="Column that holds the time."),
    "time_unit": typer.Option(help="Unit of the time column."),
    "timezone": typer.Option(help="Time zone of times without an offset, e.g. Europe/Berlin."),
    "value_column": typer.Option(help="Column that holds the traffic of a window."),
    "value_unit": typer.Option(help="Requests per window (count) or per second (rate)."),
    "window_seconds": typer.Option(min=1, max=86_400, help="Length of a window."),
}


def with_read_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command an option for every field of ReadOptions in place of its keyword-only `options`.

    typer has no options that commands share (its issue 153); it does read a decorated function's `__signature__`.
    """

    @wraps(command)
    def run(**arguments: Any) -> None:
        fields = {name: arguments.pop(name) for name in READ_OPTIONS}
        command(**arguments, options=ReadOptions(**fields))

    own = inspect.signature(command)
    parameters: list[inspect.Parameter] = []
    for parameter in own.parameters.values():
        parameters += _read_parameters() if parameter.name == "options" else [parameter]
    cast(Any, run).__signature__ = own.replace(parameters=parameters)
    return run


def _read_parameters() -> list[inspect.Parameter]:
    return [
        field.replace(
            kind=inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[field.annotation, READ_OPTIONS[field.name]]
        )
        for field in inspect.signature(ReadOptions).parameters.values()
    ]
