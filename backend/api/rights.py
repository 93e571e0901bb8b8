"""Which right each call needs: one table, which the guard asks and the API document shows."""

from backend.access import Right

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

# Method and path of the calls that do not follow the rule below; None needs no token. Liveness is for whatever
# restarts the process, and tells nothing of the data. Readiness names series, queries and the store: it is read.
EXCEPTIONS: dict[tuple[str, str], Right | None] = {
    ("GET", "/api/health"): None,
    ("GET", "/api/session"): None,
    ("POST", "/api/session"): None,
    ("DELETE", "/api/session"): None,
    ("POST", "/api/v2/write"): Right.WRITE,
}


def right_of(method: str, path: str) -> Right | None:
    """The right that a call needs: to read what is safe, to change data for everything else, but for the exceptions."""
    return EXCEPTIONS.get((method, path), Right.READ if method in SAFE_METHODS else Right.CHANGE)
