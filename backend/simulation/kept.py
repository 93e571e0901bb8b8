"""Simulations in the store, with their series: how each stands, its result, and every policy's path."""

import os
import socket
from collections.abc import Container, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from backend.measurements import SIMULATION_PATHS, SIMULATIONS
from backend.simulation.schemas import PathWindow, SimulationRecord, SimulationRequest, SimulationResult
from backend.stores import TIME, SeriesKey, Store

KEPT = 10  # the newest results of a series; a week of minutes with sixteen policies weighs 1.8 MB
MOST_BUCKETS = 720  # of a chart
ALL = datetime(2200, 1, 1, tzinfo=UTC)  # no file has later times, and InfluxDB takes none beyond 2262


class StoredSimulation(SimulationRecord):
    """A record with who runs it, of which version's series it is, and when it was last alive."""

    version: str
    host: str
    process: int
    seen_at: datetime

    @property
    def key(self) -> SeriesKey:
        return SeriesKey(self.filename, self.version)


def new_record(simulation_id: str, key: SeriesKey, request: SimulationRequest | None = None) -> StoredSimulation:
    now = datetime.now(UTC).replace(microsecond=0)  # what the store keeps of a time
    return StoredSimulation(
        id=simulation_id,
        filename=key.name,
        version=key.version,
        state="waiting",
        started_at=now,
        request=request,
        host=socket.gethostname(),
        process=os.getpid(),
        seen_at=now,
    )


class KeptSimulations:
    """Thread-safe: it keeps nothing itself, so that several backends over one store see each other's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, record: StoredSimulation, result: SimulationResult | None = None) -> None:
        """Keep how one stands, with its result where it has one."""
        text = "" if result is None else result.model_dump_json(by_alias=True)
        row = {
            TIME: pd.Timestamp(record.started_at),
            "simulation_id": record.id,
            "record": record.model_dump_json(exclude_defaults=True, by_alias=True),
            "result": text,
        }
        self._store.write({SIMULATIONS: pd.DataFrame([row | record.key.tags])})

    def put_paths(self, record: StoredSimulation, paths: pd.DataFrame) -> None:
        """Keep what results.paths_of gives."""
        table = paths.rename_axis(TIME).reset_index().assign(simulation_id=record.id, **record.key.tags)
        self._store.write({SIMULATION_PATHS: table})

    def records(self, tags: dict[str, str]) -> list[StoredSimulation]:
        """Those with these tags, the newest first."""
        rows = self._store.read(SIMULATIONS, tags, fields=["record"])
        records = [StoredSimulation.model_validate_json(text) for text in rows["record"]]
        return sorted(records, key=lambda record: record.started_at, reverse=True)

    def find(self, simulation_id: str) -> StoredSimulation | None:
        return next(iter(self.records({"simulation_id": simulation_id})), None)

    def result(self, record: StoredSimulation) -> SimulationResult | None:
        tags = record.key.tags | {"simulation_id": record.id}
        texts: Sequence[str] = self._store.read(SIMULATIONS, tags, fields=["result"])["result"].tolist()
        return SimulationResult.model_validate_json(texts[-1]) if texts and texts[-1] else None

    def path(
        self, record: StoredSimulation, policy: str, start: datetime | None, stop: datetime | None
    ) -> pd.DataFrame:
        """Window by window: rate, needed, replicas, short."""
        names = {"rate": "rate", "needed": "needed", f"{policy}_replicas": "replicas", f"{policy}_short": "short"}
        tags = record.key.tags | {"simulation_id": record.id}
        table = self._store.read(SIMULATION_PATHS, tags, start, stop, fields=list(names))
        return table.set_index(TIME).reindex(columns=list(names)).rename(columns=names)

    def forget_older(self, key: SeriesKey, running: Container[str] = ()) -> None:
        """Let those of a series go that are beyond the newest KEPT: of those with a result, and of those that ended
        without one, so that no cancelled one takes a result's place. The ids of `running` stay."""
        ended = [record for record in self.records(key.tags) if record.id not in running]
        with_result = [record for record in ended if record.state == "done"]
        without = [record for record in ended if record.state != "done"]
        for record in with_result[KEPT:] + without[KEPT:]:
            tags = key.tags | {"simulation_id": record.id}
            self._store.delete(SIMULATION_PATHS, tags, ALL)
            self._store.delete(SIMULATIONS, tags, record.started_at + timedelta(seconds=1))


def bucketed(path: pd.DataFrame, window_seconds: int) -> tuple[int, list[PathWindow]]:
    """At most MOST_BUCKETS: of each the highest rate and need, the mean of the replicas, the sum of what was short."""
    every = window_seconds * max(1, -(-len(path) // MOST_BUCKETS))
    how = {"rate": "max", "needed": "max", "replicas": "mean"}
    rows = path.resample(f"{every}s", origin="start")
    table = rows.agg(how).assign(short=rows["short"].sum(min_count=1)).dropna(subset=["replicas"])
    return every, [
        PathWindow(
            timestamp=time,
            rate=_known(rate),
            needed=_known(needed),
            replicas=replicas,
            requests_short=_known(short),
        )
        for time, rate, needed, replicas, short in table.itertuples(name=None)
    ]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
