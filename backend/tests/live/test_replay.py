"""A replay over a store that goes away."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from backend.errors import StoreUnavailableError
from backend.live import replay
from backend.live.replay import Replayer
from backend.measurements import MEASUREMENTS, read_points
from backend.models.predictor import RPSEstimator
from backend.schemas import ReplayRequest
from backend.stores import SeriesInfo, SeriesKey, Tables
from backend.stores.sqlite import SqliteStore
from backend.tests.stores.samples import points, write_points


class LeavingStore(SqliteStore):
    """Refuses writes and deletions while it is away."""

    away = False

    def write(self, tables: Tables, series: Sequence[SeriesInfo] = (), *, replace: bool = False) -> set[str]:
        self._refuse_if_away()
        return super().write(tables, series, replace=replace)

    def delete_series(self, name: str) -> int:
        self._refuse_if_away()
        return super().delete_series(name)

    def _refuse_if_away(self) -> None:
        if self.away:
            raise StoreUnavailableError("gone")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LeavingStore:
    monkeypatch.setattr(replay, "OUTAGE_SECONDS", 0.02)
    opened = LeavingStore(tmp_path / "store.sqlite", MEASUREMENTS)
    write_points(opened, SeriesKey("traffic.csv", "lgbm_v1"), points(200))
    return opened


async def windows(store: LeavingStore, count: int) -> list[pd.Timestamp]:
    """The windows played so far, once there are `count` of them."""
    for _ in range(5_000):
        played = list(read_points(store, SeriesKey("replay of traffic.csv", "lgbm_v1"), None, None).index)
        if len(played) >= count:
            return played
        await asyncio.sleep(0.02)
    raise AssertionError(f"{count} windows were never played")


def test_a_replay_waits_for_a_store_that_is_away_and_leaves_no_hole(
    store: LeavingStore, estimator: RPSEstimator
) -> None:
    async def run() -> None:
        replayer = Replayer(store, estimator)
        await replayer.start(ReplayRequest(filename="traffic.csv", speed=20))
        await windows(store, 3)
        store.away = True
        await asyncio.sleep(0.3)
        assert replayer.current() is not None
        store.away = False
        played = await windows(store, len(await windows(store, 3)) + 5)
        assert played == list(points(200).index[: len(played)])
        await replayer.stop()

    asyncio.run(run())


def test_what_a_replay_could_not_delete_is_deleted_before_the_next(
    store: LeavingStore, estimator: RPSEstimator
) -> None:
    async def run() -> None:
        replayer = Replayer(store, estimator)
        await replayer.start(ReplayRequest(filename="traffic.csv", speed=20))
        await windows(store, 10)
        store.away = True
        await replayer.stop()
        store.away = False
        await replayer.start(ReplayRequest(filename="traffic.csv", speed=0.01))
        assert len(await windows(store, 1)) == 1
        await replayer.stop()
        assert [series.name for series in store.list_series()] == ["traffic.csv"]

    asyncio.run(run())


def test_a_clock_that_jumps_an_hour_and_back_does_not_disturb_a_replay(
    store: LeavingStore, estimator: RPSEstimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        now, replayer = time.time, Replayer(store, estimator)
        await replayer.start(ReplayRequest(filename="traffic.csv", speed=20))
        for count, jump in ((3, 3_600), (8, -3_600), (13, 0)):
            await windows(store, count)
            monkeypatch.setattr(time, "time", lambda jump=jump: now() + jump)
        played = await windows(store, 18)
        assert played == list(points(200).index[: len(played)])
        await replayer.stop()

    asyncio.run(run())
