"""Options that several commands share.

typer has none (its issue 153); it does read a decorated function's `__signature__`.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any, cast

import typer
from pydantic.fields import FieldInfo

Command = Callable[..., None]


def with_options(
    name: str, parameters: Sequence[inspect.Parameter], build: Callable[[dict[str, Any]], object]
) -> Callable[[Command], Command]:
    """Decorates a command: in place of its keyword-only parameter `name` it has these, from which that one is built."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(**arguments: Any) -> None:
            given = {parameter.name: arguments.pop(parameter.name) for parameter in parameters}
            command(**arguments, **{name: build(given)})

        own = inspect.signature(command)
        spread: list[inspect.Parameter] = []
        for parameter in own.parameters.values():
            spread += parameters if parameter.name == name else [parameter]
        cast(Any, run).__signature__ = own.replace(parameters=spread)
        return run

    return decorate


def field_option(name: str, field: FieldInfo, panel: str, *short: str) -> inspect.Parameter:
    """An option for a field of a model, its text to be checked with the others as a whole; None where it is not given.
    `short`: other names of it."""
    default = field.get_default()
    shown = "" if default is None or default == () else str(default)
    option = typer.Option(
        f"--{name.replace('_', '-')}",
        *short,
        help=field.description,
        show_default=(shown.lower() if isinstance(default, bool) else shown) or False,
        rich_help_panel=panel,
    )
    return parameter(name, Annotated[str | None, option])


def parameter(name: str, annotation: Any) -> inspect.Parameter:
    """A keyword of a command, None where it is not given."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
