"""The API's document, made once a process: it takes 0.8 s."""

from backend.config import ROOT, Settings
from backend.main import create_app
from backend.tests.shipped import shipped_model

DOCUMENT = create_app(Settings(_env_file=None, frontend_path=ROOT / "nowhere"), shipped_model()).openapi()
OPERATIONS = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]
WRITE = ("post", "/api/v2/write")  # takes what InfluxDB's clients send
