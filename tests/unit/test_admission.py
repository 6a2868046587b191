"""Rules for who gets in, on virtual time."""

import pytest
import trio
from trio.testing import MockClock

from tests.unit.house import CONFIG, GET, GET_FILE, house, status
from trio_chat.config import Config
from trio_chat.net.acceptor import REFUSALS_AT_ONCE


async def test_so_many_connections_of_one_address_may_wait(autojump_clock: MockClock) -> None:
    """One more hears 429, others are not concerned; who leaves makes room."""
    async with house() as chat:
        first, _, third = [await chat.comes() for _ in range(3)]
        answer = bytes(await third.peer.receive_some(1000))
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After: 10\r\n" in answer
        other = await chat.comes("192.0.2.2")
        await first.peer.aclose()
        await trio.testing.wait_all_tasks_blocked()
        again = await chat.comes()
        for welcome in (other, again):
            await welcome.send(GET)
        assert len(chat.requests) == 2
        counted = ("waiting_per_address", "accept")
        assert chat.limits.counters.reached == {counted: 1}


async def test_of_one_address_so_many_may_ask_for_more_than_files(
    autojump_clock: MockClock,
) -> None:
    """One more hears 429 when it asks, and still gets files; who is gone counts no more."""
    async with house() as chat:
        chat.crash = OSError("the peer is gone")
        for _ in range(3):
            await (await chat.comes()).send(GET)
        chat.crash = None
        first, second = [await chat.comes() for _ in range(2)]
        for conn in (first, second):
            await conn.send(GET)
        third = await chat.comes()
        await third.send(GET_FILE)
        assert await status(third) == 200
        await third.send(GET)
        answer = bytes(await third.peer.receive_some(1000))
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After: 10\r\n" in answer
        assert chat.limits.counters.reached == {("connections_per_address", "accept"): 1}
        await (await chat.comes("192.0.2.2")).send(GET)
        assert len(chat.requests) == 6


async def test_who_asks_for_nothing_leaves_half_of_all_places_to_others(
    autojump_clock: MockClock,
) -> None:
    """However many an address might have wait; without a limit it takes all of them."""
    for limit, answered in ((1000, 429), (0, 503)):
        async with house(Config(waiting_per_address=limit, max_connections=6)) as chat:
            for _ in range(6 if not limit else 3):
                await chat.comes()
            assert await status(await chat.comes()) == answered


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
async def test_loopback_may_have_more(address: str, autojump_clock: MockClock) -> None:
    """That is where everybody comes from behind a proxy on the same machine."""
    async with house() as chat:
        for _ in range(CONFIG.connections_per_address + 1):
            await (await chat.comes(address)).send(GET)
        assert len(chat.requests) == CONFIG.connections_per_address + 1


async def test_there_may_be_no_limit_for_an_address(autojump_clock: MockClock) -> None:
    """0 means none."""
    async with house(Config(connections_per_address=0)) as chat:
        for _ in range(50):
            await (await chat.comes()).send(GET)
        assert len(chat.requests) == 50


async def test_there_may_be_so_many_connections_in_all(autojump_clock: MockClock) -> None:
    """One more hears 503 and when to come back."""
    async with house() as chat:
        crowd = [await chat.comes(f"192.0.2.{number}") for number in range(6)]
        answer = bytes(await crowd[-1].peer.receive_some(1000))
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 10\r\n" in answer


async def test_so_many_are_told_at_once_that_there_is_no_room(autojump_clock: MockClock) -> None:
    """Others are closed without a word: the telling must not become the load."""
    async with house() as chat:
        for number in range(5):
            await chat.comes(f"192.0.2.{number}")
        told = [await chat.comes("192.0.2.9") for _ in range(REFUSALS_AT_ONCE)]
        silent = await chat.comes("192.0.2.9")
        assert await silent.read_all() == b""
        assert chat.ended_at == {silent: 0}
        await trio.sleep(CONFIG.close_timeout)
        assert [await status(conn) for conn in told] == [503] * REFUSALS_AT_ONCE
        assert await status(await chat.comes("192.0.2.9")) == 503
