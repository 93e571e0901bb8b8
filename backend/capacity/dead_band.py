"""Whether a HorizontalPodAutoscaler acts on a number: within its tolerance of what runs it does nothing."""

from dataclasses import dataclass

from backend.capacity.policy import Policy


@dataclass(frozen=True)
class DeadBand:
    """acts: whether the number of replicas that run would change, or need not."""

    current_replicas: int
    acts: bool
    sentence: str


def dead_band(policy: Policy, replicas: int, current: int) -> DeadBand:
    """What an HPA makes of `replicas` times the target, `current` running.

    An external metric with an average value: usage / (target times current) within 1 ± tolerance changes nothing
    (kubernetes, GetExternalPerPodMetricReplicas; from 1.33 on both ends are inside).
    """
    ratio = replicas / current
    percent = f"{policy.hpa_tolerance:.0%}"
    if replicas == current:
        return DeadBand(current, True, f"{current} run, and {replicas} are recommended.")
    if abs(ratio - 1) > policy.hpa_tolerance + 1e-9:
        return DeadBand(current, True, f"An HPA goes from {current} to {replicas}.")
    return DeadBand(
        current,
        False,
        f"An HPA will keep {current}: {replicas} is within its tolerance of {percent} of {current}. "
        "Set behavior.scaleUp.tolerance (and scaleDown.tolerance) to 0, on by default from Kubernetes 1.35 on.",
    )
