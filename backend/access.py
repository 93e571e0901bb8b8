"""Who may do what: tokens by right, the sessions signed with them, and patience with wrong ones."""

import asyncio
import hashlib
import hmac
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog
from itsdangerous import BadSignature, TimestampSigner

from backend.config import Settings
from backend.errors import ForbiddenError, TooManyAttemptsError, UnauthorizedError

log = structlog.get_logger()

SESSION_SECONDS = 12 * 3600

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 8.0
FORGOTTEN_AFTER_SECONDS = 600.0
MOST_ADDRESSES = 1_024
MOST_WAITING = 64


class Right(StrEnum):
    READ = "read"
    WRITE = "write"
    CHANGE = "change"


DOING = {Right.READ: "Reading", Right.WRITE: "Sending samples", Right.CHANGE: "Changing data"}


@dataclass(frozen=True)
class TokenKind:
    """A kind of token: the setting that holds it, and its rights."""

    setting: str
    rights: frozenset[Right]


READ_TOKEN = TokenKind("read_token", frozenset({Right.READ}))
WRITE_TOKEN = TokenKind("write_token", frozenset({Right.WRITE}))
API_TOKEN = TokenKind("api_token", frozenset(Right))
TOKEN_KINDS = (READ_TOKEN, WRITE_TOKEN, API_TOKEN)


@dataclass(frozen=True)
class Session:
    """What a signed-in page may do, and for how long."""

    rights: frozenset[Right]
    seconds_left: float


class Access:
    """The tokens of the settings. `now` and `sleep` are the clock's, for tests."""

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        tokens = {kind: getattr(settings, kind.setting) for kind in TOKEN_KINDS}
        self._tokens = {kind: token for kind, token in tokens.items() if token}
        self._signers = {kind: _Signer(token, now) for kind, token in self._tokens.items()}
        self._now = now
        self._asked = _asked_rights(settings)
        self._wrong = WrongTokens(now, sleep)

    def asks_for(self, right: Right) -> bool:
        """Whether a call that needs this right needs a token."""
        return right in self._asked

    async def rights_of(self, token: str, address: str) -> frozenset[Right]:
        """The rights of a token. A wrong one is logged, waits, and raises UnauthorizedError or TooManyAttemptsError."""
        return (await self._kind_of(token, address)).rights

    async def sign_in(self, token: str, address: str) -> str:
        """A session for whoever has this token, signed with it. Raises as `rights_of`, and ForbiddenError."""
        kind = await self._kind_of(token, address)
        if Right.READ not in kind.rights:
            raise ForbiddenError(
                "SCALEOPS_WRITE_TOKEN may only send samples. Sign in with SCALEOPS_READ_TOKEN or SCALEOPS_API_TOKEN."
            )
        return self._signers[kind].sign(kind.setting).decode()

    def session(self, signed: str | None) -> Session | None:
        """The session that was signed so, unless it has ended or its token was changed."""
        for kind, signer in self._signers.items():
            try:
                _, began = signer.unsign(signed or "", max_age=SESSION_SECONDS, return_timestamp=True)
            except BadSignature:
                continue
            return Session(kind.rights, began.timestamp() + SESSION_SECONDS - self._now())
        return None

    async def _kind_of(self, token: str, address: str) -> TokenKind:
        for kind, known in self._tokens.items():
            if hmac.compare_digest(token.encode(), known.encode()):
                return kind
        await self._wrong.wait(address)
        raise UnauthorizedError(
            "This is none of the server's tokens: SCALEOPS_READ_TOKEN, SCALEOPS_WRITE_TOKEN, SCALEOPS_API_TOKEN.",
            headers={"WWW-Authenticate": "Bearer"},
        )


def refuse_without(right: Right, held: frozenset[Right] | None) -> None:
    """Raise UnauthorizedError where there was no token (`held` is None), ForbiddenError where it lacks this right."""
    if held is not None and right in held:
        return
    settings = " or ".join(f"SCALEOPS_{kind.setting.upper()}" for kind in TOKEN_KINDS if right in kind.rights)
    if held is not None:
        raise ForbiddenError(f"{DOING[right]} needs another token: {settings}.")
    raise UnauthorizedError(
        f"{DOING[right]} needs a token: send {settings} as the header `Authorization: Bearer …` (Telegraf: `Token`), "
        "or sign in on the page.",
        headers={"WWW-Authenticate": "Bearer"},
    )


class WrongTokens:
    """Makes those wait who send wrong tokens, the longer the more of them came from their address.

    A right token never waits, so nobody can lock out those who share an address with him, as all do behind a proxy.
    """

    def __init__(self, now: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._now = now
        self._sleep = sleep
        self._seen: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many from an address, and the last when
        self._waiting = 0

    async def wait(self, address: str) -> None:
        """Raises TooManyAttemptsError at once where too many wait already."""
        attempts = self._counted(_network(address))
        seconds = min(FIRST_WAIT_SECONDS * 2.0 ** min(attempts - 1, 16), LONGEST_WAIT_SECONDS)
        if self._waiting >= MOST_WAITING:
            raise TooManyAttemptsError(
                f"Too many wrong tokens. Try again in {LONGEST_WAIT_SECONDS:.0f} s.",
                headers={"Retry-After": f"{LONGEST_WAIT_SECONDS:.0f}"},
            )
        log.warning("wrong_token", address=address, attempts=attempts, wait_seconds=seconds)
        self._waiting += 1
        try:
            await self._sleep(seconds)
        finally:
            self._waiting -= 1

    def _counted(self, network: str) -> int:
        attempts, last = self._seen.pop(network, (0, 0.0))
        now = self._now()
        attempts = 1 if now - last > FORGOTTEN_AFTER_SECONDS else attempts + 1
        self._seen[network] = attempts, now
        if len(self._seen) > MOST_ADDRESSES:
            self._seen.popitem(last=False)
        return attempts


class _Signer(TimestampSigner):
    def __init__(self, token: str, now: Callable[[], float]) -> None:
        super().__init__(token, salt="scaleops session", digest_method=hashlib.sha256)
        self._now = now

    def get_timestamp(self) -> int:
        return int(self._now())


def _asked_rights(settings: Settings) -> frozenset[Right]:
    """On loopback reading is free unless it has a token, and everything is where there is none."""
    if not settings.on_loopback or settings.read_token:
        return frozenset(Right)
    return frozenset({Right.WRITE, Right.CHANGE}) if settings.api_token or settings.write_token else frozenset()


def _network(address: str) -> str:
    """What one sender has: an IPv4 address, or the /64 that every IPv6 host has for itself.

    A server at `::` is told an IPv4 address as an IPv6 one, all of which are in one /64.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
