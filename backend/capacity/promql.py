"""PromQL and alert templates about a series, whatever its name."""

import json


def selector(series: str, **labels: str) -> str:
    """`{series="shop"}`; text in PromQL is quoted as in JSON."""
    pairs = {"series": series, **labels}
    return "{" + ",".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in pairs.items()) + "}"


def minutes(seconds: int) -> str:
    """A duration: 2m, or 90s."""
    return f"{seconds}s" if seconds % 60 else f"{seconds // 60}m"


def templated(text: str) -> str:
    """Text that an alert's template leaves as it is."""
    return text.replace("{{", '{{"{{"}}')
