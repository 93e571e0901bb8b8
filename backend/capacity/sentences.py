"""A decision in plain words."""

from backend.capacity.planner import Decision
from backend.capacity.policy import Policy
from backend.figures import figure, in_full


def sentence(policy: Policy, decision: Decision) -> str:
    """What the number follows from: the demand with its factors, the replicas for it, and what changed them."""
    limits = {step.name: step.limit for step in decision.steps}
    sized, number = decision.steps[0].replicas, decision.replicas
    changed = {
        "forecast": "",
        "observed": "",
        "min_replicas": f"; min_replicas keeps {number}",
        "max_replicas": f"; max_replicas allows {number}",
        "up_limit": f"; the rate limit adds no more than to {limits.get('up_limit')} within a minute",
        "down_limit": f"; the rate limit removes no more than to {limits.get('down_limit')} within a minute",
        "stabilization": f"; {number} were wanted in the last {policy.stabilization_seconds:g} s and stay",
    }[decision.binding]
    said = f"{_demand(policy, decision)} {_sizing(policy, decision.demand, sized)}{changed}."
    return " ".join(filter(None, [said, policy.lead.sentence]))


def _demand(policy: Policy, decision: Decision) -> str:
    factors = "".join(
        f", times {name} {value:g}"
        for name, value in (("headroom", policy.headroom), ("burst factor", policy.burst_factor))
        if value != 1
    )
    if decision.steps[0].name == "observed":
        return f"The newest window had {figure(decision.base)} req/s, above the forecast{factors}:"
    lead = policy.lead.seconds
    ahead = f"from {lead:g} to {lead + policy.cadence_seconds:g} s ahead"
    return f"{percentile(decision.level)} of the forecast reaches {figure(decision.base)} req/s {ahead}{factors}:"


def _sizing(policy: Policy, demand: float, replicas: int) -> str:
    each = f" at {in_full(policy.target)} req/s each" if policy.sizing == "rate" else ""
    return f"{figure(demand)} req/s need {replicas} {'replica' if replicas == 1 else 'replicas'}{each}"


def percentile(level: float) -> str:
    """p90, p66.7"""
    return f"p{100 * level:.3g}"
