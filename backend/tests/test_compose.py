"""What docker compose starts agrees with the product: settings, headers, secrets."""

import re
import shutil
import stat
import subprocess
from pathlib import Path

from backend.api.guard import SECURITY_HEADERS
from backend.config import PLACEHOLDERS, ROOT, Settings
from backend.tests.test_config import VARIABLES
from backend.uploads.workers import PLACES

COMPOSE = (ROOT / "docker-compose.yml").read_text()
NGINX = (ROOT / "frontend" / "nginx" / "default.conf.template").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
SERVER_MB = 1_200  # measured with twelve bodies of 16 MB at once and a hundred sockets
OF_ONE_MACHINE = {"SCALEOPS_SQLITE_PATH", "SCALEOPS_MODEL_PATH", "SCALEOPS_FRONTEND_PATH"}


def test_every_setting_reaches_the_backend() -> None:
    passed = set(re.findall(r"^      ((?:SCALEOPS|INFLUXDB)_\w+):", COMPOSE, re.MULTILINE))
    assert passed == VARIABLES - OF_ONE_MACHINE


def test_a_default_in_compose_is_the_default_of_the_example() -> None:
    example = dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE, re.MULTILINE))
    defaults = set(re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE)) - {("INFLUXDB_URL", "http://influxdb:8086")}
    assert defaults
    assert {(name, default) for name, default in defaults if example.get(name) != default} == set()


def test_the_memory_of_the_backend_covers_imports_at_their_limit_and_the_server() -> None:
    backend = COMPOSE[COMPOSE.index("\n  backend:") : COMPOSE.index("\n  influxdb:")]
    (gigabytes,) = re.findall(r"^    mem_limit: (\d+)g", backend, re.MULTILINE)
    reader_mb = Settings.model_fields["reader_memory_mb"].default
    assert int(gigabytes) * 1024 >= PLACES * reader_mb + SERVER_MB


def test_every_secret_must_be_set() -> None:
    secrets = re.findall(r"^(\w+)=change-me$", EXAMPLE, re.MULTILINE)
    assert secrets
    assert all(f"${{{secret}:?" in COMPOSE for secret in secrets)
    assert not any(f"${{{secret}:-" in COMPOSE for secret in secrets)


def test_nginx_sends_the_headers_of_the_backend_once() -> None:
    added = dict(re.findall(r'^add_header (\S+) "?(.*?)"? always;$', NGINX, re.MULTILINE))
    assert {name: added.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert set(re.findall(r"proxy_hide_header (\S+);", NGINX)) == set(SECURITY_HEADERS)


def test_nginx_waits_for_clients_as_long_as_the_backend() -> None:
    timeouts = dict(
        re.findall(r"^(client_header_timeout|client_body_timeout|send_timeout) (.*);$", NGINX, re.MULTILINE)
    )
    assert len(timeouts) == 3
    assert set(timeouts.values()) == {"${SCALEOPS_CLIENT_TIMEOUT_SECONDS}s"}
    frontend = COMPOSE.partition("\n  frontend:")[2].partition("\n  backend:")[0]
    assert "SCALEOPS_CLIENT_TIMEOUT_SECONDS:" in frontend


def test_no_block_of_nginx_loses_the_headers_by_adding_its_own() -> None:
    assert re.findall(r"^\s+add_header", NGINX, re.MULTILINE) == []


def test_make_env_writes_new_secrets_that_only_the_owner_reads_and_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "make-env", tmp_path / "scripts")
    shutil.copy(ROOT / ".env.example", tmp_path)
    made = make_env(tmp_path)
    secrets = [value for name, value in made.items() if EXAMPLE.count(f"\n{name}=change-me\n")]
    assert len(secrets) == len(set(secrets)) == EXAMPLE.count("=change-me\n")
    assert all(len(secret) == 48 for secret in secrets)
    assert not set(made.values()) & PLACEHOLDERS
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert make_env(tmp_path) == made


def make_env(folder: Path) -> dict[str, str]:
    subprocess.run([folder / "scripts" / "make-env"], check=True, capture_output=True)
    return dict(re.findall(r"^(\w+)=(.*)$", (folder / ".env").read_text(), re.MULTILINE))
