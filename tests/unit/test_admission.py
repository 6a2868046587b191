"""Rules for who gets in, on virtual time."""

import pytest
import trio
from trio.testing import MockClock

from tests.unit.house import CONFIG, GET, house, status
from trio_chat.config import Config
from trio_chat.net.acceptor import REFUSALS_AT_ONCE


async def test_one_address_may_have_so_many_connections(autojump_clock: MockClock) -> None:
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
