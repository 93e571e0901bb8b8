"""The API's document, made once a process: it takes 0.8 s."""

from backend.config import ROOT, Settings
from backend.main import create_app

DOCUMENT = create_app(Settings(_env_file=None, frontend_path=ROOT / "nowhere")).openapi()
OPERATIONS = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]
