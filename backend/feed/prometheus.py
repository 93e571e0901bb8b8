"""A Prometheus server, asked for the values of a query. Every way it may fail to answer is reported with its fix."""

import asyncio
import json
from typing import Any

import httpx

from backend.errors import PrometheusError

TIMEOUT_SECONDS = 10
CONNECTIONS = 8  # all series are due at once
MOST_BYTES = 1024**2  # 60 values are 2 kB; a query without sum() may find thousands of series
SHOWN = 3
ONE_SERIES = "A query must return one series: put sum( ) around it in SCALEOPS_PROMETHEUS_QUERIES."


class Prometheus:
    """For one event loop. `url` may carry a user and a password; `token` is a bearer token or empty."""

    def __init__(self, url: str, token: str) -> None:
        self._shown_url = str(httpx.URL(url).copy_with(userinfo=b"")) if url else ""
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=TIMEOUT_SECONDS,
            verify=bool(url),  # without one nobody is asked, and to read the certificate authorities takes 20 ms
        )
        self._slots = asyncio.Semaphore(CONNECTIONS)

    async def values(self, query: str, start: int, stop: int, step: int) -> dict[int, float]:
        """What the query gives at start, start + step, … stop (seconds since 1970), where it gives anything.

        Values may be NaN or infinite. Raises PrometheusError.
        """
        parameters: dict[str, str | int] = {"query": query, "start": start, "end": stop, "step": step}
        try:
            async with (
                self._slots,
                asyncio.timeout(2 * TIMEOUT_SECONDS),
                self._client.stream("GET", "api/v1/query_range", params=parameters) as answer,
            ):
                body = await _received(answer)
        except (httpx.HTTPError, TimeoutError) as error:
            reason = str(error) or f"no answer within {TIMEOUT_SECONDS} s"
            raise PrometheusError(
                f"Prometheus at {self._shown_url} cannot be reached: {reason}. Check SCALEOPS_PROMETHEUS_URL."
            ) from None
        return self._read(answer.status_code, body)

    async def close(self) -> None:
        await self._client.aclose()

    def _read(self, status: int, body: bytes) -> dict[int, float]:
        """Prometheus answers in JSON also where it refuses."""
        if status in (401, 403):
            raise PrometheusError(
                f"Prometheus at {self._shown_url} refused the request ({status}). Set SCALEOPS_PROMETHEUS_TOKEN, or a "
                "user and password in SCALEOPS_PROMETHEUS_URL (http://user:password@host)."
            )
        try:
            answer = json.loads(body)
            if answer["status"] == "error":
                raise PrometheusError(
                    f"Prometheus rejected the query ({answer['errorType']}): {answer['error']}. "
                    "Try it in Prometheus's own UI, then correct SCALEOPS_PROMETHEUS_QUERIES."
                )
            if answer.get("warnings"):
                raise PrometheusError(f"Prometheus returned a partial result: {'; '.join(answer['warnings'])}.")
            return _only_series(answer["data"]["result"])
        except (ValueError, TypeError, KeyError):
            raise PrometheusError(
                f"The server at {self._shown_url} answered {status}, but not as Prometheus does. "
                "SCALEOPS_PROMETHEUS_URL must be the address of its UI, without /api/v1 or /graph."
            ) from None


def value_at(url: str, token: str, query: str, time: int) -> float | None:
    """What the query gives at a time (seconds since 1970), asked outside of an event loop. Raises PrometheusError."""

    async def ask() -> dict[int, float]:
        prometheus = Prometheus(url, token)
        try:
            return await prometheus.values(query, time, time, 1)
        finally:
            await prometheus.close()

    return asyncio.run(ask()).get(time)


async def _received(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise PrometheusError(f"The answer is larger than {MOST_BYTES:,} bytes. {ONE_SERIES}")
    return bytes(body)


def _only_series(results: list[dict[str, Any]]) -> dict[int, float]:
    if len(results) > 1:
        labels = ", ".join(str(series["metric"]) for series in results[:SHOWN])
        others = f" and {len(results) - SHOWN} more" if len(results) > SHOWN else ""
        raise PrometheusError(f"The query returned {len(results)} series: {labels}{others}. {ONE_SERIES}")
    return {round(float(time)): float(value) for series in results for time, value in series["values"]}
