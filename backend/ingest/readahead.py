"""One batch is read while the one before is counted: both sides release the interpreter most of the time."""

import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Item = TypeVar("Item")

_DEPTH = 2  # batches that may wait; more would only cost memory


class _End(Generic[Item]):
    """The last thing a reading thread hands over: nothing more, or what went wrong."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


@contextmanager
def read_ahead(items: Iterable[Item]) -> Generator[Iterator[Item]]:
    """The same items in the same order, fetched by a thread; its errors are raised here. Ends with the block."""
    waiting: queue.Queue[Item | _End[Item]] = queue.Queue(_DEPTH)
    stop = threading.Event()
    thread = threading.Thread(target=_fetch, args=(items, waiting, stop), name="read-ahead", daemon=True)
    thread.start()
    try:
        yield _take(waiting)
    finally:
        stop.set()
        while thread.is_alive():
            _drain(waiting)
            thread.join(0.01)


def _fetch(items: Iterable[Item], waiting: "queue.Queue[Item | _End[Item]]", stop: threading.Event) -> None:
    end: _End[Item] = _End(None)
    try:
        for item in items:
            waiting.put(item)
            if stop.is_set():
                break
    except BaseException as error:
        end = _End(error)
    waiting.put(end)


def _take(waiting: "queue.Queue[Item | _End[Item]]") -> Iterator[Item]:
    while True:
        item = waiting.get()
        if isinstance(item, _End):
            if item.error is not None:
                raise item.error
            return
        yield item


def _drain(waiting: "queue.Queue[Item | _End[Item]]") -> None:
    try:
        while True:
            waiting.get_nowait()
    except queue.Empty:
        return
