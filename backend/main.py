"""The app's table of contents: what it is made of and where the calls are."""

import asyncio
import gc
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from backend.access import Access
from backend.api import (
    accuracy,
    capacity,
    forecast,
    history,
    live,
    manifests,
    metrics,
    past,
    policies,
    replay,
    series,
    session,
    simulations,
    system,
    upload,
    write,
)
from backend.api.docs import add_docs
from backend.api.document import DocumentedAPI, problems
from backend.api.guard import Guard
from backend.api.page import add_page
from backend.api.parameters import refuse_unknown_parameters
from backend.api.problems import add_problem_handlers
from backend.capacity.decisions import Decisions
from backend.capacity.metrics import Counts
from backend.capacity.policies import Policies
from backend.capacity.recommendation import Planning
from backend.capacity.running import RunningReplicas
from backend.config import Settings
from backend.deps import State
from backend.errors import InvalidRequestError
from backend.feed.collector import Collector
from backend.feed.intake import Intake
from backend.feed.open_windows import OpenWindows
from backend.feed.poller import Poller
from backend.feed.prometheus import Prometheus
from backend.feed.samples import SampleReader
from backend.feed.tracker import FeedTracker
from backend.live.hub import Hub
from backend.live.replay import Replayer
from backend.live.status import SeriesStatuses
from backend.measurements import MEASUREMENTS
from backend.models.predictor import RPSEstimator
from backend.serving.current import CurrentForecasts
from backend.serving.upkeep import Upkeep
from backend.simulation.job import Simulations
from backend.stores import open_store
from backend.uploads.folder import remove_leftovers
from backend.uploads.job import Uploads

ROUTERS = (
    *(upload, history, accuracy, series, forecast, past, live),
    *(policies, capacity, simulations, manifests, replay, system, session),
)


def create_app(settings: Settings, estimator: RPSEstimator) -> FastAPI:
    """Build the app; the store is opened when it starts."""
    access = Access(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        store = open_store(settings, MEASUREMENTS)
        remove_leftovers()
        replayer = Replayer(store, estimator)
        replayer.delete_leftovers()
        tracker = FeedTracker(settings.window_seconds)
        collector = Collector(store, tracker, estimator, settings.late_seconds, settings.checkpoint)
        intake = Intake(store, tracker, SampleReader(settings.feeds), settings.max_series)
        prometheus = Prometheus(settings.prometheus_url, settings.prometheus_token)
        delay = settings.late_seconds / 2  # time for the last scrape to be stored, and for the answer before the close
        poller = Poller(prometheus, settings.prometheus_queries, store, intake, settings.window_seconds, delay)
        statuses = SeriesStatuses(store, replayer, tracker, OpenWindows(store, tracker))
        forecasts = CurrentForecasts(store, estimator.horizons, collector.learning)
        hub = Hub(store, statuses, forecasts, settings.live_interval_seconds, settings.max_sockets)
        loop = asyncio.get_running_loop()
        collector.on_corrected += [lambda filenames: run_on(loop, *map(hub.refresh, filenames))]
        stored_policies = Policies(store)
        decisions, counts = Decisions(store, forecasts, stored_policies), Counts()
        decisions.on_decided = counts.decided
        collector.on_issued += [decisions.decide, lambda filenames: run_on(loop, hub.show_issued(filenames))]
        running = RunningReplicas(prometheus, settings.prometheus_replicas)
        upkeep = Upkeep(store, estimator, settings)
        uploads = Uploads(settings, estimator, store)
        uploads.listeners += [lambda filename: asyncio.to_thread(collector.reload, filename), hub.refresh]
        simulations = Simulations(store, uploads.workers)
        tasks = [asyncio.create_task(part.run()) for part in (hub, collector, poller, running, upkeep, uploads)]
        gc.freeze()  # a collection of all that the start made stops everything for 0.1 s, again and again under load
        yield State(
            settings=settings,
            access=access,
            store=store,
            estimator=estimator,
            replayer=replayer,
            intake=intake,
            collector=collector,
            poller=poller,
            statuses=statuses,
            forecasts=forecasts,
            policies=stored_policies,
            decisions=decisions,
            counts=counts,
            planning=Planning(stored_policies, forecasts, decisions),
            running=running,
            hub=hub,
            uploads=uploads,
            simulations=simulations,
        )
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await prometheus.close()
        await replayer.stop()
        await asyncio.to_thread(collector.close)
        intake.close()
        await simulations.close()
        uploads.close()
        store.close()

    app = DocumentedAPI(
        title="ScaleOps",
        version="0.1.0",
        summary="Short-horizon traffic forecasting",
        lifespan=lifespan,
        webhooks=live.messages,
        docs_url=None,  # FastAPI's own load scripts from elsewhere, which the page's policy forbids: see api/docs
        redoc_url=None,
    )
    for module in ROUTERS:
        app.include_router(
            module.router,
            prefix="/api",
            tags=[module.__name__.rpartition(".")[2]],
            dependencies=[Depends(refuse_unknown_parameters)],
            responses=problems(InvalidRequestError),
        )
    # Passes over what it does not know, as InfluxDB does.
    app.include_router(write.router, prefix="/api", tags=["write"])
    app.include_router(metrics.router, tags=["metrics"])
    app.include_router(live.sockets)
    add_docs(app)
    add_problem_handlers(app)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(Guard, settings=settings, access=access)
    if settings.frontend_path.is_dir():
        add_page(app, settings.frontend_path)
    return app


def run_on(loop: asyncio.AbstractEventLoop, *works: Coroutine[Any, Any, None]) -> None:
    """Let the page know, from the thread that closes windows. A store that is away meanwhile is the next tick's."""
    for work in works:
        asyncio.run_coroutine_threadsafe(work, loop)
