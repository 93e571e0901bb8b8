"""Simulations on their way through the server: their turn, their progress, how they end."""

import asyncio
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pandas as pd
import structlog

from backend.capacity.policy import Policy
from backend.config import Settings
from backend.errors import BusyError, CancelledError, ConflictError, NotFoundError, ProblemError, UnusableFileError
from backend.measurements import MEASUREMENTS, on_grid, read_rates, read_steps
from backend.models.selection import LOOKBACK
from backend.simulation.kept import KeptSimulations, StoredSimulation, new_record
from backend.simulation.results import paths_of, result_of
from backend.simulation.schemas import SimulationAnswer, SimulationRecord, SimulationRequest, SimulationResult
from backend.simulation.settings import FROM_DAYS, SimulationSettings
from backend.simulation.simulator import simulate
from backend.simulation.traffic import traffic_of
from backend.stores import SeriesRecord, Store, open_store
from backend.uploads.imports import HEARTBEAT_SECONDS, is_gone
from backend.uploads.workers import Load, Report, Step, Workers, in_turn

log = structlog.get_logger()

MOST_WAITING = 20  # simulations that run or wait
OUT_OF_MEMORY = "The process that simulated ran out of memory or crashed. Shorten the span (from, to)."
RUNNING = ("waiting", "simulating")


@dataclass(frozen=True)
class ToSimulate:
    record: StoredSimulation
    policy: Policy
    settings: SimulationSettings
    start: datetime | None
    stop: datetime | None


class SimulationJob:
    """One simulation that runs, with its record. The methods may be called from any thread."""

    def __init__(self, kept: KeptSimulations, record: StoredSimulation) -> None:
        self.record = record
        self._kept = kept
        self._share = 0.0
        self._cancelled = threading.Event()
        self._put_at = time.monotonic()

    def step(self, step: Step) -> None:
        self.go_on()
        if step == "forecasting":
            self.enter("simulating")

    def progress(self, rows: int | None, share: float | None) -> None:
        del rows  # of a simulation there are none
        self._share = share or 0.0
        if time.monotonic() - self._put_at > HEARTBEAT_SECONDS:
            self.enter(self.record.state)

    def go_on(self) -> None:
        if self._cancelled.is_set():
            raise CancelledError("The simulation was cancelled.")

    def cancel(self) -> None:
        self._cancelled.set()

    def enter(self, state: str, **changes: Any) -> None:
        """Go on to a state, and keep it."""
        self._put_at, now = time.monotonic(), datetime.now(UTC)
        ended = {} if state in RUNNING else {"ended_at": now}
        self.record = self.record.model_copy(update={"state": state, "seen_at": now, **ended, **changes})
        self._kept.put(self.record)

    def shown(self) -> SimulationRecord:
        record = _shown(self.record)
        return record.model_copy(update={"share": self._share})


