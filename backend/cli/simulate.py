"""`scaleops simulate`: policies replayed on a file's own traffic."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backend.cli.backtest import From, To
from backend.cli.files import File, file_reader, with_read_options
from backend.cli.options import field_option, with_options
from backend.cli.output import (
    AsJson,
    messages,
    output,
    print_results,
    print_summary,
    problems_end_the_command,
    read_settings,
    write_file,
)
from backend.cli.overwriting import refuse_overwriting
from backend.cli.pipes import regular_file
from backend.cli.policies import with_policy_options
from backend.ingest import ReadOptions
from backend.simulation.settings import SimulationSettings

if TYPE_CHECKING:
    from backend.simulation.schemas import SimulationResult

Html = Annotated[Path | None, typer.Option("--html", dir_okay=False, help="Write a page of its own: picture, table.")]
Csv = Annotated[Path | None, typer.Option("--csv", dir_okay=False, help="Write the table as CSV.")]
PANEL = "Simulation"


def _given(values: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


with_simulation_options = with_options(
    "simulation",
    [field_option(name, field, PANEL) for name, field in SimulationSettings.model_fields.items()],
    _given,
)


@with_simulation_options
@with_policy_options
@with_read_options
def simulate(
    context: typer.Context,
    file: File,
    *,
    start: From = None,
    stop: To = None,
    html: Html = None,
    csv: Csv = None,
    changes: dict[str, str],
    simulation: dict[str, str],
    options: ReadOptions,
    as_json: AsJson = False,
) -> None:
    """Replay policies on a traffic file: what each would have cost and missed. Nothing is stored."""
    from backend.capacity.policy import changed
    from backend.models.predictor import RPSEstimator
    from backend.simulation.report import report_of
    from backend.simulation.results import result_of
    from backend.simulation.settings import settings_of
    from backend.simulation.simulator import simulate as replayed
    from backend.simulation.table import csv_of
    from backend.simulation.traffic import traffic_of

    refuse_overwriting([("--html", html), ("--csv", csv)], [file, context.params["lead_samples"]])
    settings = read_settings()
    with (
        problems_end_the_command(),
        regular_file(file, settings.max_upload_bytes) as file,
        messages.status(f"reading {file.name}") as status,
    ):
        policy, asked = changed(None, dict(changes)), settings_of(simulation)
        estimator = RPSEstimator.load(settings.model_path)
        traffic = file_reader(settings)(file, file.name, options)
        rates, window = traffic.frame["actual_rps"], traffic.window_seconds
        span = traffic_of(rates, window, start, stop, asked, traffic.steps)
        result = result_of(
            replayed(span, policy, asked, estimator, lambda share: status.update(f"replaying: {share:.0%}"))
        )
    answer = {"file": file.name} | result.model_dump(mode="json", by_alias=True)
    if as_json:
        print_summary(answer, as_json)
    else:
        _print(answer, result)
    for path, made in ((html, partial(report_of, file.name, result)), (csv, partial(csv_of, result))):
        if path is not None:
            write_file(path, made())


def _print(answer: dict[str, Any], result: "SimulationResult") -> None:
    """The sentence, what it rests on, and the table."""
    from backend.simulation.table import cell, filled_columns

    output.print(result.sentence, soft_wrap=True, highlight=False)
    columns = [column for column in filled_columns(result) if column.short]
    rows = [
        {"policy": each.policy} | {column.title: cell(each, column) for column in columns} for each in result.policies
    ]
    summary = {name: answer[name] for name in ("file", "from", "to", "windows", "unknown_windows")}
    if result.recommendation:
        summary["quantile"] = result.recommendation.sentence
    for number, note in enumerate(result.notes, start=1):
        summary[f"note {number}"] = note
    for each in result.left_out:
        summary[f"{each.policy} left out"] = each.reason
    print_results(summary | {"results": rows}, as_json=False)
