"""Rules for files at the acceptor, and for what follows them, on virtual time."""

import trio
from trio.testing import MockClock

from tests.unit.house import CONFIG, GET, GET_FILE, house, status


async def test_files_are_answered_by_the_acceptor(autojump_clock: MockClock) -> None:
    """One after the other, also to who asks for several at once; then something else may follow."""
    async with house() as chat:
        conn = await chat.comes()
        for asked in (1, 3):
            await conn.send(GET_FILE * asked)
            answer = bytes(await conn.peer.receive_some(10_000))
            assert answer.count(b"HTTP/1.1 200 ") == answer.count(b"\r\n\r\nscript") == asked
        await trio.sleep(CONFIG.keep_alive_timeout - 1)
        await conn.send(GET_FILE + GET + b"body")
        assert chat.requests == [GET + b"body"]


async def test_a_further_request_has_to_come_within_the_keep_alive_timeout(
    autojump_clock: MockClock,
) -> None:
    """To the moment, from the last answer; who does not ask is left without a word."""
    async with house() as chat:
        silent, dripping = await chat.comes(), await chat.comes()
        for conn in (silent, dripping):
            await conn.send(GET_FILE)
        await dripping.send(GET[:10])
        await trio.sleep(CONFIG.keep_alive_timeout + 1)
        assert chat.ended_at == dict.fromkeys((silent, dripping), CONFIG.keep_alive_timeout)
        assert (await silent.read_all()).endswith(b"script")


async def test_who_wants_no_further_request_gets_the_end(autojump_clock: MockClock) -> None:
    """At once, and has the close timeout to hang up, too."""
    async with house() as chat:
        conn = await chat.comes()
        await conn.send(GET_FILE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + GET_FILE)
        assert (await conn.read_all()).count(b"HTTP/1.1 200 ") == 1
        assert trio.current_time() == 0
        await trio.sleep(CONFIG.close_timeout + 1)
        assert chat.ended_at == {conn: CONFIG.close_timeout}


async def test_a_bad_request_behind_a_file_is_refused(autojump_clock: MockClock) -> None:
    """As a first one is; so is another use of a file than to read it."""
    async with house() as chat:
        for wire in (b"garbage\r\n\r\n", GET_FILE.replace(b"GET", b"POST")):
            conn = await chat.comes()
            await conn.send(GET_FILE + wire)
            await conn.peer.send_eof()
            answer = await conn.read_all()
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert answer.count(b"HTTP/1.1 40") == 1


async def test_a_peer_that_does_not_read_a_file_is_left(autojump_clock: MockClock) -> None:
    """After the write timeout, to the moment."""
    async with house() as chat:
        conn = await chat.comes(stuck=True)
        await conn.send(GET_FILE)
        await trio.sleep(CONFIG.write_timeout + 1)
        assert chat.ended_at == {conn: CONFIG.write_timeout}


async def test_who_only_may_ask_again_gives_way(autojump_clock: MockClock) -> None:
    """To somebody from its own address, or to anybody; who has waited longest goes first."""
    async with house() as chat:
        first, second = await chat.comes(), await chat.comes()
        for conn in (first, second):
            await conn.send(GET_FILE)
        third = await chat.comes()
        assert list(chat.ended_at) == [first]
        others = [await chat.comes(f"192.0.2.{number}") for number in range(2, 5)]
        last = await chat.comes("192.0.2.5")
        assert list(chat.ended_at) == [first, second]
        for conn in (third, *others, last):
            await conn.send(GET)
        assert len(chat.requests) == CONFIG.max_connections


async def test_who_asks_again_does_not_give_way(autojump_clock: MockClock) -> None:
    """It has begun to be served."""
    async with house() as chat:
        for number in range(CONFIG.max_connections):
            conn = await chat.comes(f"192.0.2.{number}")
            await conn.send(GET_FILE + GET)
        assert await status(await chat.comes("192.0.2.9")) == 503
