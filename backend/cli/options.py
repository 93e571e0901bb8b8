"""Options that several commands share.

typer has none (its issue 153); it does read a decorated function's `__signature__`.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, cast

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
