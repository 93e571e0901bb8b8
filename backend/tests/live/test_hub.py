"""Fan-out, counted on a store that counts its queries."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from backend.errors import BusyError, StoreUnavailableError
from backend.feed.open_windows import OpenWindows
from backend.feed.tracker import FeedTracker
from backend.live.channel import QUEUE_MESSAGES, Channel, Subscriber
from backend.live.hub import Hub
from backend.live.replay import Replayer
from backend.live.status import SeriesStatuses
from backend.measurements import MEASUREMENTS
from backend.serving.current import CurrentForecasts
from backend.stores import Measurement, SeriesKey
from backend.stores.sqlite import SqliteStore
from backend.tests.shipped import HORIZONS, shipped_model
from backend.tests.stores.samples import forecasts, points, write_forecasts, write_points

KEY = SeriesKey("traffic.csv", "lgbm_v1")
INTERVAL = 0.02
PLACES = 100


class CountingStore(SqliteStore):
    """Counts what is asked of it, and can be made unreachable."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, MEASUREMENTS)
        self.queries: Counter[str] = Counter()
        self.reachable = True

    def read(self, measurement: Measurement, *arguments: Any, **options: Any) -> pd.DataFrame:
        self.queries[measurement.name] += 1
        if not self.reachable:
            raise StoreUnavailableError("gone")
        return super().read(measurement, *arguments, **options)

    def list_series(self) -> list[Any]:
        self.queries["list_series"] += 1
        if not self.reachable:
            raise StoreUnavailableError("gone")
        return super().list_series()


@pytest.fixture
def store(tmp_path: Path) -> CountingStore:
    opened = CountingStore(tmp_path / "store.sqlite")
    write_points(opened, KEY, points(100))
    return opened


def with_hub(store: CountingStore, work: Callable[[Hub], Awaitable[None]], tracker: FeedTracker | None = None) -> None:
    """Run `work` beside a hub that ticks."""
    tracker = tracker or FeedTracker(60)

    async def run() -> None:
        model = shipped_model()
        statuses = SeriesStatuses(store, Replayer(store, model), tracker, OpenWindows(store, tracker))
        hub = Hub(store, statuses, CurrentForecasts(store, HORIZONS), INTERVAL, PLACES)
        ticking = asyncio.create_task(hub.run())
        await work(hub)
        ticking.cancel()

    asyncio.run(run())


async def next_of(subscriber: Subscriber, kind: str) -> dict[str, Any]:
    """The next message of that kind."""
    while True:
        message: dict[str, Any] = json.loads(await subscriber.queue.get())
        if message["type"] == kind:
            return message


def test_a_tick_asks_the_store_for_its_records_alone_however_many_clients_watch(store: CountingStore) -> None:
    async def work(hub: Hub) -> None:
        subscribers = [(await hub.subscribe("traffic.csv", None))[1] for _ in range(50)]
        for subscriber in subscribers:
            subscriber.queue.get_nowait()
        store.queries.clear()
        for _ in range(10):  # ten ticks: each brings every client one status
            await asyncio.gather(*(subscriber.queue.get() for subscriber in subscribers))
        assert set(store.queries) == {"list_series"}
        assert store.queries["list_series"] <= 11

    with_hub(store, work)


def test_a_client_that_takes_nothing_is_dropped_and_the_others_do_not_notice(store: CountingStore) -> None:
    async def work(hub: Hub) -> None:
        _, slow = await hub.subscribe("traffic.csv", None)
        _, reading = await hub.subscribe("traffic.csv", None)
        for _ in range(2 * QUEUE_MESSAGES):
            await reading.queue.get()
        assert slow.dropped.is_set()
        assert not reading.dropped.is_set()
        assert hub.clients == 1

    with_hub(store, work)


def test_no_place_is_left_however_many_come_before_the_first_is_served(store: CountingStore) -> None:
    async def work(hub: Hub) -> None:
        with ExitStack() as places:
            for _ in range(PLACES):
                places.enter_context(hub.place())
            with pytest.raises(BusyError, match="SCALEOPS_MAX_SOCKETS"):
                places.enter_context(hub.place())
        with hub.place():
            pass

    with_hub(store, work)


def test_a_name_that_is_not_stored_is_forgotten_with_its_last_client(store: CountingStore) -> None:
    async def work(hub: Hub) -> None:
        hub.unsubscribe(*await hub.subscribe("nobody.csv", None))
        assert hub.watched == []
        hub.unsubscribe(*await hub.subscribe("traffic.csv", None))
        assert hub.watched == ["traffic.csv"]

    with_hub(store, work)


