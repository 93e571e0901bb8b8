"""The scripts that find the programs of the tests."""

import os
import subprocess
from functools import cache

from backend.config import ROOT

NONE_WANTED = "SCALEOPS_TESTS_WITHOUT_PROGRAMS"


@cache
def find_program(script: str, *arguments: str) -> str:
    """Path of a program; the first call on a machine may fetch or build it, or wait for who does."""
    assert NONE_WANTED not in os.environ, "a test that needs another program must be marked: pytest.mark.programs"
    result = subprocess.run([ROOT / "scripts" / script, *arguments], stdout=subprocess.PIPE, text=True)
    assert result.returncode == 0, f"see the message of scripts/{script} above"
    return result.stdout.strip()
