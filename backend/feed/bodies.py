"""Bodies of writes on their way in, within a bound on memory."""

import asyncio
from collections.abc import AsyncIterator

from backend.errors import BusyError, TooLargeError

MIB = 1024**2
MOST_BYTES = 16 * MIB  # of one body; Telegraf's batches of 1,000 lines are some 200 kB
MOST_BYTES_TOGETHER = 64 * MIB


class Bodies:
    """Receives bodies. Where all together would be too large, the one whose sender has been silent longest is given up.

    So who sends a part and stops keeps nobody out: a feed's body comes in milliseconds.
    """

    def __init__(self, most_bytes: int = MOST_BYTES_TOGETHER) -> None:
        self._most_bytes = most_bytes
        self._sizes: dict[asyncio.Timeout, int] = {}  # of those that have begun to come, the silent longest first

    async def receive(self, chunks: AsyncIterator[bytes]) -> bytearray:
        """The whole body. Raises TooLargeError, and BusyError where others need its memory."""
        body = bytearray()
        try:
            async with asyncio.timeout(None) as waiting:
                async for chunk in chunks:
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise too_large()
                    self._note(waiting, len(body))
        except TimeoutError:
            raise BusyError(
                "The body waits for its sender, and others need its memory. Send it again in a second.",
                headers={"Retry-After": "1"},
            ) from None
        finally:
            self._sizes.pop(waiting, None)
        return body

    def _note(self, waiting: asyncio.Timeout, size: int) -> None:
        self._sizes.pop(waiting, None)
        self._sizes[waiting] = size
        while sum(self._sizes.values()) > self._most_bytes:
            silent = next(iter(self._sizes))
            del self._sizes[silent]
            silent.reschedule(0)  # in the past: it is over now


def too_large() -> TooLargeError:
    return TooLargeError(f"The lines exceed {MOST_BYTES // MIB} MiB. Send them in several requests.")
