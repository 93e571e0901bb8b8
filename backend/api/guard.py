"""What stands between a browser and the app: who may call it, and the headers that every answer gets (listening).

A local tool without a login can be attacked by any page its user visits: by a form that posts to it, a WebSocket
(CORS does not apply to either), or a host name rebound to 127.0.0.1. OWASP, Cross-Site Request Forgery Prevention
and WebSocket cheat sheets.
"""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from backend.access import Access, Right, refuse_without
from backend.api.problems import is_served, problem_response
from backend.api.rights import SAFE_METHODS, right_of
from backend.config import LOOPBACK_HOSTS, Settings
from backend.errors import BadRequestError, ForbiddenError, ProblemError

SESSION_COOKIE = "scaleops_session"
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
    """ASGI middleware: refuses foreign hosts, foreign origins and callers without the right to what they call."""

    def __init__(self, app: ASGIApp, settings: Settings, access: Access) -> None:
        self._app = app
        self._access = access
        self._origins = {origin.rstrip("/") for origin in settings.allowed_origins}
        origins = (urlsplit(origin).hostname for origin in self._origins)
        self._hosts = {*LOOPBACK_HOSTS, settings.host.lower(), *settings.allowed_hosts, *origins}
        self._any_address = not settings.on_loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        try:
            await self._check(scope)
        except ProblemError as problem:
            response = problem_response(problem, scope["path"])
            if scope["type"] == "websocket":
                return await WebSocket(scope, receive, send).send_denial_response(response)
            return await response(scope, receive, send)
        await self._app(scope, receive, send)

    async def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        self._check_host(headers.get("host", ""))
        if scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS:
            self._check_origin(headers)
        if is_served(scope):  # what is not is a file of the page, 404 or 405
            await self._check_right(scope)

    def _check_host(self, host: str) -> None:
        parts = _split("Host", f"//{host}")
        if parts.netloc != host:  # it goes on as a path
            raise _malformed("Host", host)
        name = parts.hostname or ""
        # Beyond loopback addresses are fine: a name can be rebound to this machine, an address cannot.
        if name not in self._hosts and not (self._any_address and _is_address(name)):
            raise ForbiddenError(
                "This server does not answer to this name. To reach it by a name other than localhost, add the name "
                "to SCALEOPS_ALLOWED_HOSTS."
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

    async def _check_right(self, scope: Scope) -> None:
        right = Right.READ if scope["type"] == "websocket" else right_of(scope["method"], scope["path"])
        if right is not None and self._access.asks_for(right):
            refuse_without(right, await self._held(HTTPConnection(scope)))

    async def _held(self, caller: HTTPConnection) -> frozenset[Right] | None:
        """The rights of the caller's token or session; None: it has neither."""
        scheme, _, token = caller.headers.get("authorization", "").partition(" ")
        if scheme.lower() in ("bearer", "token"):
            return await self._access.rights_of(token, caller.client.host if caller.client else "")
        session = self._access.session(caller.cookies.get(SESSION_COOKIE))
        return session.rights if session else None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


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
