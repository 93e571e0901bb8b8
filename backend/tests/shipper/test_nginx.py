"""The command over the log of a real nginx, to a real server."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from backend.cli import app
from backend.tests.feeding import fast_server, until
from backend.tests.programs import SCALEOPS, Nginx, Visitors, running, running_nginx, stanzas, stored_samples
from backend.tests.proxy import Answer, proxy_to
from backend.tests.server import Server, scaleops
from backend.tests.shipper.test_tail import line

pytestmark = pytest.mark.long


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    (tmp_path / "access.log").write_text(line(time.time() - 7200) * 10)
    with running_nginx(tmp_path) as started:
        yield started


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with fast_server(tmp_path, SCALEOPS_WRITE_TOKEN="writes", SCALEOPS_API_TOKEN="changes") as started:
        yield started


def follow(log: Path, url: str) -> list[str]:
    """The command of docs/feeds.md."""
    (stanza,) = stanzas("sh")
    name, *words = stanza.replace("/var/log/nginx/access.log", str(log)).split()
    assert name == "scaleops"
    return [*words, "--url", url]


def following(log: Path, url: str) -> AbstractContextManager[psutil.Process]:
    """That command, with the token of `server`."""
    command = partial(scaleops, *follow(log, url))
    return running(command, log.parent / "follow.log", SCALEOPS_WRITE_TOKEN="writes")


def total(server: Server) -> float:
    return float(stored_samples(server, "shop")["value"].sum())


def said(nginx: Nginx) -> str:
    return (nginx.folder / "follow.log").read_text()


def test_every_request_is_counted_once_through_a_rotation_and_an_outage_of_the_product(
    nginx: Nginx, server: Server
) -> None:
    with proxy_to(server.url) as proxy, following(nginx.log, proxy.url), Visitors(nginx.url) as visitors:
        until(lambda: total(server) > 0)
        nginx.log.rename(nginx.folder / "access.log.1")
        until(lambda: visitors.count >= 60)  # nginx goes on with the renamed file until it is told
        nginx.process.send_signal(signal.SIGUSR1)
        until(lambda: visitors.count >= 100)
        proxy.instead = lambda _: Answer(503, {"Retry-After": "1"})
        until(lambda: "are kept for up to a day" in said(nginx))
        until(lambda: visitors.count >= 180)
        proxy.instead = lambda _: None
        until(lambda: "accepts counts again" in said(nginx))
        visitors.stop()
        until(lambda: total(server) >= visitors.count)
        assert total(server) == visitors.count


def test_nothing_is_lost_or_doubled_where_it_is_killed_and_started_within_a_second(
    nginx: Nginx, server: Server
) -> None:
    with Visitors(nginx.url) as visitors:
        for _ in range(3):
            with following(nginx.log, server.url) as follow:
                seen = visitors.count
                until(lambda: total(server) > seen)  # noqa: B023
                follow.kill()
        with following(nginx.log, server.url):
            visitors.stop()
            until(lambda: total(server) >= visitors.count)
            assert total(server) == visitors.count


def test_a_log_that_is_copied_and_truncated_is_read_on(nginx: Nginx, server: Server) -> None:
    with following(nginx.log, server.url), Visitors(nginx.url) as visitors:
        until(lambda: total(server) > 0)
        visitors.pause()
        until(lambda: total(server) == visitors.count)
        os.truncate(nginx.log, 0)
        visitors.go_on()
        until(lambda: visitors.count >= 100)
        visitors.stop()
        until(lambda: total(server) >= visitors.count)
        assert total(server) == visitors.count


def test_a_site_without_visitors_has_windows_of_zero(nginx: Nginx, server: Server) -> None:
    with following(nginx.log, server.url):
        points = until(lambda: quiet_points(server))
    assert {point["actual_rps"] for point in points} == {0.0}


def quiet_points(server: Server) -> list[dict[str, float]]:
    if not server.get("/api/series"):
        return []
    points: list[dict[str, float]] = server.get("/api/history", range="1h", filename="shop")
    return points if len(points) >= 2 else []


def test_standard_input_is_sent_to_its_end(server: Server) -> None:
    command = [*SCALEOPS, "follow", "-", "--series", "piped", "--url", server.url]
    environment = os.environ | {"SCALEOPS_API_TOKEN": "changes"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        assert "Following - as series piped" in process.stderr.readline()
        process.stdin.write(line(time.time() + 30) * 3 + "garbage\n")  # the second of the start is not known whole
        process.stdin.close()
        assert "1 lines not counted: they have no access-log time" in process.stderr.read()
        assert process.wait() == 0
    assert stored_samples(server, "piped")["value"].sum() == 3


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(401), "set SCALEOPS_WRITE_TOKEN"),
        (Answer(404, body=b"<html>"), "check --url"),
        (Answer(422, body=b'{"message": "2 series are stored, the maximum"}'), "the maximum"),
        (Answer(502, body=b'{"detail": "The backend cannot be reached."}'), "The backend cannot be reached"),
    ],
    ids=["token", "address", "too many", "proxy"],
)
def test_what_the_product_refuses_is_said_and_ends_in_a_code(tmp_path: Path, answer: Answer, told: str) -> None:
    log = tmp_path / "access.log"
    log.write_text(line(time.time() - 7200) * 10 + line(time.time()))
    with proxy_to("nowhere") as proxy:
        proxy.instead = lambda _: answer
        with running([*SCALEOPS, *follow(log, proxy.url)], tmp_path / "follow.log") as process:
            until(lambda: told in (tmp_path / "follow.log").read_text())
            process.terminate()
            assert process.wait(20) == 1
    assert "could not be sent" in (tmp_path / "follow.log").read_text()


def test_where_to_send_is_asked_for_where_the_port_is_any() -> None:
    ended = CliRunner().invoke(app, ["follow", "missing.log"], env={"SCALEOPS_PORT": "0"})
    assert ended.exit_code == 2
    assert "set --url" in " ".join(ended.stderr.replace("│", "").split())


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["missing.log"], 1, "missing.log cannot be read: No such file"),
        (["missing.log", "--series", "a,b"], 1, "Set --series"),
        (["missing.log", "--series", "nginx"], 1, "Set --series"),
        (["missing.log", "--url", "127.0.0.1:8000"], 2, "must start with http"),
    ],
)
def test_what_cannot_be_followed_is_said(words: list[str], code: int, told: str) -> None:
    ended = CliRunner().invoke(app, ["follow", *words])
    assert ended.exit_code == code
    assert told in ended.stderr
    assert isinstance(ended.exception, SystemExit)  # not an error that nobody caught
