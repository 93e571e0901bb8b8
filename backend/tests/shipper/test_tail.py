"""Every line of a log is given out once, wherever a rotation takes the file."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend.shipper import tail as tail_module
from backend.shipper.counts import times
from backend.shipper.tail import LogTail, StdinTail

NOW = 1_700_000_000.5


def line(second: float, text: str = "") -> str:
    stamp = datetime.fromtimestamp(second, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'10.0.0.1 - - [{stamp}] "GET /{text} HTTP/1.1" 200 5\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text(line(NOW - 7200) * 20)
    return path


@pytest.fixture
def tail(log: Path) -> Iterator[LogTail]:
    with closing(LogTail(log, NOW, 3600, times)) as opened:
        list(opened.blocks())
        yield opened


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def read(tail: LogTail | StdinTail) -> str:
    return b"".join(tail.blocks()).decode()


def test_only_what_is_new_is_given_out(log: Path, tail: LogTail) -> None:
    append(log, line(NOW))
    assert read(tail) == line(NOW)
    assert read(tail) == ""


def test_half_a_line_waits_for_its_other_half(log: Path, tail: LogTail) -> None:
    append(log, line(NOW)[:20])
    assert read(tail) == ""
    append(log, line(NOW)[20:])
    assert read(tail) == line(NOW)


def test_a_renamed_log_is_read_to_its_end_and_on_beside_the_new_one(log: Path, tail: LogTail) -> None:
    append(log, line(NOW, "before"))
    old = log.rename(log.with_suffix(".log.1"))
    assert read(tail) == line(NOW, "before")
    append(old, line(NOW, "renamed"))
    log.write_text(line(NOW, "new"))
    append(old, line(NOW, "still-open"))
    assert read(tail) == line(NOW, "renamed") + line(NOW, "still-open") + line(NOW, "new")
    append(old, line(NOW, "later"))
    append(log, line(NOW, "last"))
    assert read(tail) == line(NOW, "later") + line(NOW, "last")


def test_an_old_file_is_let_go_of_after_a_while(log: Path, tail: LogTail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "DRAIN_SECONDS", -1)
    old = log.rename(log.with_suffix(".log.1"))
    append(old, "no line end")
    log.write_text(line(NOW))
    assert read(tail) == line(NOW) + "no line end"
    append(old, line(NOW, "too-late"))
    assert read(tail) == ""


def test_a_new_log_that_cannot_be_opened_is_told_and_the_old_one_read_on(log: Path, tail: LogTail) -> None:
    old = log.rename(log.with_suffix(".log.1"))
    log.mkdir()
    append(old, line(NOW))
    blocks = tail.blocks()
    assert next(blocks).decode() == line(NOW)
    with pytest.raises(IsADirectoryError):
        list(blocks)


def test_a_truncated_log_is_read_from_its_beginning(log: Path, tail: LogTail) -> None:
    os.truncate(log, 0)
    append(log, line(NOW))
    assert read(tail) == line(NOW)


def test_a_log_that_was_truncated_and_has_outgrown_its_old_size_is_noticed(log: Path, tail: LogTail) -> None:
    size = log.stat().st_size
    os.truncate(log, 0)
    new = line(NOW) * (size // len(line(NOW)) + 5)
    append(log, new)
    assert read(tail) == new


def test_reading_begins_in_the_past_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "BLOCK_BYTES", 1000)
    log = tmp_path / "access.log"
    log.write_text("".join(line(NOW - age) for age in range(7200, 0, -10)))
    with closing(LogTail(log, NOW, 600, times)) as tail:
        assert tail.known_since == int(NOW - 600)
        given = read(tail).splitlines(keepends=True)
    assert given[-60:] == [line(NOW - age) for age in range(600, 0, -10)]
    assert len(given) < 150


def test_the_first_seconds_of_a_young_log_are_not_known_whole(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(line(NOW - age) for age in range(300, 0, -1)))
    with closing(LogTail(log, NOW, 3600, times)) as tail:
        assert len(read(tail).splitlines()) == 300
        assert tail.known_since > NOW - 300 + tail_module.DISORDER_SECONDS


@pytest.mark.parametrize("text", ["", line(NOW)], ids=["empty", "one line"])
def test_of_a_new_log_only_what_comes_is_known(tmp_path: Path, text: str) -> None:
    log = tmp_path / "access.log"
    log.write_text(text)
    with closing(LogTail(log, NOW, 3600, times)) as tail:
        assert tail.known_since == int(NOW) + 1


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    os.close(ends[0])


def test_standard_input_is_read_until_its_end(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    tail = StdinTail(NOW, reading)
    assert tail.known_since == int(NOW) + 1
    assert read(tail) == ""
    os.write(writing, (line(NOW) + "half").encode())
    assert (read(tail), tail.ended) == (line(NOW), False)
    os.close(writing)
    assert (read(tail), tail.ended) == ("half", True)
