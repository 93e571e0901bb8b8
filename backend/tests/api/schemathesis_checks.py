"""A check of ours beside schemathesis's own: it loads this file by schemathesis.toml."""

from typing import Any

import schemathesis


@schemathesis.check
def declared_problem(
    _: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """A problem is one of those that its call declares for the status, by type and title."""
    content: dict[str, Any] = case.operation.definition.raw["responses"].get(str(response.status_code), {})
    declared = content.get("content", {}).get("application/problem+json")
    if declared is None:
        return
    examples = [example["value"] for example in declared["examples"].values()]
    answer = response.json()
    named = {name: answer[name] for name in ("type", "title", "status")}
    assert named in [{name: example[name] for name in named} for example in examples], named
