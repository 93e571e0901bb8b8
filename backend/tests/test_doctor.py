"""`scaleops doctor`: names what a start would use, says what to do about the rest, and changes nothing."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.cli import app
from backend.stores.influx_client import InfluxClient
from backend.tests.influxd import ORG, Influxd
from backend.tests.server import running_server
from backend.tests.traffic import series_csv

EVERYTHING = "from(bucket: bucket) |> range(start: 1678-01-01T00:00:00Z, stop: 2262-01-01T00:00:00Z)"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data" / "store.sqlite"
    monkeypatch.setenv("SCALEOPS_SQLITE_PATH", str(path))
    return path


def line_about(what: str, output: str) -> str:
    (line,) = (line for line in output.splitlines() if line.split()[1:2] == [what])
    return line


def findings() -> str:
    return CliRunner().invoke(app, ["doctor"]).output


def files(folder: Path) -> dict[Path, tuple[bytes, int]]:
    """Contents and times of change of all files in a folder."""
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def closed_database(database: Path, tmp_path: Path) -> Path:
    """A database with a series in it, which no process has open."""
    (tmp_path / "shop.csv").write_bytes(series_csv(300))
    assert CliRunner().invoke(app, ["import", str(tmp_path / "shop.csv")]).exit_code == 0
    return database


def test_the_model_is_named_and_its_hash_verified() -> None:
    assert line_about("model", findings()) == "ok     model   lgbm_v1, hash verified"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "reached at 127.0.0.1 as localhost; asks for no token"),
        (
            {"SCALEOPS_HOST": "0.0.0.0", "SCALEOPS_API_TOKEN": "secret", "SCALEOPS_ALLOWED_HOSTS": "ops.example"},
            "reached at 0.0.0.0 as localhost, ops.example, any address; asks for a token to read, write, change",
        ),
    ],
    ids=["loopback", "beyond"],
)
def test_who_needs_a_token_and_by_which_names_the_server_is_reached(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], told: str
) -> None:
    for variable, value in settings.items():
        monkeypatch.setenv(variable, value)
    assert line_about("access", findings()) == f"ok     access  {told}"


def test_a_page_that_is_not_built_ends_with_a_code_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCALEOPS_FRONTEND_PATH", str(tmp_path))
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert line_about("page", result.output) == f"wrong  page    not built at {tmp_path}: run `make build`"


def test_a_database_that_does_not_exist_yet_is_not_made(database: Path, tmp_path: Path) -> None:
    finding = line_about("store", findings())
    assert finding.startswith(f"ok     store   sqlite {database}, will be made at the first start")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_could_not_be_made_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").write_text("not a folder")
    monkeypatch.setenv("SCALEOPS_SQLITE_PATH", str(tmp_path / "data" / "store.sqlite"))
    finding = line_about("store", findings())
    assert finding.startswith("wrong")
    assert f"{tmp_path / 'data'} is not a writable folder" in finding


def test_a_closed_database_is_read_and_left_as_it_is(closed_database: Path) -> None:
    before = files(closed_database.parent)
    assert not any(file.name.endswith(("-wal", "-shm")) for file in before)
    assert line_about("store", findings()).startswith(f"ok     store   sqlite {closed_database}, schema version")
    assert files(closed_database.parent) == before


@pytest.mark.long
@pytest.mark.parametrize("killed", [False, True], ids=["running", "killed"])
def test_the_database_of_a_server_is_read_and_left_as_it_is(database: Path, killed: bool) -> None:
    database.parent.mkdir()
    with running_server(database.parent) as server:
        server.upload("shop.csv", series_csv(300)).raise_for_status()
        if killed:
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
        before = {path: seen for path, seen in files(database.parent).items() if path.name.startswith("store.sqlite")}
        assert before[database.with_name("store.sqlite-wal")][0]
        assert line_about("store", findings()).startswith(f"ok     store   sqlite {database}, schema version")
        assert {path: seen for path, seen in files(database.parent).items() if path in before} == before


def test_a_file_that_is_no_database_is_wrong(database: Path) -> None:
    database.parent.mkdir()
    database.write_bytes(b"no database, and longer than the header that one begins with " * 100)
    assert f"wrong  store   sqlite {database} cannot be read: file is not a database." in findings()


def test_damage_beyond_the_header_is_wrong(closed_database: Path) -> None:
    with closed_database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    finding = line_about("store", findings())
    assert finding.startswith(f"wrong  store   sqlite {closed_database}")
    assert "Restore it from a backup" in finding


def use_influxdb(monkeypatch: pytest.MonkeyPatch, influxd: Influxd, name: str, token: str) -> None:
    for variable, value in influxd.settings(name, token).items():
        monkeypatch.setenv(variable, value)


def test_a_bucket_is_named_and_nothing_is_written_to_it(
    influxd: Influxd, bucket: Callable[..., tuple[str, str]], database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, token = bucket()
    use_influxdb(monkeypatch, influxd, name, token)
    place = f"influxdb {influxd.url} organization {ORG} bucket {name}"
    assert line_about("store", findings()).startswith(f"ok     store   {place}, readable")
    client = InfluxClient(influxd.url, ORG, name, token)
    assert client.rows(EVERYTHING, {}) == []
    client.close()
    assert not database.parent.exists()


def test_a_bucket_with_a_retention_limit_is_wrong(
    influxd: Influxd, bucket: Callable[..., tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_influxdb(monkeypatch, influxd, *bucket(7 * 86_400))
    assert "keeps points for 7 days, 0:00:00 only" in line_about("store", findings())


def test_a_refused_token_is_wrong_and_names_its_setting(
    influxd: Influxd, bucket: Callable[..., tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _ = bucket()
    use_influxdb(monkeypatch, influxd, name, "another-token")
    finding = line_about("store", findings())
    assert finding.startswith("wrong")
    assert "INFLUXDB_TOKEN" in finding


def test_an_influxdb_that_does_not_answer_is_wrong_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEOPS_STORE", "influxdb")
    monkeypatch.setenv("INFLUXDB_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("INFLUXDB_TOKEN", "any")
    assert "InfluxDB at http://127.0.0.1:1 does not answer" in line_about("store", findings())


def test_a_token_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEOPS_STORE", "influxdb")
    monkeypatch.delenv("INFLUXDB_TOKEN", raising=False)
    monkeypatch.setenv("INFLUXDB_TOKEN_FILE", str(tmp_path / "token"))
    assert f"INFLUXDB_TOKEN_FILE: there is no token in {tmp_path / 'token'}" in line_about("store", findings())
