"""Series whose decision is being served, as an earlier process left them: no window has to pass for it."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backend.capacity.log import LoggedDecision, write_log
from backend.capacity.policy import Policy
from backend.measurements import FORECASTS, POINT_FIELDS, POINTS, POLICIES, QUANTITIES, SAMPLES, points_table
from backend.models.catalog import model_keys
from backend.serving.issued import field
from backend.stores import TIME, SeriesInfo, SeriesKey, Store
from backend.tests.clocked import Clock
from backend.tests.feeding import HOURS, LATE, MINUTE, Home
from backend.tests.scripts import find_program
from backend.tests.shipped import HORIZONS

VERSION = "lgbm_v1"
WINDOWS = 240  # of history
RATE, REPLICAS = 1_000.0, 12
POLICY: dict[str, Any] = {"rps_per_replica": 100.0, "mode": "serve"}


def serve(home: Home, names: Sequence[str] = ("web",), **policy: Any) -> Clock:
    """Write the series into the home's store: 12 replicas decided at the end of the newest window, by a clock that
    stands still some seconds after it."""
    clock = Clock.begin(home.folder / "clock", int(pd.Timestamp.now("UTC").timestamp()) // HOURS * HOURS)
    moment = int(clock.time())
    clock.set(moment + LATE + 1)
    store = home.open()
    write_served(store, names, moment, Policy.model_validate(POLICY | policy))
    store.close()
    return clock


def write_served(store: Store, names: Sequence[str], moment: int, policy: Policy) -> None:
    """Points up to `moment` (seconds since 1970), forecasts and a decision from there, a sample just after it."""
    at = pd.Timestamp(moment, unit="s", tz="UTC").as_unit("s")
    index = pd.date_range(end=at - pd.Timedelta(MINUTE, "s"), periods=WINDOWS, freq=f"{MINUTE}s", unit="s")
    points = pd.DataFrame({"actual_rps": np.full(WINDOWS, RATE)}, index=index).reindex(columns=list(POINT_FIELDS))
    quantities = {
        field(name, horizon * MINUTE): RATE + 20 * place
        for horizon in HORIZONS
        for place, name in enumerate(QUANTITIES)
    }
    decision = LoggedDecision(
        at=at.to_pydatetime(),
        replicas=REPLICAS,
        before=None,
        wanted=REPLICAS,
        demand=1_140.0,
        forecast=1_140.0,
        level=0.9,
        observed=RATE,
        binding="forecast",
        policy=1,
    )
    keys = [SeriesKey(name, VERSION) for name in names]
    for start in range(0, len(keys), 50):
        chunk = keys[start : start + 50]
        store.write(
            {POINTS: pd.concat([points_table(key, points) for key in chunk])},
            [SeriesInfo(key, MINUTE, "feed") for key in chunk],
        )
    tags = [key.tags for key in keys]
    store.write(
        {
            FORECASTS: pd.DataFrame(
                [one | quantities | {"model": model, TIME: at} for one in tags for model in model_keys()]
            ),
            POLICIES: pd.DataFrame(
                [
                    {
                        "filename": key.name,
                        TIME: index[0],
                        "policy": policy.model_dump_json(exclude_defaults=True),
                    }
                    for key in keys
                ]
            ),
            SAMPLES: pd.DataFrame(
                [
                    {
                        "filename": key.name,
                        "source": "host=a",
                        "kind": "rate",
                        TIME: (at + pd.Timedelta(3, "s")).as_unit("ns"),
                        "value": RATE,
                    }
                    for key in keys
                ]
            ),
        }
    )
    write_log(store, [(key, decision) for key in keys])


@dataclass(frozen=True)
class Asked:
    """What an HPA would get, as quantities; `error`: why nothing."""

    value: str
    target: str
    active: bool
    error: str


def ask_as_keda(metadata: dict[str, str], auth: dict[str, str] | None = None, timeout_ms: int = 3_000) -> Asked:
    """One poll of a metrics-api trigger by KEDA's own code."""
    return _keda({"metadata": metadata, "auth": auth or {}, "timeout_ms": timeout_ms})


def refusal_of(manifest: str) -> str:
    """What KEDA and Kubernetes say against a document of theirs; empty where nothing."""
    return _keda({"manifest": manifest}).error


def _keda(question: dict[str, Any]) -> Asked:
    program = find_program("ensure-keda")
    result = subprocess.run([program], input=json.dumps(question) + "\n", capture_output=True, text=True, check=True)
    return Asked(**json.loads(result.stdout))
