"""The whole product over an InfluxDB that is stopped, killed, slow, or not the right one. Each has its own server."""

import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from websockets.sync.client import ClientConnection, connect

from backend.errors import StoreUnavailableError
from backend.measurements import MEASUREMENTS, read_points
from backend.stores import SeriesKey
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.tests.influxd import ORG, Influxd
from backend.tests.proxy import Request, proxy_to
from backend.tests.server import Server, reserved_port, running_server
from backend.tests.stores.samples import points, write_points
from backend.tests.test_server import failed_start
from backend.tests.traffic import series_csv

KEY = SeriesKey("traffic.csv", "lgbm_v1")
LIVE = {"SCALEOPS_LIVE_INTERVAL_SECONDS": "0.2"}
MONTH = 30 * 86_400


def test_an_upload_while_the_store_is_stopped_succeeds_when_sent_again(mortal: Influxd, tmp_path: Path) -> None:
    settings = mortal.settings("metrics", mortal.make_bucket("metrics"))
    with running_server(tmp_path, **settings, **LIVE) as server:
        mortal.stop()
        refused = server.upload("traffic.csv", series_csv(300))
        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert int(refused.headers["retry-after"]) > 0
        assert refused.json()["type"] == "urn:scaleops:problem:store-unavailable"
        assert server.client.get("/api/ready").status_code == 503
        assert server.temporary_files() == []
        mortal.start()
        accepted = server.upload("traffic.csv", series_csv(300))
        assert accepted.status_code == 201
        (series,) = server.get("/api/series")
        assert series["points"] == accepted.json()["points_written"] == 300


@pytest.mark.parametrize("batches", [1, 7])
def test_a_write_whose_server_is_killed_halfway_and_that_is_repeated_leaves_exactly_its_data(
    mortal: Influxd, batches: int
) -> None:
    written = points(40_000)
    token = mortal.make_bucket("metrics")
    with proxy_to(mortal.url) as proxy:

        def kill_at(request: Request) -> None:
            if len(proxy.writes()) >= batches and "/write" in request.path:
                mortal.stop(signal.SIGKILL)

        proxy.instead = kill_at
        store = InfluxStore(InfluxClient(proxy.url, ORG, "metrics", token), MEASUREMENTS)
        with pytest.raises(StoreUnavailableError):
            write_points(store, KEY, written)
        proxy.instead = lambda _: None
        mortal.start()
        assert write_points(store, KEY, written) == set()
        read = read_points(store, KEY, None, None)
        pd.testing.assert_frame_equal(read, written, check_freq=False, check_names=False)
        assert [series.points for series in store.list_series()] == [40_000]


def test_an_upload_whose_server_is_killed_halfway_is_no_success_and_may_be_repeated(
    mortal: Influxd, tmp_path: Path
) -> None:
    content = series_csv(20_000)
    with proxy_to(mortal.url) as proxy:

        def kill_at(request: Request) -> None:
            if len(proxy.writes()) >= 3 and "/write" in request.path:
                mortal.stop(signal.SIGKILL)

        settings = mortal.settings("metrics", mortal.make_bucket("metrics")) | {"INFLUXDB_URL": proxy.url}
        with running_server(tmp_path, **settings) as server:
            proxy.requests.clear()
            proxy.instead = kill_at
            assert server.upload("traffic.csv", content).status_code == 503
            proxy.instead = lambda _: None
            mortal.start()
            assert server.upload("traffic.csv", content).json()["points_written"] == 20_000
            assert [series["points"] for series in server.get("/api/series")] == [20_000]


def test_live_sockets_stay_through_an_outage_of_the_store_and_recover(mortal: Influxd, tmp_path: Path) -> None:
    settings = mortal.settings("metrics", mortal.make_bucket("metrics"))
    with running_server(tmp_path, **settings, **LIVE) as server:
        server.upload("traffic.csv", series_csv(300))
        with connect(server.websocket_url) as one, connect(server.websocket_url) as other:
            for socket in (one, other):
                until(socket, lambda message: store_of(message) == "ok")
            mortal.stop()
            for socket in (one, other):
                until(socket, lambda message: store_of(message) == "unreachable")
            mortal.start()
            for socket in (one, other):
                until(socket, lambda message: store_of(message) == "ok", within_seconds=5)
            server.upload("traffic.csv", series_csv(310))
            for socket in (one, other):
                until(socket, lambda message: message["type"] in ("snapshot", "points"))


def test_health_answers_while_the_store_takes_its_time(mortal: Influxd, tmp_path: Path) -> None:
    with proxy_to(mortal.url) as proxy:
        settings = mortal.settings("metrics", mortal.make_bucket("metrics")) | {"INFLUXDB_URL": proxy.url}
        with running_server(tmp_path, **settings, **LIVE) as server:
            server.upload("traffic.csv", series_csv(300))
            proxy.delay_seconds = 5
            with connect(server.websocket_url):
                slow = [threading.Thread(target=series_of, args=(server,)) for _ in range(10)]
                for thread in slow:
                    thread.start()
                for _ in range(20):
                    assert server.get("/api/health") == {"status": "ok"}
                assert all(thread.is_alive() for thread in slow)
                for thread in slow:
                    thread.join()
            proxy.delay_seconds = 0


