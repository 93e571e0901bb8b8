"""`scaleops openapi`: the API's document."""

import json
from pathlib import Path

import typer

from backend.config import Settings


def openapi() -> None:
    """Print the API's OpenAPI document, from which the page's types are generated."""
    from backend.main import create_app
    from backend.models.predictor import RPSEstimator

    settings = Settings(frontend_path=Path("/nowhere"))
    app = create_app(settings, RPSEstimator.load(settings.model_path))
    typer.echo(json.dumps(app.openapi(), indent=2))
