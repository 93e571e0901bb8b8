"""`scaleops doctor`: looks at what a start needs, and changes nothing."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import typer

from backend.cli.output import output, read_settings
from backend.config import Settings
from backend.errors import ProblemError
from backend.figures import figure

Finding = tuple[bool, str]  # whether it is well, and what was seen or has to be done

RESTORE = "Restore it from a backup, or move it away to start with an empty one."


def doctor() -> None:
    """Check settings, model file, store, page and Prometheus queries, and say how to fix each. Changes nothing."""
    settings = read_settings()
    findings = {name: finding(settings) for name, finding in FINDINGS.items()}
    for name, query in settings.prometheus_queries.items():
        findings[f"query {name}"] = query_finding(settings, query, "requests per second")
    for name, query in settings.prometheus_replicas.items():
        findings[f"replicas {name}"] = query_finding(settings, query, "replicas run")
    width = max(len(name) for name in findings)
    for name, (well, text) in findings.items():
        output.print("[green]ok   [/]" if well else "[red]wrong[/]", end="")
        output.print(f"  {name:<{width}}  {text}", markup=False, highlight=False, soft_wrap=True)
    if not all(well for well, _ in findings.values()):
        raise typer.Exit(1)


def model_finding(settings: Settings) -> Finding:
    from backend.models.predictor import RPSEstimator

    try:
        return True, f"{RPSEstimator.load(settings.model_path).version}, hash verified"
    except ProblemError as problem:
        return False, problem.detail


def access_finding(settings: Settings) -> Finding:
    """Who may do what, and by which names the server is reached."""
    from backend.access import Access, Right

    asked = ", ".join(right for right in Right if Access(settings).asks_for(right))
    names = ", ".join(["localhost", *settings.allowed_hosts, *([] if settings.on_loopback else ["any address"])])
    tokens = f"a token to {asked}" if asked else "no token"
    return True, f"reached at {settings.host} as {names}; asks for {tokens}"


def store_finding(settings: Settings) -> Finding:
    """The store in use, by looking at it only: no file, folder or point is made."""
    return _influxdb_finding(settings) if settings.store == "influxdb" else _sqlite_finding(settings.sqlite_path)


def page_finding(settings: Settings) -> Finding:
    if (settings.frontend_path / "index.html").is_file():
        return True, str(settings.frontend_path)
    return False, f"not built at {settings.frontend_path}: run `make build`"


def query_finding(settings: Settings, query: str, unit: str) -> Finding:
    """What Prometheus answers for the newest window."""
    from backend.feed.poller import value_problem
    from backend.feed.prometheus import value_at

    end = int(time.time()) // settings.window_seconds * settings.window_seconds
    try:
        value = value_at(settings.prometheus_url, settings.prometheus_token, query, end)
    except ProblemError as problem:
        return False, problem.detail
    reason = value_problem(value)
    if reason is not None:
        return False, reason
    assert value is not None  # of which there would be a reason
    return True, f"{figure(value, 4)} {unit}"


FINDINGS: dict[str, Callable[[Settings], Finding]] = {
    "access": access_finding,
    "model": model_finding,
    "store": store_finding,
    "page": page_finding,
}


def _sqlite_finding(path: Path) -> Finding:
    place = f"sqlite {path}"
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return False, f"{place}: {folder} is not a writable folder. Set SCALEOPS_SQLITE_PATH to a file in one that is."
    if not path.exists():
        return True, f"{place}, will be made at the first start; {folder} is writable"
    try:
        with closing(sqlite3.connect(_read_only(path), uri=True)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (damage,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return False, f"{place} cannot be read: {error}. {RESTORE}"
    if damage != "ok":
        return False, f"{place} is damaged ({' '.join(damage.split())}). {RESTORE}"
    if not os.access(path, os.W_OK):
        return False, f"{place} is not writable: its owner and mode must let this user write it."
    return True, f"{place}, schema version {version}, {path.stat().st_size / 1e6:,.1f} MB"


def _read_only(path: Path) -> str:
    """A URI that opens a database without making its -wal and -shm files, which SQLite else does for a reader, too.

    Where both are there (a server runs, or was killed) they are used as they are; else nobody writes the file.
    """
    in_use = all(Path(f"{path}{suffix}").exists() for suffix in ("-wal", "-shm"))
    return f"{path.absolute().as_uri()}?mode=ro&{'readonly_shm=1' if in_use else 'immutable=1'}"


def _influxdb_finding(settings: Settings) -> Finding:
    from backend.stores.influx import client_of

    place = f"influxdb {settings.influxdb_url} organization {settings.influxdb_org} bucket {settings.influxdb_bucket}"
    try:
        with closing(client_of(settings)) as client:
            client.check()
    except ProblemError as problem:
        return False, problem.detail
    return True, f"{place}, readable; whether the token may write shows at the start"
