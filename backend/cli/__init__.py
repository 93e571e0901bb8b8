"""The commands of `scaleops`: one file a command, and the table of them."""

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
