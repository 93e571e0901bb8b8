"""What a simulation says in words: a sentence, and which quantile this traffic speaks for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from backend.arrays import Floats
from backend.capacity.sentences import percentile
from backend.models.intervals import LEVEL_NAMES, LEVELS
from backend.simulation.outcome import figures, interval, resampled
from backend.simulation.policies import OURS, POLICIES, REFERENCE
from backend.simulation.schemas import Outcome, QuantileCost, RecommendedQuantile
from backend.simulation.simulator import Simulation, weighed

NOTABLE = 0.05  # share that is saved from which on it is told, where too few days are there to be sure
DAY_SECONDS = 86_400
NO_POLICY = "Beside the oracle no policy was replayed, so there is nothing to compare."
SURE = 0.95  # share of resamples in which one must be cheaper to be called so


@dataclass(frozen=True)
class Comparison:
    """How often, of days drawn anew, one policy cost less than another; None where there are too few days to draw."""

    share: float | None

    @property
    def sure(self) -> bool:
        return self.share is not None and self.share >= SURE


def sentence_of(simulation: Simulation) -> str:
    """What would have been: our policy beside the HPA; and which one does better, where one does."""
    outcomes = {outcome.policy: outcome for outcome in simulation.outcomes}
    ours, theirs = outcomes.get(OURS), outcomes.get(REFERENCE)
    if ours is None:
        return _alone(simulation)
    said = f"With {_named(simulation)} you would have been short {minutes(ours.minutes_short)}"
    if theirs is not None:
        more = difference(ours.replica_hours, theirs.replica_hours)
        target = f"{simulation.replay.settings.hpa_target:.0%}".replace("%", " %")
        said += (
            f" instead of {minutes(theirs.minutes_short, unit=False)}, for {more} than an HPA with a target of {target}"
        )
    else:
        said += f", for {ours.replica_hours:,.0f} replica-hours"
    return f"{said}. {_as_rarely_short(simulation.outcomes, ours)}{_better(simulation, outcomes, ours)}"


def _as_rarely_short(outcomes: Sequence[Outcome], ours: Outcome) -> str:
    hours = hours_of_an_hpa(outcomes, ours.minutes_short)
    if hours is None:
        return ""
    return f"An HPA that is short for as long takes {difference(hours, ours.replica_hours)} than that. "


def hours_of_an_hpa(outcomes: Sequence[Outcome], minutes_short: float) -> float | None:
    """Replica-hours of one that is short for so long: between those replayed, by the logarithm of the minutes; None
    where none of them is short for less, or for more."""
    hpas = [each for each in outcomes if REFERENCE in (each.policy, each.sweep) and each.minutes_short > 0]
    ordered = sorted(hpas, key=lambda each: each.minutes_short)
    if not ordered or not ordered[0].minutes_short <= minutes_short <= ordered[-1].minutes_short:
        return None
    known = np.log([each.minutes_short for each in ordered])
    return float(np.interp(np.log(minutes_short), known, [each.replica_hours for each in ordered]))


def _alone(simulation: Simulation) -> str:
    best = _cheapest(simulation.outcomes)
    if best is None:
        return NO_POLICY if simulation.outcomes else "No policy could be replayed on this traffic."
    return _too_short(simulation) or (
        f"Of these policies {best.label} is the cheapest at a shortage cost of "
        f"{simulation.replay.policy.shortage_cost:g}: short {minutes(best.minutes_short)}, for "
        f"{best.replica_hours:,.0f} replica-hours."
    )


def _named(simulation: Simulation) -> str:
    policy = simulation.replay.policy
    return f"{percentile(policy.level)} and {duration(policy.lead.seconds)} of lead"


def _better(simulation: Simulation, outcomes: dict[str, Outcome], ours: Outcome) -> str:
    """Who costs less, a missing replica being shortage_cost times an idle one."""
    if too_short := _too_short(simulation):
        return too_short
    cost = f"a missing replica costing {simulation.replay.policy.shortage_cost:g} times an idle one"
    best = _cheapest(outcomes.values())
    compared = cheaper(simulation, best.policy, ours.policy) if best else Comparison(None)
    saved = _saved(best, ours) if best else 0.0
    if best is None or not (compared.sure or (compared.share is None and saved > NOTABLE)):
        return f"None of the other policies would reliably have cost less, {cost}."
    return (
        f"Cheaper is {best.label}: short {minutes(best.minutes_short)}, for "
        f"{difference(best.replica_hours, ours.replica_hours)} than that, {cost}."
    )


def _too_short(simulation: Simulation) -> str:
    """Why nothing follows from it, where that is so."""
    traffic = simulation.replay.traffic
    seconds = (traffic.stop - traffic.start).total_seconds()
    if seconds >= DAY_SECONDS:
        return ""
    return f"Nothing can be concluded from {duration(seconds)} of traffic: load repeats by the day."


def _saved(cheaper: Outcome, than: Outcome) -> float:
    """The share of the weighed cost; nothing of what cost nothing."""
    return 1 - cheaper.weighed_cost / than.weighed_cost if than.weighed_cost else 0.0


def _cheapest(outcomes: Iterable[Outcome]) -> Outcome | None:
    real = [outcome for outcome in outcomes if outcome.kind != "oracle"]
    return min(real, key=lambda outcome: outcome.weighed_cost, default=None)


def cheaper(simulation: Simulation, one: str, other: str) -> Comparison:
    """By their weighed cost over the same days drawn anew."""
    costs, others = _drawn_costs(simulation, one), _drawn_costs(simulation, other)
    return Comparison(None if costs is None or others is None else float((costs < others).mean()))


def _drawn_costs(simulation: Simulation, key: str) -> Floats | None:
    if simulation.days is None:
        return None
    drawn = figures(resampled(simulation.measured[key].sums, simulation.days))
    return weighed(drawn, simulation.replay.policy.shortage_cost)


def recommended(simulation: Simulation) -> RecommendedQuantile | None:
    """The quantile of the sweep that cost least, where that is not luck; else what the newsvendor rule says."""
    levels = {row.key: row.level for row in POLICIES if row.level is not None}
    swept = [outcome for outcome in simulation.outcomes if outcome.policy in levels]
    if not swept:
        return None
    shortage_cost = simulation.replay.policy.shortage_cost
    by_rule = shortage_cost / (1 + shortage_cost)
    ruled = min(swept, key=lambda outcome: abs(levels[outcome.policy] - by_rule))
    best = min(swept, key=lambda outcome: (outcome.weighed_cost, outcome is not ruled))
    compared = cheaper(simulation, best.policy, ruled.policy)
    chosen = best if compared.sure else ruled
    names = [LEVEL_NAMES[LEVELS.index(levels[outcome.policy])] for outcome in (ruled, best, chosen)]
    costs = []
    for outcome in swept:
        drawn = _drawn_costs(simulation, outcome.policy)
        costs.append(
            QuantileCost(
                policy=outcome.policy,
                quantile=levels[outcome.policy],
                weighed_cost=outcome.weighed_cost,
                interval=None if drawn is None else interval(drawn),
            )
        )
    return RecommendedQuantile(
        quantile=levels[chosen.policy],
        policy=chosen.policy,
        shortage_cost=shortage_cost,
        sentence=_why(shortage_cost, by_rule, names, _saved(best, ruled), compared),
        costs=costs,
    )


def _why(shortage_cost: float, by_rule: float, names: list[str], saved: float, compared: Comparison) -> str:
    ruled, best, chosen = names
    rule = (
        f"A missing replica costs {shortage_cost:g} times an idle one, so by the newsvendor rule {percentile(by_rule)}"
    )
    nearest = "" if percentile(by_rule) == ruled else f", of which {ruled} is the nearest that was replayed"
    if best == ruled:
        return f"{chosen}: {rule}{nearest}; on this traffic it was the cheapest too."
    by = f"{best} was {saved:.0%} cheaper".replace("%", " %")
    if compared.share is None:
        return f"{chosen}: {rule}{nearest}. {by}, but fewer than three days cannot tell that from luck."
    drawn = f"{compared.share:.0%}".replace("%", " %") + " of the days drawn anew"
    if compared.sure:
        return f"{chosen}: {rule}{nearest}; but on this traffic {by}, in {drawn}."
    return f"{chosen}: {rule}{nearest}. {by}, but only in {drawn}, which may be luck."


def minutes(value: float, unit: bool = True) -> str:
    """Whole minutes above ten, one digit below."""
    number = f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"
    return f"{number} {'minute' if number == '1' else 'minutes'}" if unit else number


def difference(value: float, other: float) -> str:
    """3 % more replica-hours, 12 % fewer replica-hours, as many replica-hours."""
    share = value / other - 1 if other else np.inf
    if abs(share) < 0.005:
        return "no more replica-hours"
    number = f"{abs(share):.0%}".replace("%", " %")
    return f"{number} {'more' if share > 0 else 'fewer'} replica-hours"


def duration(seconds: float) -> str:
    """7 hours, 2 minutes, 90 seconds."""
    if seconds >= 7200 and seconds % 3600 == 0:
        return f"{seconds / 3600:g} hours"
    if seconds >= 120 and seconds % 60 == 0:
        return f"{seconds / 60:g} minutes"
    return "1 minute" if seconds == 60 else f"{seconds:g} seconds"
