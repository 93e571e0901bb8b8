"""A feed into the running product, over both stores: real processes, windows of two seconds."""

import json
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from websockets.sync.client import connect

from backend.measurements import MEASUREMENTS, read_points
from backend.stores import SeriesKey, Store
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.tests.feeding import WINDOW, Home, Sender, post, until
from backend.tests.influxd import ORG, Influxd
from backend.tests.server import Server
from backend.tests.stores.samples import forecasts_of as stored_forecasts

KEY = SeriesKey("web", "lgbm_v1")
EVERY = {(model, WINDOW * horizon) for model in ("lgbm", "lgbm_plus") for horizon in (1, 5, 15)}


def points_of(store: Store) -> pd.DataFrame:
    return read_points(store, KEY, None, None)


def forecasts_of(store: Store) -> pd.DataFrame:
    return stored_forecasts(store, KEY)


def seconds(times: pd.Index | pd.Series) -> list[int]:
    found: list[int] = pd.DatetimeIndex(times).as_unit("s").asi8.tolist()
    return found


def stored_rates(store: Store) -> dict[int, float]:
    points = points_of(store)
    return dict(zip(seconds(points.index), points["actual_rps"].tolist(), strict=True))


def expect_all_of(sender: Sender, store: Store) -> None:
    """Every window that was answered 204 is stored with exactly its requests, once its late samples are in."""
    expected = sender.rates()
    assert len(expected) > 3
    with suppress(AssertionError):
        until(lambda: expected.items() <= stored_rates(store).items())
    stored = stored_rates(store)
    assert {start: stored.get(start) for start in expected} == expected


def expect_one_forecast_each(forecasts: pd.DataFrame) -> None:
    """One forecast for each target, model and horizon: the one issued that many windows before."""
    assert not forecasts.duplicated(["timestamp", "model", "horizon_seconds"]).any()
    ahead = forecasts["timestamp"] - forecasts["issued_at"] + pd.Timedelta(WINDOW, "s")
    assert (ahead == pd.to_timedelta(forecasts["horizon_seconds"], unit="s")).all()
    for _, issue in forecasts.groupby("issued_at"):
        assert set(zip(issue["model"], issue["horizon_seconds"], strict=True)) == EVERY


def windows_go_by(count: int) -> None:
    time.sleep(count * WINDOW)


def last_issue(store: Store) -> int:
    return max(seconds(forecasts_of(store)["issued_at"]), default=0)


def test_every_window_that_closes_is_stored_and_forecast_at_every_horizon_by_both_models(home: Home) -> None:
    store = home.open()
    with home.server() as server:
        sender = Sender([server])
        with sender.running():
            windows_go_by(7)
        expect_all_of(sender, store)
    forecasts, points = forecasts_of(store), points_of(store)
    expect_one_forecast_each(forecasts)
    issues = sorted(set(seconds(forecasts["issued_at"])))
    assert issues == list(range(issues[0], issues[-1] + 1, WINDOW))
    assert len(issues) >= 4
    assert issues[0] == seconds(points.index)[0] + WINDOW
    one = forecasts[(forecasts["horizon_seconds"] == WINDOW) & (forecasts["model"] == "lgbm_plus")]
    before = one.set_index("timestamp")["mean"]
    assert points["predicted_rps_model1"].iloc[1:].tolist() == before.loc[points.index[1:]].tolist()


def test_kill_9_and_a_restart_lose_nothing_double_nothing_and_invent_no_forecast(home: Home) -> None:
    sender, store = Sender(), home.open()
    with sender.running():
        with home.server() as server:
            sender.targets = [server]
            windows_go_by(5)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            sender.targets = []
        killed, before = time.time(), forecasts_of(store)
        windows_go_by(2)
        with home.server() as server:
            started = time.time()
            sender.targets = [server]
            windows_go_by(4)
            until(lambda: last_issue(store) > started + WINDOW)
            sender.targets = []
            expect_all_of(sender, store)
    after = forecasts_of(store)
    expect_one_forecast_each(after)
    assert [at for at in set(seconds(after["issued_at"])) if killed < at < started - 2 * WINDOW] == []
    pd.testing.assert_frame_equal(after[after["issued_at"] <= before["issued_at"].max()].reset_index(drop=True), before)


