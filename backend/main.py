"""The app's table of contents: what it is made of and where the calls are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from backend.api import forecast, history, live, replay, series, system, upload
from backend.api.guard import Guard
from backend.api.problems import add_problem_handlers
from backend.config import Settings
from backend.deps import State
from backend.isolation import READERS, ReaderPool
from backend.live.hub import Hub
from backend.live.replay import Replayer
from backend.models.predictor import RPSEstimator
from backend.progress import ProgressBoard
from backend.stores import open_store

ROUTERS = (upload, history, series, forecast, replay, system)


def create_app(settings: Settings) -> FastAPI:
    """Build the app; the model is loaded and the store opened when it starts."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        estimator = RPSEstimator.load(settings.model_path)
        store = open_store(settings)
        readers = ReaderPool(settings)
        replayer = Replayer(store, estimator)
        replayer.delete_leftovers()
        hub = Hub(store, replayer, settings.live_interval_seconds, estimator.min_windows)
        ticking = asyncio.create_task(hub.run())
        yield State(
            settings=settings,
            store=store,
            estimator=estimator,
            readers=readers,
            replayer=replayer,
            hub=hub,
            progress=ProgressBoard(),
            import_slots=asyncio.Semaphore(READERS),
        )
        ticking.cancel()
        await replayer.stop()
        readers.close()
        store.close()

    app = FastAPI(
        title="ScaleOps",
        version="0.1.0",
        summary="Short-horizon traffic forecasting",
        lifespan=lifespan,
        webhooks=live.messages,
        docs_url=None,  # the interactive pages load scripts from elsewhere, which the page's policy forbids
        redoc_url=None,
    )
    for module in ROUTERS:
        app.include_router(module.router, prefix="/api")
    app.include_router(live.router)
    add_problem_handlers(app)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(Guard, settings=settings)
    if settings.frontend_path.is_dir():
        app.frontend("/", directory=settings.frontend_path)
    return app


app = create_app(Settings())
