"""What the store has of policies."""

from datetime import UTC, datetime

import pandas as pd
import pytest
from structlog.testing import capture_logs

from backend.capacity.policies import Policies
from backend.capacity.policy import Policy
from backend.measurements import POLICIES
from backend.stores import TIME
from backend.stores.sqlite import SqliteStore

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ['{"lead_seconds": 1e12}', '{"a_setting_of_another_version": 1}', "{"])
def test_a_stored_policy_that_is_refused_now_keeps_no_other_series_from_its_own(
    sqlite_store: SqliteStore, text: str
) -> None:
    policies, good = Policies(sqlite_store), Policy(rps_per_replica=10)
    policies.put("web", good, NOW)
    refused = {"filename": "shop", TIME: pd.Timestamp(NOW).as_unit("s"), "policy": text}
    sqlite_store.write({POLICIES: pd.DataFrame([refused])})
    with capture_logs() as logs:
        assert {name: version.policy for name, version in policies.current().items()} == {"web": good}
    assert [line["policy"] for line in logs if line["event"] == "stored_policy_refused"] == [text]
