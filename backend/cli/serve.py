"""`scaleops serve`: the product."""

from backend.cli.output import messages, problems_end_the_command, read_settings
from backend.config import Settings


def serve() -> None:
    """Serve the page, the API and the WebSocket until Ctrl-C."""
    import uvicorn

    settings = read_settings()
    with problems_end_the_command():
        _check_start(settings)
    from backend.logs import configure_logs
    from backend.main import create_app

    configure_logs()
    if not (settings.frontend_path / "index.html").is_file():
        messages.print(
            f"[yellow]No page at {settings.frontend_path}: serving the API only (nginx may serve the page).[/]"
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


def _check_start(settings: Settings) -> None:
    """Fail before the port is bound, with the reason alone instead of a trace."""
    from backend.measurements import MEASUREMENTS
    from backend.models.predictor import RPSEstimator
    from backend.stores import open_store

    RPSEstimator.load(settings.model_path)
    store = open_store(settings, MEASUREMENTS, verify=True)
    store.check()
    store.close()
