"""`scaleops follow`: an access log as it grows, sent to a running ScaleOps."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from backend.cli.output import messages, problems_end_the_command, read_settings
from backend.config import web_address
from backend.errors import InvalidRequestError, UnusableFileError


def follow(
    file: Annotated[str, typer.Argument(help="A Common or Combined access log, or - for standard input.")],
    series: Annotated[str, typer.Option(help="Name of the series.", show_default="the file's name without .log")] = "",
    url: Annotated[
        str, typer.Option(help="Address of ScaleOps.", show_default="this machine, port SCALEOPS_PORT")
    ] = "",
    host: Annotated[
        str, typer.Option(help="Distinguishes the machines that send one series.", show_default="the host name")
    ] = "",
    hours: Annotated[float, typer.Option(min=0, max=24, help="How much of the log's past to send as well.")] = 1.0,
) -> None:
    """Send an access log to a running ScaleOps as it grows, as requests per second."""
    from backend.feed.samples import KNOWN_FEEDS
    from backend.shipper.run import STDIN, follow_log
    from backend.shipper.sender import line_head, log_tag

    settings = read_settings()
    name = series or ("stdin" if file == STDIN else Path(file).name.removesuffix(".log"))
    if not url and settings.port == 0:
        raise typer.BadParameter(
            "SCALEOPS_PORT is 0, which is any free port: set --url to the address that serve printed"
        )
    try:
        address = web_address(url or f"http://127.0.0.1:{settings.port}")
    except ValueError as error:
        raise typer.BadParameter(f"--url {error}") from None
    stopped = threading.Event()
    for reason in (signal.SIGINT, signal.SIGTERM):
        signal.signal(reason, lambda *_: stopped.set())

    def report(text: str) -> None:
        messages.print(text, soft_wrap=True, highlight=False, markup=False)

    with problems_end_the_command():
        if name in KNOWN_FEEDS | settings.feeds:
            raise InvalidRequestError(
                f"{name!r} is reserved for a Telegraf plugin or listed in SCALEOPS_FEEDS, so its lines would be read "
                "by that rule. Set --series to another name."
            )
        head = line_head(name, host, log_tag(file))
        token = settings.write_token or settings.api_token
        report(f"Following {file} as series {name}, sending to {address} (Ctrl-C stops it)")
        try:
            unsent = follow_log(file, hours * 3600, address, token, head, report, stopped)
        except OSError as error:
            raise UnusableFileError(f"{file} cannot be read: {error.strerror}.") from None
    if unsent:
        report(
            f"The counts of {unsent:,} seconds could not be sent. Started again, `scaleops follow` reads the log's "
            "past again (--hours) and sends them; the past of standard input is lost."
        )
        raise typer.Exit(1)
