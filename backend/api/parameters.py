"""The query of a call: nothing in it is passed over, or `?series=web` in place of `?filename=web` would scale web by
another series."""

from collections import Counter

from fastapi import Request
from fastapi.dependencies.models import Dependant

from backend.errors import InvalidRequestError


def refuse_unknown_parameters(request: Request) -> None:
    """Refuse names that the call does not take, and those that are there twice."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    if not given:
        return
    route = request.scope["route"]
    documented = (route.openapi_extra or {}).get("parameters", [])  # that no signature shows
    known = _names(route.dependant) | {each["name"] for each in documented}
    if unknown := sorted(given.keys() - known):
        takes = ", ".join(sorted(known)) or "none"
        raise InvalidRequestError(f"No such parameter: {', '.join(unknown)}. The call takes: {takes}.", fields=unknown)
    if repeated := [name for name, times in given.items() if times > 1]:
        raise InvalidRequestError(f"Twice in the query: {', '.join(repeated)}. Name each once.", fields=repeated)


def _names(dependant: Dependant) -> set[str]:
    return {field.alias for field in dependant.query_params}.union(*map(_names, dependant.dependencies))
