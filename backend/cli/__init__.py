"""The commands of `scaleops`: one file a command, and the table of them."""

import os
import sys
from collections.abc import Callable

import typer

from backend.cli import (
    anomalies,
    backtest,
    doctor,
    follow,
    forecast,
    import_,
    inspect_,
    manifest,
    openapi,
    plan,
    sample,
    serve,
    simulate,
    train,
)
from backend.cli.output import messages

COMMANDS: dict[str, Callable[..., None]] = {
    "serve": serve.serve,
    "follow": follow.follow,
    "inspect": inspect_.inspect,
    "import": import_.import_,
    "forecast": forecast.forecast,
    "backtest": backtest.backtest,
    "anomalies": anomalies.anomalies,
    "plan": plan.plan,
    "simulate": simulate.simulate,
    "manifest": manifest.manifest,
    "train": train.train,
    "sample": sample.sample,
    "doctor": doctor.doctor,
    "openapi": openapi.openapi,
}

app = typer.Typer(
    help="Forecast request traffic a few minutes ahead.", no_args_is_help=True, pretty_exceptions_enable=False
)
for name, command in COMMANDS.items():
    app.command(name)(command)


def main() -> None:
    """Run a command. Where what it prints cannot be written, to a full disk say, it ends with why."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # while the error can still be told
    except OSError as error:
        if error.filename is not None:
            raise
        messages.print(f"[red]Not written:[/] {error.strerror}.", highlight=False)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is not tried again at the end
        raise SystemExit(1) from None
