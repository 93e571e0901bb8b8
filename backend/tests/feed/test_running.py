"""A feed into the running product, over both stores: real processes, by a clock that the test moves, and in real time
where one of them is killed."""

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

from backend.measurements import MEASUREMENTS
from backend.stores import Store
from backend.stores.influx import InfluxStore
from backend.stores.influx_client import InfluxClient
from backend.tests.feeding import (
    FAST,
    MINUTE,
    WINDOW,
    Feed,
    Home,
    Sender,
    forecasts_of,
    last_issue,
    points_of,
    post,
    seconds,
    until,
)
from backend.tests.influxd import ORG, Influxd
from backend.tests.server import Server
from backend.tests.shipped import HORIZONS


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


def expect_one_forecast_each(forecasts: pd.DataFrame, window: int) -> None:
    """One forecast for each target, model and horizon: the one issued that many windows before."""
    assert not forecasts.duplicated(["timestamp", "model", "horizon_seconds"]).any()
    ahead = forecasts["timestamp"] - forecasts["issued_at"] + pd.Timedelta(window, "s")
    assert (ahead == pd.to_timedelta(forecasts["horizon_seconds"], unit="s")).all()
    every = {(model, window * horizon) for model in ("lgbm", "lgbm_plus") for horizon in HORIZONS}
    for _, issue in forecasts.groupby("issued_at"):
        assert set(zip(issue["model"], issue["horizon_seconds"], strict=True)) == every


def issues_of(store: Store) -> list[int]:
    return sorted(set(seconds(forecasts_of(store)["issued_at"])))


def test_every_window_that_closes_is_stored_and_forecast_at_every_horizon_by_both_models(home: Home) -> None:
    feed = Feed(home)
    first = feed.window
    with feed.server() as server:
        feed.sender.targets = [server]
        feed.windows_pass(6)
        expect_all_of(feed.sender, feed.store)
    forecasts, points = forecasts_of(feed.store), points_of(feed.store)
    expect_one_forecast_each(forecasts, MINUTE)
    assert issues_of(feed.store) == [first + MINUTE * passed for passed in range(1, 7)]
    assert seconds(points.index)[0] == first
    one = forecasts[(forecasts["horizon_seconds"] == MINUTE) & (forecasts["model"] == "lgbm_plus")]
    before = one.set_index("timestamp")["mean"]
    beside = points["predicted_rps_model1"].iloc[1:].astype("float32")  # as forecasts are stored
    assert beside.tolist() == before.loc[points.index[1:]].tolist()


def test_kill_9_and_a_restart_lose_nothing_double_nothing_and_invent_no_forecast(home: Home) -> None:
    """In real time."""
    sender, store = Sender(), home.open()
    with sender.running():
        with home.server() as server:
            sender.targets = [server]
            until(lambda: len(issues_of(store)) >= 2)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            sender.targets = []
        killed, before = time.time(), forecasts_of(store)
        time.sleep(3 * WINDOW)  # windows close while nobody is there
        restarted = time.time()
        with home.server() as server:
            sender.targets = [server]
            up = time.time()
            until(lambda: last_issue(store) > up + WINDOW)
            sender.targets = []
            expect_all_of(sender, store)
    after = forecasts_of(store)
    expect_one_forecast_each(after, WINDOW)
    newest = restarted - float(FAST["SCALEOPS_LATE_SECONDS"]) - WINDOW  # the window that closed last is forecast from
    assert [at for at in issues_of(store) if killed < at < newest] == []
    pd.testing.assert_frame_equal(after[after["issued_at"] <= before["issued_at"].max()].reset_index(drop=True), before)


def test_a_stop_leaves_to_the_next_start_what_was_learned(home: Home) -> None:
    """In real time."""
    sender, store = Sender(), home.open()
    path = {"SCALEOPS_CHECKPOINT_PATH": str(home.folder / "checkpoint")}
    log = home.folder / "server.log"
    with sender.running():
        with home.server(**path) as server:
            sender.targets = [server]
            until(lambda: len(issues_of(store)) >= 2)
            sender.targets = []
        with home.server(**path):
            until(lambda: "checkpoint_read" in log.read_text())
    (line,) = [line for line in log.read_text().splitlines() if "checkpoint_read" in line]
    assert {"series": 1, "changed": 0}.items() <= json.loads(line).items()


def test_late_data_corrects_the_window_and_not_the_forecasts_that_were_issued(home: Home) -> None:
    feed = Feed(home)
    with feed.server() as server:
        feed.sender.targets = [server]
        feed.windows_pass(3)
        issued, start = forecasts_of(feed.store), feed.window - 2 * MINUTE
        moment = (start + 20) * 10**9
        assert post(server, f"web,host=a requests=1000i {moment}").status_code == 204
        feed.sender.answered[moment] = 1000
        expected = feed.sender.rates()[start]
        until(lambda: stored_rates(feed.store)[start] == expected)
        until(lambda: expected in [point["actual_rps"] for point in snapshot(server)["points"]])
        feed.windows_pass(2)
    after = forecasts_of(feed.store)
    same = after[after["issued_at"] <= issued["issued_at"].max()].reset_index(drop=True)
    pd.testing.assert_frame_equal(same, issued)
    assert len(after) > len(issued)


