"""`scaleops inspect`: what a file is, and how it would be read."""

from backend.cli.files import File, with_read_options
from backend.cli.output import SEVERAL_READINGS, AsJson, print_summary, problems_end_the_command, read_settings
from backend.config import Settings
from backend.ingest import ReadOptions, inspect_file


@with_read_options
def inspect(file: File, *, options: ReadOptions, as_json: AsJson = False) -> None:
    """Say what a traffic file is and how it would be read, and store nothing. Ends with 3 where readings differ."""
    with problems_end_the_command():
        print_inspection(file, options, read_settings(), as_json)


def print_inspection(file: File, options: ReadOptions, settings: Settings, as_json: bool) -> None:
    import typer

    from backend.uploads.importing import read_limits
    from backend.uploads.summary import inspection_summary

    inspection = inspect_file(file, file.name, options, read_limits(settings), settings.window_seconds)
    summary = inspection_summary(inspection)
    if not as_json:  # a line each
        summary["columns"] = ", ".join(f"{column.name} ({column.role})" for column in inspection.columns)
        summary["preview"] = ", ".join(str(window["rps"]) for window in summary["preview"][:10])
        summary["choices"] = "; ".join(f"{choice['fields']}: {choice['says']}" for choice in inspection.choices)
    print_summary(summary, as_json)
    if inspection.choices:
        raise typer.Exit(SEVERAL_READINGS)
