"""What a work in a child process may do to it, and what the server has of that."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from backend.config import Settings
from backend.errors import ConflictError, UnusableFileError
from backend.models.predictor import RPSEstimator
from backend.uploads import workers
from backend.uploads.workers import Load, Report, Step, Workers


@pytest.fixture(scope="module")
def pool() -> Iterator[Workers]:
    settings = Settings(reader_timeout_seconds=20, reader_memory_mb=2_048)
    pool = Workers(settings, RPSEstimator.load(settings.model_path))
    yield pool
    pool.close()


def crash(*_: Any) -> None:
    os.abort()


def refuse(*_: Any) -> None:
    raise ConflictError("no", limit=7)


def fail(*_: Any) -> None:
    raise KeyError("a mistake of ours")


def hang(*arguments: Any) -> None:
    report: Report = arguments[-1]
    report.step("reading")
    while True:
        pass


def endless(*arguments: Any) -> None:
    report: Report = arguments[-1]
    report.step("reading")
    report.progress(10, 0.5)
    while True:
        pass


def hold(_settings: Settings, _load: Load, megabytes: int, _report: Report) -> int:
    held = np.ones(megabytes * 1024**2 // 8)
    return int(held[0]) * os.getpid()


def steps(*arguments: Any) -> int:
    report: Report = arguments[-1]
    report.step("reading")
    report.step("storing")
    return os.getpid()


def counting(*arguments: Any) -> None:
    report: Report = arguments[-1]
    report.step("reading")
    for rows in range(1_000):
        report.progress(rows + 1, (rows + 1) / 1_000)
    report.step("forecasting")


class Watched:
    """Hears all that is told; refuses the step of this name, and ends a work that is as far as this."""

    def __init__(self, refused: str | None = None, until: float = 2.0) -> None:
        self.told: list[Any] = []
        self._refused = refused
        self._until = until

    def step(self, step: Step) -> None:
        self.told.append(step)
        if step == self._refused:
            raise InterruptedError

    def progress(self, rows: int | None, share: float | None) -> None:
        self.told.append((rows, share))

    def go_on(self) -> None:
        if any(share >= self._until for _, share in filter(lambda each: isinstance(each, tuple), self.told)):
            raise InterruptedError


def run(pool: Workers, work: Any, *arguments: object) -> Any:
    return pool.run(work, *arguments, watch=Watched())


def test_a_crash_is_an_answer_and_the_next_work_is_done(pool: Workers) -> None:
    for _ in range(workers.PLACES + 1):
        with pytest.raises(UnusableFileError, match="crashed"):
            run(pool, crash)
    assert run(pool, steps) != os.getpid()


def test_of_a_step_that_ends_the_last_progress_is_told(pool: Workers) -> None:
    watch = Watched()
    pool.run(counting, watch=watch)
    assert watch.told[-2:] == [(1_000, 1.0), "forecasting"]


def test_a_refusal_comes_whole(pool: Workers) -> None:
    with pytest.raises(ConflictError) as refusal:
        run(pool, refuse)
    assert refusal.value.extra == {"limit": 7}


def test_a_mistake_of_ours_is_told_with_its_trace(pool: Workers) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)in fail.*a mistake of ours"):
        run(pool, fail)


def test_memory_beyond_the_limit_is_refused_by_the_name_of_the_setting(pool: Workers) -> None:
    with pytest.raises(UnusableFileError, match=r"2,048 MB \(SCALEOPS_READER_MEMORY_MB\)"):
        run(pool, hold, 4_096)


def test_no_process_is_used_twice(pool: Workers) -> None:
    assert run(pool, steps) != run(pool, steps)


def test_a_work_whose_step_is_refused_ends_there(pool: Workers) -> None:
    watch = Watched(refused="storing")
    with pytest.raises(InterruptedError):
        pool.run(steps, watch=watch)
    assert watch.told == ["reading", "storing"]
    assert run(pool, steps)


def test_a_work_that_is_called_off_in_the_middle_of_a_step_ends_with_its_process(pool: Workers) -> None:
    watch = Watched(until=0.5)
    with pytest.raises(InterruptedError):
        pool.run(endless, watch=watch)
    assert watch.told == ["reading", (10, 0.5)]
    assert run(pool, steps)


def test_reading_that_takes_too_long_is_ended_by_the_name_of_the_setting() -> None:
    settings = Settings(reader_timeout_seconds=1)
    pool = Workers(settings, RPSEstimator.load(settings.model_path))
    with pytest.raises(UnusableFileError, match="SCALEOPS_READER_TIMEOUT_SECONDS"):
        run(pool, hang)
    pool.close()
