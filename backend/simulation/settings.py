"""What a simulation is told beside the policy: which policies are replayed, and how those that are not ours are set."""

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from backend.capacity.policy import checked
from backend.schemas import Moment

FROM_DAYS = 7  # that are evaluated where nobody says from when
MOST_WINDOWS = 200_000  # that are evaluated: four months of minutes, two minutes of a core


def _list(value: object) -> object:
    """`a,b` as a command line has it."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _lines(value: object) -> object:
    """Lines, which on a command line semicolons separate."""
    return [part.strip() for part in re.split(r"[;\n]", value) if part.strip()] if isinstance(value, str) else value


def _parts(example: str) -> BeforeValidator:
    """As many parts as the example has, which commas part on a command line."""

    def parted(value: object) -> object:
        parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        if not isinstance(parts, (list, tuple)) or len(parts) != example.count(",") + 1 or "" in parts:
            raise ValueError(f"it has {example.count(',') + 1} parts with commas between them, such as {example}")
        return parts

    return BeforeValidator(parted)


Names = Annotated[tuple[str, ...], BeforeValidator(_list)]
Lines = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], BeforeValidator(_lines)]
Spike = Annotated[
    tuple[Moment, Annotated[float, Field(ge=0, le=1_000)], Annotated[float, Field(gt=0, le=10_080)]],
    _parts("2026-01-05T12:00,3,30"),
]
Days = Annotated[tuple[Moment, Moment], _parts("2026-01-03,2026-01-05")]


class SimulationSettings(BaseModel):
    """Immutable; every name has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    policies: Names = Field((), description="keys of the policies to replay; none: all that can be")
    fixed_replicas: int | None = Field(None, ge=1, le=1_000_000, description="fixed: so many, always")
    hpa_target: float = Field(
        0.8,
        gt=0,
        le=1,
        description="hpa, week_ago: averageValue of the HPA's metric, as a share of what a replica serves",
    )
    sync_seconds: float = Field(15.0, ge=1, le=3_600, description="how often an HPA looks")
    scrape_seconds: float = Field(
        15.0, ge=0, le=3_600, description="after the end of a window, until an HPA's metric has its rate"
    )
    late_seconds: float = Field(
        5.0, ge=0, le=3_600, description="after the end of a window, until KEDA can read the decision (its close)"
    )
    schedule: Lines = Field(
        (),
        description="scheduled: lines such as `0 8 * * 1-5 = 10`, minute hour day month weekday = replicas from then "
        "on; none: by hour of the day the most that was needed in the period before",
    )
    schedule_timezone: str = Field("UTC", description="of the schedule, such as Europe/Berlin")
    mean_headroom: float = Field(1.2, ge=0.1, le=100, description="mean_headroom: factor on the mean of the forecast")
    node_every: int | None = Field(
        None, ge=1, description="of replicas that start at once, those after so many wait for a node"
    )
    node_lead_seconds: float = Field(0.0, ge=0, le=86_400, description="how much longer a replica takes that waits so")
    drain_seconds: float = Field(30.0, ge=0, le=86_400, description="for which a replica that goes still costs")
    seed: int = Field(1, ge=0, le=2**32 - 1, description="of the lead times that are drawn, and of the intervals")
    times: float = Field(1.0, gt=0, le=1_000, description="what if: so many times the traffic, history included")
    spike: Spike | None = Field(
        None, description="what if: at a time, so many times the traffic for so many minutes: 2026-01-05T12:00,3,30"
    )
    paste: Days | None = Field(
        None, description="what if: the traffic of one day in place of another's: 2026-01-03,2026-01-05"
    )

    @field_validator("schedule_timezone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone; Europe/Berlin is one") from None
        return name

    @field_validator("schedule")
    @classmethod
    def _entries(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        from backend.simulation.schedule import entries_of

        entries_of(lines)
        return lines


def settings_of(given: dict[str, Any]) -> SimulationSettings:
    """Of text or values by name, checked as a whole. Raises InvalidRequestError that names the first that is wrong."""
    return checked(SimulationSettings, given)
