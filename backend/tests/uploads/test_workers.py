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
from backend.uploads.workers import OnStep, Workers


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
    on_step: OnStep = arguments[-1]
    on_step("reading")
    while True:
        pass


def hold(_settings: Settings, _estimator: RPSEstimator, megabytes: int, _on_step: OnStep) -> int:
    held = np.ones(megabytes * 1024**2 // 8)
    return int(held[0]) * os.getpid()


def steps(*arguments: Any) -> int:
    on_step: OnStep = arguments[-1]
    on_step("reading")
    on_step("storing")
    return os.getpid()


def run(pool: Workers, work: Any, *arguments: object) -> Any:
    return pool.run(work, *arguments, on_step=lambda _: None)


def test_a_crash_is_an_answer_and_the_next_work_is_done(pool: Workers) -> None:
    for _ in range(workers.WORKERS + 1):
        with pytest.raises(UnusableFileError, match="crashed"):
            run(pool, crash)
    assert run(pool, steps) != os.getpid()


def test_a_refusal_comes_whole_and_its_process_stays(pool: Workers) -> None:
    before = {run(pool, steps) for _ in range(workers.WORKERS)}
    for _ in range(workers.WORKERS):
        with pytest.raises(ConflictError) as refusal:
            run(pool, refuse)
        assert refusal.value.extra == {"limit": 7}
    assert {run(pool, steps) for _ in range(workers.WORKERS)} == before


def test_a_mistake_of_ours_is_told_with_its_trace(pool: Workers) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)in fail.*a mistake of ours"):
        run(pool, fail)


def test_memory_beyond_the_limit_is_refused_by_the_name_of_the_setting(pool: Workers) -> None:
    with pytest.raises(UnusableFileError, match=r"2,048 MB \(SCALEOPS_READER_MEMORY_MB\)"):
        run(pool, hold, 4_096)


def test_a_process_that_held_much_memory_ends_after_its_work(pool: Workers) -> None:
    large = {run(pool, hold, 600) for _ in range(workers.WORKERS)}
    assert large.isdisjoint(run(pool, steps) for _ in range(workers.WORKERS))


def test_a_work_whose_step_is_refused_ends_there(pool: Workers) -> None:
    told = []

    def on_step(step: str) -> None:
        told.append(step)
        if step == "storing":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        pool.run(steps, on_step=on_step)
    assert told == ["reading", "storing"]
    assert run(pool, steps)


def test_reading_that_takes_too_long_is_ended_by_the_name_of_the_setting() -> None:
    settings = Settings(reader_timeout_seconds=1)
    pool = Workers(settings, RPSEstimator.load(settings.model_path))
    with pytest.raises(UnusableFileError, match="SCALEOPS_READER_TIMEOUT_SECONDS"):
        run(pool, hang)
    pool.close()
