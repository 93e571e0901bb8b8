"""The write call as Telegraf uses it, against a real server, up to the page."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from backend.tests.feeding import MINUTE, Feed, Home, fast_server, post, until
from backend.tests.programs import stored_samples
from backend.tests.server import Server, running_server

LINES = "nginx,host=web1,port=80,server=localhost accepts=10i,active=1i,requests={}i {}\n"


@pytest.fixture(scope="module")
def fed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose windows are two seconds long."""
    with fast_server(tmp_path_factory.mktemp("feed")) as server:
        yield server


def test_plain_and_gzip_are_taken(fed_server: Server) -> None:
    line = LINES.format(1, time.time_ns())
    assert post(fed_server, line).status_code == 204
    answer = post(fed_server, gzip.compress(line.encode()), **{"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_bad_line_is_named_in_influxdb_s_words(fed_server: Server) -> None:
    answer = post(fed_server, f"web count=1i {time.time_ns()}\nweb count=\nweb count=2i {time.time_ns()}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert "line 2" in answer.json()["message"]
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"x" * (17 * 1024**2), {}, 413),
        (gzip.compress(b"#" * (100 * 1024**2)), {"Content-Encoding": "gzip"}, 413),
        (b"not gzip", {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"web count=1i")[:-6], {"Content-Encoding": "gzip"}, 400),
        (b"web count=1i", {"Content-Encoding": "zstd"}, 400),
        (b"\xff\xfe count=1i", {}, 400),
        (b"", {}, 400),
    ],
    ids=["too large", "gzip bomb", "not gzip", "cut short", "other encoding", "not utf-8", "empty"],
)
def test_what_cannot_be_read_is_refused(fed_server: Server, body: bytes, headers: dict[str, str], status: int) -> None:
    answer = post(fed_server, body, **headers)
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message"}


def test_another_precision_than_influxdb_s_is_refused(fed_server: Server) -> None:
    answer = post(fed_server, "web count=1i", precision="minutes")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_with_a_token_set_the_write_needs_it(tmp_path: Path) -> None:
    with running_server(tmp_path, SCALEOPS_API_TOKEN="secret") as server:
        refused = post(server, "web count=1i", Authorization="Token wrong")
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
        for scheme in ("Token", "Bearer"):
            assert post(server, "web count=1i", Authorization=f"{scheme} secret").status_code == 204


def test_one_series_too_many_costs_its_own_samples_only(tmp_path: Path) -> None:
    with fast_server(tmp_path, SCALEOPS_MAX_SERIES="2") as server:
        assert post(server, "one count=1i\ntwo count=1i").status_code == 204
        answer = post(server, f"three count=1i\none count=2i {time.time_ns()}\nfour count=1i")
        assert (
            answer.status_code == 200
        )  # Telegraf takes it as delivered: it neither drops the batch nor sends it again
        assert answer.json()["code"] == "partial write"
        assert "2 samples of others are not stored (three, four)" in answer.json()["message"]
        assert stored_samples(server, "one")["value"].tolist() == [1, 2]
        assert stored_samples(server, "three").empty


def test_there_is_room_for_the_first_of_the_new_series(tmp_path: Path) -> None:
    with fast_server(tmp_path, SCALEOPS_MAX_SERIES="2") as server:
        assert post(server, "one count=1i\ntwo count=1i\nthree count=1i").status_code == 200
        assert [len(stored_samples(server, name)) for name in ("one", "two", "three")] == [1, 1, 0]


def test_where_nothing_is_stored_for_want_of_room_it_is_no_success(tmp_path: Path) -> None:
    with fast_server(tmp_path, SCALEOPS_MAX_SERIES="1") as server:
        assert post(server, "one count=1i").status_code == 204
        answer = post(server, "two count=1i")
        assert (answer.status_code, answer.json()["code"]) == (422, "unprocessable entity")
        assert "SCALEOPS_MAX_SERIES" in answer.json()["message"]


@pytest.mark.parametrize(("fresh", "status"), [("", 422), ("web count=1i\n", 200)])
def test_samples_too_old_to_be_stored_are_said(fed_server: Server, fresh: str, status: int) -> None:
    old = time.time_ns() - 25 * 3600 * 10**9
    answer = post(fed_server, f"{fresh}web count=1i {old}\nweb count=1i {old + 1}")
    assert answer.status_code == status
    assert "2 samples are older than 24 hours" in answer.json()["message"]


