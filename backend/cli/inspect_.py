"""`scaleops inspect`: what a file is, and how it would be read."""

from pathlib import Path

from backend.cli.files import File, with_read_options
from backend.cli.output import SEVERAL_READINGS, AsJson, print_summary, problems_end_the_command, read_settings
from backend.cli.pipes import regular_file
from backend.config import Settings
from backend.ingest import Inspection, ReadOptions, inspect_file


@with_read_options
def inspect(file: File, *, options: ReadOptions, as_json: AsJson = False) -> None:
    """Say what a traffic file is and how it would be read, and store nothing. Ends with 3 where readings differ."""
    print_inspection(inspected(file, options, read_settings()), as_json)


def inspected(file: Path, options: ReadOptions, settings: Settings) -> Inspection:
    from backend.uploads.importing import read_limits

    with problems_end_the_command(), regular_file(file, settings.max_upload_bytes) as file:
        return inspect_file(file, file.name, options, read_limits(settings), settings.window_seconds)


def print_inspection(inspection: Inspection, as_json: bool) -> None:
    import typer

    from backend.uploads.summary import inspection_summary

    summary = inspection_summary(inspection)
    if not as_json:  # a line each
        summary["columns"] = ", ".join(f"{column.name} ({column.role})" for column in inspection.columns)
        summary["preview"] = ", ".join(str(window["rps"]) for window in summary["preview"][:10])
        summary["choices"] = "; ".join(f"{choice['fields']}: {choice['says']}" for choice in inspection.choices)
    print_summary(summary, as_json)
    if inspection.choices:
        raise typer.Exit(SEVERAL_READINGS)
