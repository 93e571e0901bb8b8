"""Plays a stored series as if it came in now, with the forecasts that would have been made at the time."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd
import structlog

from backend.errors import InvalidRequestError, NotFoundError, ProblemError, StoreUnavailableError
from backend.live.channel import LIVE_WINDOWS
from backend.measurements import FORECASTS, POINTS, SCORE_FIELDS, on_grid, points_table, read_points
from backend.models.live import LiveForecaster
from backend.models.predictor import RPSEstimator
from backend.schemas import Replay, ReplayRequest
from backend.serving.issued import issued_table
from backend.serving.points import one_ahead, one_window_ahead
from backend.stores import SeriesInfo, SeriesKey, SeriesRecord, Store
from backend.stores.names import free_name

log = structlog.get_logger()

# A silence longer than this is skipped to its end: three days of it would be half an hour at two windows a second.
LONGEST_SILENCE_WINDOWS = 15
OUTAGE_SECONDS = 1.0  # between attempts while the store cannot be reached


@dataclass
class Playing:
    """A replay that runs: `frame` is the whole source on its grid, with the scores that it had; `position` the row that
    comes next; `forecasts` those from the end of the row before, which is `issued_at`."""

    source: SeriesRecord
    info: SeriesInfo
    frame: pd.DataFrame
    position: int
    speed: float
    forecaster: LiveForecaster
    forecasts: pd.DataFrame = field(default_factory=pd.DataFrame)
    issued_at: pd.Timestamp | None = None
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    @property
    def key(self) -> SeriesKey:
        return self.info.key


class Replayer:
    """At most one replay at a time; starting another stops the first."""

    def __init__(self, store: Store, estimator: RPSEstimator) -> None:
        self._store = store
        self._estimator = estimator
        self._playing: Playing | None = None
        self._starting = asyncio.Lock()

    @property
    def live_filename(self) -> str | None:
        return self._playing.key.name if self._playing else None

    def current(self) -> Replay | None:
        playing = self._playing
        if playing is None:
            return None
        position = min(playing.position, len(playing.frame) - 1)
        return Replay(
            filename=playing.source.name,
            replay_filename=playing.key.name,
            speed=playing.speed,
            position=playing.frame.index[position].to_pydatetime(),
            last=playing.frame.index[-1].to_pydatetime(),
        )

    async def start(self, request: ReplayRequest) -> Replay:
        async with self._starting:
            await self.stop()
            playing = await asyncio.to_thread(self._prepare, request)
            # The first window is stored before the answer, so the live series exists when the page asks for it.
            await asyncio.to_thread(self._play_next, playing)
            self._playing = playing
            playing.task = asyncio.create_task(self._play(playing))
            replay = self.current()
        assert replay is not None
        return replay

    async def stop(self) -> None:
        """Stop after the window that is being played, if one is, and delete what was played."""
        if self._playing is None or self._playing.task is None:
            return
        self._playing.stopped.set()
        await self._playing.task

    async def stop_if_of(self, filename: str) -> None:
        """Stop where the series that is being deleted is the source of the replay or the replay itself."""
        if self._playing and filename in (self._playing.source.name, self._playing.key.name):
            await self.stop()

    def delete_leftovers(self) -> None:
        """Delete what a replay left behind when its process was killed or the store was away. None may be running."""
        for series in self._store.list_series():
            if series.origin == "replay":
                self._store.delete_series(series.name)

    def _prepare(self, request: ReplayRequest) -> Playing:
        self.delete_leftovers()
        source = self._store.find(request.filename)
        if source is None or not source.points:
            raise NotFoundError(f'No series is named "{request.filename}". GET /api/series lists what is stored.')
        if source.origin == "replay":
            raise InvalidRequestError("A replay cannot be replayed. Name the series it was made from.")
        points = read_points(self._store, source.key, None, None)
        frame = on_grid(points[["actual_rps", *SCORE_FIELDS]], source.window_seconds)
        row = _start_row(frame, request.start)
        key = SeriesKey(free_name(self._store, f"replay of {source.name}", "replay"), self._estimator.version)
        attributes = {"replay_of": source.name, "synthetic": source.origin == "sample"}
        info = SeriesInfo(key, source.window_seconds, "replay", attributes)
        # What the Live chart would show before the first window that is played.
        before = points[points.index < frame.index[row]].tail(LIVE_WINDOWS)
        self._store.write({POINTS: points_table(key, before)}, [info])
        return Playing(source, info, frame, row, request.speed, self._forecaster(source))

    def _forecaster(self, source: SeriesRecord) -> LiveForecaster:
        return self._estimator.live(source.window_seconds, together=1)

    async def _play(self, playing: Playing) -> None:
        next_at = time.monotonic()
        try:
            while playing.position < len(playing.frame) and not playing.stopped.is_set():
                next_at = max(next_at + 1 / playing.speed, time.monotonic())
                with suppress(TimeoutError):
                    async with asyncio.timeout(next_at - time.monotonic()):
                        await playing.stopped.wait()
                        break
                try:
                    await asyncio.to_thread(self._play_next, playing)
                except StoreUnavailableError as outage:  # the window is played again when the store is back
                    log.warning("replay_waits", filename=playing.source.name, detail=outage.detail)
                    next_at = time.monotonic() + OUTAGE_SECONDS
        except ProblemError as problem:
            log.warning("replay_stopped", filename=playing.source.name, detail=problem.detail)
        self._playing = None
        with suppress(ProblemError):  # left over then, and deleted before the next replay
            await asyncio.to_thread(self._store.delete_series, playing.key.name)

    def _play_next(self, playing: Playing) -> None:
        """Store the next window beside what was forecast for it, and the forecasts made at its end."""
        row = playing.position
        target = playing.frame.index[row]
        if pd.isna(playing.frame["actual_rps"].iloc[row]):
            playing.position = _next_row(playing.frame, row)
            return
        if playing.issued_at != target:
            playing.issued_at, playing.forecasts = target, self._forecasts_at(playing, row)
        predicted = one_ahead(playing.forecasts, playing.source.window_seconds).get(playing.key.name, {})
        window = playing.frame.iloc[row]
        point = one_window_ahead(
            target, window["actual_rps"], predicted, {name: float(window[name]) for name in SCORE_FIELDS}
        )
        playing.issued_at = target + pd.Timedelta(playing.source.window_seconds, "s")
        playing.forecasts = self._forecasts_at(playing, row + 1)
        points = points_table(playing.key, point)
        self._store.write({POINTS: points, FORECASTS: playing.forecasts}, [playing.info])
        playing.position = _next_row(playing.frame, row)

    def _forecasts_at(self, playing: Playing, row: int) -> pd.DataFrame:
        """The forecasts from the first `row` windows, as the store takes them."""
        seconds = playing.source.window_seconds
        first = int(playing.frame.index[0].timestamp()) // seconds
        window, rates = first + row - 1, playing.frame["actual_rps"].to_numpy()[:row]
        forecaster = playing.forecaster
        if forecaster.last is None or not forecaster.reaches(window):  # one before it is played again
            forecaster = playing.forecaster = self._forecaster(playing.source)
            forecaster.advance(window)
            forecaster.learn({playing.key: (first, rates)})
        elif window != forecaster.last:
            forecaster.put(playing.key, window, rates[-1])
            forecaster.advance(window)
        forecasts = forecaster.forecasts([playing.key])
        return issued_table([playing.key], forecasts, self._estimator.horizons, seconds, window)


def _start_row(frame: pd.DataFrame, start: datetime | None) -> int:
    if start is None:
        return 0
    known = frame["actual_rps"].notna() & (frame.index >= pd.Timestamp(start))
    if not known.any():
        raise InvalidRequestError(
            f"The series has no window at or after {start.isoformat()}; its last is {frame.index[-1].isoformat()}."
        )
    return int(known.to_numpy().argmax())


def _next_row(frame: pd.DataFrame, row: int) -> int:
    """The row after `row`, or the end of the silence that begins there where it is a long one."""
    upcoming = frame["actual_rps"].iloc[row + 1 :].notna().to_numpy()
    silence = int(upcoming.argmax()) if upcoming.any() else len(upcoming)
    return row + 1 + (silence if silence > LONGEST_SILENCE_WINDOWS else 0)
