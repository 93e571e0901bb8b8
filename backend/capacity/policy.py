"""A policy: how a series' forecast becomes replicas. The same names everywhere: JSON, query, form, command line."""

from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from backend.capacity.lead import Lead, lead_of, samples_of
from backend.errors import InvalidRequestError, message_of

Model = TypeVar("Model", bound=BaseModel)
Sizing = Literal["rate", "queue", "curve"]
Mode = Literal["observe", "advise", "serve"]
MaxBehavior = Literal["honor", "extend"]


def _pairs(value: object) -> object:
    """`2:150,4:290` as a query or a command line has it."""
    return [pair.split(":") for pair in value.split(",")] if isinstance(value, str) else value


def _numbers(value: object) -> object:
    return samples_of(value) if isinstance(value, str) else value


FEWEST_MEASURED = 2  # points of a curve
LEAST = 1e-6  # of a rate or a time that others are divided by
LONGEST = 1e9  # seconds: 31 years, by which a date can still be moved
MOST = 1_000_000  # replicas; beyond it a policy's numbers are taken for a mistake

Measured = Annotated[tuple[tuple[Annotated[int, Field(le=MOST)], float], ...], BeforeValidator(_pairs)]
Samples = Annotated[tuple[Annotated[float, Field(ge=0, le=LONGEST)], ...], BeforeValidator(_numbers)]


class Policy(BaseModel):
    """Immutable. Seconds and requests per second unless a name says otherwise."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        json_schema_extra={"examples": [{"rps_per_replica": 100, "lead_seconds": 120, "mode": "advise"}]},
    )

    sizing: Sizing = Field(
        "rate",
        description="rate: rps_per_replica each; queue: by who waits too long (Erlang C); curve: as measured",
    )
    rps_per_replica: float | None = Field(None, ge=LEAST, description="requests per second that one replica serves")
    service_seconds: float | None = Field(
        None, ge=LEAST, le=LONGEST, description="queue: mean time a worker is busy with a request"
    )
    workers: int = Field(1, ge=1, le=10_000, description="queue: requests that one replica serves at the same time")
    wait_seconds: float = Field(0.0, ge=0, description="queue: a request that waits longer waits too long")
    wait_share: float = Field(0.05, gt=0, lt=1, description="queue: share of requests that may wait too long")
    measured: Measured = Field((), description="curve: points (replicas, requests per second they served), both rising")
    shortage_cost: float = Field(
        9.0, gt=0, description="what a missing replica costs, an idle one being 1; it sets the quantile: 9 is p90"
    )
    quantile: float | None = Field(None, gt=0, lt=1, description="in place of the one that shortage_cost sets")
    lead_seconds: float = Field(120.0, ge=0, le=LONGEST, description="from a decision until its replicas serve")
    lead_samples: Samples = Field((), description="measured lead times; their 90th percentile replaces lead_seconds")
    cadence_seconds: int = Field(60, ge=1, le=86_400, description="how often a decision is made")
    headroom: float = Field(1.0, ge=0.1, le=100, description="factor on the demand")
    burst_factor: float = Field(1.0, ge=1, le=1_000, description="peak second over the mean of its window")
    reactive_floor: bool = Field(True, description="plan for no less than the newest window had")
    min_replicas: int = Field(1, ge=1, le=MOST)
    max_replicas: int = Field(100, ge=1)
    max_behavior: MaxBehavior = Field("honor", description="extend: a demand beyond max_replicas raises the maximum")
    max_buffer_percent: float = Field(0.0, ge=0, le=1_000, description="extend: so far above the replicas wanted")
    up_percent: float | None = Field(None, gt=0, le=1e9, description="most that is added a minute")
    up_pods: int | None = Field(None, ge=1, description="most that is added a minute; of two limits the wider holds")
    down_percent: float | None = Field(None, gt=0, le=100, description="most that is removed a minute")
    down_pods: int | None = Field(
        None, ge=1, description="most that is removed a minute; of two limits the wider holds"
    )
    stabilization_seconds: float = Field(
        300.0, ge=0, le=LONGEST, description="going down, the most wanted in this time holds"
    )
    price_per_replica_hour: float | None = Field(None, ge=0)
    currency: str | None = Field(None, max_length=10)
    hpa_tolerance: float = Field(
        0.1, ge=0, lt=1, description="share within which a HorizontalPodAutoscaler does nothing"
    )
    serve_forecast_windows: int = Field(
        5, ge=0, le=1_000, description="windows that are served from forecasts alone once the feed is silent"
    )
    mode: Mode = Field("observe", description="observe: page only; advise: decision log too; serve: endpoints too")

    @field_validator("*", mode="before")
    @classmethod
    def _no_number_for_truth(cls, value: object, info: ValidationInfo) -> object:
        """Pydantic takes 0 for false and true for 1; text, as in a query, is read as what it says."""
        truth = info.field_name == "reactive_floor"
        if truth and isinstance(value, int | float) and not isinstance(value, bool):
            raise ValueError("true or false, not a number")
        if isinstance(value, bool) and not truth:
            raise ValueError("not true or false")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needed = {
            "rate": (self.rps_per_replica is not None, "rps_per_replica: what does one replica serve a second?"),
            "queue": (self.service_seconds is not None, "service_seconds: how long is a worker busy with a request?"),
            "curve": (
                len(self.measured) >= FEWEST_MEASURED,
                "measured: two points or more of replicas and their rate.",
            ),
        }
        given, question = needed[self.sizing]
        if not given:
            raise ValueError(f"sizing {self.sizing} needs {question}")
        if any(a >= c or b >= d for (a, b), (c, d) in zip(self.measured, self.measured[1:], strict=False)):
            raise ValueError("measured: more replicas must serve more; sort the points and leave out what falls.")
        if any(replicas < 1 or rate < LEAST for replicas, rate in self.measured):
            raise ValueError("measured: a point is at least 1 replica and a rate above 0.")
        if self.min_replicas > self.max_replicas:
            raise ValueError("min_replicas is above max_replicas.")
        return self

    @property
    def level(self) -> float:
        """The quantile that is planned for, by the newsvendor rule: the cost of a window is least where the share of
        windows covered is shortage / (shortage + idle) (Arrow, Harris and Marschak, 1951)."""
        return self.quantile if self.quantile is not None else self.shortage_cost / (1 + self.shortage_cost)

    @property
    def is_rate_limited(self) -> bool:
        """Whether what is added or removed within a minute has a limit."""
        return not (self.up_percent is self.up_pods is self.down_percent is self.down_pods is None)

    @property
    def target(self) -> float:
        """What `value` of /api/keda is divided by, for replicas."""
        return self.rps_per_replica or 1.0

    @property
    def lead(self) -> Lead:
        """From a decision until its replicas serve."""
        return lead_of(self.lead_samples) if self.lead_samples else Lead(self.lead_seconds)


def changed(policy: Policy | None, changes: dict[str, Any]) -> Policy:
    """The policy with other values for some names, as text or as they are, and its default for empty text; checked as a
    whole.

    Raises InvalidRequestError that names the first name that is wrong.
    """
    kept = policy.model_dump(exclude_unset=True) if policy else {}
    names = {name: value for name, value in (kept | changes).items() if value != ""}
    return checked(Policy, names)


def checked(model: type[Model], values: dict[str, Any]) -> Model:
    """The model of these values by name. Raises InvalidRequestError that names the first that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        field = str(problem["loc"][0]) if problem["loc"] else ""
        message = message_of(problem)
        raise InvalidRequestError(f"{field}: {message}" if field else message, field=field or None) from None
