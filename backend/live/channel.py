"""What one watched series' clients share: the newest points, the messages they may have missed, their queues."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd
from pydantic import BaseModel

from backend.measurements import POINT_FIELDS
from backend.schemas import LiveMessage, LiveStatus, MessageType
from backend.stores import SeriesRecord

LIVE_WINDOWS = 240  # the span of the Live chart: four hours of minutes
RESUMABLE_MESSAGES = 600  # at up to two messages a window, five minutes of a feed with a window a second
QUEUE_MESSAGES = 32  # a client this far behind is dropped


@dataclass(eq=False)
class Subscriber:
    """One client: messages wait in its queue until its socket takes them; `dropped` once it lags too far."""

    queue: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(QUEUE_MESSAGES))
    dropped: asyncio.Event = field(default_factory=asyncio.Event)


def no_points() -> pd.DataFrame:
    return pd.DataFrame(columns=list(POINT_FIELDS), dtype="float64")


@dataclass(eq=False)
class Channel:
    """The state of one watched series. `requested` None: whichever is live, else the one written last. `snapshot`: the
    message that a new client gets, while it is right.

    Hold `changing` from reading the store to putting what was read here: a tick, a new client and an upload may
    all be at it.
    """

    requested: str | None
    sequence: int
    series: SeriesRecord | None = None
    points: pd.DataFrame = field(default_factory=no_points)
    subscribers: set[Subscriber] = field(default_factory=set)
    issued_at: datetime | None = None  # of the forecast sent last
    held: datetime | None = None  # the window whose point waited a tick for the forecasts from its end
    idle_ticks: int = 0
    snapshot: str | None = None
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _recent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=RESUMABLE_MESSAGES))

    @property
    def watched(self) -> str | None:
        """The name of the series that it shows, or would show."""
        return self.series.name if self.series else self.requested

    def publish(self, kind: MessageType, data: BaseModel) -> None:
        """Number a message, keep it for those who reconnect, and queue it for every client."""
        self.sequence += 1
        message = render(kind, self.sequence, data)
        self.snapshot = message if kind == "snapshot" else None
        self._recent.append((self.sequence, message))
        self._broadcast(message)

    def publish_status(self, status: LiveStatus) -> None:
        """Queue a status for every client. It repeats the last number: who reconnects needs only the newest."""
        self._broadcast(render("status", self.sequence, status))

    def _broadcast(self, message: str) -> None:
        for subscriber in list(self.subscribers):
            self.deliver(subscriber, message)

    def deliver(self, subscriber: Subscriber, message: str) -> None:
        try:
            subscriber.queue.put_nowait(message)
        except asyncio.QueueFull:
            subscriber.dropped.set()
            self.subscribers.discard(subscriber)

    def missed(self, after: int) -> list[str] | None:
        """The messages after a sequence number, or None where some of them are no longer kept."""
        oldest = self._recent[0][0] if self._recent else self.sequence + 1
        if not oldest - 1 <= after <= self.sequence:
            return None
        return [message for sequence, message in self._recent if sequence > after]


def render(kind: MessageType, sequence: int, data: BaseModel) -> str:
    message = LiveMessage.model_validate({"type": kind, "sequence": sequence, "data": data})
    return message.model_dump_json()