def test_every_member_of_a_gzip_body_is_read(fed_server: Server) -> None:
    body = gzip.compress(b"member1 count=1i\n") + gzip.compress(b"member2 count=1i\n")
    assert post(fed_server, body, **{"Content-Encoding": "gzip"}).status_code == 204
    assert [len(stored_samples(fed_server, name)) for name in ("member1", "member2")] == [1, 1]


def test_of_a_gzip_body_with_something_else_behind_it_nothing_is_stored(fed_server: Server) -> None:
    answer = post(fed_server, gzip.compress(b"behind count=1i\n") + b"garbage", **{"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert stored_samples(fed_server, "behind").empty


def test_no_line_keeps_others_from_being_served(fed_server: Server) -> None:
    tags = "".join(f",t{number}=v" for number in range(100_000))
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(post, fed_server, f"m{tags} count=1i\nbeside count=1i")
        begun = time.monotonic()
        while not answer.done():
            fed_server.get("/api/health")
        assert time.monotonic() - begun < 10  # it took 15 to 50 s, and no other answer came meanwhile
    assert answer.result().status_code == 400
    assert len(stored_samples(fed_server, "beside")) == 1


def test_a_store_that_is_down_is_said_with_the_time_to_try_again(tmp_path: Path) -> None:
    with fast_server(tmp_path) as server:
        path = tmp_path / "store.sqlite"
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        path.mkdir()
        answer = until(lambda: refused(post(server, "web count=1i")))
        assert answer.json()["code"] == "unavailable"
        assert int(answer.headers["retry-after"]) >= 1


def refused(answer: httpx.Response) -> httpx.Response | None:
    return answer if answer.status_code == 503 else None


def test_a_feed_shows_on_the_page_within_its_window_and_then_as_points_with_forecasts(sqlite_home: Home) -> None:
    feed = Feed(sqlite_home)
    with feed.server() as server, connect(f"{server.websocket_url}?filename=web") as socket:
        feed.sender.targets = [server]
        feed.windows_pass(3)
        feed.half_a_window_passes()
        messages = received(socket, until=lambda some: grows(some, feed.window) and shown(some) >= rates_of(feed))
        forecast = server.get("/api/forecast", filename="web")
        (series,) = server.get("/api/series")
    sent = [count for moment, count in feed.sender.answered.items() if moment // 10**9 >= feed.window]
    (growing,) = grows(messages, feed.window)[-1:]
    assert growing["elapsed_seconds"] == MINUTE / 2
    assert growing["rps"] == pytest.approx(sum(sent) / (MINUTE / 2))
    assert (forecast["status"], forecast["stale"]) == ("live", False)
    assert (series["filename"], series["live"], series["status"], series["window_seconds"]) == ("web", True, "live", 60)


def grows(messages: list[Any], window: float) -> list[Any]:
    """What was said of the open window that began then."""
    growing = [one["data"]["growing"] for one in messages if one["data"].get("growing")]
    return [each for each in growing if datetime.fromisoformat(each["timestamp"]).timestamp() == window]


def shown(messages: list[Any]) -> set[float]:
    """The rates of all windows that came as points."""
    points = [one["data"]["points"] for one in messages if one["type"] in ("points", "snapshot")]
    return {point["actual_rps"] for some in points for point in some}


def rates_of(feed: Feed) -> set[float]:
    return set(feed.sender.rates().values())


def received(socket: ClientConnection, until: Callable[[list[Any]], Any]) -> list[Any]:
    """Messages up to the first with which `until` holds of them all."""
    messages: list[Any] = []
    while not until(messages):
        messages.append(json.loads(socket.recv(timeout=60)))
    return messages


def test_a_feed_that_stops_is_stale_and_said_to_be(sqlite_home: Home) -> None:
    feed = Feed(sqlite_home)
    with feed.server() as server:
        feed.sender.targets = [server]
        feed.windows_pass(2)
        feed.clock.set(feed.clock.time() + 4 * MINUTE)
        assert [one["filename"] for one in server.get("/api/ready")["stale_feeds"]] == ["web"]
        forecast = server.get("/api/forecast", filename="web")
        assert (forecast["status"], forecast["stale"]) == ("stale", True)
        with connect(f"{server.websocket_url}?filename=web") as socket:
            snapshot = json.loads(socket.recv(timeout=60))
    assert snapshot["data"]["status"]["status"] == "stale"
    assert snapshot["data"]["status"]["newest"] is not None
