"""`scaleops backtest`: the models' errors on a file beside those of naive baselines."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from backend.cli.files import File, file_reader, with_read_options
from backend.cli.output import AsJson, messages, print_results, problems_end_the_command, read_settings
from backend.cli.pipes import regular_file
from backend.errors import InvalidRequestError
from backend.ingest import ReadOptions
from backend.schemas import in_utc


def _moment(text: str) -> datetime:
    """A point in time from ISO 8601."""
    try:
        return in_utc(datetime.fromisoformat(text))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an ISO 8601 time, such as 1995-08-13T00:00:00Z") from None


From = Annotated[datetime | None, typer.Option("--from", parser=_moment, help="First window to score.")]
To = Annotated[datetime | None, typer.Option("--to", parser=_moment, help="End of the scored span, exclusive.")]


@with_read_options
def backtest(file: File, *, start: From = None, stop: To = None, options: ReadOptions, as_json: AsJson = False) -> None:
    """Score every model and the naive baselines on a traffic file, with every window as an origin."""
    import pandas as pd

    from backend.models.evaluate import backtest as score_models
    from backend.models.evaluate import seen_in_training
    from backend.models.predictor import RPSEstimator

    settings = read_settings()
    with (
        problems_end_the_command(),
        regular_file(file, settings.max_upload_bytes) as file,
        messages.status(f"scoring {file.name}"),
    ):
        estimator = RPSEstimator.load(settings.model_path)
        traffic = file_reader(settings)(file, file.name, options)
        first, last = traffic.frame.index[0], traffic.frame.index[-1]
        start = start or first.to_pydatetime()
        stop = stop or (last + timedelta(seconds=traffic.window_seconds)).to_pydatetime()
        results = score_models(estimator, traffic.frame, pd.Timestamp(start), pd.Timestamp(stop))
        if not results:
            raise InvalidRequestError(
                f"No window from {start.isoformat()} to {stop.isoformat()} can be scored: {file.name} has those from "
                f"{first.isoformat()} to {last.isoformat()}, and the first of them have nothing before them. "
                "Set --from and --to within, --from first."
            )
        seen = seen_in_training(estimator.manifest, start, stop)
    for trained in seen:
        messages.print(
            f"{estimator.version} was trained on {trained['name']} from {trained['first']} to {trained['last']}. "
            "If that is this traffic, the scores are optimistic: score later days, or a model that "
            "`scaleops train --no-refit` wrote.",
            soft_wrap=True,
        )
    report = {
        "file": file.name,
        "window_seconds": traffic.window_seconds,
        "from": start.isoformat(),
        "to": stop.isoformat(),
        "seen_in_training": seen,
        "results": results,
    }
    print_results(report, as_json)
