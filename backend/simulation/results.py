"""A simulation as it is answered and kept: the result, and every policy's path."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from backend.models.evaluate import seen_in_training
from backend.simulation.conclusions import recommended, sentence_of
from backend.simulation.schemas import LeftOut, SimulationResult
from backend.simulation.simulator import Simulation
from backend.simulation.traffic import Traffic

EVEN = (
    "Within a window traffic is taken as even: what peaks for seconds inside it is not seen here. burst_factor makes "
    "room for it."
)
IN_STEPS = (
    "Demand is the log's own requests in every {step} s, of which {each} are a window: minutes short are those of such "
    "steps, and the oracle follows them. What peaks for seconds inside them is not seen."
)
IN_PART = " In {count} windows with traffic no more than the window is known, and it is taken as even."


def result_of(simulation: Simulation) -> SimulationResult:
    replay = simulation.replay
    traffic, estimator = replay.traffic, replay.estimator
    rates = traffic.evaluated
    known = int(rates.notna().sum())
    start, stop = traffic.start.to_pydatetime(), traffic.stop.to_pydatetime()
    seen = [
        {name: str(value) for name, value in each.items()} for each in seen_in_training(estimator.manifest, start, stop)
    ]
    one = next(iter(simulation.measured.values()), None)
    return SimulationResult(
        from_=start,
        to=stop,
        window_seconds=traffic.window_seconds,
        windows=known,
        unknown_windows=len(rates) - known,
        requests=float(rates.sum()) * traffic.window_seconds,
        days=0 if one is None else len(one.sums),
        version=estimator.version,
        seen_in_training=seen,
        policy=replay.policy,
        settings=replay.settings,
        sentence=sentence_of(simulation),
        recommendation=recommended(simulation),
        notes=_notes(simulation, len(rates) - known, seen),
        left_out=[LeftOut(policy=key, reason=reason) for key, reason in simulation.left_out.items()],
        policies=simulation.outcomes,
    )


def _notes(simulation: Simulation, unknown: int, seen: Sequence[Mapping[str, str]]) -> list[str]:
    replay = simulation.replay
    notes = [*replay.traffic.said, _within_windows(replay.traffic)]
    if unknown:
        notes.append(f"{unknown:,} windows are unknown: no traffic and no cost of them is counted.")
    most = replay.policy.max_replicas
    beyond = int((replay.needed_in_windows > most).sum())
    if beyond:
        notes.append(
            f"In {beyond:,} windows more than max_replicas ({most:,}) were needed, where whatever scales is held."
        )
    if replay.settings.times != 1:
        notes.append(
            f"All traffic is taken times {replay.settings.times:g}, its noise too: real traffic of that size would be "
            "smoother."
        )
    if simulation.days is None:
        notes.append("Fewer than three days: no interval can be said, and a difference may be luck.")
    notes += [
        f"{series['name']} ({series['first'][:10]} to {series['last'][:10]}) is what {replay.estimator.version} was "
        "trained on. If that is this traffic, the forecasts are flattered."
        for series in seen
    ]
    return notes


def _within_windows(traffic: Traffic) -> str:
    """What is known of the demand inside a window."""
    window, step, even = traffic.window_seconds, traffic.step_seconds, traffic.even_windows
    if step == window:
        return EVEN
    return IN_STEPS.format(step=step, each=window // step) + (IN_PART.format(count=f"{even:,}") if even else "")


def paths_of(simulation: Simulation) -> pd.DataFrame:
    """Row by row of a window: its rate and what it needed, and by policy the replicas and the requests beyond them."""
    replay = simulation.replay
    rates = replay.traffic.evaluated
    columns = {"rate": rates.to_numpy(np.float64), "needed": replay.needed_in_windows}
    for key, one in simulation.measured.items():
        columns |= {f"{key}_replicas": one.replicas, f"{key}_short": one.short}
    return pd.DataFrame(columns, index=rates.index)
