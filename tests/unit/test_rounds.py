"""Rules of reading connections in rounds."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from itertools import pairwise
from typing import NamedTuple

import pytest
import trio
import trio.testing

from trio_chat.net import rounds
from trio_chat.net.rounds import CALM, EXITS, PAUSE, AtOnce, Rounds, make_rounds

PATIENCE = 60  # seconds
linux_only = pytest.mark.skipif(not isinstance(make_rounds(), Rounds), reason="needs epoll")


class Connection(NamedTuple):
    """Our end of a connection, which is read in rounds, and the peer's."""

    reading: Rounds
    ours: trio.SocketStream
    theirs: socket.socket

    async def read(self, size: int = 100) -> bytes:
        return await self.reading.receive(self.ours, size)

    async def is_told(self) -> None:
        """Wait until a round has told of an arrival for which nobody has waited."""
        while self.ours.socket.fileno() not in self.reading._ready:
            await trio.sleep(PAUSE)


@asynccontextmanager
async def connected() -> AsyncIterator[Connection]:
    """Have a connection in the block."""
    reading = Rounds()
    one, theirs = socket.socketpair()
    ours = trio.SocketStream(trio.socket.from_stdlib_socket(one))
    reading.open()
    with closing(reading):
        async with ours, trio.open_nursery() as nursery:
            nursery.start_soon(reading.run)
            reading.add(ours)
            with theirs:
                yield Connection(reading, ours, theirs)
            reading.remove(ours)
            nursery.cancel_scope.cancel()


@linux_only
async def test_what_comes_is_read() -> None:
    """In pieces if it is much, and at last that the peer is gone."""
    async with connected() as connection:
        connection.theirs.send(b"hello")
        assert await connection.read(3) == b"hel"
        assert await connection.read(3) == b"lo"
        connection.theirs.close()
        assert await connection.read() == b""


@linux_only
async def test_an_end_that_came_with_the_last_bytes_is_read() -> None:
    """Whoever sends and goes in one moment is gone: of both there is one arrival."""
    async with connected() as connection:
        connection.theirs.send(b"hello")
        connection.theirs.close()
        assert await connection.read() == b"hello"
        with trio.fail_after(PATIENCE):
            assert await connection.read() == b""


@linux_only
async def test_of_a_crowd_that_hangs_up_a_few_go_on_in_a_round() -> None:
    """Clearing away takes longer than reading, and who says something does not wait behind it."""
    reading, gone, heard_after = Rounds(), 0, -1
    reading.open()
    streams, peers = [], []
    for _ in range(6 * EXITS):
        one, theirs = socket.socketpair()
        streams.append(trio.SocketStream(trio.socket.from_stdlib_socket(one)))
        peers.append(theirs)

    async def read(stream: trio.SocketStream) -> None:
        nonlocal gone, heard_after
        if await reading.receive(stream, 100):
            heard_after = gone
        gone += 1

    async with trio.open_nursery() as nursery:
        for stream in streams:
            reading.add(stream)
            nursery.start_soon(read, stream)
        await trio.testing.wait_all_tasks_blocked()
        for peer in peers[:-1]:
            peer.close()
        peers[-1].send(b"hello")
        nursery.start_soon(reading.run)
        count = [0]
        with trio.fail_after(PATIENCE):
            while gone < len(streams):
                await trio.lowlevel.checkpoint()
                count.append(gone)
        nursery.cancel_scope.cancel()
    # In each round Trio runs the tasks in any order: there may be two rounds between two looks.
    assert max(after - before for before, after in pairwise(count)) <= 2 * EXITS + 1
    assert 0 <= heard_after <= EXITS
    for stream in streams:
        reading.remove(stream)
        await stream.aclose()
    peers[-1].close()
    reading.close()


@linux_only
async def test_who_is_closed_before_its_end_is_told_is_forgotten() -> None:
    """Its descriptor may be another connection's by then."""
    async with connected() as connection:
        connection.reading._ending[connection.ours.socket.fileno()] = None
        connection.reading.remove(connection.ours)
        assert not connection.reading._ending
        connection.reading.add(connection.ours)
        connection.theirs.send(b"hello")
        assert await connection.read() == b"hello"


@linux_only
async def test_a_broken_connection_has_nothing() -> None:
    """As one that has ended."""
    async with connected() as connection:
        connection.theirs.send(b"hello")
        await connection.is_told()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("os.read", _fail)
            assert await connection.read() == b""


def _fail(_descriptor: int, _size: int) -> bytes:
    raise ConnectionResetError


@linux_only
async def test_those_who_send_in_a_moment_are_read_together(autojump_clock: object) -> None:
    """Few are read at once; while there are many, the next one waits for others for a while."""
    async with connected() as connection:
        began = trio.current_time()
        for _ in range(int(CALM.burst)):
            connection.theirs.send(b"hello")
            assert await connection.read() == b"hello"
        assert trio.current_time() == began
        pauses = []
        for _ in range(10):
            began = trio.current_time()
            connection.theirs.send(b"hello")
            assert await connection.read() == b"hello"
            pauses.append(trio.current_time() - began)
        assert 0.9 / CALM.per_second < pauses[-1] < 1.1 * PAUSE
        await trio.sleep(1)
        began = trio.current_time()
        connection.theirs.send(b"hello")
        assert await connection.read() == b"hello"
        assert trio.current_time() == began


@linux_only
async def test_others_follow_without_a_pause(
    autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If more have sent something than are woken in one go."""
    monkeypatch.setattr(rounds, "WOKEN", 1)
    async with connected() as one, connected() as other:
        one.reading.add(other.ours)
        began = trio.current_time()
        for connection in (one, other):
            connection.theirs.send(b"hello")
        assert await one.read() == b"hello"
        assert await one.reading.receive(other.ours, 100) == b"hello"
        assert trio.current_time() == began


@linux_only
async def test_who_gives_up_to_wait_loses_nothing() -> None:
    """What comes before or afterwards is there for the next one."""
    async with connected() as connection:
        with trio.move_on_after(0):
            await connection.read()
        connection.theirs.send(b"hello")
        await connection.is_told()
        with trio.move_on_after(0):
            await connection.read()
        with trio.fail_after(PATIENCE):
            assert await connection.read() == b"hello"


@linux_only
async def test_an_arrival_that_was_read_already_is_nothing_new() -> None:
    """Whoever reads waits for the next one."""
    async with connected() as connection:
        connection.theirs.send(b"early")
        await connection.is_told()
        assert os.read(connection.ours.socket.fileno(), 100) == b"early"
        async with trio.open_nursery() as nursery:

            @nursery.start_soon
            async def read() -> None:
                assert await connection.read() == b"late"

            await trio.testing.wait_all_tasks_blocked()
            connection.theirs.send(b"late")


@pytest.mark.parametrize("make", [AtOnce, pytest.param(Rounds, marks=linux_only)])
async def test_others_than_plain_tcp_are_read_at_once(
    make: type[AtOnce], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And broken ones have nothing."""
    reading = make()
    ours, theirs = trio.testing.memory_stream_pair()
    reading.open()
    with closing(reading):
        reading.add(ours)
        await theirs.send_all(b"hello")
        assert await reading.receive(ours, 100) == b"hello"
        monkeypatch.setattr(ours, "receive_some", _break)
        assert await reading.receive(ours, 100) == b""
        reading.remove(ours)


async def _break(_size: int) -> bytes:
    raise trio.BrokenResourceError


async def test_without_epoll_all_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS."""
    monkeypatch.setattr("sys.platform", "darwin")
    reading = make_rounds()
    assert type(reading) is AtOnce
    await reading.run()
