"""Rules of the outbox."""

import socket

import pytest
import trio
import trio.testing

from trio_chat.outbox import Outbox
from trio_chat.streams import writer_of
from trio_chat.websocket import Frame


class Socket:
    """Takes so many bytes at a time; ``None`` says it cannot take any now."""

    def __init__(self, *takes: int | None) -> None:
        self.takes = list(takes)
        self.got = b""

    def write(self, data: bytes) -> int:
        take = self.takes.pop(0) if self.takes else len(data)
        if take is None:
            raise BlockingIOError
        self.got += data[:take]
        return min(take, len(data))


def outbox(peer: Socket, frames: int = 3, size: int = 100) -> Outbox:
    return Outbox(peer.write, frames, size)


async def test_an_idle_socket_gets_the_frame_at_once() -> None:
    """While nothing waits there is nothing to wait for."""
    peer = Socket()
    box = outbox(peer)
    assert box.put(Frame(b"one"))
    assert box.put(Frame(b"two"))
    assert peer.got == b"onetwo"
    assert box.is_idle


async def test_what_the_socket_does_not_take_waits_and_all_else_behind_it() -> None:
    """The order is kept: nothing overtakes what waits, not even while it is being written."""
    peer = Socket(2)
    box = outbox(peer)
    assert box.put(Frame(b"first", b"payload"))
    assert box.put(Frame(b"second", b"payload"))
    assert peer.got == b"fi"
    taken = await box.take()
    assert taken == [Frame(b"rst"), Frame(b"second", b"payload")]
    assert box.put(Frame(b"third"))
    assert peer.got == b"fi"
    box.wrote(taken)
    assert not box.is_idle
    box.wrote(await box.take())
    assert box.is_idle
    assert box.put(Frame(b"fourth"))
    assert peer.got == b"fifourth"


async def test_a_socket_that_takes_nothing_leaves_the_frame_whole() -> None:
    """So that it can still be merged with others."""
    for take in (0, None):
        box = outbox(Socket(take))
        assert box.put(Frame(b"frame", b"payload"))
        assert await box.take() == [Frame(b"frame", b"payload")]


async def test_too_many_frames_mean_stuck() -> None:
    """One frame more than may wait is refused."""
    box = outbox(Socket(0), frames=3)
    assert [box.put(Frame(b"x")) for _ in range(4)] == [True, True, True, False]


async def test_too_many_bytes_mean_stuck() -> None:
    """What the write pump holds counts too."""
    box = outbox(Socket(0), size=10)
    assert box.put(Frame(b"12345"))
    await box.take()
    assert box.put(Frame(b"12345"))
    assert not box.put(Frame(b"1"))


async def test_a_broken_socket_means_dead() -> None:
    """A peer that is gone is not written to."""

    def broken(data: bytes) -> int:
        raise ConnectionResetError

    assert not Outbox(broken, 3, 100).put(Frame(b"frame"))


async def test_after_close_what_waits_can_be_taken_and_nothing_is_added() -> None:
    """Nothing follows a goodbye, and nobody is to blame for trying."""
    peer = Socket(0)
    box = outbox(peer)
    box.put(Frame(b"waits"))
    box.close()
    assert box.put(Frame(b"late"))
    taken = await box.take()
    assert taken == [Frame(b"waits")]
    box.wrote(taken)
    assert box.put(Frame(b"later"))
    assert await box.take() == []
    assert peer.got == b""


async def test_a_cancelled_take_loses_nothing(autojump_clock: trio.testing.MockClock) -> None:
    """The write pump may look at the clock while it waits."""
    box = outbox(Socket(0))
    with trio.move_on_after(1):
        await box.take()
    box.put(Frame(b"frame"))
    assert await box.take() == [Frame(b"frame")]


async def test_plain_tcp_is_written_directly() -> None:
    """The writer of a socket writes to it, without waiting."""
    ours, theirs = socket.socketpair()
    with theirs:
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
        async with stream:
            write = writer_of(stream)
            assert write(b"hello") == 5
            assert theirs.recv(10) == b"hello"
            while write(b"x" * 65536) == 65536:
                pass
            with pytest.raises(BlockingIOError):
                write(b"x")


async def test_other_streams_take_nothing_directly() -> None:
    """Everything for a TLS or memory stream goes by the write pump."""
    stream, _ = trio.testing.memory_stream_pair()
    assert writer_of(stream)(b"hello") == 0
