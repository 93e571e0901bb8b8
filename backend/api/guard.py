"""What stands between a browser and the app: who may call it, and the headers that every answer gets (listening).

A local tool without a login can be attacked by any page its user visits: by a form that posts to it, a WebSocket
(CORS does not apply to either), or a host name rebound to 127.0.0.1. OWASP, Cross-Site Request Forgery Prevention
and WebSocket cheat sheets.
"""

import hmac
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from backend.api.problems import is_served, problem_response
from backend.config import LOOPBACK_HOSTS, Settings
from backend.errors import BadRequestError, ForbiddenError, ProblemError, UnauthorizedError

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """ASGI middleware: refuses foreign hosts, foreign origins and writes without the token."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._token = settings.api_token
        self._origins = {origin.rstrip("/") for origin in settings.allowed_origins}
        self._hosts = {*LOOPBACK_HOSTS, *(urlsplit(origin).hostname for origin in self._origins)}
        self._any_host = not settings.on_loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        try:
            self._check(scope)
        except ProblemError as problem:
            response = problem_response(problem, scope["path"])
            if scope["type"] == "websocket":
                return await WebSocket(scope, receive, send).send_denial_response(response)
            return await response(scope, receive, send)
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        self._check_host(headers.get("host", ""))
        if scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS:
            self._check_origin(headers)
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            self._check_token(scope, headers)

    def _check_host(self, host: str) -> None:
        parts = _split("Host", f"//{host}")
        if parts.netloc != host:  # it goes on as a path
            raise _malformed("Host", host)
        if not self._any_host and parts.hostname not in self._hosts:
            raise ForbiddenError(
                "This server answers on this machine's own names only (127.0.0.1, localhost). To reach it by another "
                "name, add its origin to SCALEOPS_ALLOWED_ORIGINS."
            )

    def _check_origin(self, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin is None:  # not a browser, or one too old to be told apart by this
            return
        if _split("Origin", origin).netloc != headers.get("host") and origin not in self._origins:
            raise ForbiddenError(
                "The request comes from a page of another origin. Only the product's own page and the origins in "
                "SCALEOPS_ALLOWED_ORIGINS may change or watch data."
            )

    def _check_token(self, scope: Scope, headers: Headers) -> None:
        if not self._token or not is_served(scope):  # not served: 404 or 405 says more than 401
            return
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "token") or not hmac.compare_digest(token.encode(), self._token.encode()):
            raise UnauthorizedError(
                "Changing data needs the header `Authorization: Bearer <SCALEOPS_API_TOKEN>` (Telegraf: `Token`).",
                headers={"WWW-Authenticate": "Bearer"},
            )


def _split(header: str, address: str) -> SplitResult:
    """The parts of an address that a header has. Raises BadRequestError where it is none."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # which is read, and may be none, only when it is asked for
    except ValueError:
        raise _malformed(header, address) from None
    return parts


def _malformed(header: str, address: str) -> BadRequestError:
    return BadRequestError(f"The header {header} holds no address: {address.removeprefix('//')[:100]!r}.")
