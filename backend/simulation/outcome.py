"""What a policy cost and missed: sums by day, from which every measure and its interval follow.

θ and T are the elasticity measures of SPEC RG (Herbst et al., "Ready for rain?", SPEC-RG-2016-01): by how much, and for
what share of the time, supply was under and over demand.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from backend.arrays import Floats, Ints
from backend.capacity.sizing import capacity_of
from backend.simulation.fleet import Fleet, Steps
from backend.simulation.replay import Replay
from backend.simulation.schemas import WorstMoment

DAY_SECONDS = 86_400
RESAMPLES = 1_000
FEWEST_BLOCKS = 3  # days, below which no interval is said
INTERVAL = (5.0, 95.0)  # percent of the resamples
WORST = 5

# What is added up, each over known time; a column a name.
SUMS = (
    "seconds",
    "short_seconds",
    "requests",
    "requests_short",
    "requests_in_short",
    "paid",  # replica-seconds
    "used",  # of them, those that the demand needed
    "missing",  # replica-seconds that the demand needed beyond what served
    "needed",
    "under",
    "over",
    "under_seconds",
    "over_seconds",
)


@dataclass(frozen=True)
class Measured:
    """One policy over the span. sums: (days, SUMS). replicas: (windows,), the mean that served. short: (windows,),
    requests beyond capacity; NaN where the rate is unknown. changes: times of the asked replicas' changes."""

    sums: Floats
    replicas: Floats
    short: Floats
    scale_events: int
    sign_changes: int


def measured(replay: Replay, asked: Steps, fleet: Fleet) -> Measured:
    """Exact in time: between two moments at which traffic or fleet change nothing does."""
    traffic, step = replay.traffic, replay.traffic.step_seconds
    start, stop = traffic.start.timestamp(), traffic.stop.timestamp()
    rates = traffic.demand.to_numpy(np.float64)
    moments = np.concatenate([start + step * np.arange(len(rates)), fleet.serving.times, fleet.paid.times])
    edges = np.append(np.unique(moments[(moments >= start) & (moments < stop)]), stop)
    seconds, begins = np.diff(edges), edges[:-1]
    place = ((begins - start) // step).astype(np.int64)
    rate, needed = rates[place], replay.needed[place]
    serving, paid = fleet.serving.at(begins), fleet.paid.at(begins)
    capacity = _capacities(replay, serving)
    known = np.isfinite(rate)
    beyond = np.maximum(rate - capacity, 0.0)
    short, missing, spare = beyond > 0, np.maximum(needed - serving, 0.0), np.maximum(serving - needed, 0.0)
    columns = (
        np.ones(len(seconds)),
        short,
        rate,
        beyond,
        np.where(short, rate, 0.0),
        paid,
        np.minimum(serving, needed),
        missing,
        needed,
        missing / needed,
        spare / needed,
        missing > 0,
        spare > 0,
    )
    values = np.where(known[:, None], np.stack(columns, axis=1) * seconds[:, None], 0.0)
    sums = np.zeros((int((stop - start - 1) // DAY_SECONDS) + 1, len(SUMS)))
    np.add.at(sums, ((begins - start) // DAY_SECONDS).astype(np.int64), values)
    evaluated = traffic.evaluated.to_numpy(np.float64)
    window = ((begins - start) // replay.window).astype(np.int64)
    inside = (asked.times >= start) & (asked.times < stop)
    changes = np.sign(np.diff(asked.values))[inside[1:]] if len(asked.values) > 1 else np.zeros(0)
    return Measured(
        sums,
        np.bincount(window, serving * seconds, len(evaluated)) / replay.window,
        np.where(np.isfinite(evaluated), np.bincount(window, np.nan_to_num(beyond) * seconds, len(evaluated)), np.nan),
        int((changes != 0).sum()),
        int((np.diff(changes[changes != 0]) != 0).sum()),
    )


def figures(sums: Floats) -> dict[str, Floats]:
    """The measures of sums (..., SUMS): (...), by their names in answers."""
    of = {name: sums[..., place] for place, name in enumerate(SUMS)}
    total = np.maximum(of["seconds"], 1e-9)
    return {
        "replica_hours": of["paid"] / 3600,
        "idle_replica_hours": np.maximum(of["paid"] - of["used"], 0.0) / 3600,
        "missing_replica_hours": of["missing"] / 3600,
        "minutes_short": of["short_seconds"] / 60,
        "requests_short": of["requests_short"],
        "requests_short_share": of["requests_short"] / np.maximum(of["requests"], 1e-9),
        "requests_in_short_minutes": of["requests_in_short"],
        "theta_u": 100 * of["under"] / total,
        "theta_o": 100 * of["over"] / total,
        "time_u": 100 * of["under_seconds"] / total,
        "time_o": 100 * of["over_seconds"] / total,
    }


def resampled(sums: Floats, days: Ints) -> Floats:
    """Sums of days drawn anew: days (resamples, drawn) of sums (days, SUMS) → (resamples, SUMS)."""
    return np.asarray(sums[days].sum(axis=1))


def drawn_days(count: int, seed: int) -> Ints | None:
    """Which days each resample has, the same for every policy, so that differences are of pairs; None of too few."""
    if count < FEWEST_BLOCKS:
        return None
    return np.random.default_rng(seed).integers(0, count, (RESAMPLES, count))


def interval(values: Floats) -> tuple[float, float]:
    low, high = np.percentile(values, INTERVAL)
    return float(low), float(high)


def worst_moments(replay: Replay, one: Measured) -> list[WorstMoment]:
    """The spells of shortage with the most requests beyond capacity, the worst first."""
    short = np.flatnonzero(np.nan_to_num(one.short) > 0)
    if not len(short):
        return []
    spells = np.split(short, np.flatnonzero(np.diff(short) > 1) + 1)
    needed = replay.needed_in_windows
    start, window = replay.traffic.start.to_pydatetime(), timedelta(seconds=replay.window)
    found = [
        WorstMoment(
            start=start + window * int(spell[0]),
            end=start + window * int(spell[-1] + 1),
            requests_short=float(one.short[spell].sum()),
            needed=int(needed[spell].max()),
            replicas=float(one.replicas[spell].min()),
        )
        for spell in spells
    ]
    return sorted(found, key=lambda each: -each.requests_short)[:WORST]


def _capacities(replay: Replay, replicas: Ints) -> Floats:
    distinct, places = np.unique(replicas, return_inverse=True)
    return np.array([capacity_of(replay.policy, count) if count else 0.0 for count in distinct.tolist()])[places]
