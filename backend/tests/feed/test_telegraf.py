"""A real Telegraf, set up as docs/feeds.md says, feeding a real server from a real nginx."""

from pathlib import Path

import pytest

from backend.tests.feeding import fast_server, until
from backend.tests.programs import Visitors, running_nginx, running_telegraf, stored_samples
from backend.tests.proxy import Answer, proxy_to


@pytest.mark.programs
def test_every_request_reaches_the_product_also_while_it_is_overloaded(tmp_path: Path) -> None:
    with (
        fast_server(tmp_path, SCALEOPS_WRITE_TOKEN="writes", SCALEOPS_API_TOKEN="changes") as server,
        running_nginx(tmp_path) as nginx,
        proxy_to(server.url) as proxy,
        running_telegraf(tmp_path, proxy.url, "writes", nginx),
    ):
        until(lambda: len(stored_samples(server, "nginx")) >= 2)
        with Visitors(nginx.url) as visitors:
            until(lambda: visitors.count >= 60)
            proxy.instead = lambda _: Answer(503, {"Retry-After": "1"})
            until(lambda: visitors.count >= 140)
            proxy.instead = lambda _: None
            until(lambda: visitors.count >= 200)
        until(lambda: stored_samples(server, "web/shop")["value"].sum() >= visitors.count)
        assert stored_samples(server, "web/shop")["value"].sum() == visitors.count
        counter = stored_samples(server, "nginx")
        until(lambda: {"nginx", "web/shop"} <= {series["filename"] for series in server.get("/api/series")})
    assert set(counter["kind"]) == {"counter"}
    assert counter["value"].iloc[-1] - counter["value"].iloc[0] >= visitors.count


@pytest.mark.programs
def test_one_series_too_many_costs_the_others_nothing_and_telegraf_drops_no_batch(tmp_path: Path) -> None:
    with (
        fast_server(tmp_path, SCALEOPS_API_TOKEN="secret", SCALEOPS_MAX_SERIES="1") as server,
        running_nginx(tmp_path) as nginx,
        running_telegraf(tmp_path, server.url, "secret", nginx),
    ):
        until(lambda: len(stored_samples(server, "nginx")) >= 2)
        with Visitors(nginx.url) as visitors:
            until(lambda: visitors.count >= 100)
        until(lambda: "series_limit_reached" in (tmp_path / "server.log").read_text())
        before = len(stored_samples(server, "nginx"))
        until(lambda: len(stored_samples(server, "nginx")) >= before + 3)
        assert stored_samples(server, "web/shop").empty
    assert "Failed to write" not in (tmp_path / "telegraf.log").read_text()
    assert "E!" not in (tmp_path / "telegraf.log").read_text()
