"""Settings: documented, checked at the start, wrong ones named."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from backend.config import PLACEHOLDERS, ROOT, Settings, describe

EXAMPLE = ROOT / ".env.example"
VARIABLES = {str(field.validation_alias or f"SCALEOPS_{name.upper()}") for name, field in Settings.model_fields.items()}


def without_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def test_the_example_lists_every_setting_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    without_environment(monkeypatch)
    for_all, _, _ = EXAMPLE.read_text().partition("--- Only docker compose")
    assert set(re.findall(r"^(\w+)=", for_all, re.MULTILINE)) == VARIABLES
    monkeypatch.chdir(ROOT)
    example = {
        name: value.resolve() if isinstance(value, Path) else value
        for name, value in Settings(_env_file=EXAMPLE).model_dump().items()
    }
    assert example == settings().model_dump()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SCALEOPS_PORT", "http"),
        ("SCALEOPS_PORT", "-1"),
        ("SCALEOPS_PORT", "70000"),
        ("SCALEOPS_STORE", "postgres"),
        ("SCALEOPS_LIVE_INTERVAL_SECONDS", "0"),
        ("SCALEOPS_MAX_UPLOAD_MB", "-1"),
        ("SCALEOPS_API_TOKEN", "change-me"),
        ("SCALEOPS_READ_TOKEN", "change-me"),
        ("SCALEOPS_WRITE_TOKEN", "change-me"),
        ("INFLUXDB_URL", "127.0.0.1:8086"),
        ("INFLUXDB_BUCKET", ""),
        ("INFLUXDB_TOKEN", "change-me"),
        ("SCALEOPS_PROMETHEUS_URL", "127.0.0.1:9090"),
        ("SCALEOPS_PROMETHEUS_URL", "http://127.0.0.1:9090"),  # without a query
        ("SCALEOPS_PROMETHEUS_QUERIES", '{"shop": "up"}'),  # without an address
        ("SCALEOPS_PROMETHEUS_REPLICAS", '{"shop": "up"}'),  # likewise
        ("SCALEOPS_PROMETHEUS_TOKEN", "change-me"),
    ],
)
def test_a_bad_value_stops_the_start_and_names_itself(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    without_environment(monkeypatch)
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError) as error:
        settings()
    assert variable in describe(error.value)


def test_listening_beyond_this_machine_needs_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    without_environment(monkeypatch)
    with pytest.raises(ValidationError) as error:
        settings(host="0.0.0.0")
    assert "SCALEOPS_API_TOKEN" in describe(error.value)
    assert settings(host="0.0.0.0", api_token="secret").host == "0.0.0.0"


def test_two_tokens_that_are_one_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    without_environment(monkeypatch)
    with pytest.raises(ValidationError) as error:
        settings(read_token="secret", api_token="secret")
    assert "SCALEOPS_READ_TOKEN" in describe(error.value)


def test_allowed_hosts_are_names_between_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    without_environment(monkeypatch)
    monkeypatch.setenv("SCALEOPS_ALLOWED_HOSTS", " Ops.example  scaleops ")
    assert settings().allowed_hosts == ["ops.example", "scaleops"]


def test_influxdb_needs_a_token_or_the_file_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    without_environment(monkeypatch)
    monkeypatch.setenv("SCALEOPS_STORE", "influxdb")
    with pytest.raises(ValidationError) as error:
        settings()
    assert "INFLUXDB_TOKEN_FILE" in describe(error.value)
    monkeypatch.setenv("INFLUXDB_TOKEN_FILE", "/run/influxdb/token")
    assert settings().influxdb_token_file == Path("/run/influxdb/token")


def test_no_secret_of_the_example_is_accepted() -> None:
    secrets = re.findall(r"^\w+_(?:TOKEN|PASSWORD)=(.+)$", EXAMPLE.read_text(), re.MULTILINE)
    assert set(secrets) <= PLACEHOLDERS
