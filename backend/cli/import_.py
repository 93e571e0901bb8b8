"""`scaleops import`: a file into the store, as an upload brings it there."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from backend.cli.files import File, can_ask, chosen_fields, file_reader, with_read_options
from backend.cli.inspect_ import inspected, print_inspection
from backend.cli.output import AsJson, messages, print_summary, problems_end_the_command, read_settings
from backend.cli.pipes import regular_file
from backend.config import Settings
from backend.errors import SameNameError
from backend.ingest import ReadOptions

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say how the file would be read, and store nothing.")]
SameName = Annotated[
    Literal["continue", "replace", "separate"] | None,
    typer.Option(help="What the file is to a series that has its name: continue, replace or separate."),
]


@with_read_options
def import_(
    file: File,
    *,
    options: ReadOptions,
    same_name: SameName = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Store a traffic file with its forecasts, as an upload does; a server may be running."""
    settings = read_settings()
    if dry_run:
        return print_inspection(inspected(file, options, settings), as_json)
    with problems_end_the_command(), regular_file(file, settings.max_upload_bytes) as file:
        summary = _stored(settings, file, options, same_name)
    if summary["already_stored"]:
        messages.print(f"Already stored on {summary['already_stored'][:16]} UTC, so it was not read again.")
    print_summary(summary, as_json)


def _stored(settings: Settings, file: Path, options: ReadOptions, same_name: Any) -> dict[str, Any]:
    from backend.measurements import MEASUREMENTS
    from backend.models.predictor import RPSEstimator
    from backend.stores import open_store
    from backend.uploads.importing import ToImport
    from backend.uploads.job import local_import, store_here

    asked = local_import(file, options, same_name)
    estimator = RPSEstimator.load(settings.model_path)
    with messages.status("") as status, closing(open_store(settings, MEASUREMENTS)) as store:

        def stored(asked: ToImport) -> dict[str, Any]:
            read, told = file_reader(settings), lambda step: status.update(f"{step} {file.name}")
            return store_here(asked, read, estimator, store, settings.max_series, told)

        try:
            return stored(asked)
        except SameNameError as question:
            if not can_ask():
                raise
            status.stop()
            return stored(replace(asked, **chosen_fields(question)))  # type: ignore[arg-type]
