"""`scaleops plan`: replicas for what follows a file or a stored series."""

from pathlib import Path
from typing import Annotated

import typer

from backend.cli.files import A_FILE, with_read_options
from backend.cli.output import AsJson, messages, print_results, problems_end_the_command, read_settings
from backend.cli.pipes import is_file
from backend.cli.planning import Planned, planned_file, planned_series
from backend.cli.policies import with_policy_options
from backend.ingest import ReadOptions

Target = Annotated[str, typer.Argument(metavar="FILE|SERIES", help=f"{A_FILE} Or the name of a stored series.")]
Running = Annotated[int | None, typer.Option(min=1, help="Replicas that run: says whether an HPA acts.")]
Again = Annotated[
    bool, typer.Option("--again", help="Make the logged decisions of the series' last day again, and compare.")
]
SHOWN = (
    "filename",
    "at",
    "serving_from",
    "replicas",
    "forecast",
    "level",
    "observed",
    "demand",
    "capacity",
    "sentence",
)


@with_policy_options
@with_read_options
def plan(
    target: Target,
    *,
    changes: dict[str, str],
    current_replicas: Running = None,
    again: Again = False,
    options: ReadOptions,
    as_json: AsJson = False,
) -> None:
    """Replicas for the newest forecast, with every step that leads there. Of a stored series by its policy, in which
    the options below change what they name; nothing is kept."""
    settings = read_settings()
    with problems_end_the_command(), messages.status(f"planning {target}"):
        opened = planned_file(settings, Path(target), options) if is_file(target) else planned_series(settings, target)
        with opened as planned:
            report = _compared(planned) if again else _recommended(planned, changes, current_replicas, as_json)
    print_results(report, as_json)


def _recommended(planned: Planned, changes: dict[str, str], current: int | None, as_json: bool) -> dict[str, object]:
    from backend.serving.presenters import BURST_FACTOR

    answer = planned.planning.recommend(planned.series, "historic", changes, current).model_dump(mode="json")
    report = answer if as_json else {name: answer[name] for name in SHOWN}
    if not as_json and answer["hpa"]:
        report["hpa"] = answer["hpa"]["sentence"]
    burst = planned.series.attributes.get(BURST_FACTOR)
    if not as_json and burst and answer["policy"]["burst_factor"] == 1:
        report["burst"] = f"busy windows' peak seconds have {burst:.1f} times their mean: --burst-factor {burst:.1f}"
    return report | {"results": answer["steps"]}


def _compared(planned: Planned) -> dict[str, object]:
    """The decisions that come out otherwise now, beside what was logged."""
    from backend.capacity.recommendation import DAY

    series = planned.series
    every = list(planned.planning.decisions.recomputed(series, series.last - DAY, None))
    made = [one for one in every if one.again is not None]
    rows = [
        {"at": one.logged.at.isoformat(), "field": name, "logged": value, "again": getattr(one.again, name)}
        for one in made
        for name, value in vars(one.logged).items()
        if value != getattr(one.again, name)
    ]
    return {
        "series": series.name,
        "logged": len(every),
        "made again": len(made),
        "the same": sum(one.logged == one.again for one in made),
        "results": rows,
    }
