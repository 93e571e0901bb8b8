"""What a command writes is none of what it reads."""

from collections.abc import Iterable
from pathlib import Path

import typer

from backend.cli.pipes import STDIN


def refuse_overwriting(outputs: Iterable[tuple[str, Path | None]], inputs: Iterable[Path | None]) -> None:
    """End the command where an output, given by the option that names it, is an input or another output."""
    taken = [Path("/dev/stdin") if path == STDIN else path for path in inputs if path]
    for option, path in outputs:
        if path is None:
            continue
        if any(_same(path, other) for other in taken):
            raise typer.BadParameter(
                f"{path} is read or written by this command already and would be overwritten. Name another file.",
                param_hint=option,
            )
        taken.append(path)


def _same(one: Path, other: Path) -> bool:
    """Whether writing one would change the other, by whatever names: a terminal or a pipe has nothing to lose."""
    if one.exists() and other.exists():
        return one.is_file() and one.samefile(other)
    return one.resolve() == other.resolve()
