"""Counts on their way to the product, and patience while it is away."""

import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import httpx

from backend.errors import InvalidRequestError
from backend.shipper.counts import Counts

BATCH_LINES = 5_000
TICK_SECONDS = 0.1
TIMEOUT_SECONDS = 5
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 30.0
NAME = re.compile(r"[\w.:/-][\w.:/ -]{0,99}")

Report = Callable[[str], None]


def line_head(series: str, host: str, log: str) -> str:
    """Measurement and tags of the lines of one log. Raises InvalidRequestError."""
    if not NAME.fullmatch(series):
        raise InvalidRequestError(
            f"{series!r} is not a valid series name: letters, digits, spaces and . : / _ - are allowed, at most 100. "
            "Set --series."
        )
    return f"{_escaped(series)},host={_escaped(host or socket.gethostname())},log={_escaped(log)}"


def log_tag(file: str) -> str:
    """What tells a host's logs of one series apart."""
    return "stdin" if file == "-" else str(Path(file).absolute())


class Sender:
    """Sends what is counted, in a thread of its own: reading must not wait for the product."""

    def __init__(self, url: str, token: str, head: str, counts: Counts, report: Report) -> None:
        self._head = head
        self._counts = counts
        self._report = report
        self._url = url
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Token {token}"} if token else {},
            params={"precision": "s", "org": "scaleops", "bucket": "follow"},
            timeout=TIMEOUT_SECONDS,
        )
        self._ending = threading.Event()
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> int:
        """Send the rest, within one try. Returns how many seconds could not be sent."""
        self._ending.set()
        self._thread.join()
        self._client.close()
        return len(self._counts.unsent(whole=False))

    def _run(self) -> None:
        wait = FIRST_WAIT_SECONDS
        while True:
            ending = self._ending.is_set()
            batch = self._counts.unsent(BATCH_LINES, whole=not ending)
            if not batch:
                pause = TICK_SECONDS
            elif (retry_after := self._send(batch)) is None:
                wait, pause = FIRST_WAIT_SECONDS, 0.0
            else:
                wait, pause = min(2 * wait, LONGEST_WAIT_SECONDS), min(retry_after or wait, LONGEST_WAIT_SECONDS)
            if ending and (not batch or self._problem is not None):
                return
            self._ending.wait(pause)

    def _send(self, batch: dict[int, int]) -> float | None:
        """None where the product has the batch, else the seconds of its Retry-After (0: none given)."""
        lines = "\n".join(f"{self._head} requests={count}i {second}" for second, count in batch.items())
        try:
            answer = self._client.post("api/v2/write", content=lines)
        except httpx.HTTPError as error:
            self._note(f"cannot be reached ({error})")
            return 0.0
        if answer.status_code == 204:
            self._counts.sent(batch)
            self._note(None)
            return None
        self._note(_refusal(answer))
        retry_after = answer.headers.get("retry-after", "")
        return float(retry_after) if retry_after.isdecimal() else 0.0

    def _note(self, problem: str | None) -> None:
        if problem is not None and problem != self._problem:
            self._report(
                f"ScaleOps at {self._url} {problem}. Counts are kept for up to a day and sent once it accepts them."
            )
        elif problem is None and self._problem is not None:
            self._report(f"ScaleOps at {self._url} accepts counts again.")
        self._problem = problem


def _refusal(answer: httpx.Response) -> str:
    if answer.status_code == 401:
        return "requires a token (401): set SCALEOPS_WRITE_TOKEN, or SCALEOPS_API_TOKEN, to the one it was started with"
    try:
        body = answer.json()
        reason = body["message"] if "message" in body else body["detail"]  # the latter of a proxy in front of it
        return f"answered {answer.status_code}: {reason.rstrip('.')}"
    except (ValueError, TypeError, KeyError):
        return f"answered {answer.status_code}, but not as ScaleOps does; check --url"


def _escaped(text: str) -> str:
    """Text as line protocol carries it in a name or a tag."""
    return re.sub(r"([,= ])", r"\\\1", re.sub(r"[\\\x00-\x1f\x7f]", "_", text))
