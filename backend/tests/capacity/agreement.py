"""A fed series with a policy, watched from every side: page, KEDA endpoint, a real Prometheus, and the log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from backend.tests.feeding import MINUTE, Feed, until
from backend.tests.programs import adapted, prometheus_of
from backend.tests.server import Server, reserved_port

SERIES = "web"


@dataclass(frozen=True)
class Seen:
    """The replicas of one decision as each side has them, the policy that it followed, and the rate observed."""

    at: datetime
    log: int
    page: int
    keda: int
    prometheus: int
    policy: int
    observed: float | None

    @property
    def agree(self) -> bool:
        return len({self.log, self.page, self.keda, self.prometheus}) == 1


@dataclass
class Watched:
    """A feed, the server that it feeds, and the Prometheus that scrapes that."""

    feed: Feed
    server: Server
    prometheus: str

    def put(self, **policy: Any) -> None:
        self.server.client.put(f"/api/policies/{SERIES}", json=policy).raise_for_status()

    def keda(self) -> httpx.Response:
        return self.server.client.get(f"/api/keda/{SERIES}")

    def asked(self, query: str) -> float | None:
        """What Prometheus has now, None where there is nothing."""
        answer = httpx.get(f"{self.prometheus}/api/v1/query", params={"query": query}).json()
        values = [float(one["value"][1]) for one in answer["data"]["result"]]
        assert len(values) <= 1
        return values[0] if values else None

    def window_passes(self) -> Seen:
        """The next window, and what each side says of the decision at its end."""
        self.feed.window_passes()
        moment = self.feed.window
        logged = until(lambda: self._logged(moment))
        of_it = f'on (series) (scaleops_decision_timestamp_seconds{{series="{SERIES}"}} == {moment})'
        prometheus = until(lambda: self.asked(f"scaleops_recommended_replicas and {of_it}"))
        page = self.server.get("/api/recommendation", filename=SERIES)
        assert page["at"] == logged["at"]
        keda = self.keda().raise_for_status().json()
        return Seen(
            datetime.fromtimestamp(moment, UTC),
            logged["replicas"],
            page["replicas"],
            keda["replicas"],
            round(prometheus),
            logged["policy"],
            logged["observed"],
        )

    def cut(self) -> int:
        """Nothing is sent any more: after how many windows nothing is served and Prometheus has nothing."""
        self.feed.sender.targets = []
        begun = self.feed.window
        while (answer := self.keda()).status_code == 200:
            self.feed.window_passes_unseen()
        assert answer.json()["reason"] == "stale"
        until(lambda: self.asked(f'scaleops_recommended_replicas{{series="{SERIES}"}}') is None)
        return (self.feed.window - begun) // MINUTE

    def _logged(self, moment: int) -> dict[str, Any] | None:
        rows = self.server.get("/api/decisions", filename=SERIES, range="1h", every=True)["decisions"]
        newest: dict[str, Any] | None = rows[-1] if rows else None
        return newest if newest and datetime.fromisoformat(newest["at"]).timestamp() == moment else None


@contextmanager
def watched(feed: Feed, folder: Path, every: str = "3s") -> Iterator[Watched]:
    """A server that is fed, scraped so often by a Prometheus with the manifest that it gives for itself."""
    with feed.server() as server, reserved_port() as port:
        feed.sender.targets = [server]
        feed.window_passes()
        parameters = {"rps_per_replica": "1", "url": server.url}
        config = server.client.get(f"/api/manifests/{SERIES}/prometheus-scrape", params=parameters).raise_for_status()
        often = adapted(config.text, **{"15s": every})  # a scrape that takes longer than that fails
        with prometheus_of(folder, often, port) as url:
            yield Watched(feed, server, url)


def run(watching: Watched, windows: int, pause: Callable[[], None] = lambda: None) -> Iterator[Seen]:
    """So many windows; the policy is changed in the middle."""
    watching.put(rps_per_replica=1, mode="serve", stabilization_seconds=0, max_replicas=1_000)
    for number in range(windows):
        if number == windows // 2:
            watching.feed.clock.set(watching.feed.clock.time() + 1)
            watching.put(rps_per_replica=0.5, mode="serve", stabilization_seconds=0, max_replicas=1_000)
        yield watching.window_passes()
        pause()


def paced(seconds: float) -> Callable[[], None]:
    """Waits until each window took so long."""
    begun = time.monotonic()
    passed = 0

    def pause() -> None:
        nonlocal passed
        passed += 1
        time.sleep(max(0.0, begun + passed * seconds - time.monotonic()))

    return pause
