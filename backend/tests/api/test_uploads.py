"""The imports: what one is before it is stored, read again, cancelled, left, repeated, and asked about its name."""

import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from backend.tests.feeding import until
from backend.tests.server import Server, running_server
from backend.tests.traffic import raw_parquet, series_csv

pytestmark = pytest.mark.long

VALUES = b"time,value\n" + b"".join(b"2024-03-05 00:%02d:00,%d\n" % (minute, 60 + minute % 7) for minute in range(30))
BOUNDARY = "boundary"


def send_raw(server: Server, content: bytes, sent: int | None = None, upload_id: str = "mine") -> socket.socket:
    """Send a form, of which only so many bytes go out, on a connection that is left open."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="traffic.csv"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    client = socket.create_connection(("127.0.0.1", server.port))
    lines = (
        f"POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\nX-Upload-Id: {upload_id}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    client.sendall(lines.encode() + body[: len(body) if sent is None else sent])
    return client


def state_of(server: Server, upload_id: str = "mine") -> str | None:
    answer = server.client.get(f"/api/uploads/{upload_id}")
    return answer.json()["state"] if answer.status_code == 200 else None


def stored_rates(server: Server, filename: str = "traffic.csv") -> list[float]:
    return [point["actual_rps"] for point in server.get("/api/history", range="1h", filename=filename)]


# What a file is, before it is stored


def test_a_file_is_inspected_without_being_stored(server: Server) -> None:
    report = server.inspect("traffic.csv", VALUES)
    assert [(column["name"], column["role"]) for column in report["columns"]] == [("time", "time"), ("value", "value")]
    assert report["columns"][1]["cells"][:3] == ["60", "61", "62"]
    assert (report["rows_read"], report["partial"], len(report["preview"])) == (30, False, 30)
    assert report["says"] == ("Series: requests per minute, counts, UTC; 30 rows; 1.05 req/s on average, 1.1 at most.")
    assert [choice["fields"] for choice in report["choices"]] == [{"value_unit": "count"}, {"value_unit": "rate"}]
    assert all(len(choice["preview"]) == 30 for choice in report["choices"])
    assert server.get("/api/series") == []


def test_a_log_is_shown_by_its_first_lines(server: Server) -> None:
    lines = [f'1.2.3.4 - - [05/Jan/2026:08:{minute:02}:00 +0000] "GET / HTTP/1.1" 200 5' for minute in range(30)]
    report = server.inspect("access.log", "\n".join(lines).encode())
    assert (report["columns"], report["lines"]) == ([], lines[:10])


def test_of_a_large_file_the_head_is_inspected_and_the_whole_is_imported(server: Server) -> None:
    content = raw_parquet(20_000)
    report = server.inspect("traffic.parquet", content)
    assert report["partial"] is True
    assert report["rows_read"] < 20_000 * 60
    assert len(report["preview"]) <= 300
    stored = server.read(report["id"], store=True).json()
    assert stored["windows"] == 20_000
    assert stored["rows_read"] > report["rows_read"]


def test_a_kept_file_is_read_with_other_fields_as_often_as_one_likes(server: Server) -> None:
    upload_id = server.inspect("traffic.csv", VALUES)["id"]
    for window, points in (("300", 6), ("600", 3)):
        report = server.read(upload_id, value_unit="count", window_seconds=window).json()
        assert (report["id"], report["windows"], report["choices"]) == (upload_id, points, [])
    assert server.get("/api/series") == []
    stored = server.read(upload_id, store=True, value_unit="rate")
    assert (stored.status_code, stored.json()["value_unit"]) == (200, "rate")
    assert stored_rates(server) == [60 + minute % 7 for minute in range(30)]


def test_a_file_that_is_not_kept_is_to_be_sent_again(server: Server) -> None:
    upload_id = server.inspect("traffic.csv", VALUES)["id"]
    assert server.client.delete(f"/api/uploads/{upload_id}").status_code == 204
    answer = server.read(upload_id, store=True)
    assert answer.status_code == 404
    assert "Send it again" in answer.json()["detail"]
    assert server.temporary_files() == []


def test_a_wrong_field_is_refused_by_name_and_the_file_stays(server: Server) -> None:
    upload_id = server.inspect("traffic.csv", VALUES)["id"]
    assert server.read(upload_id, window_seconds="soon").status_code == 422
    answer = server.read(upload_id, timezone="Mars")
    assert (answer.status_code, answer.json()["id"]) == (422, upload_id)
    assert server.read(upload_id, value_unit="count").status_code == 200


# Questions, and other readings of what is stored


def test_a_question_is_answered_without_sending_the_file_again(server: Server) -> None:
    asked = server.upload("traffic.csv", VALUES)
    problem = asked.json()
    assert (asked.status_code, asked.headers["content-type"]) == (422, "application/problem+json")
    assert [choice["fields"] for choice in problem["choices"]] == [{"value_unit": "count"}, {"value_unit": "rate"}]
    assert problem["detail"].startswith(problem["question"])
    assert not any(choice["says"] in problem["question"] for choice in problem["choices"])
    assert server.get("/api/series") == []
    assert state_of(server, problem["id"]) == "asking"
    assert server.read(problem["id"], store=True, **problem["choices"][1]["fields"]).json()["value_unit"] == "rate"
    (shown,) = [each for each in server.get("/api/uploads") if each["id"] == problem["id"]]
    assert (shown["state"], shown["series"], shown["problem"]) == ("done", "traffic.csv", None)
    assert shown["fields"] == {"value_unit": "rate"}


@pytest.mark.parametrize("again", ["read", "upload"])
def test_another_reading_of_the_same_bytes_replaces_all_that_the_first_stored(server: Server, again: str) -> None:
    first = server.upload("traffic.csv", VALUES, value_unit="count").json()
    fields = {"value_unit": "count", "timezone": "Asia/Tokyo", "window_seconds": "300"}
    if again == "read":
        answer = server.read(first["id"], store=True, **fields)
    else:
        answer = server.upload("traffic.csv", VALUES, None, **fields)
    assert answer.status_code in {200, 201}, answer.text
    (series,) = server.get("/api/series")
    assert (series["window_seconds"], series["points"], series["first"][:13]) == (300, 6, "2024-03-04T15")
    history = server.get("/api/history", range="1h")
    assert [point["timestamp"][:15] for point in history] == ["2024-03-04T15:0"] * 2 + [
        "2024-03-04T15:1"] * 2 + ["2024-03-04T15:2"] * 2  # fmt: skip
    assert server.get("/api/forecast")["issued_at"] == "2024-03-04T15:30:00Z"
    assert {score["origins"] for score in server.get("/api/accuracy", span="24h")["scores"]} <= set(range(7))


def test_the_same_bytes_are_not_read_twice(server: Server) -> None:
    content = series_csv(2000, missing=slice(500, 700))
    first = server.upload("traffic.csv", content).json()
    once = server.get("/api/history", range="24h")
    second = server.upload("traffic.csv", content).json()
    assert server.get("/api/history", range="24h") == once
    assert {name for name in first if first[name] != second[name]} == {"id", "already_stored"}
    ended = server.get(f"/api/uploads/{first['id']}")["ended_at"]
    assert (first["already_stored"], second["already_stored"]) == (None, ended)
    assert server.get("/api/series")[0]["points"] == 1800


def test_the_same_bytes_are_read_again_once_their_series_is_deleted(server: Server) -> None:
    for _ in range(2):
        assert server.upload("traffic.csv", VALUES, value_unit="count").json()["already_stored"] is None
        server.client.delete("/api/series/traffic.csv")


# Another file of the same name


def part(day: str, seed: int = 3, step: int = 60) -> bytes:
    return series_csv(100, start=f"{day}T00:00:00Z", seed=seed, step=step)


def same_name(answer: httpx.Response) -> list[str]:
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:scaleops:problem:same-name"), answer.text
    return [choice["fields"]["same_name"] for choice in answer.json()["choices"]]


@pytest.mark.parametrize("start", ["1995-07-02", "1995-07-06"])
def test_a_later_part_continues_a_series_without_a_question(server: Server, start: str) -> None:
    server.upload("traffic.csv", part("1995-07-01"))
    answer = server.upload("traffic.csv", part(start, seed=1))
    assert answer.status_code == 201, answer.text
    assert any("continues the stored series" in each for each in answer.json()["assumptions"])
    (series,) = server.get("/api/series")
    assert (series["points"], series["last"][:10]) == (200, start)


def test_a_file_that_grew_continues_its_series_without_a_question(server: Server) -> None:
    lines = series_csv(200).splitlines(keepends=True)
    server.upload("traffic.csv", b"".join(lines[:101]))
    answer = server.upload("traffic.csv", b"".join(lines))
    assert answer.status_code == 201, answer.text
    assert server.get("/api/series")[0]["points"] == 200


@pytest.mark.parametrize(
    ("other", "offered", "said"),
    [
        (part("1995-07-01", seed=1), ["continue", "replace", "separate"], "they share 100 windows"),
        (part("1996-07-01"), ["continue", "replace", "separate"], "they do not overlap"),
        (part("1995-07-02", step=300), ["replace", "separate"], "the one cannot continue the other"),
    ],
)
def test_another_file_of_the_same_name_is_asked_about(
    server: Server, other: bytes, offered: list[str], said: str
) -> None:
    server.upload("traffic.csv", part("1995-07-01"))
    answer = server.upload("traffic.csv", other)
    assert same_name(answer) == offered
    assert said in answer.json()["detail"]
    (series,) = server.get("/api/series")
    assert (series["points"], series["window_seconds"]) == (100, 60)


@pytest.mark.parametrize(("chosen", "expected"), [
    ("continue", {"traffic.csv": 150}), ("replace", {"traffic.csv": 100}),
    ("separate", {"traffic.csv": 100, "traffic.csv (2)": 100}),
])  # fmt: skip
def test_what_is_chosen_of_another_file_is_done(server: Server, chosen: str, expected: dict[str, int]) -> None:
    server.upload("traffic.csv", series_csv(100))
    other = b"".join([b"timestamp,requests\n", *series_csv(150, seed=1).splitlines(keepends=True)[51:]])
    upload_id = server.upload("traffic.csv", other).json()["id"]
    answer = server.read(upload_id, store=True, same_name=chosen)
    assert answer.status_code == 200, answer.text
    assert {series["filename"]: series["points"] for series in server.get("/api/series")} == expected
    assert answer.json()["filename"] == list(expected)[-1]


def test_a_feed_is_not_replaced_by_a_file(server: Server) -> None:
    server.client.post("/api/sample")
    name = server.get("/api/series")[0]["filename"]
    replayed = server.client.post("/api/replay", json={"filename": name, "speed": 20}).json()["replay_filename"]
    until(lambda: any(each["filename"] == replayed for each in server.get("/api/series")))
    assert "replace" not in same_name(server.upload(replayed, series_csv(100)))


# The list of imports


def test_imports_are_listed_newest_first_with_what_became_of_them(server: Server) -> None:
    stored = server.upload("traffic.csv", series_csv(200)).json()
    refused = server.upload("no.csv", b"color,size\nred,3\nblue,4\n").json()
    newest, before = server.get("/api/uploads")[:2]
    assert (newest["id"], newest["state"], newest["problem"]) == (refused["id"], "failed", refused["detail"])
    assert newest["kept_until"] is not None
    assert (before["id"], before["filename"], before["state"]) == (stored["id"], "traffic.csv", "done")
    assert (before["rows"], before["windows"], before["bytes"]) == (200, 200, len(series_csv(200)))
    assert (before["first"], before["last"], before["says"]) == (stored["first"], stored["last"], stored["says"])


def test_what_is_no_traffic_is_not_kept(server: Server) -> None:
    refused = server.upload("traffic.csv", b"<html><body>no</body></html>").json()
    assert server.get(f"/api/uploads/{refused['id']}")["kept_until"] is None
    assert server.temporary_files() == []


def test_an_import_goes_on_when_its_client_leaves_after_the_last_byte(server: Server) -> None:
    send_raw(server, series_csv(3000)).close()
    until(lambda: state_of(server) == "done")
    assert server.get("/api/series")[0]["points"] == 3000


def test_a_client_that_leaves_half_way_ends_its_import(server: Server) -> None:
    client = send_raw(server, series_csv(5000), sent=20_000)
    until(lambda: state_of(server) == "receiving")
    client.close()
    until(lambda: state_of(server) == "failed")
    assert "before the whole file had come" in server.get("/api/uploads/mine")["problem"]
    assert server.get("/api/series") == []
    assert server.temporary_files() == []


def test_an_import_is_cancelled_while_its_file_comes(server: Server) -> None:
    content = series_csv(5000)
    with send_raw(server, content, sent=20_000) as client:
        until(lambda: state_of(server) == "receiving")
        assert server.client.delete("/api/uploads/mine").status_code == 204
        client.sendall(content[:1000])
        until(lambda: state_of(server) == "cancelled")
    assert server.get("/api/series") == []
    assert server.temporary_files() == []


def test_an_import_is_cancelled_while_it_is_read_or_forecast(server: Server) -> None:
    with send_raw(server, raw_parquet(20_000)) as client:
        until(lambda: state_of(server) in {"reading", "forecasting"})
        server.client.delete("/api/uploads/mine")
        answer = client.recv(4096).decode()
    assert " 409 " in answer.splitlines()[0]
    assert state_of(server) == "cancelled"
    assert server.get("/api/series") == []
    assert server.temporary_files() == []


def test_to_cancel_what_is_done_lets_its_file_go_and_nothing_else(server: Server) -> None:
    stored = server.upload("traffic.csv", series_csv(200)).json()
    assert server.client.delete(f"/api/uploads/{stored['id']}").status_code == 204
    shown = server.get(f"/api/uploads/{stored['id']}")
    assert (shown["state"], shown["kept_until"]) == ("done", None)
    assert server.get("/api/series")[0]["points"] == 200
    assert server.client.get("/api/uploads/other").status_code == 404


def records_in(database: Path) -> int:
    with closing(sqlite3.connect(database)) as store:
        return int(store.execute("SELECT count(*) FROM imports").fetchone()[0])


def test_an_import_that_a_kill_interrupted_has_failed_and_says_so(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        client = send_raw(server, series_csv(5000), sent=20_000)
        until(lambda: records_in(tmp_path / "store.sqlite") == 1)
        server.process.kill()
        client.close()
    with running_server(tmp_path) as server:
        (shown,) = server.get("/api/uploads")
        assert (shown["id"], shown["state"], shown["kept_until"]) == ("mine", "failed", None)
        assert "restarted while the file was received" in shown["problem"]
        assert server.temporary_files() == []
