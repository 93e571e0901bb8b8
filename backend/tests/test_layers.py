"""Dependencies point one way: api → pipeline → {ingest, models, stores, live, feed}."""

import ast
from pathlib import Path

import pytest

BACKEND = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "ingest": {"backend.models", "backend.stores", "backend.pipeline", "backend.live", "backend.api", "fastapi"},
    "models": {"backend.ingest", "backend.stores", "backend.pipeline", "backend.live", "backend.api", "fastapi"},
    "stores": {"backend.ingest", "backend.models", "backend.pipeline", "backend.live", "backend.api", "fastapi"},
    "live": {"backend.api", "backend.ingest", "fastapi"},
    "feed": {"backend.api", "backend.ingest", "backend.live", "fastapi"},
    "follow": {"backend.api", "backend.models", "backend.stores", "backend.live", "backend.pipeline", "fastapi"},
    "pipeline.py": {"backend.api", "backend.live", "fastapi"},
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
    path = BACKEND / part
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    assert files
    for file in files:
        for name in imports(file):
            assert not any(name == barred or name.startswith(barred + ".") for barred in FORBIDDEN[part]), (file, name)


def test_no_file_is_longer_than_400_lines() -> None:
    for file in BACKEND.rglob("*.py"):
        assert len(file.read_text().splitlines()) <= 400, file
