"""The commands: scaleops serve | follow | import | forecast | backtest | train | sample | doctor | openapi."""

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from pydantic import ValidationError
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from backend.config import Settings, describe, web_address
from backend.errors import InvalidRequestError, ProblemError, PrometheusError, UnusableFileError
from backend.ingest import Kind, ReadOptions, TimeUnit, Traffic, ValueUnit, read_traffic

app = typer.Typer(
    help="Forecast request traffic a few minutes ahead.", no_args_is_help=True, pretty_exceptions_enable=False
)
output, messages = Console(), Console(stderr=True)
TABLE_WIDTH = 160


def _moment(text: str) -> datetime:
    """A point in time from ISO 8601; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an ISO 8601 time, such as 1995-08-13T00:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A traffic file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
KindOption = Annotated[Kind | None, typer.Option(help="A row a request (raw) or a row a window (series).")]
TimestampColumn = Annotated[str | None, typer.Option(help="Column that holds the time.")]
TimeUnitOption = Annotated[TimeUnit | None, typer.Option(help="Unit of the time column.")]
Timezone = Annotated[str | None, typer.Option(help="Zone of times without an offset, e.g. Europe/Berlin.")]
ValueColumn = Annotated[str | None, typer.Option(help="Column that holds the traffic of a window.")]
ValueUnitOption = Annotated[ValueUnit | None, typer.Option(help="Requests in a window (count) or a second (rate).")]
From = Annotated[datetime | None, typer.Option("--from", parser=_moment, help="First window to score.")]
To = Annotated[datetime | None, typer.Option("--to", parser=_moment, help="First window that is not scored.")]
WindowSeconds = Annotated[int | None, typer.Option(min=1, max=86_400, help="Length of a window.")]


@app.command()
def serve() -> None:
    """Serve the page, the API and the WebSocket until Ctrl-C."""
    import uvicorn

    settings = _settings()
    with _problems_end_the_command():
        _check_start(settings)
    from backend.logs import configure_logs
    from backend.main import create_app

    configure_logs()
    if not (settings.frontend_path / "index.html").is_file():
        messages.print(
            f"[yellow]No page at {settings.frontend_path}: only the API is served (nginx may serve the page).[/]"
        )
    messages.print(f"ScaleOps on [bold]http://{settings.host}:{settings.port}[/]  (Ctrl-C stops it)")
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        timeout_graceful_shutdown=5,  # uvicorn's own default waits for open WebSockets for ever
        ws_max_size=64 * 1024,
        ws_per_message_deflate=False,  # halves the messages a second that one process can send
        server_header=False,
    )


@app.command()
def follow(
    file: Annotated[str, typer.Argument(help="A Common or Combined access log, or - for standard input.")],
    series: Annotated[str, typer.Option(help="Name of the series.  [default: the file's name without .log]")] = "",
    url: Annotated[str, typer.Option(help="Where ScaleOps runs.  [default: this machine, SCALEOPS_PORT]")] = "",
    host: Annotated[str, typer.Option(help="Tells the machines of a series apart.  [default: the host name]")] = "",
    hours: Annotated[float, typer.Option(min=0, max=24, help="How much of the log's past is sent as well.")] = 1.0,
) -> None:
    """Send an access log to a running ScaleOps as it grows, its requests counted by the second."""
    from backend.feed.samples import KNOWN_FEEDS
    from backend.shipper.run import STDIN, follow_log
    from backend.shipper.sender import line_head, log_tag

    settings = _settings()
    name = series or ("stdin" if file == STDIN else Path(file).name.removesuffix(".log"))
    try:
        address = web_address(url or f"http://127.0.0.1:{settings.port}")
    except ValueError as error:
        raise typer.BadParameter(f"--url {error}") from None
    stopped = threading.Event()
    for reason in (signal.SIGINT, signal.SIGTERM):
        signal.signal(reason, lambda *_: stopped.set())

    def say(text: str) -> None:
        messages.print(text, soft_wrap=True, highlight=False, markup=False)

    with _problems_end_the_command():
        if name in KNOWN_FEEDS | settings.feeds:
            raise InvalidRequestError(
                f"{name!r} is read by a rule of its own (a Telegraf plugin's, or SCALEOPS_FEEDS). Set --series."
            )
        head = line_head(name, host, log_tag(file))
        say(f"Following {file} as {name} to {address} (Ctrl-C stops it)")
        try:
            unsent = follow_log(file, hours * 3600, address, settings.api_token, head, say, stopped)
        except OSError as error:
            raise UnusableFileError(f"{file} cannot be read: {error.strerror}.") from None
    if unsent:
        say(f"{unsent:,} counted seconds could not be sent. The next start reads a log's past again.")
        raise typer.Exit(1)


@app.command(name="import")
def import_(
    file: File,
    kind: KindOption = None,
    timestamp_column: TimestampColumn = None,
    time_unit: TimeUnitOption = None,
    timezone: Timezone = None,
    value_column: ValueColumn = None,
    value_unit: ValueUnitOption = None,
    window_seconds: WindowSeconds = None,
    as_json: AsJson = False,
) -> None:
    """Store a traffic file with its predictions, as an upload does; a server may be running."""
    from backend.measurements import MEASUREMENTS
    from backend.models.predictor import RPSEstimator
    from backend.stores import open_store
    from backend.uploads.importing import import_file

    settings = _settings()
    options = ReadOptions(kind, timestamp_column, time_unit, timezone, value_column, value_unit, window_seconds)
    with _problems_end_the_command(), messages.status("") as status:
        result = import_file(
            file,
            file.name,
            options,
            read=_reader(settings),
            estimator=RPSEstimator.load(settings.model_path),
            store=open_store(settings, MEASUREMENTS),
            max_series=settings.max_series,
            on_step=lambda step: status.update(f"{step} {file.name}"),
        )
    traffic = result.traffic
    summary = {
        "filename": result.key.name,
        "version": result.key.version,
        "kind": traffic.kind,
        "format": traffic.format,
        "rows_read": traffic.rows_read,
        "rows_dropped": [vars(dropped) for dropped in traffic.rows_dropped],
        "assumptions": traffic.assumptions,
        "window_seconds": traffic.window_seconds,
        "first": traffic.frame.index[0].isoformat(),
        "last": traffic.frame.index[-1].isoformat(),
        "windows": result.windows,
        "gaps": result.gaps,
        "points_written": result.points_written,
        "scores": result.scores,
    }
    _print(summary, as_json)


@app.command()
def forecast(
    file: File,
    kind: KindOption = None,
    timestamp_column: TimestampColumn = None,
    time_unit: TimeUnitOption = None,
    timezone: Timezone = None,
    value_column: ValueColumn = None,
    value_unit: ValueUnitOption = None,
    window_seconds: WindowSeconds = None,
    as_json: AsJson = False,
) -> None:
    """Forecast from the end of a traffic file; nothing is stored."""
    from backend.models.predictor import RPSEstimator

    settings = _settings()
    options = ReadOptions(kind, timestamp_column, time_unit, timezone, value_column, value_unit, window_seconds)
    with _problems_end_the_command():
        estimator = RPSEstimator.load(settings.model_path)
        traffic = _reader(settings)(file, file.name, options)
        result = estimator.forecast(traffic.frame)
    rows = [{**row, "timestamp": row["timestamp"].isoformat()} for row in result.table.to_dict("records")]
    _print_rows({"file": file.name, "warming_up": result.warming_up, "results": rows}, as_json)


@app.command()
def backtest(
    file: File,
    start: From = None,
    stop: To = None,
    kind: KindOption = None,
    timestamp_column: TimestampColumn = None,
    time_unit: TimeUnitOption = None,
    timezone: Timezone = None,
    value_column: ValueColumn = None,
    value_unit: ValueUnitOption = None,
    window_seconds: WindowSeconds = None,
    as_json: AsJson = False,
) -> None:
    """Score both models and the naive baselines on a traffic file, every window an origin."""
    from backend.models.evaluate import backtest as run_backtest
    from backend.models.evaluate import seen_in_training
    from backend.models.predictor import RPSEstimator

    settings = _settings()
    options = ReadOptions(kind, timestamp_column, time_unit, timezone, value_column, value_unit, window_seconds)
    with _problems_end_the_command(), messages.status(f"scoring {file.name}"):
        estimator = RPSEstimator.load(settings.model_path)
        traffic = _reader(settings)(file, file.name, options)
        first, last = traffic.frame.index[0], traffic.frame.index[-1]
        start = start or first.to_pydatetime()
        stop = stop or (last + timedelta(seconds=traffic.window_seconds)).to_pydatetime()
        results = run_backtest(estimator, traffic.frame, pd.Timestamp(start), pd.Timestamp(stop))
        seen = seen_in_training(estimator.manifest, start, stop)
    for trained in seen:
        messages.print(
            f"{estimator.version} was trained on {trained['name']} from {trained['first']} to {trained['last']}. "
            "If that is this traffic, the scores flatter: score later days, or a model of `scaleops train --no-refit`.",
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
    _print_rows(report, as_json)


@app.command()
def train(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Traffic files to learn from.")],
    out: Annotated[Path, typer.Option(help="Model file to write; its manifest goes beside it as .json.")],
    refit: Annotated[
        bool, typer.Option(help="Train on all days once the last are scored; without, write the model that was scored.")
    ] = True,
) -> None:
    """Train both models on traffic files, score them on the last ten days, write a model file with its manifest."""
    from backend.models.train import train as run_training

    settings = _settings()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with _problems_end_the_command(), Progress(*columns, console=messages) as progress:
        task = progress.add_task("reading", total=1.0)
        read = _reader(settings)
        frames = [(path.name, read(path, path.name, ReadOptions()).frame) for path in files]

        def report(step: str, done: int, total: int) -> None:
            progress.update(task, description=step, completed=done, total=total)

        run_training(frames, out, report, refit=refit)
    output.print(f"Wrote {out} and its manifest {out.with_suffix('.json')}", soft_wrap=True)


@app.command()
def sample(
    out: Annotated[Path, typer.Option(help="Folder to write into.", exists=True, file_okay=False)] = Path(),
) -> None:
    """Write seven days of synthetic requests, to try the product with."""
    from backend.sample import write_sample

    output.print(str(write_sample(out)), soft_wrap=True)


@app.command()
def doctor() -> None:
    """Check settings, model file, store, page and the queries of Prometheus, and say what to do about each."""
    from backend.feed.poller import why_not
    from backend.feed.prometheus import value_at
    from backend.measurements import MEASUREMENTS
    from backend.models.predictor import RPSEstimator
    from backend.stores import open_store

    settings = _settings()
    findings: list[tuple[str, bool, str]] = []

    def check(what: str, probe: Callable[[], str]) -> None:
        try:
            findings.append((what, True, probe()))
        except ProblemError as problem:
            findings.append((what, False, problem.detail))

    def check_store() -> str:
        open_store(settings, MEASUREMENTS).check()
        return str(settings.sqlite_path)

    def check_query(text: str) -> str:
        end = int(time.time()) // settings.window_seconds * settings.window_seconds
        value = value_at(settings.prometheus_url, settings.prometheus_token, text, end)
        if problem := why_not(value):
            raise PrometheusError(problem)
        return f"{value:.4g} requests a second"

    check("model", lambda: f"{RPSEstimator.load(settings.model_path).version}, hash verified")
    check("store", check_store)
    for name, query in settings.prometheus_queries.items():
        check(f"query {name}", partial(check_query, query))
    built = (settings.frontend_path / "index.html").is_file()
    findings.append(("page", built, str(settings.frontend_path) if built else "not built: run `make build`"))
    table = Table("what", "", "finding")
    for what, well, finding in findings:
        table.add_row(what, "[green]ok[/]" if well else "[red]wrong[/]", escape(finding))
    output.print(table)
    if not all(well for _, well, _ in findings):
        raise typer.Exit(1)


@app.command()
def openapi() -> None:
    """Print the API's OpenAPI document, from which the page's types are generated."""
    from backend.main import create_app

    typer.echo(json.dumps(create_app(Settings(frontend_path=Path("/nowhere"))).openapi(), indent=2))


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        messages.print(f"[red]Settings:[/] {describe(error)}", soft_wrap=True)
        raise typer.Exit(2) from None


def _check_start(settings: Settings) -> None:
    """Fail before the port is bound, with the reason alone instead of a trace."""
    from backend.measurements import MEASUREMENTS
    from backend.models.predictor import RPSEstimator
    from backend.stores import open_store

    RPSEstimator.load(settings.model_path)
    store = open_store(settings, MEASUREMENTS, verify=True)
    store.check()
    store.close()


def _reader(settings: Settings) -> Callable[[Path, str, ReadOptions], Traffic]:
    """Read in this process, within the limits of an upload: a command's user owns the file."""
    from backend.uploads.reader_pool import read_limits

    def read(path: Path, filename: str, options: ReadOptions) -> Traffic:
        return read_traffic(path, filename, options, read_limits(settings), settings.window_seconds)

    return read


@contextmanager
def _problems_end_the_command() -> Iterator[None]:
    try:
        yield
    except ProblemError as problem:
        messages.print(f"[red]{problem.title}:[/] {problem.detail}", soft_wrap=True, highlight=False)
        raise typer.Exit(1) from None


def _print(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        json.dump(summary, sys.stdout, indent=2)
        return
    for name, value in summary.items():
        output.print(f"[bold]{name}[/]: {value}", soft_wrap=True)


def _print_rows(report: dict[str, Any], as_json: bool) -> None:
    """Print a report whose `results` are rows of one shape; as a table without its other lists."""
    if as_json:
        json.dump(report, sys.stdout, indent=2)
        return
    rows = report["results"]
    _print({name: value for name, value in report.items() if not isinstance(value, list)}, as_json=False)
    table = Table(*rows[0], box=box.SIMPLE)
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    # Cut to a terminal of 80 columns, three letters of each would be left; so long lines wrap there.
    Console(width=max(output.width, TABLE_WIDTH)).print(table)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
