"""`scaleops train`: a model of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from backend.cli.files import FILE, file_reader
from backend.cli.output import messages, output, problems_end_the_command, read_settings
from backend.cli.overwriting import refuse_overwriting
from backend.cli.pipes import regular_file
from backend.ingest import ReadOptions


def train(
    files: Annotated[list[Path], FILE],
    out: Annotated[Path, typer.Option(help="Model file to write; its manifest is written beside it as .json.")],
    refit: Annotated[
        bool,
        typer.Option(help="After scoring, train again on all days; --no-refit writes the model that was scored."),
    ] = True,
    horizons: Annotated[
        str, typer.Option(help="Windows ahead to train for, 1 to 120; those between are interpolated.")
    ] = "1,5,15,30,60",
) -> None:
    """Train the models on traffic files, score them on the last ten days, write a model file and its manifest."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from backend.models.model_file import manifest_path, refuse_unwritable
    from backend.models.train import train as train_models

    wanted = _horizons(horizons)
    settings = read_settings()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with problems_end_the_command(), Progress(*columns, console=messages) as progress:
        refuse_unwritable(out)
        refuse_overwriting([("--out", out), ("--out", manifest_path(out))], files)
        task = progress.add_task("reading", total=1.0)
        read = file_reader(settings)
        frames = []
        for given in files:
            with regular_file(given, settings.max_upload_bytes) as path:
                frames.append((path.name, read(path, path.name, ReadOptions()).frame))

        def report(step: str, done: int, total: int) -> None:
            progress.update(task, description=step, completed=done, total=total)

        train_models(frames, out, report, refit=refit, horizons=wanted)
    output.print(f"Wrote {out} and its manifest {manifest_path(out)}", markup=False, soft_wrap=True)


def _horizons(text: str) -> list[int]:
    from backend.models.trailing_stats import LONGEST

    try:
        horizons = sorted({int(each) for each in text.split(",")})
    except ValueError:
        horizons = []
    if not horizons or horizons[0] < 1 or horizons[-1] > LONGEST:
        raise typer.BadParameter(
            f"{text!r} are no horizons. Give windows ahead from 1 to {LONGEST} with commas between: 1,5,15,30,60",
            param_hint="--horizons",
        )
    return horizons