def test_late_data_corrects_the_window_and_not_the_forecasts_that_were_issued(home: Home) -> None:
    store = home.open()
    with home.server() as server:
        sender = Sender([server])
        with sender.running():
            windows_go_by(5)
            until(lambda: len(points_of(store)) >= 3)
            issued, start = forecasts_of(store), seconds(points_of(store).index)[-2]
            moment = next(at for at in sender.answered if at // 10**9 // WINDOW * WINDOW == start)
            expected = sender.rates()[start] + (1_000 - sender.answered[moment]) / WINDOW
            assert post(server, f"web,host=a requests=1000i {moment}").status_code == 204
            until(lambda: stored_rates(store)[start] == expected)
            until(lambda: expected in [point["actual_rps"] for point in snapshot(server)["points"]])
            windows_go_by(2)
    after = forecasts_of(store)
    same = after[after["issued_at"] <= issued["issued_at"].max()].reset_index(drop=True)
    pd.testing.assert_frame_equal(same, issued)
    assert len(after) > len(issued)


def test_a_feed_that_stops_is_stale_after_three_windows_and_its_silence_is_not_zero(home: Home) -> None:
    store = home.open()
    with home.server() as server:
        sender = Sender([server])
        with sender.running():
            windows_go_by(4)
            assert server.get("/api/ready")["stale_feeds"] == []
        (stale,) = until(lambda: server.get("/api/ready")["stale_feeds"])
        assert time.time() - max(sender.answered) / 1e9 >= 3 * WINDOW
        assert stale["filename"] == "web"
        forecast = server.get("/api/forecast", filename="web")
        assert (forecast["status"], forecast["stale"]) == ("stale", True)
        windows_go_by(1)  # the window that ended as it fell silent closes the late seconds afterwards
        issued = last_issue(store)
        windows_go_by(2)
        assert last_issue(store) == issued
    assert (points_of(store)["actual_rps"] > 0).all()
    assert seconds(points_of(store).index)[-1] <= max(sender.answered) / 1e9


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_store_that_goes_away_under_a_feed_is_said_and_nothing_that_was_answered_is_lost(
    mortal: Influxd, tmp_path: Path, how: signal.Signals
) -> None:
    token = mortal.make_bucket("metrics")
    store = InfluxStore(InfluxClient(mortal.url, ORG, "metrics", token), MEASUREMENTS)
    home = Home(tmp_path, mortal.settings("metrics", token), lambda: store)
    with home.server() as server:
        sender = Sender([server])
        with sender.running():
            windows_go_by(4)
            mortal.stop(how)
            until(lambda: sender.refusals, 20)
            mortal.start()
            back = time.time()
            until(lambda: last_issue(store) > back + WINDOW, 30)
        assert {answer.status_code for answer in sender.refusals} == {503}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in sender.refusals)
        assert {answer.json()["code"] for answer in sender.refusals} == {"unavailable"}
        expect_all_of(sender, store)
    expect_one_forecast_each(forecasts_of(store))


def test_two_backends_over_one_store_do_not_double_anything_and_show_the_same(home: Home) -> None:
    store = home.open()
    with home.server() as one, home.server() as other, (sender := Sender([one, other])).running():
        windows_go_by(4)
        sender.targets = [one]
        windows_go_by(2)
        agree(lambda server: server.get("/api/history", range="1h"), one, other)
        agree(lambda server: server.get("/api/forecast", filename="web"), one, other)
        agree(lambda server: snapshot(server)["points"], one, other)
        one.process.send_signal(signal.SIGKILL)
        one.process.wait()
        killed, sender.targets = time.time(), [other]
        windows_go_by(3)
        expect_all_of(sender, store)
        issues = sorted(set(seconds(forecasts_of(store)["issued_at"])))
    expect_one_forecast_each(forecasts_of(store))
    assert issues == list(range(issues[0], issues[-1] + 1, WINDOW))
    assert issues[-1] > killed


def test_a_backend_shows_the_growing_window_of_what_another_receives(shared_home: Home) -> None:
    with shared_home.server() as one, shared_home.server() as other, Sender([one]).running():
        assert until(lambda: snapshot(other)["status"]["growing"])


def test_a_series_that_one_backend_deletes_is_not_written_again_by_another(shared_home: Home) -> None:
    store = shared_home.open()
    with shared_home.server() as one, shared_home.server() as other:
        with Sender([one, other]).running():
            until(lambda: len(points_of(store)) >= 2)
        closed = last_issue(store)
        until(lambda: last_issue(store) > closed)
        time.sleep(WINDOW / 2)  # neither is closing a window then: one that is may write that window again (0005)
        assert one.client.delete("/api/series/web").status_code == 200
        windows_go_by(4)
        assert other.get("/api/series") == []
        assert forecasts_of(store).empty


def snapshot(server: Server) -> Any:
    """What the live channel shows to a new client."""
    with connect(f"{server.websocket_url}?filename=web") as socket:
        return json.loads(socket.recv(timeout=10))["data"]


def agree(ask: Callable[[Server], object], one: Server, other: Server) -> None:
    """Both answer the same, a moment after each other at the latest."""
    until(lambda: ask(one) == ask(other))
