"""Dependencies point one way: api, cli → {uploads, live} → feed → serving → {ingest, models, stores}."""

import ast
from pathlib import Path

import pytest

BACKEND = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "ingest": {"models", "stores", "uploads", "serving", "feed", "live", "api", "cli"},
    "models": {"ingest", "stores", "uploads", "serving", "feed", "live", "api", "cli"},
    "stores": {"ingest", "models", "uploads", "serving", "feed", "live", "api", "cli"},
    "serving": {"ingest", "uploads", "feed", "live", "api", "cli"},
    "uploads": {"feed", "live", "api", "cli"},
    "feed": {"ingest", "uploads", "live", "api", "cli"},
    "live": {"ingest", "uploads", "api", "cli"},
    "shipper": {"models", "stores", "uploads", "serving", "live", "api", "cli"},
}


def imports(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("part", sorted(FORBIDDEN))
def test_a_part_imports_nothing_above_or_beside_it(part: str) -> None:
    files = sorted((BACKEND / part).rglob("*.py"))
    assert files
    for file in files:
        for name in imports(file):
            room = name.removeprefix("backend.").split(".")[0] if name.startswith("backend.") else ""
            assert room not in FORBIDDEN[part], (file, name)
            assert name.split(".")[0] != "fastapi", (file, name)


def test_no_file_is_longer_than_400_lines() -> None:
    for file in BACKEND.rglob("*.py"):
        assert len(file.read_text().splitlines()) <= 400, file
