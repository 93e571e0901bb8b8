"""What the product is built from is fixed by digest or by hash."""

import re
import tomllib
from pathlib import Path

import pytest

from backend.config import ROOT

LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
INSTALLERS = [ROOT / "Makefile", ROOT / "backend" / "Dockerfile", *sorted((ROOT / "scripts").iterdir())]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OURS = {"scaleops-frontend", "scaleops-backend"}


def images() -> dict[str, str]:
    """The images that are pulled, and the file that names each."""
    named = [
        (ROOT / "docker-compose.yml", r"^ +image: (\S+)"),
        (ROOT / "backend" / "Dockerfile", r"^FROM (\S+)"),
        (ROOT / "frontend" / "Dockerfile", r"^FROM (\S+)"),
        (ROOT / "scripts" / "ensure-influxd", r"^image=(\S+)"),
    ]
    found = {image: path.name for path, rule in named for image in re.findall(rule, path.read_text(), re.MULTILINE)}
    return {image: name for image, name in found.items() if image not in OURS}


@pytest.mark.parametrize("image", images())
def test_an_image_is_named_by_version_and_digest(image: str) -> None:
    assert re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", image)


def test_the_tests_run_the_influxdb_that_compose_runs() -> None:
    assert len({image for image in images() if image.startswith("influxdb:")}) == 1


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_an_action_is_named_by_commit(workflow: Path) -> None:
    actions = re.findall(r"uses: (.+)$", workflow.read_text(), re.MULTILINE)
    assert actions
    assert [action for action in actions if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", action)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_a_version_and_hashes_of_everything_in_it(lock: str) -> None:
    requirements = re.split(r"^(?=[\w.-]+(?:\[[\w,-]+\])?==)", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]
    assert requirements
    assert [requirement for requirement in requirements if "--hash=sha256:" not in requirement] == []


@pytest.mark.parametrize("path", INSTALLERS, ids=lambda path: path.name)
def test_whatever_pip_installs_or_builds_is_hashed_in_a_lock(path: Path) -> None:
    text = path.read_text().replace("\\\n", " ")
    commands = re.findall(r"pip (?:install|wheel) [^&|\n]*", text)
    allowed = ("--require-hashes", "--no-build-isolation", "--no-index")
    assert [command for command in commands if not any(option in command for option in allowed)] == []


def test_what_builds_the_product_is_in_the_lock_of_the_build() -> None:
    assert PROJECT["build-system"]["requires"] == PROJECT["dependency-groups"]["build"]


def test_every_lock_is_audited_in_the_workflow() -> None:
    (recipe,) = re.findall(r"^audit:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert "requirements*.lock" in recipe
    assert "npm audit" in recipe
    assert any("run: make audit" in workflow.read_text() for workflow in WORKFLOWS)
