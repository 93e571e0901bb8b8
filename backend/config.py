"""Settings: environment or .env, checked before anything starts. .env.example lists every one with its reason."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
DEFAULT_INFLUXDB_URL = "http://127.0.0.1:8086"
# What examples and tutorials put where a secret belongs; .env.example says change-me.
PLACEHOLDERS = {"change-me", "changeme", "change_me", "changethis", "placeholder", "your-token"}


def web_address(text: str) -> str:
    """The address of a server without a slash at its end. Raises ValueError."""
    if not re.fullmatch(r"https?://[^/\s]+(:\d+)?(/\S*)?", text):
        raise ValueError("must start with http:// or https:// and name a host, such as http://127.0.0.1:8086")
    return text.rstrip("/")


class FeedRule(BaseModel):
    """What to read of a measurement whose field is not named as usual."""

    field: str
    kind: Literal["count", "rate", "counter"]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="SCALEOPS_", env_file=ROOT / ".env", extra="ignore", populate_by_name=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    store: Literal["sqlite", "influxdb"] = "sqlite"
    sqlite_path: Path = ROOT / "data" / "scaleops.sqlite"
    influxdb_url: str = Field(default=DEFAULT_INFLUXDB_URL, validation_alias="INFLUXDB_URL")
    influxdb_org: str = Field(default="scaleops", validation_alias="INFLUXDB_ORG", min_length=1)
    influxdb_bucket: str = Field(default="scaleops_metrics", validation_alias="INFLUXDB_BUCKET", min_length=1)
    influxdb_token: str = Field(default="", validation_alias="INFLUXDB_TOKEN")
    influxdb_token_file: Path | None = Field(default=None, validation_alias="INFLUXDB_TOKEN_FILE")
    store_wait_seconds: int = Field(default=60, ge=0, le=3_600)
    model_path: Path = ROOT / "backend" / "models" / "lgbm_v1.pkl"
    frontend_path: Path = ROOT / "frontend" / "dist"
    window_seconds: int = Field(default=60, ge=1, le=86_400)
    live_interval_seconds: float = Field(default=1.0, ge=0.1, le=60)
    keep_forecasts_days: int = Field(default=30, ge=0, le=36_500)
    keep_points_days: int = Field(default=0, ge=0, le=36_500)
    checkpoint_path: Path | None = None
    late_seconds: float = Field(default=5.0, ge=0, le=3600)
    feeds: dict[str, FeedRule] = {}
    prometheus_url: str = ""
    prometheus_token: str = ""
    prometheus_queries: dict[str, str] = {}
    prometheus_replicas: dict[str, str] = {}
    client_timeout_seconds: int = Field(default=30, ge=1, le=3_600)
    max_upload_mb: int = Field(default=1_024, ge=1)
    upload_keep_mb: int = Field(default=2_048, ge=0)
    max_rows: int = Field(default=50_000_000, ge=2)
    max_series: int = Field(default=5_000, ge=1)
    max_sockets: int = Field(default=100, ge=1)
    reader_memory_mb: int = Field(default=2_048, ge=512)
    reader_timeout_seconds: int = Field(default=300, ge=1)
    read_token: str = ""
    write_token: str = ""
    api_token: str = ""
    allowed_hosts: Annotated[list[str], NoDecode] = []
    allowed_origins: list[str] = []

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * 1024**2

    @property
    def on_loopback(self) -> bool:
        return self.host in LOOPBACK_HOSTS

    @field_validator("influxdb_url")
    @classmethod
    def _default_address(cls, url: str) -> str:
        return url or DEFAULT_INFLUXDB_URL

    @field_validator("influxdb_url", "prometheus_url")
    @classmethod
    def _address_or_none(cls, url: str) -> str:
        return url and web_address(url)

    @property
    def checkpoint(self) -> Path | None:
        """Where a stopped server leaves what it learned of the live series; None: nowhere."""
        beside = self.sqlite_path.with_name(f"{self.sqlite_path.name}-checkpoint")
        return self.checkpoint_path or (beside if self.store == "sqlite" else None)

    @field_validator("influxdb_token_file", "checkpoint_path", mode="before")
    @classmethod
    def _no_file(cls, path: object) -> object:
        return None if path == "" else path

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _names(cls, names: object) -> object:
        """Separated by spaces, as nginx takes them; a name that is sent as Host has no port here and no capitals."""
        return names.lower().split() if isinstance(names, str) else names

    @field_validator("read_token", "write_token", "api_token", "influxdb_token", "prometheus_token")
    @classmethod
    def _no_placeholder(cls, secret: str) -> str:
        if secret.lower() in PLACEHOLDERS:
            raise ValueError("is a placeholder, not a secret; `make .env` generates random ones")
        return secret

    @model_validator(mode="after")
    def _token_for_influxdb(self) -> Self:
        if self.store == "influxdb" and not self.influxdb_token and not self.influxdb_token_file:
            raise ValueError("SCALEOPS_STORE is influxdb: set INFLUXDB_TOKEN or INFLUXDB_TOKEN_FILE")
        return self

    @model_validator(mode="after")
    def _prometheus_and_its_queries(self) -> Self:
        if bool(self.prometheus_url) != bool(self.prometheus_queries or self.prometheus_replicas):
            raise ValueError(
                "set SCALEOPS_PROMETHEUS_URL and what it is asked for, SCALEOPS_PROMETHEUS_QUERIES or "
                "SCALEOPS_PROMETHEUS_REPLICAS, or none of them"
            )
        return self

    @model_validator(mode="after")
    def _token_beyond_loopback(self) -> Self:
        if not self.on_loopback and not self.api_token:
            raise ValueError(
                f"SCALEOPS_HOST is {self.host}, which other machines can reach: set SCALEOPS_API_TOKEN "
                "(openssl rand -hex 24 makes one), or listen on 127.0.0.1"
            )
        return self

    @model_validator(mode="after")
    def _tokens_of_one_right_each(self) -> Self:
        tokens = [token for token in (self.read_token, self.write_token, self.api_token) if token]
        if len(set(tokens)) < len(tokens):
            raise ValueError(
                "SCALEOPS_READ_TOKEN, SCALEOPS_WRITE_TOKEN and SCALEOPS_API_TOKEN have different rights: "
                "give each a token of its own"
            )
        return self


def describe(error: ValidationError) -> str:
    """Which variable is wrong and what is allowed, one line each."""
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        name = "_".join(str(part) for part in problem["loc"]).upper()
        variable = name if name.startswith("INFLUXDB_") or not name else f"SCALEOPS_{name}"
        message = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{variable}: {message}" if variable else message)
    return "\n".join(lines)