class Simulations:
    """Runs simulations, one at a time, in a worker of the uploads'. Made on the event loop."""

    def __init__(self, store: Store, workers: Workers) -> None:
        self.kept = KeptSimulations(store)
        self._workers = workers
        self._turn = asyncio.Semaphore(1)
        self._jobs: dict[str, SimulationJob] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, request: SimulationRequest, series: SeriesRecord, policy: Policy) -> SimulationRecord:
        """Begin one: how it stands. Raises BusyError, and ConflictError where one of that id is."""
        simulation_id = request.id or uuid4().hex
        if len(self._jobs) >= MOST_WAITING:
            raise BusyError(f"{MOST_WAITING} simulations run or wait. Cancel one, or wait for the end of one.")
        whole = request.model_copy(update={"policy": policy.model_dump(mode="json")})
        job = SimulationJob(self.kept, new_record(simulation_id, series.key, whole))
        if self._jobs.setdefault(simulation_id, job) is not job:
            raise ConflictError(f"The simulation {simulation_id!r} is running. Wait for its end, or send another id.")
        try:
            if await asyncio.to_thread(self.kept.find, simulation_id):
                raise ConflictError(f"There is a simulation {simulation_id!r} already. Send another id.")
            await asyncio.to_thread(self.kept.put, job.record)
        except BaseException:
            del self._jobs[simulation_id]
            raise
        asked = ToSimulate(job.record, policy, request.settings(), request.from_, request.to)
        task = asyncio.create_task(self._run(job, asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job.shown()

    def find(self, simulation_id: str) -> SimulationAnswer:
        """Raises NotFoundError."""
        if job := self._jobs.get(simulation_id):
            return SimulationAnswer(**vars(job.shown()))
        record = self._stored(simulation_id)
        return SimulationAnswer(**vars(_shown(record)), result=self.kept.result(record))

    def done(self, simulation_id: str) -> tuple[StoredSimulation, SimulationResult]:
        """One with its result. Raises NotFoundError, and ConflictError where it has none."""
        job = self._jobs.get(simulation_id)
        record = job.record if job else self._stored(simulation_id)
        result = None if job else self.kept.result(record)
        if result is None:
            why = record.problem or f"GET /api/simulations/{record.id} says how far it is."
            raise ConflictError(f"The simulation is {record.state} and has no result. {why}")
        return record, result

    def _stored(self, simulation_id: str) -> StoredSimulation:
        record = self.kept.find(simulation_id)
        if record is None:
            raise NotFoundError(
                f"No simulation has the id {simulation_id!r}. GET /api/simulations lists those of a series; they go "
                "with it."
            )
        return self._settled(record)

    def of_series(self, series: SeriesRecord) -> list[SimulationRecord]:
        """Those of a series, the newest first."""
        kept = self.kept.records(series.key.tags)
        return [job.shown() if (job := self._jobs.get(record.id)) else _shown(self._settled(record)) for record in kept]

    def cancel(self, simulation_id: str) -> None:
        """End one that runs within a moment; nothing where it does not."""
        if job := self._jobs.get(simulation_id):
            job.cancel()

    async def close(self) -> None:
        """End all, and wait until they have."""
        for job in self._jobs.values():
            job.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, job: SimulationJob, asked: ToSimulate) -> None:
        try:
            async with in_turn(self._turn, job):
                await asyncio.to_thread(self._workers.run, simulate_stored, asked, watch=job)
            record = await asyncio.to_thread(self.kept.find, job.record.id)
            log.info("simulated", filename=job.record.filename, found=record is not None)
            await self._forget_older(job)
        except CancelledError as cancelled:
            await self._ended(job, "cancelled", cancelled.detail)
        except UnusableFileError:
            await self._ended(job, "failed", OUT_OF_MEMORY)
        except ProblemError as problem:
            await self._ended(job, "failed", problem.detail)
        except Exception:
            log.exception("simulation_failed", simulation=job.record.id)
            await self._ended(job, "failed", "The server failed on it. Its log has the reason.")
        finally:
            self._jobs.pop(job.record.id, None)

    async def _forget_older(self, job: SimulationJob) -> None:
        await asyncio.to_thread(self.kept.forget_older, job.record.key, self._jobs.keys() - {job.record.id})

    async def _ended(self, job: SimulationJob, state: str, problem: str) -> None:
        try:
            await asyncio.to_thread(job.enter, state, problem=problem)
            await self._forget_older(job)
        except ProblemError as away:  # the store is, which is why it failed, it may be
            log.warning("simulation_not_recorded", simulation=job.record.id, detail=away.detail)

    def _settled(self, record: StoredSimulation) -> StoredSimulation:
        """As failed where nobody runs it any more."""
        gone = is_gone(record.host, record.process, record.seen_at, datetime.now(UTC))
        if record.state not in RUNNING or record.id in self._jobs or not gone:
            return record
        problem = "The server was stopped or restarted while it ran. Start it again."
        return record.model_copy(update={"state": "failed", "problem": problem})


def simulate_stored(settings: Settings, load: Load, asked: ToSimulate, report: Report) -> None:
    """One simulation in a worker, over a store that it opens for itself."""
    estimator = load()
    report.step("forecasting")
    with closing(open_store(settings, MEASUREMENTS, first=False)) as store:
        rates, window = rates_for(store, asked, estimator.history_windows)
        steps = read_steps(store, asked.record.key, rates, window)
        traffic = traffic_of(rates, window, asked.start, asked.stop, asked.settings, steps)
        simulation = simulate(traffic, asked.policy, asked.settings, estimator, partial(report.progress, None))
        result = result_of(simulation)
        report.step("storing")
        kept = KeptSimulations(store)
        kept.put_paths(asked.record, paths_of(simulation))
        ended = {"state": "done", "ended_at": datetime.now(UTC), "sentence": result.sentence}
        kept.put(asked.record.model_copy(update=ended), result)


def rates_for(store: Store, asked: ToSimulate, history_windows: int) -> tuple[pd.Series, int]:
    """The series' rates on the grid as far back as the span's forecasts and policies look, and its window."""
    record = store.find(asked.record.filename)
    if record is None or not record.points:
        raise NotFoundError(f'No series is named "{asked.record.filename}". It may have been deleted meanwhile.')
    window = timedelta(seconds=record.window_seconds)
    stop = min(asked.stop, record.last + window) if asked.stop else record.last + window
    start = min(max(asked.start, record.first), record.last) if asked.start else stop - timedelta(days=FROM_DAYS)
    before = max((history_windows + 2 * LOOKBACK) * window, stop - start, timedelta(days=FROM_DAYS + 1))
    rates = read_rates(store, record.key, max(start - before, record.first), None)
    return on_grid(rates, record.window_seconds), record.window_seconds


def _shown(record: StoredSimulation) -> SimulationRecord:
    return SimulationRecord(**{name: getattr(record, name) for name in SimulationRecord.model_fields})