def test_a_feed_that_stops_is_stale_after_three_windows_and_its_silence_is_not_zero(home: Home) -> None:
    feed = Feed(home)
    with feed.server() as server:
        feed.sender.targets = [server]
        feed.windows_pass(4)
        assert server.get("/api/ready")["stale_feeds"] == []
        feed.sender.targets = []
        newest = max(feed.sender.answered) // 10**9
        feed.clock.set(newest + 3 * MINUTE)
        assert server.get("/api/ready")["stale_feeds"] == []
        feed.clock.set(newest + 3 * MINUTE + 1)
        (stale,) = server.get("/api/ready")["stale_feeds"]
        assert stale["filename"] == "web"
        forecast = server.get("/api/forecast", filename="web")
        assert (forecast["status"], forecast["stale"]) == ("stale", True)
        pass_with_another_feed(feed, server, 2)
    assert issues_of(feed.store)[-1] <= newest + 3 * MINUTE
    assert (points_of(feed.store)["actual_rps"] > 0).all()
    assert seconds(points_of(feed.store).index)[-1] <= newest


def pass_with_another_feed(feed: Feed, server: Server, count: int) -> None:
    """Windows pass without the feed; that a server is done with one shows in the forecasts of another feed."""
    for _ in range(count):
        for second in range(0, MINUTE, 10):
            assert post(server, f"other,host=a requests=5i {(feed.window + second) * 10**9}").status_code == 204
        feed.window_passes_unseen()
        until(lambda: issued_for_other(server) >= feed.window)


def issued_for_other(server: Server) -> float:
    answer = server.client.get("/api/forecast", params={"filename": "other"})
    return pd.Timestamp(answer.json()["issued_at"]).timestamp() if answer.status_code == 200 else 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_store_that_goes_away_under_a_feed_is_said_and_nothing_that_was_answered_is_lost(
    mortal: Influxd, tmp_path: Path, how: signal.Signals
) -> None:
    token = mortal.make_bucket("metrics")
    store = InfluxStore(InfluxClient(mortal.url, ORG, "metrics", token), MEASUREMENTS)
    feed = Feed(Home(tmp_path, mortal.settings("metrics", token), lambda: store))
    with feed.server() as server:
        feed.sender.targets = [server]
        feed.windows_pass(3)
        mortal.stop(how)
        for _ in range(2):
            feed.window_passes_unseen()
        mortal.start()
        feed.windows_pass(2)
        refusals = feed.sender.refusals
        assert [answer.status_code for answer in refusals] == [503] * 2
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refusals)
        assert {answer.json()["code"] for answer in refusals} == {"unavailable"}
        expect_all_of(feed.sender, store)
    expect_one_forecast_each(forecasts_of(store), MINUTE)


def test_two_backends_over_one_store_do_not_double_anything_and_show_the_same(home: Home) -> None:
    feed = Feed(home)
    first = feed.window
    with feed.server() as one, feed.server() as other:
        feed.sender.targets = [one, other]
        feed.windows_pass(3)
        feed.sender.targets = [one]
        feed.windows_pass(2)
        agree(lambda server: server.get("/api/history", range="1h"), one, other)
        agree(lambda server: server.get("/api/forecast", filename="web"), one, other)
        agree(lambda server: snapshot(server)["points"], one, other)
        one.process.send_signal(signal.SIGKILL)
        one.process.wait()
        feed.sender.targets = [other]
        feed.windows_pass(2)
        expect_all_of(feed.sender, feed.store)
    expect_one_forecast_each(forecasts_of(feed.store), MINUTE)
    assert issues_of(feed.store) == [first + MINUTE * passed for passed in range(1, 8)]


def test_a_backend_shows_the_growing_window_of_what_another_receives(shared_home: Home) -> None:
    feed = Feed(shared_home)
    with feed.server() as one, feed.server() as other:
        feed.sender.targets = [one]
        feed.windows_pass(2)
        feed.half_a_window_passes()
        assert until(lambda: snapshot(other)["status"]["growing"])["elapsed_seconds"] == MINUTE / 2


def test_a_series_that_one_backend_deletes_is_not_written_again_by_another(shared_home: Home) -> None:
    feed = Feed(shared_home)
    with feed.server() as one, feed.server() as other:
        feed.sender.targets = [one, other]
        feed.windows_pass(2)
        assert other.get("/api/forecast", filename="web")["status"] == "live"
        feed.sender.targets = []
        assert one.client.delete("/api/series/web").status_code == 200
        pass_with_another_feed(feed, other, 3)
        assert [series["filename"] for series in other.get("/api/series")] == ["other"]
        assert forecasts_of(feed.store).empty


def snapshot(server: Server) -> Any:
    """What the live channel shows to a new client."""
    with connect(f"{server.websocket_url}?filename=web") as socket:
        return json.loads(socket.recv(timeout=60))["data"]


def agree(ask: Callable[[Server], object], one: Server, other: Server) -> None:
    """Both answer the same, a moment after each other at the latest."""
    until(lambda: ask(one) == ask(other))
