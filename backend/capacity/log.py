"""The log of decisions, as the store keeps it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import pandas as pd
from pydantic import Field

from backend.capacity.planner import Binding, Decision
from backend.measurements import DECISIONS
from backend.stores import TIME, SeriesKey, Store


@dataclass(frozen=True)
class LoggedDecision:
    """A decision as it was made; rates in requests per second."""

    at: datetime
    replicas: int
    before: Annotated[int | None, Field(description="replicas of the decision before; null for the first")]
    wanted: int
    demand: float
    forecast: float
    level: float
    observed: float | None
    binding: Binding
    policy: Annotated[int, Field(description="number of the policy that held")]


def logged(decision: Decision, policy: int, before: int | None) -> LoggedDecision:
    """A decision as the log has it."""
    terms = {name: getattr(decision, name) for name in DECISIONS.field_names if name != "policy"}
    return LoggedDecision(at=decision.at, before=before, policy=policy, **terms)


def read_log(store: Store, key: SeriesKey, start: datetime | None, stop: datetime | None) -> list[LoggedDecision]:
    """The decisions of a series from `start` up to `stop`, in order of time."""
    rows = store.read(DECISIONS, key.tags, start, stop).sort_values(TIME).to_dict("records")
    return [decision_of(row, before) for before, row in zip([None, *rows], rows, strict=False)]


def write_log(store: Store, decisions: Iterable[tuple[SeriesKey, LoggedDecision]]) -> None:
    """Keep decisions of several series at once."""
    rows = [
        {name: getattr(decision, name) for name in DECISIONS.field_names} | {TIME: decision.at} | key.tags
        for key, decision in decisions
    ]
    if rows:
        store.write({DECISIONS: pd.DataFrame(rows).astype({"observed": "float64"})})


def decision_of(row: Mapping[Any, Any], before: Mapping[Any, Any] | None = None) -> LoggedDecision:
    """A row of the store, and the one before it."""
    return LoggedDecision(
        at=pd.Timestamp(row[TIME]).to_pydatetime(),
        replicas=int(row["replicas"]),
        before=None if before is None else int(before["replicas"]),
        wanted=int(row["wanted"]),
        demand=row["demand"],
        forecast=row["forecast"],
        level=row["level"],
        observed=None if pd.isna(row["observed"]) else row["observed"],
        binding=row["binding"],
        policy=int(row["policy"]),
    )
