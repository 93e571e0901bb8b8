"""The answers about capacity."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from backend.capacity.dead_band import DeadBand
from backend.capacity.lead import Lead
from backend.capacity.manifests import ManifestKind
from backend.capacity.outlook import RunDecision, Running, WindowAhead
from backend.capacity.planner import Binding, Step
from backend.capacity.policies import PolicyVersion
from backend.capacity.policy import Mode, Policy

Reason = Literal["no_policy", "mode", "not_live", "stale", "unknown", "warming_up", "no_decision", "store"]


class SeriesPolicy(BaseModel):
    filename: str
    policy: Policy | None = Field(description="the one that holds")
    history: list[PolicyVersion] = Field(description="the first one first")


class Recommendation(BaseModel):
    """Replicas for the time from `serving_from` on, with every term that led there; rates in requests per second."""

    filename: str
    at: datetime = Field(description="origin of the forecast: end of the newest window it was made from")
    serving_from: datetime = Field(description="when replicas decided at the origin serve")
    replicas: int
    wanted: int = Field(description="within the bounds, before rate limits and stabilization")
    demand: float = Field(description="what was planned for, headroom and burst factor included")
    forecast: float = Field(description="the highest rate of the quantile in the time the decision is for")
    level: float = Field(description="the quantile")
    observed: float | None = Field(description="rate of the newest window; null where it is unknown")
    capacity: float = Field(description="what the replicas serve")
    steps: list[Step]
    binding: Binding = Field(description="the step that the number follows from")
    sentence: str
    policy: Policy
    lead: Lead = Field(description="what the policy's lead comes to")
    running: Running | None = Field(
        description="what runs at the origin: current_replicas, else by the decisions before; null where there are none"
    )
    crossed_at: datetime | None = Field(
        description="start of the first window whose forecast is above what runs at the origin; null where none is"
    )
    ahead: list[WindowAhead] = Field(
        description="every window as far as forecasts reach: the quantile, and what runs by decisions made and planned"
    )
    hpa: DeadBand | None = Field(
        description="what an HPA makes of the number; null where it is not known how many replicas run"
    )


class DecisionLog(BaseModel):
    filename: str
    decisions: list[RunDecision] = Field(description="every change of replicas, or all decisions; in order of time")


class WhatIfDecisions(BaseModel):
    """What a policy would have decided, from the forecasts that were issued."""

    filename: str
    policy: Policy
    decisions: list[RunDecision] = Field(description="every change of replicas, or all decisions; in order of time")
    windows: int = Field(description="windows with a known rate in which replicas so decided would have run")
    short_windows: int = Field(description="of these, how many had more traffic than they serve")


class ServedReplicas(BaseModel):
    """For a metrics-api trigger of KEDA, or a script: always whole and above 0."""

    value: float = Field(gt=0, description="replicas times `target`")
    target: float = Field(gt=0, description="rps_per_replica; 1 where a policy sizes otherwise")
    replicas: int = Field(ge=1)
    demand: float
    at: datetime
    from_forecast_windows: int = Field(description="newest windows that are unknown, so the forecast alone speaks")
    mode: Mode


class ManifestInfo(BaseModel):
    """A kind of manifest that GET /api/manifests/{filename}/{kind} fills in."""

    kind: ManifestKind
    label: str
    description: str
    ending: str = Field(description="of its file's name")
