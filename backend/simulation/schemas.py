"""The answers about simulations."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

from backend.capacity.policy import Policy
from backend.schemas import Moment
from backend.simulation.settings import SimulationSettings

PolicyKind = TypeAliasType("PolicyKind", Literal["fixed", "reactive", "scheduled", "forecast", "oracle"])
# simulating and waiting: running. stored whole once it is done.
SimulationState = TypeAliasType("SimulationState", Literal["waiting", "simulating", "done", "failed", "cancelled"])
Interval = Annotated[tuple[float, float], Field(description="p5 and p95 over days drawn anew")]


class WorstMoment(BaseModel):
    """Neighbouring windows that were short."""

    start: datetime
    end: datetime
    requests_short: float
    needed: int = Field(description="replicas at the peak of it")
    replicas: float = Field(description="the fewest that served, on average over a window")


class Outcome(BaseModel):
    """What a policy cost and missed, over known windows alone."""

    policy: str = Field(description="its key, such as model_p90")
    label: str
    description: str
    kind: PolicyKind
    sweep: str | None = Field(description="the line of policies that it is a point of, which differ in one number")
    replica_hours: float = Field(description="paid for: starting, serving and draining")
    idle_replica_hours: float = Field(description="of them, those that the demand did not need")
    missing_replica_hours: float = Field(description="that the demand needed beyond what served")
    minutes_short: float = Field(description="with more traffic than what served could take")
    requests_short: float = Field(description="beyond capacity")
    requests_short_share: float = Field(description="of all requests")
    requests_in_short_minutes: float = Field(description="all that came while it was short")
    scale_events: int = Field(description="changes of the replicas that were asked for")
    sign_changes: int = Field(description="of them, those the other way than the one before")
    theta_u: float = Field(description="percent by which supply was below demand, over time")
    theta_o: float = Field(description="percent by which it was above")
    time_u: float = Field(description="percent of the time below")
    time_o: float = Field(description="percent of the time above")
    speed_up: float | None = Field(description="elastic speed-up against hpa; above 1 is better; null: not to be had")
    cost: float | None = Field(description="of the replica-hours, where a price is set")
    weighed_cost: float = Field(description="replica-hours idle, and missing ones times shortage_cost")
    oracle_replica_hours: float = Field(description="the fewest with which as many requests would have been short")
    intervals: dict[str, Interval] = Field(description="by measure; empty for a span below three days")
    worst: list[WorstMoment] = Field(description="the five worst moments, the worst first")


class LeftOut(BaseModel):
    policy: str
    reason: str


class QuantileCost(BaseModel):
    policy: str
    quantile: float
    weighed_cost: float
    interval: Interval | None


class RecommendedQuantile(BaseModel):
    """Which quantile this traffic speaks for, at the policy's shortage cost."""

    quantile: float
    policy: str = Field(description="key of the outcome with it")
    shortage_cost: float
    sentence: str
    costs: list[QuantileCost]


class SimulationResult(BaseModel):
    """from and to: the span that was evaluated; windows: those with a known rate in it, unknown_windows the others."""

    model_config = ConfigDict(populate_by_name=True)

    from_: datetime = Field(alias="from", serialization_alias="from")
    to: datetime
    window_seconds: int
    windows: int
    unknown_windows: int = Field(description="neither counted nor scored")
    requests: float
    days: int
    version: str = Field(description="of the model")
    seen_in_training: list[dict[str, str]] = Field(
        description="series that the model was trained on in that time: if this is one, the outcome is flattered"
    )
    policy: Policy
    settings: SimulationSettings
    sentence: str
    recommendation: RecommendedQuantile | None = Field(description="null where no sweep over quantiles was replayed")
    notes: list[str] = Field(description="what else is to be known: the span, what was left out")
    left_out: list[LeftOut]
    policies: list[Outcome]


class SimulationRequest(SimulationSettings):
    """A stored series, and what is to be replayed on it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"filename": "synthetic-sample.parquet", "policy": {"rps_per_replica": 10}}]}
    )

    id: str | None = Field(
        None, pattern=r"^[A-Za-z0-9._-]{1,100}$", description="chosen by the client; none: by the server"
    )
    filename: str = Field(max_length=1000)
    from_: Moment | None = Field(
        None, alias="from", description="begin of the span; none: the last 7 days, or what follows a warm-up"
    )
    to: Moment | None = Field(None, description="end of the span, exclusive; none: the end of the series")
    policy: dict[str, Any] = Field(
        {}, description="names of a policy, and values in place of those of the series' own; see Policy"
    )

    def settings(self) -> SimulationSettings:
        names = self.model_fields_set & set(SimulationSettings.model_fields)
        return SimulationSettings(**{name: getattr(self, name) for name in names})


class SimulationRecord(BaseModel):
    """A simulation, as it is now."""

    id: str
    filename: str
    state: SimulationState
    started_at: datetime
    ended_at: datetime | None = None
    share: float | None = Field(default=None, description="that is done, 0 to 1; null where it does not run")
    problem: str | None = Field(default=None, description="why it ended without a result")
    sentence: str | None = Field(default=None, description="of its result")
    request: SimulationRequest | None = Field(
        default=None,
        description="what was asked, its policy whole: sent again without id, the same is replayed on the traffic that "
        "is there then. null of one from a version that did not keep it",
    )


class SimulationAnswer(SimulationRecord):
    result: SimulationResult | None = Field(default=None, description="null until it is done")


class PathWindow(BaseModel):
    timestamp: datetime
    rate: float | None = Field(description="requests per second; of a bucket the highest")
    needed: float | None = Field(description="replicas for the rate")
    replicas: float = Field(description="that served, on average; of a bucket the mean")
    requests_short: float | None = Field(description="beyond capacity; of a bucket the sum")


class PolicyPath(BaseModel):
    """One policy over the span: buckets of the chart, the shortages, the worst moments."""

    id: str
    filename: str
    policy: str
    label: str
    bucket_seconds: int
    windows: list[PathWindow]
    worst: list[WorstMoment]


class PolicyInfo(BaseModel):
    """A policy that can be replayed."""

    policy: str = Field(description="its key")
    label: str
    description: str
    kind: PolicyKind
    sweep: str | None
