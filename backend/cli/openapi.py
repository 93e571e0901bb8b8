"""`scaleops openapi`: the API's document."""

import json
from pathlib import Path

import typer

from backend.config import Settings


def openapi() -> None:
    """Print the API's OpenAPI document, from which the page's types are generated."""
    from backend.main import create_app

    typer.echo(json.dumps(create_app(Settings(frontend_path=Path("/nowhere"))).openapi(), indent=2))
