"""Settings: documented, checked at the start, wrong ones named."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from backend.config import ROOT, Settings, describe

EXAMPLE = ROOT / ".env.example"


def without_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SCALEOPS_{name.upper()}", raising=False)


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def test_the_example_lists_every_setting_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    without_environment(monkeypatch)
    listed = set(re.findall(r"^(SCALEOPS_\w+)=", EXAMPLE.read_text(), re.MULTILINE))
    assert listed == {f"SCALEOPS_{name.upper()}" for name in Settings.model_fields}
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
        ("SCALEOPS_PORT", "70000"),
        ("SCALEOPS_STORE", "postgres"),
        ("SCALEOPS_LIVE_INTERVAL_SECONDS", "0"),
        ("SCALEOPS_MAX_UPLOAD_MB", "-1"),
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
