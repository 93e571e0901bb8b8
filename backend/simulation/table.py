"""The outcomes as a table: which columns there are, what each is called, and as CSV."""

import csv
import io
from dataclasses import dataclass

from backend.simulation.schemas import Outcome, SimulationResult


@dataclass(frozen=True)
class Column:
    """name: the field of an outcome. digits: behind the point. short: one of those that a terminal has room for."""

    name: str
    title: str
    digits: int
    short: bool = True


COLUMNS = (
    Column("replica_hours", "replica-hours", 0),
    Column("idle_replica_hours", "idle", 0),
    Column("minutes_short", "minutes short", 0),
    Column("requests_short", "requests short", 0),
    Column("requests_short_share", "share short", 5, short=False),
    Column("requests_in_short_minutes", "requests in those minutes", 0, short=False),
    Column("weighed_cost", "weighed", 0),
    Column("oracle_replica_hours", "edge", 0),
    Column("scale_events", "changes", 0),
    Column("sign_changes", "reversals", 0, short=False),
    Column("missing_replica_hours", "missing", 2, short=False),
    Column("theta_u", "θ_U %", 2),
    Column("theta_o", "θ_O %", 1),
    Column("time_u", "T_U %", 2, short=False),
    Column("time_o", "T_O %", 1, short=False),
    Column("speed_up", "speed-up", 2),
    Column("cost", "money", 2),
)


def cell(outcome: Outcome, column: Column) -> str:
    """A number as people read it; a dash where there is none."""
    value = getattr(outcome, column.name)
    return "-" if value is None else f"{value:,.{column.digits}f}"


def filled_columns(result: SimulationResult) -> list[Column]:
    """Those with something in them."""
    return [
        column for column in COLUMNS if any(getattr(outcome, column.name) is not None for outcome in result.policies)
    ]


def csv_of(result: SimulationResult) -> str:
    """A row a policy, every figure, with the ends of its interval."""
    names = [column.name for column in COLUMNS]
    measured = list(result.policies[0].intervals) if result.policies else []
    ends = [f"{name}_{end}" for name in measured for end in ("p5", "p95")]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["policy", "label", *names, *ends])
    for outcome in result.policies:
        figures = [getattr(outcome, name) for name in names]
        intervals = [value for name in measured for value in outcome.intervals[name]]
        writer.writerow([outcome.policy, outcome.label, *figures, *intervals])
    return text.getvalue()
