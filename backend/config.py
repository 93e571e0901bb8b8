"""Settings: environment or .env, checked before anything starts. .env.example lists every one with its reason."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SCALEOPS_", env_file=ROOT / ".env", extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    store: Literal["sqlite"] = "sqlite"
    sqlite_path: Path = ROOT / "data" / "scaleops.sqlite"
    model_path: Path = ROOT / "backend" / "models" / "lgbm_v1.pkl"
    frontend_path: Path = ROOT / "frontend" / "dist"
    window_seconds: int = Field(default=60, ge=1, le=86_400)
    live_interval_seconds: float = Field(default=1.0, ge=0.1, le=60)
    max_upload_mb: int = Field(default=1_024, ge=1)
    max_rows: int = Field(default=50_000_000, ge=2)
    max_series: int = Field(default=200, ge=1)
    max_sockets: int = Field(default=100, ge=1)
    reader_memory_mb: int = Field(default=4_096, ge=512)
    reader_timeout_seconds: int = Field(default=300, ge=1)
    api_token: str = ""
    allowed_origins: list[str] = []

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * 1024**2

    @property
    def on_loopback(self) -> bool:
        return self.host in LOOPBACK_HOSTS

    @model_validator(mode="after")
    def _token_beyond_loopback(self) -> Self:
        if not self.on_loopback and not self.api_token:
            raise ValueError(
                f"SCALEOPS_HOST is {self.host}, which other machines can reach: set SCALEOPS_API_TOKEN, "
                "or bind 127.0.0.1"
            )
        return self


def describe(error: ValidationError) -> str:
    """Say which variable is wrong and what is allowed, one line each."""
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        variable = "SCALEOPS_" + "_".join(str(part) for part in problem["loc"]).upper() if problem["loc"] else ""
        message = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{variable}: {message}" if variable else message)
    return "\n".join(lines)
