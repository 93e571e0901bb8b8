"""`scaleops import`: a file into the store, as an upload brings it there."""

from contextlib import closing
from typing import Annotated

import typer

from backend.cli.files import File, file_reader, with_read_options
from backend.cli.inspect_ import print_inspection
from backend.cli.output import AsJson, messages, print_summary, problems_end_the_command, read_settings
from backend.ingest import ReadOptions

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say how the file would be read, and store nothing.")]


@with_read_options
def import_(file: File, *, options: ReadOptions, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Store a traffic file with its forecasts, as an upload does; a server may be running."""
    from backend.measurements import MEASUREMENTS
    from backend.models.predictor import RPSEstimator
    from backend.stores import open_store
    from backend.uploads.importing import import_file
    from backend.uploads.summary import upload_summary

    settings = read_settings()
    if dry_run:
        with problems_end_the_command():
            return print_inspection(file, options, settings, as_json)
    with (
        problems_end_the_command(),
        messages.status("") as status,
        closing(open_store(settings, MEASUREMENTS)) as store,
    ):
        result = import_file(
            file,
            file.name,
            options,
            read=file_reader(settings),
            estimator=RPSEstimator.load(settings.model_path),
            store=store,
            max_series=settings.max_series,
            on_step=lambda step: status.update(f"{step} {file.name}"),
        )
    print_summary(upload_summary(result), as_json)
