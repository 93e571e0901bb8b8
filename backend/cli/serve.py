"""`scaleops serve`: the product."""

import typer

from backend.cli.output import messages, problems_end_the_command, read_settings
from backend.config import Settings


def serve() -> None:
    """Serve the page, the API and the WebSocket until Ctrl-C."""
    settings = read_settings()
    if (settings.read_token or settings.write_token) and not settings.api_token:
        messages.print("[red]Settings:[/] set SCALEOPS_API_TOKEN, too: without it nobody could change or delete data")
        raise typer.Exit(2)
    from backend.models.predictor import RPSEstimator

    with problems_end_the_command():  # before the port is bound, with the reason alone instead of a trace
        estimator = RPSEstimator.load(settings.model_path)
        _check_store(settings)
    from backend.listening import run
    from backend.logs import configure_logs
    from backend.main import create_app

    configure_logs()
    if not (settings.frontend_path / "index.html").is_file():
        messages.print(
            f"[yellow]No page at {settings.frontend_path}: serving the API only (nginx may serve the page).[/]"
        )

    def announce(address: str) -> None:
        messages.print(f"ScaleOps on [bold]{address}[/]  (Ctrl-C stops it)", soft_wrap=True, highlight=False)

    run(create_app(settings, estimator), settings, announce)


def _check_store(settings: Settings) -> None:
    from backend.measurements import MEASUREMENTS
    from backend.stores import open_store

    store = open_store(settings, MEASUREMENTS, verify=True)
    store.check()
    store.close()
