"""`scaleops anomalies`: what in a file a person on call would have wanted to see."""

from typing import Annotated, Any

import typer

from backend.cli.files import File, file_reader, with_read_options
from backend.cli.output import AsJson, messages, print_results, print_summary, problems_end_the_command, read_settings
from backend.cli.pipes import regular_file
from backend.ingest import ReadOptions

Every = Annotated[bool, typer.Option("--all", help="The score of every window, not only the alarms.")]


@with_read_options
def anomalies(file: File, *, every: Every = False, options: ReadOptions, as_json: AsJson = False) -> None:
    """List the alarms of a traffic file: from when to when, how anomalous (0.5 to 1), and why. Nothing is stored."""
    from backend.models.anomalies import THRESHOLD
    from backend.models.predictor import RPSEstimator
    from backend.serving.file_anomalies import alarms_of, judged_points

    settings = read_settings()
    with (
        problems_end_the_command(),
        regular_file(file, settings.max_upload_bytes) as file,
        messages.status(f"judging {file.name}"),
    ):
        estimator = RPSEstimator.load(settings.model_path)
        traffic = file_reader(settings)(file, file.name, options)
        points = judged_points(estimator, traffic.frame)
    report: dict[str, Any] = {"file": file.name, "threshold": THRESHOLD}
    if every:
        rows = [
            {"timestamp": time.isoformat(), "actual_rps": rate, "score": score, "anomaly": score >= THRESHOLD}
            for time, rate, score in points[["actual_rps", "anomaly_score"]].dropna().itertuples(name=None)
        ]
        _print(report, "windows", rows, as_json)
    else:
        found = alarms_of(points, traffic.window_seconds)
        rows = [
            {"start": each.start.isoformat(), "end": each.end.isoformat(), "score": each.score, "reason": each.reason}
            for each in found
        ]
        _print(report, "alarms", rows, as_json)


def _print(report: dict[str, Any], name: str, rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_summary(report | {name: rows}, as_json)
    elif rows:
        print_results(report | {"results": rows}, as_json)
    else:
        print_summary(report | {name: "none"}, as_json)