def test_what_reads_a_store_that_hangs_says_so_soon_and_goes_on_with_it(mortal: Influxd, tmp_path: Path) -> None:
    with running_server(tmp_path, **mortal.settings("metrics", mortal.make_bucket("metrics"))) as server:
        server.upload("traffic.csv", series_csv(300))
        assert mortal.process is not None
        mortal.process.send_signal(signal.SIGSTOP)
        try:
            for path in ("/api/ready", "/api/series", "/api/history?range=1h", "/api/forecast"):
                started = time.monotonic()
                answer = server.client.get(path)
                assert answer.status_code == 503
                assert "does not answer" in answer.json()["detail"]
                assert time.monotonic() - started < 10  # one reading of 4.5 s, not repeated
        finally:
            mortal.process.send_signal(signal.SIGCONT)
        assert server.client.get("/api/ready").status_code == 200


def test_a_foreign_field_of_another_type_is_refused_with_the_series_that_has_it_and_the_way_out(
    influxd: Influxd, bucket: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    name, token = bucket()
    foreign = "inference_metrics,host=a,site=north actual_rps=7i 804556860"
    influxd.call("POST", "write", params={"org": ORG, "bucket": name, "precision": "s"}, content=foreign)
    with running_server(tmp_path, **influxd.settings(name, token)) as server:
        refused = server.upload("traffic.csv", series_csv(300))
        assert refused.status_code == 409
        for said in ("actual_rps", 'host="a", site="north"', "INFLUXDB_BUCKET"):
            assert said in refused.json()["detail"]
        (series,) = server.get("/api/series")
        assert series["points"] == 0
        assert series["incomplete"] is not None
        assert server.upload("later.csv", series_csv(300, start="2020-01-01T00:00:00Z")).status_code == 201


def test_the_start_waits_for_a_store_that_is_not_there_yet(mortal: Influxd, tmp_path: Path) -> None:
    settings = mortal.settings("metrics", mortal.make_bucket("metrics"))
    mortal.stop()
    later = threading.Timer(2, mortal.start)
    later.start()
    with running_server(tmp_path, **settings) as server:
        assert server.get("/api/ready")["store"] == "influxdb"
    later.join()


def test_the_start_waits_for_the_file_of_the_token(influxd: Influxd, tmp_path: Path) -> None:
    file = tmp_path / "token"
    settings = influxd.settings("late", "") | {"INFLUXDB_TOKEN_FILE": str(file)}
    later = threading.Timer(2, lambda: file.write_text(influxd.make_bucket("late") + "\n"))
    later.start()
    with running_server(tmp_path, **settings) as server:
        assert server.get("/api/ready")["store"] == "influxdb"
    later.join()


@pytest.mark.long
def test_a_store_that_never_comes_ends_the_start_with_its_address(tmp_path: Path) -> None:
    with reserved_port() as port:
        settings = Influxd(tmp_path, port).settings("metrics", "token-of-nobody")
        message = failed_start(tmp_path, **settings, SCALEOPS_STORE_WAIT_SECONDS="1")
    assert settings["INFLUXDB_URL"] in message
    assert "does not answer" in message


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"INFLUXDB_TOKEN": "not-the-token"}, "INFLUXDB_TOKEN"),
        ({"INFLUXDB_BUCKET": "not-the-bucket"}, "not-the-bucket"),
        ({"INFLUXDB_ORG": "not-the-org"}, "not-the-org"),
        ({"INFLUXDB_TOKEN": "change-me"}, "INFLUXDB_TOKEN: is a placeholder"),
    ],
)
def test_a_wrong_setting_of_the_store_stops_the_start_with_its_reason(
    influxd: Influxd, bucket: Callable[..., tuple[str, str]], tmp_path: Path, wrong: dict[str, str], said: str
) -> None:
    assert said in failed_start(tmp_path, **influxd.settings(*bucket()) | wrong)


def test_a_bucket_that_forgets_stops_the_start_with_its_reason(
    influxd: Influxd, bucket: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    assert "30 days" in failed_start(tmp_path, **influxd.settings(*bucket(retention_seconds=MONTH)))


def test_a_bucket_that_begins_to_forget_refuses_an_old_file_with_the_reason(
    influxd: Influxd, bucket: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    name, token = bucket()
    with running_server(tmp_path, **influxd.settings(name, token)) as server:
        influxd.limit_retention(name, MONTH)
        answer = server.upload("nasa.csv", series_csv(300, start="1995-07-01T00:00:00Z"))
        assert answer.status_code == 409
        assert "retention" in answer.json()["detail"]
        assert server.get("/api/series") == []
        assert "30 days" in server.client.get("/api/ready").json()["detail"]


def series_of(server: Server) -> None:
    httpx.get(f"{server.url}/api/series", timeout=60)


def until(socket: ClientConnection, wanted: Callable[[Any], bool], within_seconds: float = 30) -> None:
    """Read messages up to the first wanted one."""
    end = time.monotonic() + within_seconds
    while not wanted(json.loads(socket.recv(timeout=end - time.monotonic()))):
        pass


def store_of(message: Any) -> str | None:
    """What a status says of the store; other messages say nothing."""
    data = message["data"]
    status = data if message["type"] == "status" else data.get("status")
    return status["store"] if status else None
