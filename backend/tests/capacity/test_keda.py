"""KEDA's own metrics-api scaler (v2.21) against a running server: what it makes of our answers, however it signs in."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from backend.measurements import MEASUREMENTS
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.stores.sqlite import SqliteStore
from backend.tests import clocked
from backend.tests.capacity.served import REPLICAS, ask_as_keda, serve
from backend.tests.feeding import Home, until
from backend.tests.influxd import ORG, Influxd
from backend.tests.proxy import Answer, proxy_to
from backend.tests.server import Server, running_server

pytestmark = pytest.mark.programs

TRIGGER = {"valueLocation": "replicas", "targetValue": "1"}  # as the manifest has it


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that asks for a token and serves 12 replicas for web/shop."""
    folder: Path = tmp_path_factory.mktemp("serving")
    home = Home(folder, {}, lambda: SqliteStore(folder / "store.sqlite", MEASUREMENTS))
    clock = serve(home, ["web/shop", "observed"])
    tokens = {"SCALEOPS_READ_TOKEN": "reads", "SCALEOPS_API_TOKEN": "changes"}
    with running_server(folder, clocked.serve, **clock.settings, **tokens) as server:
        yield server


def trigger(server: Server, **changes: str) -> dict[str, str]:
    return TRIGGER | {"url": f"{server.url}/api/keda/web/shop", "authMode": "bearer"} | changes


def test_keda_hands_the_hpa_the_replicas(serving: Server) -> None:
    asked = ask_as_keda(trigger(serving), {"token": "reads"})
    assert (asked.value, asked.target, asked.active, asked.error) == (str(REPLICAS), "1", True, "")


def test_keda_may_also_be_told_replicas_times_the_target(serving: Server) -> None:
    asked = ask_as_keda(trigger(serving, valueLocation="value", targetValue="100"), {"token": "reads"})
    assert (asked.value, asked.target) == (str(100 * REPLICAS), "100")


def test_keda_can_read_the_replicas_from_the_metrics(serving: Server) -> None:
    location = 'scaleops_recommended_replicas{series="web/shop"}'
    metadata = trigger(serving, url=f"{serving.url}/metrics", format="prometheus", valueLocation=location)
    assert ask_as_keda(metadata, {"token": "reads"}).value == str(REPLICAS)


@pytest.mark.parametrize(
    ("metadata", "auth"),
    [
        ({"authMode": "bearer"}, {"token": "reads"}),
        (
            {"authMode": "apiKey", "method": "header", "keyParamName": "Authorization"},
            {"apiKey": "Bearer reads"},
        ),
    ],
)
def test_keda_signs_in_with_the_read_token(serving: Server, metadata: dict[str, str], auth: dict[str, str]) -> None:
    asked = ask_as_keda(trigger(serving, **metadata), auth)
    assert (asked.value, asked.error) == (str(REPLICAS), "")


@pytest.mark.parametrize(
    ("metadata", "auth"),
    [
        ({"authMode": "bearer"}, {"token": "wrong"}),
        ({"authMode": "apiKey", "method": "query", "keyParamName": "api_key"}, {"apiKey": "reads"}),
        ({"authMode": "basic"}, {"username": "reads", "password": "reads"}),
    ],
)
def test_who_signs_in_otherwise_gets_an_error_and_no_number(
    serving: Server, metadata: dict[str, str], auth: dict[str, str]
) -> None:
    asked = ask_as_keda(trigger(serving, **metadata), auth, timeout_ms=60_000)  # wrong tokens wait
    assert "401" in asked.error
    assert (asked.value, asked.active) == ("", False)


def test_what_is_not_served_is_an_error_to_keda(serving: Server) -> None:
    asked = ask_as_keda(trigger(serving, url=f"{serving.url}/api/keda/none"), {"token": "reads"})
    assert "404" in asked.error
    change = {"Authorization": "Bearer changes"}
    answer = serving.client.put(
        "/api/policies/observed", json={"rps_per_replica": 1, "mode": "observe"}, headers=change
    )
    answer.raise_for_status()
    asked = ask_as_keda(trigger(serving, url=f"{serving.url}/api/keda/observed"), {"token": "reads"})
    assert "503" in asked.error
    assert (asked.value, asked.active) == ("", False)


@pytest.mark.parametrize(
    ("instead", "value"),
    [
        (Answer(200, body=b'{"replicas": NaN}'), "0"),
        (Answer(200, body=b'{"replicas": 12'), "12"),
        (Answer(200, body=b'{"replicas": 1e400}'), "0"),
    ],
    ids=["NaN", "cut off", "too large"],
)
def test_keda_takes_odd_answers_for_numbers_so_none_is_ever_given(serving: Server, instead: Answer, value: str) -> None:
    """What the reason is that the answer is whole, finite and above 0 (its schema), and no redirect."""
    with proxy_to(serving.url) as proxy:
        proxy.instead = lambda _: instead
        assert ask_as_keda(TRIGGER | {"url": proxy.url}).value == value
    answer = httpx.get(f"{serving.url}/api/keda/web/shop", headers={"Authorization": "Bearer reads"})
    assert answer.history == []
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert json.loads(answer.content, parse_constant=pytest.fail)["replicas"] > 0


def test_a_store_that_hangs_is_a_503_before_keda_gives_up(
    influxd: Influxd, bucket: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    name, token = bucket()
    with proxy_to(influxd.url) as proxy:
        home = Home(
            tmp_path,
            influxd.settings(name, token) | {"INFLUXDB_URL": proxy.url},
            lambda: InfluxStore(InfluxClient(influxd.url, ORG, name, token), MEASUREMENTS),
        )
        clock = serve(home, ["web", "cold"])
        with home.clocked_server(clock, clocked.serve) as server:
            metadata = TRIGGER | {"url": f"{server.url}/api/keda/web", "timeout": "60000"}
            until(lambda: ask_as_keda(metadata).error == "")
            proxy.delay_seconds = 5
            # more than there are threads that ask the store
            answers = [server.client.get("/api/keda/cold") for _ in range(20)]
            assert "503" in ask_as_keda(metadata | {"url": f"{server.url}/api/keda/cold"}).error
            assert ask_as_keda(metadata).error == ""  # remembered until the next close
            proxy.delay_seconds = 0
    assert {(answer.status_code, answer.json()["reason"]) for answer in answers} == {(503, "store")}
