"""Policies replayed on days that no training saw: python -m bench.simulation [--traces FOLDER] [--out docs]

A model is trained as the shipped one is, but without the last ten days of each trace, on which every policy is then
replayed. Writes simulation_measured.md and its pictures; every figure in them comes from this command.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from rich.console import Console

from backend.capacity.policy import Policy
from backend.config import ROOT
from backend.models.predictor import RPSEstimator
from backend.models.train import validation_start
from backend.simulation.conclusions import difference, duration, hours_of_an_hpa, minutes
from backend.simulation.picture import picture_of
from backend.simulation.results import result_of
from backend.simulation.schemas import Outcome, SimulationResult
from backend.simulation.settings import SimulationSettings
from backend.simulation.simulator import simulate
from backend.simulation.table import COLUMNS, cell
from backend.simulation.traffic import traffic_of
from bench.accuracy import TRACES, trained_before
from bench.traces import FOLDER, absent, read

AT_THE_PEAK = 50  # replicas that the highest rate before the span needs
LEADS = (30.0, 120.0, 300.0, 600.0)
FLEETS = (10, 50, 200)
COMPARED = ("hpa", "hpa_50", "hpa_70", "hpa_90", "model", "mean_headroom")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    arguments = parser.parse_args()
    if missing := absent(arguments.traces, [trace.file for trace in TRACES]):
        Console().print(f"The replay needs {', '.join(missing)} in {arguments.traces} (--traces).")
        return
    frames = [(trace.file, read(arguments.traces / trace.file)) for trace in TRACES]
    estimator = trained_before(frames)
    parts = [INTRODUCTION.format(peak=AT_THE_PEAK)]
    for number, (trace, (_, frame)) in enumerate(zip(TRACES, frames, strict=True)):
        result = replayed(estimator, frame, policy_of(frame))
        picture = f"simulation_{number}.svg"
        (arguments.out / picture).write_text(picture_of(result.policies) + "\n")
        parts.append(section(trace.title, result, picture))
    parts.append("\n".join(["## Other leads and fleets", "", OTHERS, *compared(estimator, frames)]))
    (arguments.out / "simulation_measured.md").write_text("\n\n".join(parts) + "\n")


def policy_of(frame: pd.DataFrame, fleet: int = AT_THE_PEAK, lead_seconds: float = 120.0) -> Policy:
    """The defaults, with a replica so large that the peak before the span needs `fleet` of them."""
    before = frame["actual_rps"][frame.index < validation_start(frame)]
    rate = float(before.max()) / fleet
    return Policy(rps_per_replica=rate, lead_seconds=lead_seconds, max_replicas=20 * fleet)


def replayed(
    estimator: RPSEstimator, frame: pd.DataFrame, policy: Policy, policies: tuple[str, ...] = ()
) -> SimulationResult:
    settings = SimulationSettings(policies=policies)
    window = int((frame.index[1] - frame.index[0]).total_seconds())
    traffic = traffic_of(frame["actual_rps"], window, validation_start(frame).to_pydatetime(), None, settings)
    return result_of(simulate(traffic, policy, settings, estimator))


def section(title: str, result: SimulationResult, picture: str) -> str:
    """One trace's part of the page."""
    recommendation = result.recommendation.sentence if result.recommendation else ""
    return (
        f"## {title}\n\n{result.windows:,} windows of a minute, {result.requests:,.0f} requests, "
        f"{result.unknown_windows} windows unknown.\n\n> {result.sentence}\n\n{recommendation}\n\n"
        f"![Replica-hours against minutes short]({picture})\n\n{table(result.policies)}"
    )


def table(outcomes: list[Outcome]) -> str:
    """Markdown; minutes short with their interval."""
    shown = [column for column in COLUMNS if column.name not in ("cost", "requests_short_share", "sign_changes")]
    lines = [f"| policy | {' | '.join(column.title for column in shown)} | minutes short, p5 to p95 |"]
    lines.append("| --- " * (len(shown) + 2) + "|")
    for outcome in outcomes:
        low, high = outcome.intervals["minutes_short"]
        cells = " | ".join(cell(outcome, column) for column in shown)
        lines.append(f"| {outcome.label} | {cells} | {low:,.0f} to {high:,.0f} |")
    return "\n".join(lines)


def compared(estimator: RPSEstimator, frames: list[tuple[str, pd.DataFrame]]) -> Iterator[str]:
    """Lines of a table: the policy's minutes short, and what an HPA and the mean take for that."""
    yield "| trace | replicas at the peak | lead | minutes short | replica-hours | an HPA that is short for as long |"
    yield "| --- " * 6 + "|"
    for trace, (_, frame) in zip(TRACES, frames, strict=True):
        for fleet in FLEETS:
            for lead in LEADS:
                policy = policy_of(frame, fleet, lead)
                outcomes = replayed(estimator, frame, policy, COMPARED).policies
                ours = next(outcome for outcome in outcomes if outcome.policy == "model")
                hours = hours_of_an_hpa(outcomes, ours.minutes_short)
                told = "none of these is" if hours is None else difference(hours, ours.replica_hours)
                yield (
                    f"| {trace.title} | {fleet} | {duration(lead)} | {minutes(ours.minutes_short, unit=False)} | "
                    f"{ours.replica_hours:,.0f} | {told} |"
                )


INTRODUCTION = """# Policies replayed: what was measured

Made by `python -m bench.simulation` with a model trained as the shipped one is, but without the ten days that are
replayed. The policy has its defaults (p90, a lead of two minutes); a replica is so large that the peak before those
days needs {peak}. [simulation.md](simulation.md) says how to read it."""
OTHERS = """The same days with other leads and sizes. An HPA is interpolated between targets of 50, 70, 80 and 90 % of
what a replica serves; where it says that none of these is, the policy is short for less or more time than all of them.
"""

if __name__ == "__main__":
    main()
