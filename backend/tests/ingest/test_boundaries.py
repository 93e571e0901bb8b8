"""Reading knows nothing of the server, the models or the stores."""

import ast
from pathlib import Path

import pytest

import backend.ingest

MODULES = sorted(Path(backend.ingest.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_ingest_imports_only_itself_errors_figures_and_arrays(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    own = {name for name in imported if name.split(".")[0] in {"backend", "fastapi", "starlette"}}
    allowed = ("backend.ingest", "backend.errors", "backend.figures", "backend.arrays")
    assert {name for name in own if not name.startswith(allowed)} == set()
