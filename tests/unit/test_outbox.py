"""Rules of the outbox."""

import socket
from typing import cast

import pytest
import trio
import trio.testing

from trio_chat.delivery.frames import Frame
from trio_chat.delivery.outbox import Outbox, SendNow
from trio_chat.delivery.outbox_budget import OutboxBudget
from trio_chat.net.streams import socket_of


class Socket:
    """Takes so many bytes at a time; ``None`` says it cannot take any now."""

    def __init__(self, *takes: int | None) -> None:
        self.takes = list(takes)
        self.got = b""
        self.is_detached = False

    def send(self, data: bytes) -> int:
        take = self.takes.pop(0) if self.takes else len(data)
        if take is None:
            raise BlockingIOError
        self.got += data[:take]
        return min(take, len(data))

    def detach(self) -> None:
        self.is_detached = True


class Watcher:
    """Keeps whether an outbox could be written to at once before and after each change."""

    def __init__(self) -> None:
        self.seen: list[tuple[bool, bool]] = []

    def on_change(self, before: SendNow | None, after: SendNow | None) -> None:
        self.seen.append((bool(before), bool(after)))


def outbox(peer: Socket, frames: int = 3, size: int = 100) -> Outbox:
    return Outbox(cast("socket.socket", peer), frames, size, OutboxBudget(10_000), lambda: None)


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

    class Broken(Socket):
        def send(self, data: bytes) -> int:
            raise ConnectionResetError

    assert not outbox(Broken()).put(Frame(b"frame"))


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
    assert peer.is_detached


async def test_it_tells_when_it_can_be_written_to() -> None:
    """Whoever keeps a list of the ready ones hears of each change, until they watch no more."""
    box = outbox(Socket(2))
    watcher, other = Watcher(), Watcher()
    box.watch(watcher)
    box.watch(other)
    assert box.send_now
    box.put(Frame(b"frame"))
    assert watcher.seen == [(True, False)]
    box.put(Frame(b"another"))
    box.wrote(await box.take())
    assert watcher.seen == [(True, False), (False, True)]
    box.unwatch(other)
    box.close()
    box.close()
    assert watcher.seen == [(True, False), (False, True), (True, False)]
    assert len(other.seen) == 2


async def test_a_cancelled_take_loses_nothing(autojump_clock: trio.testing.MockClock) -> None:
    """The write pump may look at the clock while it waits."""
    box = outbox(Socket(0))
    with trio.move_on_after(1):
        await box.take()
    box.put(Frame(b"frame"))
    assert await box.take() == [Frame(b"frame")]


async def test_it_is_drained_while_nothing_waits() -> None:
    """Then there is nothing to wait for."""
    box = outbox(Socket())
    box.put(Frame(b"frame"))
    await box.drained()


async def test_it_is_drained_when_all_that_waited_is_written(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """Not when it was taken, nor while more waits; again and again."""
    box = outbox(Socket(0, 0))
    for _ in range(2):
        box.put(Frame(b"one"))
        taken = await box.take()
        box.put(Frame(b"two"))
        with trio.move_on_after(1) as early:
            await box.drained()
        assert early.cancelled_caught
        async with trio.open_nursery() as nursery:
            nursery.start_soon(box.drained)
            await trio.testing.wait_all_tasks_blocked()
            box.wrote(taken)
            await trio.testing.wait_all_tasks_blocked()
            assert nursery.child_tasks
            box.wrote(await box.take())
        assert box.is_idle


async def test_plain_tcp_is_written_directly() -> None:
    """The socket object of a TCP stream shares its descriptor, and never waits."""
    ours, theirs = socket.socketpair()
    with theirs:
        async with trio.SocketStream(trio.socket.from_stdlib_socket(ours)) as stream:
            sock = socket_of(stream)
            assert sock
            assert sock.send(b"hello") == 5
            assert theirs.recv(10) == b"hello"
            while sock.send(b"x" * 65536) == 65536:
                pass
            with pytest.raises(BlockingIOError):
                sock.send(b"x")
            sock.detach()
            with pytest.raises(OSError, match="Bad file descriptor"):
                sock.send(b"x")


async def test_other_streams_take_nothing_directly() -> None:
    """Everything for a TLS or memory stream goes by the write pump."""
    stream, _ = trio.testing.memory_stream_pair()
    assert socket_of(stream) is None
    box = Outbox(None, 3, 100, OutboxBudget(10_000), lambda: None)
    assert box.put(Frame(b"frame"))
    taken = await box.take()
    box.wrote(taken)
    assert taken == [Frame(b"frame")]
    assert box.send_now is None


async def test_what_was_being_written_counts_no_more_once_the_connection_is_over() -> None:
    """The write pump may tell of it in the moment in which it ends."""
    budget = OutboxBudget(1000)
    box = Outbox(None, 3, 100, budget, lambda: None)
    assert box.put(Frame(b"one"))
    frames = await box.take()
    assert (box.waiting, budget.total) == (3, 3)
    box.abandon()
    box.wrote(frames)
    assert (box.waiting, budget.total) == (0, 0)
    box.evict()  # which does nothing any more


class Full:
    """An outbox that cannot be emptied."""

    waiting = 2000
    evictions = 0

    def evict(self) -> None:
        self.evictions += 1


def test_all_go_if_that_is_what_it_takes() -> None:
    """Each is told once."""
    budget, full = OutboxBudget(1000), [Full(), Full()]
    for box in full:
        budget.grow(box, box.waiting)
    budget.relieve()
    assert [box.evictions for box in full] == [1, 1]
    assert budget.used == 4


async def test_limits_that_are_raised_are_for_all_and_lowered_ones_for_newcomers() -> None:
    """So a page of what was missed, which has grown with them, fits everybody's outbox."""
    budget = OutboxBudget(10_000)
    for least, expected in ((50, False), (200, True)):
        budget.least_bytes = least
        box = Outbox(None, 3, 100, budget, lambda: None)
        assert box.can_take(60) is expected
        assert box.put(Frame(b"x" * 150)) is expected
    budget.least_frames = 4
    assert [box.put(Frame(b"x")) for _ in range(4)] == [True, True, True, False]
