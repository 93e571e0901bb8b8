"""The policies of series in the store: the one that holds, and those that held before."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import pandas as pd
import structlog
from pydantic import ValidationError

from backend.capacity.policy import Policy
from backend.errors import message_of
from backend.measurements import POLICIES
from backend.stores import TIME, Store

log = structlog.get_logger()

ENDED = ""


@dataclass(frozen=True)
class PolicyVersion:
    """number: 1 for a series' first. since: when it began to hold, to the second. policy: None where none held."""

    number: int
    since: datetime
    policy: Policy | None


class Policies:
    """Thread-safe: it keeps nothing, so that several backends plan alike."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def history(self, filename: str) -> list[PolicyVersion]:
        """The policies of a series, the first one first."""
        return _versions(self._store.read(POLICIES, {"filename": filename}))

    def newest(self, filename: str) -> PolicyVersion | None:
        """What holds for a series; None where it never had a policy."""
        return next(reversed(self.history(filename)), None)

    def by_number(self, filename: str) -> dict[int, Policy | None]:
        """The policies of a series by the numbers of their versions."""
        return {version.number: version.policy for version in self.history(filename)}

    def current(self) -> dict[str, PolicyVersion]:
        """By series the policy that holds; without those that have none."""
        table = self._store.read(POLICIES, {}).sort_values(TIME, kind="stable")
        numbers = table.groupby("filename").cumcount() + 1
        newest = table.assign(number=numbers).drop_duplicates("filename", keep="last")
        columns = ("filename", "number", TIME, "policy")
        return {
            name: PolicyVersion(number, since.to_pydatetime(), policy)
            for name, number, since, text in zip(*(newest[column] for column in columns), strict=True)
            if (policy := _policy(text)) is not None
        }

    def put(self, filename: str, policy: Policy | None, now: datetime) -> PolicyVersion:
        """Let a policy hold from now on, or with None no one; one set in the same second is replaced."""
        text = ENDED if policy is None else policy.model_dump_json(exclude_defaults=True)
        row = {"filename": filename, TIME: pd.Timestamp(now.astimezone(UTC)).floor("s"), "policy": text}
        self._store.write({POLICIES: pd.DataFrame([row])})
        return self.history(filename)[-1]


def _versions(rows: pd.DataFrame) -> list[PolicyVersion]:
    ordered = rows.sort_values(TIME)
    return [
        PolicyVersion(number, since.to_pydatetime(), _policy(text))
        for number, (since, text) in enumerate(zip(ordered[TIME], ordered["policy"], strict=True), start=1)
    ]


@lru_cache(maxsize=10_000)
def _policy(text: str) -> Policy | None:
    """Kept by their text: every close reads the policies of all series, and to check one again takes 20 µs. One that
    another version stored and this one refuses is none: it must not keep the other series from their decisions."""
    if text == ENDED:
        return None
    try:
        return Policy.model_validate_json(text)
    except ValidationError as error:
        log.warning("stored_policy_refused", policy=text, reason=message_of(error.errors()[0]))
        return None
