"""Policies replayed on a series' own traffic: what each would have cost and missed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from backend.arrays import Floats, Ints
from backend.capacity.policy import Policy
from backend.errors import InvalidRequestError
from backend.models.predictor import RPSEstimator
from backend.simulation.oracle import edge_of
from backend.simulation.outcome import Measured, drawn_days, figures, interval, measured, resampled, worst_moments
from backend.simulation.policies import POLICIES, REFERENCE, SimulatedPolicy, policies_of
from backend.simulation.replay import NotReplayedError, Replay
from backend.simulation.schemas import Outcome
from backend.simulation.settings import SimulationSettings
from backend.simulation.traffic import Traffic

Number = TypeVar("Number", float, Floats)
FORECASTING = 0.4  # the share of the time that forecasts take, of 20 policies over 7 to 52 days
SPEED_UP = ("theta_u", "theta_o", "time_u", "time_o")


@dataclass(frozen=True)
class Simulation:
    """outcomes: in the order of the table. measured: by key, windows and days. left_out: why some are not there."""

    replay: Replay
    outcomes: list[Outcome]
    measured: dict[str, Measured]
    days: Ints | None
    left_out: dict[str, str]


def simulate(
    traffic: Traffic,
    policy: Policy,
    settings: SimulationSettings,
    estimator: RPSEstimator,
    progress: Callable[[float], None] = lambda _: None,
) -> Simulation:
    """Replay the policies that are asked for. `progress` hears which share is done, and may raise to end it.

    Raises InvalidRequestError for a policy that there is not, and where forecasts do not reach as far as the lead.
    """
    rows = policies_asked(settings)
    forecasting = FORECASTING if any(row.kind == "forecast" for row in rows) else 0.0
    replay = Replay(traffic, policy, settings, estimator, lambda share: progress(forecasting * share))
    progress(0.0)
    if forecasting:
        replay.past  # noqa: B018 - made once, before the share of each policy is told
    found: dict[str, Measured] = {}
    left_out: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        try:
            found[row.key] = measured(replay, *row.fleet(replay))
        except NotReplayedError as reason:
            left_out[row.key] = str(reason)
        progress(forecasting + (1 - forecasting) * number / len(rows))
    count = len(next(iter(found.values())).sums) if found else 0
    days = drawn_days(count, settings.seed)
    return Simulation(replay, _outcomes(replay, rows, found, days), found, days, left_out)


def policies_asked(settings: SimulationSettings) -> list[SimulatedPolicy]:
    """The rows of the table that are to be replayed. Raises InvalidRequestError for a key that is none."""
    try:
        rows = policies_of(settings.policies)
    except KeyError as unknown:
        known = ", ".join(row.key for row in POLICIES)
        raise InvalidRequestError(f"No policy is {unknown}; policies are {known}.", field="policies") from None
    if settings.fixed_replicas is None and not settings.policies:
        rows = [row for row in rows if row.key != "fixed"]
    return rows


def _outcomes(
    replay: Replay, rows: list[SimulatedPolicy], found: dict[str, Measured], days: Ints | None
) -> list[Outcome]:
    edge = edge_of(replay)
    reference = figures(found[REFERENCE].sums.sum(axis=0)) if REFERENCE in found else None
    price, shortage_cost = replay.policy.price_per_replica_hour, replay.policy.shortage_cost
    outcomes = []
    for row in rows:
        if row.key not in found:
            continue
        one = found[row.key]
        values = {name: float(value) for name, value in figures(one.sums.sum(axis=0)).items()}
        drawn = {} if days is None else figures(resampled(one.sums, days))
        hours = values["replica_hours"]
        outcomes.append(
            Outcome(
                policy=row.key,
                label=row.label,
                description=row.description,
                kind=row.kind,
                sweep=row.sweep,
                **values,
                scale_events=one.scale_events,
                sign_changes=one.sign_changes,
                speed_up=_speed_up(values, reference),
                cost=None if price is None else hours * price,
                weighed_cost=weighed(values, shortage_cost),
                oracle_replica_hours=edge.hours_at(values["requests_short"]),
                intervals={name: interval(resamples) for name, resamples in drawn.items()},
                worst=worst_moments(replay, one),
            )
        )
    return outcomes


def weighed(values: Mapping[str, Number], shortage_cost: float) -> Number:
    """Replica-hours: those that were idle, and those that were missing at their cost. What the quantile is for."""
    idle, missing = values["idle_replica_hours"], values["missing_replica_hours"]
    return idle + shortage_cost * missing


def _speed_up(values: dict[str, float], reference: Mapping[str, Floats] | None) -> float | None:
    """How much better than the reference, by the geometric mean of SPEC RG's four ratios; None where one is 0."""
    if reference is None or any(values[name] <= 0 or reference[name] <= 0 for name in SPEED_UP):
        return None
    return float(np.prod([reference[name] / values[name] for name in SPEED_UP]) ** 0.25)
