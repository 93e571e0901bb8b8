"""`scaleops sample`: the synthetic sample traffic."""

from pathlib import Path
from typing import Annotated

import typer

from backend.cli.output import output


def sample(
    out: Annotated[Path, typer.Option(help="Folder to write into.", exists=True, file_okay=False)] = Path(),
) -> None:
    """Write the synthetic sample traffic, seven days of requests, to try the product with."""
    from backend.sample import write_sample

    output.print(str(write_sample(out)), markup=False, soft_wrap=True)
