"""Tokens, sessions, and patience with wrong tokens, by a clock that the test moves."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from backend import access
from backend.access import Access, Right
from backend.config import Settings
from backend.errors import ForbiddenError, TooManyAttemptsError, UnauthorizedError

TOKENS: Any = {"read_token": "reads", "write_token": "writes", "api_token": "changes"}
HERE = "192.0.2.1"


class Clock:
    """Time that passes only where somebody waits, or the test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def made(clock: Clock) -> Callable[..., Access]:
    """Makes the access of a server with these settings."""

    def make(**settings: Any) -> Access:
        return Access(Settings(_env_file=None, **settings), lambda: clock.now, clock.sleep)

    return make


async def refused(access: Access, address: str = HERE) -> None:
    with pytest.raises(UnauthorizedError):
        await access.rights_of("guessed", address)


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, set()),
        ({"api_token": "changes"}, {Right.WRITE, Right.CHANGE}),
        ({"api_token": "changes", "read_token": "reads"}, set(Right)),
        ({"api_token": "changes", "host": "0.0.0.0"}, set(Right)),
    ],
    ids=["no token", "one token", "a token to read", "beyond loopback"],
)
def test_reading_is_free_on_loopback_alone(made: Callable[..., Access], settings: Any, asked: set[Right]) -> None:
    assert {right for right in Right if made(**settings).asks_for(right)} == asked


@pytest.mark.parametrize(
    ("token", "rights"), [("reads", {Right.READ}), ("writes", {Right.WRITE}), ("changes", set(Right))]
)
def test_a_token_has_its_rights_and_does_not_wait(
    made: Callable[..., Access], clock: Clock, token: str, rights: set[Right]
) -> None:
    assert asyncio.run(made(**TOKENS).rights_of(token, HERE)) == rights
    assert clock.waits == []


@pytest.mark.parametrize("token", ["", "read", "reads ", "readss", "réads", "READS"])
def test_what_only_resembles_a_token_is_none(made: Callable[..., Access], token: str) -> None:
    with pytest.raises(UnauthorizedError):
        asyncio.run(made(**TOKENS).rights_of(token, HERE))


def test_wrong_tokens_of_an_address_wait_ever_longer_up_to_a_bound(made: Callable[..., Access], clock: Clock) -> None:
    async def guess() -> None:
        access = made(**TOKENS)
        for _ in range(7):
            await refused(access)

    asyncio.run(guess())
    assert clock.waits == [0.5, 1, 2, 4, 8, 8, 8]


def test_neither_a_right_token_nor_another_address_waits_for_those_who_guess(
    made: Callable[..., Access], clock: Clock
) -> None:
    async def guess() -> None:
        access = made(**TOKENS)
        for _ in range(20):
            await refused(access)
        clock.waits.clear()
        await access.rights_of("changes", HERE)
        assert clock.waits == []
        await refused(access, "192.0.2.2")
        assert clock.waits == [0.5]

    asyncio.run(guess())


def test_wrong_tokens_are_forgotten_after_a_while(made: Callable[..., Access], clock: Clock) -> None:
    async def guess() -> None:
        access = made(**TOKENS)
        for _ in range(5):
            await refused(access)
        clock.now += 601
        await refused(access)

    asyncio.run(guess())
    assert clock.waits[-1] == 0.5


@pytest.mark.parametrize(
    ("senders", "waits"),
    [
        (["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"], [0.5, 1, 0.5]),
        (["::ffff:192.0.2.1", "::ffff:192.0.2.2", "192.0.2.1"], [0.5, 0.5, 1]),
    ],
)
def test_an_ipv6_sender_is_its_network_and_an_ipv4_one_itself_also_where_the_server_listens_on_ipv6(
    made: Callable[..., Access], clock: Clock, senders: list[str], waits: list[float]
) -> None:
    async def guess() -> None:
        access = made(**TOKENS)
        for sender in senders:
            await refused(access, sender)

    asyncio.run(guess())
    assert clock.waits == waits


def test_any_number_of_addresses_takes_bounded_memory(clock: Clock) -> None:
    async def guess() -> access.WrongTokens:
        wrong = access.WrongTokens(lambda: clock.now, clock.sleep)
        for number in range(3 * access.MOST_ADDRESSES):
            await wrong.wait(f"10.0.{number // 256}.{number % 256}")
        return wrong

    assert len(asyncio.run(guess())._seen) == access.MOST_ADDRESSES


async def forever(_: float) -> None:
    await asyncio.Event().wait()


def test_where_too_many_wait_the_next_wrong_token_is_told_to_come_back_and_a_right_one_is_not() -> None:
    async def guess() -> None:
        many = Access(Settings(_env_file=None, **TOKENS), sleep=forever)
        waiting = [asyncio.ensure_future(many.rights_of("guessed", HERE)) for _ in range(access.MOST_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyAttemptsError) as caught:
            await many.rights_of("guessed", "192.0.2.2")
        assert caught.value.headers == {"Retry-After": "8"}
        assert await many.rights_of("changes", HERE) == set(Right)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert many._wrong._waiting == 0

    asyncio.run(guess())


def test_a_session_has_the_rights_of_its_token_for_twelve_hours(made: Callable[..., Access], clock: Clock) -> None:
    server = made(**TOKENS)
    signed = asyncio.run(server.sign_in("reads", HERE))
    clock.now += 12 * 3600 - 1
    session = server.session(signed)
    assert session is not None
    assert session.rights == {Right.READ}
    assert session.seconds_left == 1
    clock.now += 2
    assert server.session(signed) is None


def test_a_token_that_may_not_read_gives_no_session(made: Callable[..., Access]) -> None:
    with pytest.raises(ForbiddenError, match="SCALEOPS_READ_TOKEN"):
        asyncio.run(made(**TOKENS).sign_in("writes", HERE))


def test_changing_the_token_ends_its_sessions_and_no_others(made: Callable[..., Access]) -> None:
    reading, changing = (asyncio.run(made(**TOKENS).sign_in(token, HERE)) for token in ("reads", "changes"))
    changed = made(**TOKENS | {"api_token": "changed"})
    assert changed.session(changing) is None
    assert changed.session(reading) is not None


@pytest.mark.parametrize("signed", [None, "", ".", "api_token", "api_token.0.0", "é", "x" * 10_000])
def test_what_was_not_signed_here_is_no_session(made: Callable[..., Access], signed: str | None) -> None:
    assert made(**TOKENS).session(signed) is None
