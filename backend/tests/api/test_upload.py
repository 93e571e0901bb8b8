"""POST /api/upload: what is answered, what is stored, and what is refused."""

import http.client
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from backend.tests.server import Server, running_server
from backend.tests.traffic import raw_parquet, series_csv

BOUNDARY = "boundary"


def multipart(name: str, content: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def test_a_series_is_read_predicted_and_stored(server: Server) -> None:
    answer = server.upload("traffic.csv", series_csv(3000))
    assert answer.status_code == 201, answer.text
    result = answer.json()
    assert (result["kind"], result["format"], result["window_seconds"]) == ("series", "csv", 60)
    assert (result["rows_read"], result["windows"], result["gaps"], result["points_written"]) == (3000, 3000, 0, 3000)
    assert result["first"] == "1995-07-01T00:00:00Z"
    (series,) = server.get("/api/series")
    assert (series["filename"], series["points"], series["live"]) == ("traffic.csv", 3000, False)


def test_a_raw_log_is_counted_into_windows(server: Server) -> None:
    result = server.upload("requests.parquet", raw_parquet(600)).json()
    assert (result["kind"], result["format"], result["windows"]) == ("raw", "parquet", 600)


def test_the_answer_scores_both_models_beside_naive_baselines(server: Server) -> None:
    scores = server.upload("traffic.csv", series_csv(3000)).json()["scores"]
    assert {"lgbm_plus", "lgbm", "last_value", "ewma", "seasonal_naive_day"} <= set(scores)
    assert len({score["origins"] for score in scores.values()}) == 1
    assert 0 < scores["lgbm_plus"]["rmse"] < scores["last_value"]["rmse"]


def test_the_answer_says_what_was_assumed_and_dropped(server: Server) -> None:
    lines = series_csv(200).decode().splitlines()
    lines[5] = lines[5].split(",")[0] + ",-3"
    result = server.upload("traffic.csv", "\n".join(lines).encode()).json()
    (dropped,) = result["rows_dropped"]
    assert (dropped["count"], dropped["first_rows"]) == (1, [5])
    assert result["gaps"] == 1
    assert result["assumptions"]


def test_options_override_what_would_be_recognised(server: Server) -> None:
    result = server.upload("traffic.csv", series_csv(600), window_seconds="300", timezone="UTC").json()
    assert (result["window_seconds"], result["windows"]) == (300, 120)


def test_an_unknown_option_value_is_refused_by_name(server: Server) -> None:
    answer = server.upload("traffic.csv", series_csv(60), window_seconds="soon")
    assert answer.status_code == 422
    assert answer.json()["field"] == "window_seconds"


@pytest.mark.long
def test_a_day_that_follows_an_earlier_upload_continues_it(server: Server) -> None:
    whole = server.upload("whole.csv", series_csv(2880)).json()
    lines = series_csv(2880).decode().splitlines(keepends=True)
    server.upload("parts.csv", "".join(lines[:1441]).encode())
    parts = server.upload("parts.csv", (lines[0] + "".join(lines[1441:])).encode()).json()
    assert parts["forecast"]["points"] == whole["forecast"]["points"]
    assert server.get("/api/history", range="24h", filename="parts.csv") == server.get(
        "/api/history", range="24h", filename="whole.csv"
    )


@pytest.mark.long
def test_two_uploads_at_once_are_both_exact(server: Server) -> None:
    with ThreadPoolExecutor(2) as threads:
        answers = list(
            threads.map(lambda seed: server.upload(f"traffic-{seed}.csv", series_csv(3000, seed=seed)), [1, 2])
        )
    assert [answer.status_code for answer in answers] == [201, 201]
    together = [server.get("/api/history", range="24h", filename=f"traffic-{seed}.csv") for seed in (1, 2)]
    server.clear()
    for seed in (1, 2):
        server.upload(f"traffic-{seed}.csv", series_csv(3000, seed=seed))
    assert together == [server.get("/api/history", range="24h", filename=f"traffic-{seed}.csv") for seed in (1, 2)]


@pytest.mark.long
def test_health_answers_while_a_file_is_read_and_predicted(server: Server) -> None:
    answer = []
    uploading = threading.Thread(target=lambda: answer.append(server.upload("large.parquet", raw_parquet(20_000))))
    uploading.start()
    answered = 0
    while uploading.is_alive():
        assert server.client.get("/api/health").status_code == 200
        answered += uploading.is_alive()
        time.sleep(0.01)
    assert answer[0].status_code == 201
    assert answered > 10


@pytest.mark.parametrize(
    ("content", "status", "phrase"),
    [
        (b"", 422, "empty"),
        (b"timestamp,requests\n", 422, "row"),
        (b"<html><body>no</body></html>", 415, "HTML"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), 415, "PNG"),
        (b"PK\x03\x04" + bytes(100), 422, "zip"),
        (b"PAR1" + bytes(100) + b"PAR1", 422, "damaged"),
        (b"color,size\nred,3\nblue,4\n", 422, "time"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_leaves_nothing(
    server: Server, content: bytes, status: int, phrase: str
) -> None:
    answer = server.upload("traffic.csv", content)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert phrase.lower() in answer.json()["detail"].lower()
    assert server.get("/api/series") == []
    if status != 422:  # what is no traffic at all is not kept
        assert server.temporary_files() == []


def test_rows_years_apart_end_in_an_answer_soon(server: Server) -> None:
    rows = b"timestamp,requests\n1622300040,1\n1622300100,1\n1682300040,1\n"
    answer = server.upload("traffic.csv", rows)
    assert (answer.status_code, answer.json()["windows"]) == (201, 2)


def test_a_form_without_a_file_is_refused(server: Server) -> None:
    answer = server.client.post("/api/upload", data={"file": "text"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_form_that_was_cut_short_is_refused(server: Server) -> None:
    body = multipart("traffic.csv", series_csv(100)).removesuffix(f"--{BOUNDARY}--\r\n".encode())
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = server.client.post("/api/upload", content=body, headers=headers)
    assert answer.status_code == 422
    assert "closing boundary" in answer.json()["detail"]
    assert server.get("/api/series") == []


def test_a_body_over_the_limit_is_refused_with_the_limit(server: Server) -> None:
    answer = server.upload("big.csv", b"x" * (8 * 1024**2 + 1))
    assert answer.status_code == 413
    assert "8 MB" in answer.json()["detail"]
    assert server.temporary_files() == []


def test_a_body_over_the_limit_without_a_length_is_refused_too(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    body = multipart("big.csv", b"x" * (10 * 1024**2))
    chunks = (body[start : start + 65536] for start in range(0, len(body), 65536))
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    connection.request("POST", "/api/upload", body=chunks, headers=headers, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["content-type"]) == (413, "application/problem+json")
    connection.close()
    assert server.temporary_files() == []


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\logs\\access.csv", "access.csv"),
        ("x" * 5000 + ".csv", "x" * 100),
        ("a,b=c d.csv", "a,b=c d.csv"),
        ("<img onerror=alert(1)>.csv", "<img onerror=alert(1)>.csv"),
        ("\u202egpj.csv", "gpj.csv"),
        ("..", "unnamed"),
        ("naïve 测试.csv", "naïve 测试.csv"),
    ],
)
def test_any_file_name_is_stored_harmlessly(server: Server, sent: str, stored: str) -> None:
    assert server.upload(sent, series_csv(100)).json()["filename"] == stored
    assert [series["filename"] for series in server.get("/api/series")] == [stored]
    assert len(server.get("/api/history", range="1h", filename=stored)) == 60
    assert server.client.delete(f"/api/series/{quote(stored, safe='')}").status_code == 200


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("my %22x%22.csv", 'my "x".csv'), ("two%0D%0Alines.csv", "twolines.csv"), ("100%25 %2F.csv", "100%25 %2F.csv")],
)
def test_a_name_is_stored_as_the_browser_user_knows_it(server: Server, sent: str, stored: str) -> None:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = server.client.post("/api/upload", content=multipart(sent, series_csv(100)), headers=headers)
    assert answer.json()["filename"] == stored
    assert server.client.delete(f"/api/series/{quote(stored, safe='')}").status_code == 200


def test_a_file_that_is_named_like_a_replay_is_no_replay(server: Server) -> None:
    assert server.upload("replay of traffic.csv", series_csv(100)).status_code == 201
    (series,) = server.get("/api/series")
    assert (series["origin"], series["replay_of"], series["status"]) == ("upload", None, "historic")


@pytest.mark.long
def test_sample_traffic_says_that_it_is_synthetic(server: Server) -> None:
    result = server.client.post("/api/sample").json()
    assert "synthetic" in result["filename"]
    assert result["kind"] == "raw"
    (series,) = server.get("/api/series")
    assert series["synthetic"] is True


def test_three_windows_are_answered_with_an_honest_warming_up(server: Server) -> None:
    result = server.upload("short.csv", series_csv(3)).json()
    assert result["forecast"]["warming_up"] is True
    assert all(point["p10"] <= point["mean"] <= point["p90"] for point in result["forecast"]["points"])


# The files that uploads write are on a disk without room: what is written to /dev/full does not fit.
FULL_FOLDER = """
import tempfile
from pathlib import Path

class FullFolder(tempfile.TemporaryDirectory):
    def __enter__(self):
        for name in ("received", "synthetic-sample.parquet"):
            Path(self.name, name).symlink_to("/dev/full")
        return super().__enter__()

tempfile.TemporaryDirectory = FullFolder
from backend.cli import app
app(["serve"])
"""


@pytest.mark.long
def test_a_full_folder_for_uploads_is_said_with_its_name(tmp_path: Path) -> None:
    with running_server(tmp_path, [sys.executable, "-c", FULL_FOLDER]) as server:
        uploaded = server.upload("traffic.csv", series_csv(300_000), headers={"X-Upload-Id": "full"})
        assert server.get("/api/uploads/full")["state"] == "failed"
        for answer in (uploaded, server.client.post("/api/sample")):
            assert (answer.status_code, answer.json()["type"]) == (507, "urn:scaleops:problem:storage-full")
            assert str(tmp_path / "tmp") in answer.json()["detail"]
        assert server.temporary_files() == []
    assert "Traceback" not in (tmp_path / "server.log").read_text()
