"""How many replicas run, as a Prometheus says."""

import asyncio
import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from backend.capacity import running
from backend.capacity.running import RunningReplicas
from backend.feed.prometheus import Prometheus
from backend.tests.proxy import Answer, Request, proxy_to


def says(value: str) -> Callable[[Request], Answer]:
    """A Prometheus that has this value for everything."""

    def answer(request: Request) -> Answer:
        start = int(parse_qs(urlsplit(request.path).query)["start"][0])
        result = [{"metric": {}, "values": [[start, value]]}]
        return Answer(200, body=json.dumps({"status": "success", "data": {"result": result}}).encode())

    return answer


def test_the_newest_answer_holds_and_one_without_a_number_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "EVERY_SECONDS", 0)

    async def known(wanted: int | None) -> None:
        while replicas.current("shop") != wanted:
            await asyncio.sleep(0.01)

    async def ask() -> None:
        asking = asyncio.create_task(replicas.run())
        for answer, wanted in (
            (says("11"), 11),
            (says("12"), 12),
            (says("NaN"), None),
            (says("7"), 7),
            (lambda _: Answer(503), None),
            (says("0"), None),
        ):
            proxy.instead = answer
            await known(wanted)
        asking.cancel()
        await prometheus.close()

    with proxy_to("nowhere") as proxy:
        proxy.instead = says("11")
        prometheus = Prometheus(proxy.url, "")
        replicas = RunningReplicas(prometheus, {"shop": "running"})
        asyncio.run(asyncio.wait_for(ask(), 120))
    assert replicas.current("other") is None