def test_while_the_store_is_gone_clients_are_told_and_stay(store: CountingStore) -> None:
    async def work(hub: Hub) -> None:
        _, subscriber = await hub.subscribe("traffic.csv", None)
        seen = []
        for reachable in (True, False, True):
            store.reachable = reachable
            for _ in range(5):
                message = json.loads(await subscriber.queue.get())
            seen.append(message["data"]["store"])
        assert seen == ["ok", "unreachable", "ok"]

    with_hub(store, work)


def test_what_came_while_the_store_was_gone_follows_when_it_is_back(store: CountingStore) -> None:
    async def work(hub: Hub) -> None:
        _, subscriber = await hub.subscribe("traffic.csv", None)
        store.reachable = False
        await asyncio.sleep(3 * INTERVAL)
        write_points(store, KEY, points(103))
        store.reachable = True
        news = (await next_of(subscriber, "points"))["data"]["points"]
        assert [point["timestamp"] for point in news] == [
            timestamp.isoformat().replace("+00:00", "Z") for timestamp in points(103).index[100:]
        ]

    with_hub(store, work)


def test_a_corrected_newest_window_is_sent_again(store: CountingStore) -> None:
    async def work(hub: Hub) -> None:
        _, subscriber = await hub.subscribe("traffic.csv", None)
        write_points(store, KEY, points(100).tail(1).assign(actual_rps=7.0))
        news = (await next_of(subscriber, "points"))["data"]["points"]
        assert [point["actual_rps"] for point in news] == [7.0]

    with_hub(store, work)


def test_warming_up_ends_as_the_windows_come(store: CountingStore) -> None:
    key = SeriesKey("young.csv", "lgbm_v1")

    def close(windows: int) -> None:
        write_points(store, key, points(windows))
        write_forecasts(store, forecasts(key, f"2026-01-01T00:{windows:02d}:00Z"))

    async def work(hub: Hub) -> None:
        close(18)
        _, subscriber = await hub.subscribe("young.csv", None)
        snapshot = json.loads(await subscriber.queue.get())
        warming = [snapshot["data"]["forecast"]["warming_up"]]
        for windows in (19, 20):
            close(windows)
            warming.append((await next_of(subscriber, "points"))["data"]["forecast"]["warming_up"])
        assert warming == [True, True, False]

    with_hub(store, work)


def test_a_window_of_a_feed_comes_with_the_forecast_from_its_end_though_that_is_stored_later(
    store: CountingStore,
) -> None:
    tracker = FeedTracker(60)
    tracker.note_newest(KEY.name, time.time_ns())

    async def work(hub: Hub) -> None:
        write_forecasts(store, forecasts(KEY, "2026-01-01T01:40:00Z"))
        _, subscriber = await hub.subscribe(KEY.name, None)
        await subscriber.queue.get()
        write_points(store, KEY, points(101))
        write_forecasts(store, forecasts(KEY, "2026-01-01T01:41:00Z"))
        await hub.show_issued({KEY.name})
        while (message := json.loads(await subscriber.queue.get()))["type"] == "status":
            pass
        assert message["type"] == "points"
        assert message["data"]["forecast"]["issued_at"] == "2026-01-01T01:41:00Z"

    with_hub(store, work, tracker)


def test_a_window_whose_forecast_does_not_come_is_shown_a_tick_later(store: CountingStore) -> None:
    tracker = FeedTracker(60)
    tracker.note_newest(KEY.name, time.time_ns())

    async def work(hub: Hub) -> None:
        _, subscriber = await hub.subscribe(KEY.name, None)
        write_points(store, KEY, points(101))
        messages = [json.loads(await subscriber.queue.get()) for _ in range(8)]
        (came,) = [message["data"] for message in messages if message["type"] == "points"]
        assert [len(came["points"]), came["forecast"]] == [1, None]

    with_hub(store, work, tracker)


def test_a_clock_that_jumps_an_hour_and_back_does_not_disturb_those_who_watch(
    store: CountingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hub: Hub) -> None:
        now, (_, subscriber) = time.time_ns, await hub.subscribe("traffic.csv", None)
        numbers, last = [json.loads(subscriber.queue.get_nowait())["sequence"]], 100
        for jump in (3_600, -3_600):
            monkeypatch.setattr(time, "time_ns", lambda jump=jump: now() + jump * 10**9)
            last += 1
            write_points(store, KEY, points(last))
            numbers.append((await next_of(subscriber, "points"))["sequence"])
        assert numbers == sorted(set(numbers))
        _, returned = await hub.subscribe("traffic.csv", numbers[1])
        assert json.loads(returned.queue.get_nowait())["sequence"] == numbers[2]

    with_hub(store, work)


def test_a_client_with_a_number_from_before_the_clock_was_set_back_gets_a_snapshot() -> None:
    assert Channel(None, sequence=1_000).missed(after=4_600) is None
